package cloudsim

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
)

// Roles that the Management API asks for.
const (
	roleRead    = "ActivityFeed.Read"
	roleReadDLP = "ActivityFeed.ReadDlp" // for the content of DLP.All
)

// The resources that tokens are issued for, beside the simulation's own address. The first is the Management API's in
// the commercial cloud; Graph's is there to be refused.
const (
	manageResource = "https://manage.office.com"
	graphResource  = "https://graph.microsoft.com"
)

// claims are those of an app-only access token.
type claims struct {
	jwt.RegisteredClaims
	Resource  string   `json:"aud"` // one string, as Entra writes it, where the library would write a list
	AppID     string   `json:"appid"`
	AppIDACR  string   `json:"appidacr"` // how the app signed in: bySecret or byAssertion
	IdP       string   `json:"idp"`
	ObjectID  string   `json:"oid"`
	Roles     []string `json:"roles,omitempty"`
	TenantID  string   `json:"tid"`
	TokenID   string   `json:"uti"`
	Version   string   `json:"ver"`
	TokenType string   `json:"idtyp"`
}

// How an app proves itself.
const (
	bySecret    = "1"
	byAssertion = "2" // signed by its certificate, or by somebody whom it trusts
)

// principal is who a token is issued to: an app in a tenant.
type principal struct {
	tenant, app string
	proof       string // how it proved itself
}

// objectID is that of the app's service principal in the tenant.
func (p principal) objectID() string {
	return uuid.NewSHA1(uuid.MustParse(p.tenant), []byte(p.app)).String()
}

// GetAudience overrides that of the registered claims, which is not set.
func (c claims) GetAudience() (jwt.ClaimStrings, error) { return jwt.ClaimStrings{c.Resource}, nil }

// signingKey is the login service's, the same for all tenants, as Entra's is. It is made once in a process, because
// that takes a good part of a second.
var signingKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

// keyID names a key in tokens and in the published set.
func keyID(key *rsa.PublicKey) string {
	sum := sha256.Sum256(key.N.Bytes())
	return base64.RawURLEncoding.EncodeToString(sum[:20])
}

func (c *Cloud) knows(resource string) bool {
	return resource == graphResource || slices.Contains(c.audiences(), resource)
}

func (c *Cloud) audiences() []string { return []string{c.URL(), c.cfg.Resource} }

func (c *Cloud) sign(p principal, resource string, now time.Time) (string, error) {
	issuer := "https://sts.windows.net/" + p.tenant + "/"
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: issuer, Subject: p.objectID(),
			IssuedAt: jwt.NewNumericDate(now), NotBefore: jwt.NewNumericDate(now.Add(-5 * time.Minute)),
			ExpiresAt: jwt.NewNumericDate(now.Add(c.cfg.TokenLife)),
		},
		Resource: resource, AppID: p.app, AppIDACR: p.proof, IdP: issuer, ObjectID: p.objectID(), Roles: c.rolesIn(p.tenant),
		TenantID: p.tenant, TokenID: uuid.NewString(), Version: "1.0", TokenType: "app",
	})
	return c.seal(token)
}

// rolesIn gives the app's roles in a tenant. An administrator consents to what the app's registration asks for, so that
// one who forgot a permission there has a token without it (documented of app-only tokens).
func (c *Cloud) rolesIn(tenant string) []string {
	roles := slices.Clone(c.cfg.Roles)
	for state, role := range map[State]string{MissingRole: roleRead, MissingDLPRole: roleReadDLP} {
		if c.in(tenant, state) {
			roles = slices.DeleteFunc(roles, func(r string) bool { return r == role })
		}
	}
	return roles
}

// seal signs a token with the login service's key.
func (c *Cloud) seal(token *jwt.Token) (string, error) {
	token.Header["kid"] = keyID(&c.key.PublicKey)
	return token.SignedString(c.key)
}

// authorize checks a request's token: signature, times and audience. Whether it may do what it asks for is the
// operation's question.
func (c *Cloud) authorize(r *http.Request) (*claims, error) {
	scheme, text, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return nil, errUnauthorized
	}
	got := &claims{}
	_, err := jwt.ParseWithClaims(text, got, func(*jwt.Token) (any, error) { return &c.key.PublicKey, nil },
		jwt.WithValidMethods([]string{jwt.SigningMethodRS256.Alg()}), jwt.WithTimeFunc(func() time.Time { return c.clockOf(r.PathValue("tenant")) }),
		jwt.WithExpirationRequired(), jwt.WithAudience(c.audiences()...))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUnauthorized, err)
	}
	return got, nil
}
