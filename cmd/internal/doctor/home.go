package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// Home is what the login service tells anybody of a tenant.
type Home struct {
	Tenant string // its ID, in lower case
	Cloud  string // the cloud that it is in, as in entra.Clouds; "" where that is not told
}

// ErrNoTenant is the error of a name that the login service knows no tenant by.
var ErrNoTenant = errors.New("the login service knows no such tenant")

// metadata are the parts of OpenID Connect's discovery document that matter here. The regions are Entra's own.
type metadata struct {
	Issuer   string `json:"issuer"`
	Instance string `json:"cloud_instance_name"`
	Region   string `json:"tenant_region_scope"`
	Part     string `json:"tenant_region_sub_scope"`
}

const (
	guidPattern   = `[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}`
	domainPattern = `(?:[0-9a-zA-Z_](?:[0-9a-zA-Z_-]{0,61}[0-9a-zA-Z])?\.)+[0-9a-zA-Z-]{2,63}`
)

var (
	guid      = regexp.MustCompile(guidPattern)
	wholeGUID = regexp.MustCompile(`^` + guidPattern + `$`)
	domain    = regexp.MustCompile(`^` + domainPattern + `$`)
)

// IsID says whether a text is a GUID, as tenants and groups have.
func IsID(text string) bool { return wholeGUID.MatchString(text) }

// IsDomain says whether a text may be a domain's name.
func IsDomain(text string) bool { return len(text) <= 253 && domain.MatchString(text) }

// maxMetadata bounds an answer that is read; real ones have two kilobytes.
const maxMetadata = 1 << 20

// FindHome asks a login service, https://host, for the tenant of that ID or domain. It follows no redirect.
func FindHome(ctx context.Context, transport http.RoundTripper, authority, name string) (Home, error) {
	address := strings.TrimSuffix(authority, "/") + "/" + url.PathEscape(name) + "/v2.0/.well-known/openid-configuration"
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return Home{}, fmt.Errorf("ask %s for the tenant: %w", authority, err)
	}
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	response, err := (&http.Client{Transport: transport, CheckRedirect: stay}).Do(request)
	if err != nil {
		return Home{}, fmt.Errorf("ask %s for the tenant: %w", authority, withoutURL(err))
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxMetadata))
	if err != nil {
		return Home{}, fmt.Errorf("ask %s for the tenant: %w", authority, err)
	}
	switch response.StatusCode {
	case http.StatusOK:
	case http.StatusBadRequest, http.StatusNotFound:
		return Home{}, ErrNoTenant
	default:
		return Home{}, fmt.Errorf("ask %s for the tenant: it answers %s", authority, response.Status)
	}
	var m metadata
	if err := json.Unmarshal(body, &m); err != nil || guid.FindString(m.Issuer) == "" {
		return Home{}, fmt.Errorf("ask %s for the tenant: what answers there is no login service of Entra", authority)
	}
	return Home{strings.ToLower(guid.FindString(m.Issuer)), m.cloud()}, nil
}

// cloud gives the cloud that the regions say. The login service of the commercial cloud tells of tenants of the
// government's clouds, too.
func (m metadata) cloud() string {
	government := strings.HasPrefix(strings.ToUpper(m.Region), "USG") || strings.HasSuffix(m.Instance, ".us")
	switch part := strings.ToUpper(m.Part); {
	case part == "GCC":
		return "gcc"
	case part == "DOD":
		return "dod"
	case part == "DODCON" || government:
		return "gcc-high"
	case m.Region == "":
		return ""
	}
	return "commercial"
}

// withoutURL drops the address that net/http puts into its errors, which the caller names.
func withoutURL(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}
