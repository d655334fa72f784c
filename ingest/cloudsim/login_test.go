package cloudsim

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/golang-jwt/jwt/v5"
)

func TestAzidentityGetsATokenThatTheFeedTakes(t *testing.T) {
	c := start(t, Config{})
	for _, resource := range []string{manageResource, c.cloud.URL()} {
		for _, tenant := range []string{contoso, "contoso.example"} {
			token, err := c.credential(tenant, DefaultClientSecret).GetToken(context.Background(),
				policy.TokenRequestOptions{Scopes: []string{resource + "/.default"}})
			if err != nil {
				t.Fatal(err)
			}
			if left := time.Until(token.ExpiresOn); left < 58*time.Minute || left > time.Hour {
				t.Errorf("token lives %s, want just under an hour", left)
			}
			c.token = token.Token
			if got := c.get("subscriptions/list"); got.status != http.StatusOK {
				t.Errorf("%s as %s: %d %s", tenant, resource, got.status, got.body)
			}
		}
	}
}

func TestAzidentityReportsAWrongSecret(t *testing.T) {
	c := start(t, Config{})
	_, err := c.credential(contoso, "guessed").GetToken(context.Background(),
		policy.TokenRequestOptions{Scopes: []string{manageResource + "/.default"}})
	var failed *azidentity.AuthenticationFailedError
	if !errors.As(err, &failed) || failed.RawResponse.StatusCode != http.StatusUnauthorized || !strings.Contains(err.Error(), "AADSTS7000215") {
		t.Fatalf("got %v", err)
	}
}

func TestPublishedKeyVerifiesTokens(t *testing.T) {
	c := start(t, Config{})
	var metadata map[string]any
	c.do(http.MethodGet, c.cloud.URL()+"/"+contoso+"/v2.0/.well-known/openid-configuration", nil).into(t, &metadata)
	var set struct {
		Keys []struct{ Kty, Kid, N, E string }
	}
	c.do(http.MethodGet, metadata["jwks_uri"].(string), nil).into(t, &set)
	if len(set.Keys) != 1 || set.Keys[0].Kty != "RSA" || set.Keys[0].E != "AQAB" {
		t.Fatalf("keys %+v", set)
	}
	n, err := base64.RawURLEncoding.DecodeString(set.Keys[0].N)
	if err != nil {
		t.Fatal(err)
	}
	public := &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: 65537}
	token, err := jwt.Parse(c.token, func(*jwt.Token) (any, error) { return public, nil }, jwt.WithTimeFunc(c.clock.Now))
	if err != nil || token.Header["kid"] != set.Keys[0].Kid {
		t.Errorf("%v, kid %v, want %s", err, token.Header["kid"], set.Keys[0].Kid)
	}
	if metadata["issuer"] != c.cloud.URL()+"/"+contoso+"/v2.0" {
		t.Errorf("issuer %v", metadata["issuer"])
	}
}

func TestFirstVersionRepliesInStrings(t *testing.T) {
	c := start(t, Config{})
	got := c.form("/contoso.example/oauth2/token", url.Values{
		"grant_type": {"client_credentials"}, "client_id": {DefaultClientID}, "client_secret": {DefaultClientSecret}, "resource": {manageResource}})
	var reply map[string]string
	got.into(t, &reply)
	if reply["token_type"] != "Bearer" || reply["expires_in"] != "3599" || reply["resource"] != manageResource || reply["expires_on"] == "" {
		t.Fatalf("%s", got.body)
	}
	c.token = reply["access_token"]
	if got := c.get("subscriptions/list"); got.status != http.StatusOK {
		t.Fatalf("%d %s", got.status, got.body)
	}
}

func (c *client) form(path string, values url.Values) answer {
	c.t.Helper()
	r, err := http.NewRequest(http.MethodPost, c.cloud.URL()+path, strings.NewReader(values.Encode()))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return c.send(r)
}

func TestLoginRefusesInEntrasForm(t *testing.T) {
	c := start(t, Config{})
	good := map[string]string{"grant_type": "client_credentials", "client_id": DefaultClientID,
		"client_secret": DefaultClientSecret, "scope": manageResource + "/.default"}
	for _, test := range []struct {
		name, tenant, key, value string
		status, number           int
		code                     string
	}{
		{"wrong secret", contoso, "client_secret", "guessed", 401, 7000215, "invalid_client"},
		{"no secret", contoso, "client_secret", "", 401, 7000216, "invalid_client"},
		{"unknown tenant", publisher, "", "", 400, 90002, "invalid_request"},
		{"unknown app", contoso, "client_id", publisher, 400, 700016, "unauthorized_client"},
		{"unsupported grant", contoso, "grant_type", "password", 400, 70003, "unsupported_grant_type"},
		{"no grant", contoso, "grant_type", "", 400, 900144, "invalid_request"},
		{"no scope", contoso, "scope", "", 400, 900144, "invalid_request"},
		{"scope of one permission", contoso, "scope", manageResource + "/ActivityFeed.Read", 400, 1002012, "invalid_scope"},
		{"unknown resource", contoso, "scope", "https://nothing.example/.default", 400, 500011, "invalid_resource"},
	} {
		t.Run(test.name, func(t *testing.T) {
			values := url.Values{}
			for k, v := range good {
				values.Set(k, v)
			}
			if test.key != "" {
				values.Set(test.key, test.value)
			}
			got := c.form("/"+test.tenant+"/oauth2/v2.0/token", values)
			var reply struct {
				Error       string `json:"error"`
				Description string `json:"error_description"`
				Codes       []int  `json:"error_codes"`
				Timestamp   string `json:"timestamp"`
				Trace       string `json:"trace_id"`
				Correlation string `json:"correlation_id"`
			}
			got.into(t, &reply)
			if got.status != test.status || reply.Error != test.code || len(reply.Codes) != 1 || reply.Codes[0] != test.number {
				t.Errorf("got %d %s", got.status, got.body)
			}
			if !strings.HasPrefix(reply.Description, "AADSTS") || reply.Timestamp == "" || reply.Trace == "" || reply.Correlation == "" {
				t.Errorf("form: %s", got.body)
			}
			if strings.Contains(string(got.body), "guessed") {
				t.Error("the reply repeats the secret")
			}
		})
	}
}

func TestDiscoveryOfAnUnknownTenantFails(t *testing.T) {
	c := start(t, Config{})
	got := c.do(http.MethodGet, c.cloud.URL()+"/"+publisher+"/v2.0/.well-known/openid-configuration", nil)
	var reply struct{ Error string }
	got.into(t, &reply)
	if got.status != http.StatusBadRequest || reply.Error != "invalid_tenant" || !strings.Contains(string(got.body), "AADSTS90002") {
		t.Fatalf("%d %s", got.status, got.body)
	}
}

func TestFeedDeniesWhatIsNoTokenForIt(t *testing.T) {
	c := start(t, Config{})
	graph, err := c.credential(contoso, DefaultClientSecret).GetToken(context.Background(),
		policy.TokenRequestOptions{Scopes: []string{graphResource + "/.default"}})
	if err != nil {
		t.Fatal(err)
	}
	forged := claims{TenantID: contoso, Roles: []string{roleRead}, RegisteredClaims: jwt.RegisteredClaims{
		Audience: jwt.ClaimStrings{manageResource}, ExpiresAt: jwt.NewNumericDate(noon.Add(time.Hour))}}
	none, err := jwt.NewWithClaims(jwt.SigningMethodNone, forged).SignedString(jwt.UnsafeAllowNoneSignatureType)
	if err != nil {
		t.Fatal(err)
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := jwt.NewWithClaims(jwt.SigningMethodRS256, forged).SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, header := range map[string]string{
		"none": "", "not bearer": "Basic " + c.token, "junk": "Bearer junk", "unsigned": "Bearer " + none,
		"foreign key": "Bearer " + foreign, "foreign audience": "Bearer " + graph.Token,
	} {
		t.Run(name, func(t *testing.T) { c.denied(t, header) })
	}
	t.Run("expired", func(t *testing.T) {
		c.clock.move(time.Hour + time.Second)
		c.denied(t, "Bearer "+c.token)
	})
}

func (c *client) denied(t *testing.T, authorization string) {
	t.Helper()
	got := c.do(http.MethodGet, c.feed("subscriptions/list"), map[string]string{"Authorization": authorization})
	var reply map[string]string
	if err := json.Unmarshal(got.body, &reply); err != nil || got.status != http.StatusUnauthorized ||
		reply["Message"] != "Authorization has been denied for this request." {
		t.Fatalf("%d %s", got.status, got.body)
	}
}

func TestFeedWantsTheTokensTenant(t *testing.T) {
	c := start(t, Config{})
	c.do(http.MethodGet, c.cloud.URL()+"/api/v1.0/"+fabrikam+"/activity/feed/subscriptions/list", nil).is(t, 400, "AF20010")
	c.do(http.MethodGet, c.cloud.URL()+"/api/v1.0/contoso.example/activity/feed/subscriptions/list", nil).is(t, 400, "AF20013")
}

func TestFeedWantsThePermission(t *testing.T) {
	c := start(t, Config{Roles: []string{}})
	c.get("subscriptions/list").is(t, 401, "AF10001")
	c = start(t, Config{Roles: []string{"ServiceHealth.Read"}})
	c.get("subscriptions/list").is(t, 401, "AF10001")
}
