package cloudsim

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
)

// Roles that the Management API asks for.
const (
	roleRead    = "ActivityFeed.Read"
	roleReadDLP = "ActivityFeed.ReadDlp" // to see what a DLP rule detected
)

// The resources that tokens are issued for, beside the simulation's own address. The Management API takes the first;
// Graph's is there to be refused.
const (
	manageResource = "https://manage.office.com"
	graphResource  = "https://graph.microsoft.com"
)

// claims are those of an app-only access token.
type claims struct {
	jwt.RegisteredClaims
	AppID     string   `json:"appid"`
	AppIDACR  string   `json:"appidacr"` // how the app signed in: 1 by secret
	IdP       string   `json:"idp"`
	ObjectID  string   `json:"oid"`
	Roles     []string `json:"roles,omitempty"`
	TenantID  string   `json:"tid"`
	TokenID   string   `json:"uti"`
	Version   string   `json:"ver"`
	TokenType string   `json:"idtyp"`
}

func (c *Cloud) knows(resource string) bool {
	return resource == graphResource || slices.Contains(c.audiences(), resource)
}

func (c *Cloud) audiences() []string { return []string{c.URL(), manageResource} }

func (c *Cloud) sign(tenant, resource string, now time.Time) (string, error) {
	issuer := "https://sts.windows.net/" + tenant + "/"
	principal := uuid.NewSHA1(uuid.MustParse(tenant), []byte(c.cfg.ClientID)).String()
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: issuer, Subject: principal, Audience: jwt.ClaimStrings{resource},
			IssuedAt: jwt.NewNumericDate(now), NotBefore: jwt.NewNumericDate(now.Add(-5 * time.Minute)),
			ExpiresAt: jwt.NewNumericDate(now.Add(c.cfg.TokenLife)),
		},
		AppID: c.cfg.ClientID, AppIDACR: "1", IdP: issuer, ObjectID: principal, Roles: c.cfg.Roles,
		TenantID: tenant, TokenID: uuid.NewString(), Version: "1.0", TokenType: "app",
	})
	token.Header["kid"] = c.kid
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
		jwt.WithValidMethods([]string{jwt.SigningMethodRS256.Alg()}), jwt.WithTimeFunc(c.cfg.Clock),
		jwt.WithExpirationRequired(), jwt.WithAudience(c.audiences()...))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUnauthorized, err)
	}
	return got, nil
}
