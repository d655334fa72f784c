package cloudsim

import (
	"crypto/sha1" // x5t is a SHA-1 thumbprint by RFC 7515 section 4.1.7
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
)

// jwtBearer is the only type of client assertion (RFC 7523 section 2.2).
const jwtBearer = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// clockSkew is how far an assertion's times may be off.
const clockSkew = 5 * time.Minute

// assertion checks a client assertion: one that the app signed with its certificate, or one of an issuer that the app
// trusts. Which of them it is, the issuer tells.
// https://learn.microsoft.com/entra/identity-platform/certificate-credentials
func (c *Cloud) assertion(r *http.Request, t *tenant) *refusal {
	text := r.PostFormValue("client_assertion")
	var got jwt.RegisteredClaims
	token, _, err := jwt.NewParser().ParseUnverified(text, &got)
	switch {
	case r.PostFormValue("client_assertion_type") != jwtBearer:
		return refuse("invalid_request", 900144, "The request body must contain the following parameter: 'client_assertion_type'.")
	case err != nil:
		return refuse("invalid_request", 50027, "JWT token is invalid or malformed.")
	case strings.EqualFold(got.Issuer, c.cfg.ClientID):
		return c.selfSigned(r, t, text, token.Header, got)
	default:
		return c.federated(t, text, got)
	}
}

// selfSigned checks an assertion that the app signed with the key of one of its certificates.
func (c *Cloud) selfSigned(r *http.Request, t *tenant, text string, header map[string]any, got jwt.RegisteredClaims) *refusal {
	cert, thumbprint := c.registered(header)
	if cert == nil {
		return invalidSignature("The key was not found.", thumbprint)
	}
	if now := c.clockOf(t.ID); now.After(cert.NotAfter) {
		return invalidSignature("The key used is expired.", thumbprint)
	}
	if !signedBy(text, cert.PublicKey) {
		return invalidSignature("Key was found, but use of the key to verify the signature failed.", thumbprint)
	}
	switch {
	case got.Subject != got.Issuer:
		return refuse("invalid_client", 700021, "Client assertion application identifier doesn't match 'client_id' parameter.")
	case got.ID == "":
		return refuse("invalid_request", 50027, "JWT token is invalid or malformed.")
	case !slices.ContainsFunc(got.Audience, func(a string) bool { return slices.Contains(endpoints(r, t), a) }):
		return refuse("invalid_client", 700023, "Client assertion audience claim does not match Realm issuer.")
	}
	return c.timely(t, got)
}

// endpoints are the audiences that an assertion to this tenant may have.
func endpoints(r *http.Request, t *tenant) (all []string) {
	for _, name := range []string{t.ID, r.PathValue("tenant")} {
		base := "https://" + r.Host + "/" + name
		all = append(all, base, base+"/", base+"/v2.0", base+"/oauth2/token", base+"/oauth2/v2.0/token")
	}
	return all
}

// registered finds the certificate that a header names by its thumbprint, SHA-1 as x5t or SHA-256 as x5t#S256. MSAL
// writes the standard alphabet with padding where RFC 7515 asks for base64url; Entra takes both.
func (c *Cloud) registered(header map[string]any) (cert *x509.Certificate, thumbprint string) {
	short, _ := header["x5t"].(string)
	long, _ := header["x5t#S256"].(string)
	plain := strings.NewReplacer("+", "-", "/", "_", "=", "")
	short, long = plain.Replace(short), plain.Replace(long)
	for _, cert := range c.cfg.Certificates {
		sum, longSum := sha1.Sum(cert.Raw), sha256.Sum256(cert.Raw)
		if short == base64.RawURLEncoding.EncodeToString(sum[:]) || long == base64.RawURLEncoding.EncodeToString(longSum[:]) {
			return cert, fmt.Sprintf("%X", sum)
		}
	}
	sum, _ := base64.RawURLEncoding.DecodeString(short + long)
	return nil, fmt.Sprintf("%X", sum)
}

func signedBy(text string, key any) bool {
	_, err := jwt.NewParser(jwt.WithValidMethods([]string{"RS256", "PS256"}), jwt.WithoutClaimsValidation()).
		Parse(text, func(*jwt.Token) (any, error) { return key, nil })
	return err == nil
}

func invalidSignature(reason, thumbprint string) *refusal {
	return refuse("invalid_client", 700027, fmt.Sprintf("Client assertion contains an invalid signature. [Reason - %s, "+
		"Thumbprint of key used by client: '%s']", reason, thumbprint))
}

// timely checks that an assertion is valid now. One without an expiry never is.
func (c *Cloud) timely(t *tenant, got jwt.RegisteredClaims) *refusal {
	now := c.clockOf(t.ID)
	if got.ExpiresAt != nil && now.Before(got.ExpiresAt.Add(clockSkew)) &&
		(got.NotBefore == nil || now.After(got.NotBefore.Add(-clockSkew))) {
		return nil
	}
	return refuse("invalid_client", 700024, "Client assertion is not within its valid time range. Current time: "+
		now.UTC().Format(time.RFC3339)+".")
}

// federated checks an assertion of somebody whom the app trusts: the cluster of FederatedToken for some subjects, and
// the login service for the machine's managed identities.
func (c *Cloud) federated(t *tenant, text string, got jwt.RegisteredClaims) *refusal {
	const none = "No matching federated identity record found for presented assertion "
	identity := slices.ContainsFunc(c.cfg.Identities, func(i Identity) bool {
		return got.Issuer == c.identityIssuer(i) && got.Subject == i.principal().objectID()
	})
	switch {
	case !strings.HasPrefix(got.Issuer, c.URL()+"/"):
		return refuse("invalid_client", 700211, none+"issuer '"+got.Issuer+"'.")
	case !signedBy(text, &c.key.PublicKey):
		return refuse("invalid_client", 50013, "Assertion failed signature validation.")
	case !slices.Contains(got.Audience, c.exchange()):
		return refuse("invalid_client", 700212, none+"audience '"+strings.Join(got.Audience, " ")+"'.")
	case !identity && (got.Issuer != c.clusterIssuer() || !slices.Contains(c.cfg.Subjects, got.Subject)):
		return refuse("invalid_client", 700213, none+"subject '"+got.Subject+"'.")
	}
	return c.timely(t, got)
}

// clusterIssuer names the Kubernetes cluster whose tokens FederatedToken gives.
func (c *Cloud) clusterIssuer() string { return c.URL() + "/cluster" }

// exchange is the audience of tokens that are exchanged for an app's. The government's clouds have one of their own.
func (c *Cloud) exchange() string {
	if strings.HasSuffix(c.cfg.Resource, ".office.com") {
		return "api://AzureADTokenExchange"
	}
	return "api://AzureADTokenExchangeUSGov"
}

// FederatedToken gives a token as a Kubernetes cluster would mount it into a pod: it names a service account, and the
// app takes it for an hour as proof when its subject is one of Config.Subjects. The cloud must have been started.
func (c *Cloud) FederatedToken(subject string) (string, error) {
	now := c.cfg.Clock()
	return c.seal(jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.RegisteredClaims{
		Issuer: c.clusterIssuer(), Subject: subject, Audience: jwt.ClaimStrings{c.exchange()}, ID: uuid.NewString(),
		IssuedAt: jwt.NewNumericDate(now), NotBefore: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(time.Hour)),
	}))
}
