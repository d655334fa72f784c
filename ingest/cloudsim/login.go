package cloudsim

import (
	"crypto/subtle"
	"encoding/base64"
	"math/big"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// routes is everything the cloud answers. What comes next (Graph, faults) is a line here or a wrapper around it.
func (c *Cloud) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /common/discovery/instance", c.instance)
	mux.HandleFunc("GET /{tenant}/v2.0/.well-known/openid-configuration", c.openID)
	mux.HandleFunc("GET /{tenant}/discovery/v2.0/keys", c.keys)
	mux.HandleFunc("POST /{tenant}/oauth2/v2.0/token", c.tokenV2)
	mux.HandleFunc("POST /{tenant}/oauth2/token", c.tokenV1)
	for _, path := range []string{" /{tenant}/adminconsent", " /{tenant}/v2.0/adminconsent"} {
		mux.HandleFunc(http.MethodGet+path, c.adminConsent)
		mux.HandleFunc(http.MethodPost+path, c.adminConsent)
	}
	mux.HandleFunc("/api/v1.0/{tenant}/activity/feed/{operation...}", c.feed)
	mux.HandleFunc("/", c.notFound)
	return mux
}

// instance answers which hosts one cloud's login service has. MSAL asks those that it knows to be Microsoft's.
func (c *Cloud) instance(w http.ResponseWriter, r *http.Request) {
	reply(w, http.StatusOK, map[string]any{
		"tenant_discovery_endpoint": "https://" + r.Host + "/common/v2.0/.well-known/openid-configuration",
		"api-version":               "1.1",
		"metadata": []map[string]any{
			{"preferred_network": r.Host, "preferred_cache": r.Host, "aliases": []string{r.Host}},
		},
	})
}

// openID answers OpenID Connect discovery. The issuer names the host that was asked: MSAL refuses a stranger's.
func (c *Cloud) openID(w http.ResponseWriter, r *http.Request) {
	t, refused := c.loginTenant(r)
	if refused != nil {
		refused.Code = "invalid_tenant"
		refused.write(w)
		return
	}
	base := "https://" + r.Host + "/" + t.ID
	reply(w, http.StatusOK, map[string]any{
		"issuer":                                base + "/v2.0",
		"authorization_endpoint":                base + "/oauth2/v2.0/authorize",
		"token_endpoint":                        base + "/oauth2/v2.0/token",
		"jwks_uri":                              base + "/discovery/v2.0/keys",
		"token_endpoint_auth_methods_supported": []string{"client_secret_post", "private_key_jwt"},
		"response_types_supported":              []string{"token"},
		"subject_types_supported":               []string{"pairwise"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"tenant_region_scope":                   "EU",
	})
}

func (c *Cloud) keys(w http.ResponseWriter, _ *http.Request) {
	public := c.key.PublicKey
	reply(w, http.StatusOK, map[string]any{"keys": []map[string]string{{
		"kty": "RSA", "use": "sig", "kid": keyID(&public),
		"n": base64.RawURLEncoding.EncodeToString(public.N.Bytes()),
		"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(public.E)).Bytes()),
	}}})
}

// tokenV2 is the endpoint that azidentity uses: a scope, and numbers in the reply.
func (c *Cloud) tokenV2(w http.ResponseWriter, r *http.Request) {
	scope := r.PostFormValue("scope")
	token, _, refused := c.grant(r, scope, scopeResource(scope))
	if refused != nil {
		refused.write(w)
		return
	}
	life := int(c.cfg.TokenLife/time.Second) - 1
	reply(w, http.StatusOK, map[string]any{
		"token_type": "Bearer", "expires_in": life, "ext_expires_in": life, "access_token": token,
	})
}

// scopeResource gives the resource of a scope like https://manage.office.com/.default, or "". MSAL adds OpenID
// Connect's own scopes beside it.
func scopeResource(scope string) string {
	for s := range strings.FieldsSeq(scope) {
		if resource, ok := strings.CutSuffix(s, "/.default"); ok {
			return resource
		}
	}
	return ""
}

// tokenV1 is the endpoint that the Management API's own pages describe: a resource, and strings in the reply.
func (c *Cloud) tokenV1(w http.ResponseWriter, r *http.Request) {
	resource := r.PostFormValue("resource")
	token, now, refused := c.grant(r, resource, resource)
	if refused != nil {
		refused.write(w)
		return
	}
	life := strconv.Itoa(int(c.cfg.TokenLife/time.Second) - 1)
	reply(w, http.StatusOK, map[string]string{
		"token_type": "Bearer", "expires_in": life, "ext_expires_in": life,
		"expires_on": strconv.FormatInt(now.Add(c.cfg.TokenLife).Unix(), 10),
		"not_before": strconv.FormatInt(now.Add(-5*time.Minute).Unix(), 10),
		"resource":   resource, "access_token": token,
	})
}

// grant checks a token request and gives a token for the resource, issued now. Asked is what the request says of it.
func (c *Cloud) grant(r *http.Request, asked, resource string) (token string, now time.Time, refused *refusal) {
	t, refused := c.loginTenant(r)
	proof := ""
	if refused == nil {
		proof, refused = c.credentials(r, t)
	}
	switch {
	case refused != nil:
	case asked == "":
		refused = refuse("invalid_request", 900144, "The request body must contain the following parameter: 'scope'.")
	case resource == "":
		refused = refuse("invalid_scope", 1002012, "The provided value for scope "+asked+" is not valid. Client credential "+
			"flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).")
	case !c.knows(resource):
		refused = refuse("invalid_resource", 500011, "The resource principal named "+resource+
			" was not found in the tenant named "+t.Domain+".")
	}
	if refused != nil {
		return "", now, refused
	}
	now = c.clockOf(t.ID)
	token, err := c.sign(principal{t.ID, c.cfg.ClientID, proof}, resource, now)
	if err != nil {
		return "", now, refuse("server_error", 90033, "A transient error has occurred. Please try again.")
	}
	return token, now, nil
}

// credentials checks the grant type, the app and what proves it, and says how it did.
func (c *Cloud) credentials(r *http.Request, t *tenant) (proof string, refused *refusal) {
	grant, id := r.PostFormValue("grant_type"), r.PostFormValue("client_id")
	switch {
	case grant == "":
		return "", refuse("invalid_request", 900144, "The request body must contain the following parameter: 'grant_type'.")
	case grant != "client_credentials":
		return "", refuse("unsupported_grant_type", 70003, "The app requested an unsupported grant type '"+grant+"'.")
	case id == "":
		return "", refuse("invalid_request", 900144, "The request body must contain the following parameter: 'client_id'.")
	case !strings.EqualFold(id, c.cfg.ClientID), c.in(t.ID, NoConsent):
		return "", unknownApp(id, t.Domain)
	case r.PostFormValue("client_assertion") != "":
		return byAssertion, c.assertion(r, t)
	default:
		return bySecret, c.secret(t, r.PostFormValue("client_secret"))
	}
}

func (c *Cloud) secret(t *tenant, secret string) *refusal {
	switch {
	case secret == "":
		return refuse("invalid_client", 7000216,
			"'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.")
	case subtle.ConstantTimeCompare([]byte(secret), []byte(c.cfg.ClientSecret)) != 1:
		return refuse("invalid_client", 7000215, "Invalid client secret provided. Ensure the secret being sent in the "+
			"request is the client secret value, not the client secret ID, for a secret added to app '"+c.cfg.ClientID+"'.")
	case c.in(t.ID, ExpiredSecret):
		// The code is documented; that it comes with 401 and invalid_client has been seen. That a wrong secret is
		// refused as wrong, whether or not the right one has expired, is inferred.
		return refuse("invalid_client", 7000222, "The provided client secret keys for app '"+c.cfg.ClientID+"' are expired. "+
			"Create a new one in the app's registration, or sign in with a certificate.")
	}
	return nil
}

func (c *Cloud) loginTenant(r *http.Request) (*tenant, *refusal) {
	name := r.PathValue("tenant")
	c.mu.Lock()
	defer c.mu.Unlock()
	if t := c.tenant(name); t != nil && !t.States.has(WrongCloud) {
		return t, nil
	}
	return nil, unknownTenant(name)
}

// unknownApp is what an app hears that is not in the tenant: nobody there has consented to it yet, or its ID is wrong.
// The code and its cause are documented; Entra then names the directory by its display name.
func unknownApp(id, directory string) *refusal {
	return refuse("unauthorized_client", 700016, "Application with identifier '"+id+"' was not found in the directory '"+directory+
		"'. It may not have been installed by the tenant's administrator or consented to by any user of it, or the request went to the wrong tenant.")
}

// unknownTenant is what is said of a tenant that is none, or is one of another cloud: the code is documented for both.
// That another cloud's tenants are unknown to OpenID discovery, too, is inferred.
func unknownTenant(name string) *refusal {
	return refuse("invalid_request", 90002, "Tenant '"+name+"' not found. Check to make sure you have the correct "+
		"tenant ID and are signing into the correct cloud.")
}
