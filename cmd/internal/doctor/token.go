package doctor

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"
)

// The permissions of the Office 365 Management APIs that the activity feed asks for.
const (
	RoleRead    = "ActivityFeed.Read"
	RoleReadDLP = "ActivityFeed.ReadDlp" // without it DLP.All has no sensitive data in it, or is refused
)

// managementApp is the app ID of the Office 365 Management APIs, which a token may name as its audience, too.
const managementApp = "c5393580-f805-4401-95e8-94b7a6ef2fc2"

// Claims are what an access token says of itself. A token is opaque to who carries it: this serves to explain why one
// is refused, and decides nothing else.
type Claims struct {
	Tenant   string   `json:"tid"`
	App      string   `json:"appid"`
	AppV2    string   `json:"azp"` // where a token of version 2 has the app
	Audience string   `json:"aud"`
	Roles    []string `json:"roles"`
}

// ParseClaims reads a token, without checking its signature. Its error never quotes the token.
func ParseClaims(token string) (Claims, error) {
	var c Claims
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return c, errors.New("it is no JSON web token")
	}
	text, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil || json.Unmarshal(text, &c) != nil {
		return Claims{}, errors.New("its claims cannot be read")
	}
	if c.App == "" {
		c.App = c.AppV2
	}
	return c, nil
}

// has says whether the token has a role.
func (c Claims) has(role string) bool {
	return slices.ContainsFunc(c.Roles, func(r string) bool { return strings.EqualFold(r, role) })
}

// isFor says whether the token is meant for that endpoint.
func (c Claims) isFor(endpoint string) bool {
	audience := strings.TrimSuffix(c.Audience, "/")
	return strings.EqualFold(audience, strings.TrimSuffix(endpoint, "/")) || strings.EqualFold(audience, managementApp)
}
