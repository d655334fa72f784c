package cloudsim

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

func TestTokenCarriesTheClaimsOfAnApp(t *testing.T) {
	c := start(t, Config{})
	var got claims
	parsed, _, err := jwt.NewParser().ParseUnverified(c.token, &got)
	if err != nil {
		t.Fatal(err)
	}
	if parsed.Method.Alg() != "RS256" || parsed.Header["kid"] == "" {
		t.Errorf("header %v", parsed.Header)
	}
	if got.Issuer != "https://sts.windows.net/"+contoso+"/" || got.TenantID != contoso || got.AppID != DefaultClientID ||
		got.AppIDACR != "1" || got.Version != "1.0" || got.ObjectID == "" || got.Subject != got.ObjectID || got.IdP != got.Issuer {
		t.Errorf("claims %+v", got)
	}
	if strings.Join(got.Roles, " ") != "ActivityFeed.Read ActivityFeed.ReadDlp ServiceHealth.Read" || got.Resource != manageResource {
		t.Errorf("roles %v, audience %v", got.Roles, got.Resource)
	}
	if !strings.Contains(payload(t, c.token), `"aud":"`+manageResource+`"`) {
		t.Errorf("payload %s", payload(t, c.token))
	}
	if !got.ExpiresAt.Equal(noon.Add(time.Hour)) || got.IssuedAt == nil || got.NotBefore == nil {
		t.Errorf("times %v %v %v", got.IssuedAt, got.NotBefore, got.ExpiresAt)
	}
}

// payload gives a token's claims as they are written.
func payload(t *testing.T, token string) string {
	t.Helper()
	text, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestATokenOfATenantThatIsNotThereIsRefused(t *testing.T) {
	const gone = "99999999-9999-4999-8999-999999999999"
	other := start(t, Config{Tenants: append(tenants(), Tenant{ID: gone, Domain: "gone.example"})})
	token, err := other.cloud.sign(principal{gone, DefaultClientID, bySecret}, manageResource, noon) // both clouds are of one process and sign with one key
	if err != nil {
		t.Fatal(err)
	}
	c := start(t, Config{})
	c.token = token
	c.do(http.MethodGet, c.cloud.URL()+"/api/v1.0/"+gone+"/activity/feed/subscriptions/list", nil).is(t, 400, "AF20011")
}
