package doctor

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"
)

func jwt(claims string) string {
	return "eyJhbGciOiJub25lIn0." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".c2lnbmF0dXJl"
}

func TestClaimsAreRead(t *testing.T) {
	c, err := ParseClaims(jwt(`{"tid":"t","appid":"a","aud":"https://manage.office.com/","roles":["activityfeed.read"],"exp":1}`))
	if err != nil || c.Tenant != "t" || c.App != "a" || !slices.Equal(c.Roles, []string{"activityfeed.read"}) {
		t.Errorf("claims %+v, error %v", c, err)
	}
	if !c.has(RoleRead) || c.has(RoleReadDLP) {
		t.Errorf("roles %v are not compared without case", c.Roles)
	}
	if v2, err := ParseClaims(jwt(`{"azp":"a"}`)); err != nil || v2.App != "a" {
		t.Errorf("claims of version 2: %+v, error %v", v2, err)
	}
}

func TestATokenThatCannotBeReadIsNotQuoted(t *testing.T) {
	for _, token := range []string{"", "hunter2", "a.hunter2.c", jwt("hunter2"), jwt(`["hunter2"]`), jwt(`{"roles":"hunter2"}`), "a.b.c.hunter2"} {
		c, err := ParseClaims(token)
		if err == nil || strings.Contains(err.Error(), "hunter2") || len(c.Roles) > 0 {
			t.Errorf("%q: claims %+v, error %v", token, c, err)
		}
	}
}
