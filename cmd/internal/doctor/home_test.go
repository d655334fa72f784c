package doctor

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestADomainIsResolvedToItsTenantAndCloud(t *testing.T) {
	issuer := `"issuer":"https://login.microsoftonline.com/` + strings.ToUpper(contoso) + `/v2.0"`
	for _, test := range []struct {
		name, answer string
		status       int
		cloud        string
		err          string
	}{
		{"europe", `{` + issuer + `,"tenant_region_scope":"EU","cloud_instance_name":"microsoftonline.com"}`, 200, "commercial", ""},
		{"gcc", `{` + issuer + `,"tenant_region_scope":"NA","tenant_region_sub_scope":"GCC"}`, 200, "gcc", ""},
		{"gcc high", `{` + issuer + `,"tenant_region_scope":"USGov","tenant_region_sub_scope":"DODCON"}`, 200, "gcc-high", ""},
		{"government", `{` + issuer + `,"tenant_region_scope":"USG","cloud_instance_name":"microsoftonline.us"}`, 200, "gcc-high", ""},
		{"dod", `{` + issuer + `,"tenant_region_scope":"USGov","tenant_region_sub_scope":"DOD"}`, 200, "dod", ""},
		{"untold", `{` + issuer + `}`, 200, "", ""},
		{"no such tenant", `{"error":"invalid_tenant"}`, 400, "", ErrNoTenant.Error()},
		{"in trouble", `down`, 503, "", "it answers 503"},
		{"a redirect", ``, 302, "", "it answers 302"},
		{"a portal that answers all", `<html>log in to the hotel's network</html>`, 200, "", "is no login service"},
		{"somebody else", `{"issuer":"https://accounts.example"}`, 200, "", "is no login service"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var asked string
			server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked = r.URL.EscapedPath()
				w.Header().Set("Location", "https://elsewhere.example/")
				w.WriteHeader(test.status)
				fmt.Fprint(w, test.answer)
			}))
			defer server.Close()
			home, err := FindHome(t.Context(), server.Client().Transport, server.URL+"/", "contoso.example")
			if asked != "/contoso.example/v2.0/.well-known/openid-configuration" {
				t.Errorf("asked for %s", asked)
			}
			if test.err == "" && (err != nil || home != Home{contoso, test.cloud}) {
				t.Errorf("home %+v, error %v", home, err)
			}
			if test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)) {
				t.Errorf("error %v, want %q", err, test.err)
			}
			if errors.Is(err, ErrNoTenant) != (test.status == 400) {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestNames(t *testing.T) {
	for name, want := range map[string][2]bool{
		contoso: {true, false}, strings.ToUpper(contoso): {true, false}, contoso[1:]: {}, contoso + "0": {}, "{" + contoso + "}": {},
		"contoso.onmicrosoft.com": {false, true}, "Contoso.Example": {false, true}, "xn--bcher-kva.example": {false, true},
		"contoso": {}, "": {}, "common": {}, "contoso.": {}, ".com": {}, "con toso.com": {}, "../x.com": {}, "a.b/c": {}, "contoso.example\n": {},
		strings.Repeat("a.", 130) + "com": {},
	} {
		if IsID(name) != want[0] || IsDomain(name) != want[1] {
			t.Errorf("%q: ID %t, domain %t, want %v", name, IsID(name), IsDomain(name), want)
		}
	}
}
