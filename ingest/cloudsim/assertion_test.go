package cloudsim

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"maps"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// registeredKey gives a certificate that is valid for a year around noon, and its key.
func registeredKey(t *testing.T) (*x509.Certificate, *rsa.PrivateKey) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "ualstream"},
		NotBefore: noon.AddDate(0, -6, 0), NotAfter: noon.AddDate(0, 6, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert, key
}

func TestAnAppProvesItselfWithItsCertificate(t *testing.T) {
	cert, key := registeredKey(t)
	_, stranger := registeredKey(t)
	c := start(t, Config{Certificates: []*x509.Certificate{cert}})
	sum, long := sha1.Sum(cert.Raw), sha256.Sum256(cert.Raw)
	v1, v2 := c.cloud.URL()+"/"+contoso+"/oauth2/token", c.cloud.URL()+"/"+contoso+"/oauth2/v2.0/token"
	for _, test := range []struct {
		name   string
		method jwt.SigningMethod
		key    *rsa.PrivateKey
		header map[string]any
		claims jwt.MapClaims // over the good ones; nil leaves one out
		number int           // 0 is a token
	}{
		{"RS256 and x5t", jwt.SigningMethodRS256, key, map[string]any{"x5t": base64.RawURLEncoding.EncodeToString(sum[:])}, nil, 0},
		{"PS256 and x5t#S256", jwt.SigningMethodPS256, key, map[string]any{"x5t#S256": base64.StdEncoding.EncodeToString(long[:])}, nil, 0},
		{"audience of the first version", jwt.SigningMethodPS256, key, nil, jwt.MapClaims{"aud": v1}, 0},
		{"unknown thumbprint", jwt.SigningMethodPS256, key, map[string]any{"x5t#S256": "AAAA"}, nil, 700027},
		{"no thumbprint", jwt.SigningMethodPS256, key, map[string]any{"x5t#S256": ""}, nil, 700027},
		{"another key", jwt.SigningMethodPS256, stranger, nil, nil, 700027},
		{"RS512", jwt.SigningMethodRS512, key, nil, nil, 700027},
		{"another tenant's audience", jwt.SigningMethodPS256, key, nil, jwt.MapClaims{"aud": strings.ReplaceAll(v2, contoso, fabrikam)}, 700023},
		{"another subject", jwt.SigningMethodPS256, key, nil, jwt.MapClaims{"sub": publisher}, 700021},
		{"no ID", jwt.SigningMethodPS256, key, nil, jwt.MapClaims{"jti": nil}, 50027},
		{"no expiry", jwt.SigningMethodPS256, key, nil, jwt.MapClaims{"exp": nil}, 700024},
		{"expired", jwt.SigningMethodPS256, key, nil, jwt.MapClaims{"exp": noon.Add(-6 * time.Minute).Unix()}, 700024},
		{"not valid yet", jwt.SigningMethodPS256, key, nil, jwt.MapClaims{"nbf": noon.Add(6 * time.Minute).Unix()}, 700024},
		{"another issuer", jwt.SigningMethodPS256, key, nil, jwt.MapClaims{"iss": "https://issuer.example"}, 700211},
	} {
		t.Run(test.name, func(t *testing.T) {
			claims := jwt.MapClaims{"aud": v2, "iss": DefaultClientID, "sub": DefaultClientID, "jti": "1",
				"nbf": noon.Unix(), "exp": noon.Add(10 * time.Minute).Unix()}
			maps.Copy(claims, test.claims)
			maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
			token := jwt.NewWithClaims(test.method, claims)
			token.Header["x5t#S256"] = base64.RawURLEncoding.EncodeToString(long[:])
			if _, short := test.header["x5t"]; short {
				delete(token.Header, "x5t#S256")
			}
			maps.Copy(token.Header, test.header)
			text, err := token.SignedString(test.key)
			if err != nil {
				t.Fatal(err)
			}
			c.presents(t, text, test.number)
		})
	}
	t.Run("an expired certificate", func(t *testing.T) {
		c.clock.move(365 * 24 * time.Hour)
		token := jwt.NewWithClaims(jwt.SigningMethodPS256, jwt.MapClaims{"iss": DefaultClientID})
		token.Header["x5t#S256"] = base64.RawURLEncoding.EncodeToString(long[:])
		text, err := token.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		c.presents(t, text, 700027)
	})
}

// presents sends a client assertion and wants a token that the feed takes, or a refusal of that number.
func (c *client) presents(t *testing.T, assertion string, number int) {
	t.Helper()
	got := c.form("/"+contoso+"/oauth2/v2.0/token", url.Values{"grant_type": {"client_credentials"}, "client_id": {DefaultClientID},
		"scope": {manageResource + "/.default"}, "client_assertion_type": {jwtBearer}, "client_assertion": {assertion}})
	var reply struct {
		Token string `json:"access_token"`
		Codes []int  `json:"error_codes"`
	}
	got.into(t, &reply)
	if number != 0 {
		if len(reply.Codes) != 1 || reply.Codes[0] != number || strings.Contains(string(got.body), assertion) {
			t.Errorf("want %d, got %d %s", number, got.status, got.body)
		}
		return
	}
	if got.status != http.StatusOK || !strings.Contains(payload(t, reply.Token), `"appidacr":"2"`) {
		t.Fatalf("%d %s", got.status, got.body)
	}
	c.token = reply.Token
	if got := c.get("subscriptions/list"); got.status != http.StatusOK {
		t.Errorf("the feed answers %d %s", got.status, got.body)
	}
}

func TestAnAppIsProvenByWhomItTrusts(t *testing.T) {
	c := start(t, Config{})
	good, err := c.cloud.FederatedToken(DefaultSubject)
	if err != nil {
		t.Fatal(err)
	}
	other, err := c.cloud.FederatedToken("system:serviceaccount:default:default")
	if err != nil {
		t.Fatal(err)
	}
	access := c.token // of the right key, and for something else
	c.presents(t, good, 0)
	c.presents(t, other, 700213)
	c.presents(t, access, 700211)
	c.presents(t, good[:len(good)-8]+"AAAAAAAA", 50013)
	c.presents(t, "junk", 50027)
	c.clock.move(66 * time.Minute)
	c.presents(t, good, 700024)
}

func TestATokenForAnotherPurposeProvesNothing(t *testing.T) {
	c := start(t, Config{})
	text, err := c.cloud.seal(jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.RegisteredClaims{
		Issuer: c.cloud.clusterIssuer(), Subject: DefaultSubject, Audience: jwt.ClaimStrings{"https://kubernetes.default.svc"},
		ExpiresAt: jwt.NewNumericDate(noon.Add(time.Hour))}))
	if err != nil {
		t.Fatal(err)
	}
	c.presents(t, text, 700212)
}
