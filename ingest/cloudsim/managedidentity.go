package cloudsim

import (
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Identity is a managed identity of the simulated machine.
type Identity struct {
	ClientID string // a GUID; names it in requests
	Tenant   string // its own tenant, a GUID: it gets tokens for no other
	// System says that it is the system-assigned one, which a request gets that names none.
	System bool
}

func (i Identity) principal() principal { return principal{i.Tenant, i.ClientID, byAssertion} }

// IdentityEndpoint is where a simulated machine gets tokens for its managed identities, by plain HTTP as in reality.
// It speaks the protocols of the Instance Metadata Service of virtual machines (at /metadata/identity/oauth2/token)
// and of App Service (at AppService).
type IdentityEndpoint struct {
	Addr   string // host:port
	Header string // what App Service gives as IDENTITY_HEADER
	server *http.Server
}

// AppService is what App Service gives as IDENTITY_ENDPOINT.
func (e *IdentityEndpoint) AppService() string { return "http://" + e.Addr + "/msi/token" }

// Close stops answering.
func (e *IdentityEndpoint) Close() error { return e.server.Close() }

// StartIdentity listens on addr, e.g. 127.0.0.1:0, and gives tokens for Config.Identities there until Close. The cloud
// must have been started.
func (c *Cloud) StartIdentity(addr string) (*IdentityEndpoint, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("simulated managed identity: %w", err)
	}
	e := &IdentityEndpoint{Addr: l.Addr().String(), Header: rand.Text()}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metadata/identity/oauth2/token", c.metadataToken)
	mux.HandleFunc("GET /msi/token", func(w http.ResponseWriter, r *http.Request) { c.appServiceToken(w, r, e.Header) })
	e.server = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = e.server.Serve(l) }() // it ends with ErrServerClosed, by Close
	return e, nil
}

// metadataToken answers as the Instance Metadata Service of a virtual machine does.
// https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token
func (c *Cloud) metadataToken(w http.ResponseWriter, r *http.Request) {
	bad := func(text string) {
		reply(w, http.StatusBadRequest, map[string]string{"error": "invalid_request", "error_description": text})
	}
	q := r.URL.Query()
	identity, found := c.identity(q.Get("client_id"))
	switch {
	case r.Header.Get("Metadata") != "true":
		bad("Required metadata header not specified")
	case q.Get("api-version") != "2018-02-01":
		bad("Required query variable 'api-version' is missing or not supported")
	case !found:
		bad("Identity not found")
	default:
		c.identityToken(w, identity, q.Get("resource"), bad)
	}
}

// appServiceToken answers as App Service does.
// https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference
func (c *Cloud) appServiceToken(w http.ResponseWriter, r *http.Request, header string) {
	bad := func(text string) {
		reply(w, http.StatusBadRequest, map[string]any{"statusCode": http.StatusBadRequest, "message": text})
	}
	q := r.URL.Query()
	identity, found := c.identity(q.Get("client_id"))
	switch {
	case subtle.ConstantTimeCompare([]byte(r.Header.Get("X-Identity-Header")), []byte(header)) != 1:
		w.WriteHeader(http.StatusUnauthorized)
	case q.Get("api-version") != "2019-08-01":
		bad("The api-version is not supported.")
	case !found:
		bad("No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId.")
	default:
		c.identityToken(w, identity, q.Get("resource"), bad)
	}
}

// identity gives the managed identity of that client ID, or the system-assigned one for "".
func (c *Cloud) identity(clientID string) (Identity, bool) {
	for _, i := range c.cfg.Identities {
		if clientID == i.ClientID || clientID == "" && i.System {
			return i, true
		}
	}
	return Identity{}, false
}

// identityToken gives a token in the form that both protocols have: all values are strings.
func (c *Cloud) identityToken(w http.ResponseWriter, i Identity, resource string, bad func(string)) {
	now := c.clockOf(i.Tenant)
	var token string
	var err error
	switch {
	case resource == c.exchange():
		token, err = c.identityAssertion(i, now)
	case c.knows(resource):
		token, err = c.sign(i.principal(), resource, now)
	default:
		bad("AADSTS500011: The resource principal named " + resource + " was not found in the tenant.")
		return
	}
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	reply(w, http.StatusOK, map[string]string{
		"token_type": "Bearer", "access_token": token, "resource": resource, "client_id": i.ClientID,
		"expires_in": strconv.Itoa(int(c.cfg.TokenLife / time.Second)),
		"expires_on": strconv.FormatInt(now.Add(c.cfg.TokenLife).Unix(), 10),
	})
}

// identityAssertion is a token that proves a managed identity to an app that trusts it.
// https://learn.microsoft.com/entra/workload-id/workload-identity-federation-config-app-trust-managed-identity
func (c *Cloud) identityAssertion(i Identity, now time.Time) (string, error) {
	return c.seal(jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.RegisteredClaims{
		Issuer: c.identityIssuer(i), Subject: i.principal().objectID(), Audience: jwt.ClaimStrings{c.exchange()},
		IssuedAt: jwt.NewNumericDate(now), NotBefore: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(c.cfg.TokenLife)),
	}))
}

func (c *Cloud) identityIssuer(i Identity) string { return c.URL() + "/" + i.Tenant + "/v2.0" }
