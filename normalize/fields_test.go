package normalize_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"ualstream/normalize"
)

// event gives the event of a record that has the given fields beside its Id.
func event(t *testing.T, fields string, args ...any) []byte {
	t.Helper()
	got, err := normalize.Append(nil, rawOf([]byte(`{"Id":"1",`+fmt.Sprintf(fields, args...)+`}`)))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestAddressesAreReadInEveryForm(t *testing.T) {
	for written, want := range map[string]string{
		"192.0.2.1":                   `{"ip":"192.0.2.1"}`,
		" 192.0.2.1 ":                 `{"ip":"192.0.2.1"}`,
		"192.0.2.1:443":               `{"ip":"192.0.2.1","port":443}`,
		"192.0.2.1-443":               `{"ip":"192.0.2.1","port":443}`,
		"[192.0.2.1]:443":             `{"ip":"192.0.2.1","port":443}`,
		"[192.0.2.1]":                 `{"ip":"192.0.2.1"}`,
		"::1":                         `{"ip":"::1"}`,
		"2001:db8::1":                 `{"ip":"2001:db8::1"}`,
		"2001:DB8:0:0:0:0:0:1":        `{"ip":"2001:db8::1"}`,
		"[2001:db8::1]:443":           `{"ip":"2001:db8::1","port":443}`,
		"fe80::1%eth0":                `{"ip":"fe80::1"}`,
		"::ffff:192.0.2.1":            `{"ip":"192.0.2.1"}`,
		"[::ffff:192.0.2.1]:443":      `{"ip":"192.0.2.1","port":443}`,
		"ffff:10.0.0.1":               `{"ip":"10.0.0.1"}`,
		"mail.contoso.example":        `{"hostname":"mail.contoso.example"}`,
		"192.0.2.1:70000":             `{"ip":"192.0.2.1"}`,
		"192.0.2.1:0":                 `{"ip":"192.0.2.1"}`,
		"192.0.2.1:":                  `{"ip":"192.0.2.1"}`,
		"192.0.2.1:x":                 ``,
		"192.0.2.1:443:5":             ``,
		"::ffff:192.0.2.1:443":        `{"ip":"192.0.2.1","port":443}`,
		"2001:db8::1-443":             `{"ip":"2001:db8::1","port":443}`,
		"mail.contoso.example:443":    `{"hostname":"mail.contoso.example","port":443}`,
		"mail.contoso.example:0":      ``,
		"DC-01":                       `{"hostname":"DC-01"}`,
		"ip-192-0-2-1":                `{"hostname":"ip-192-0-2-1"}`,
		"192.0.2.256":                 ``,
		"192.0.02.1":                  ``,
		"2001:db8:::1":                ``,
		"<null>":                      ``,
		"":                            ``,
		"null, null":                  ``,
		"192.0.2.1, 198.51.100.1":     `{"ip":"192.0.2.1"}`,
		"192.0.2.1:443,198.51.100.1":  `{"ip":"192.0.2.1","port":443}`,
		"[localhost]:443":             `{"hostname":"localhost","port":443}`,
		"[mail.contoso.example]":      `{"hostname":"mail.contoso.example"}`,
		"Unknown":                     ``,
		"Not-Available":               ``,
		"1.2.3.4.5":                   ``,
		"\\u0000":                     ``,
		"12345678901234567890":        ``,
		"fe80::1%\\\"},{\\\"ip\\\":1": `{"ip":"fe80::1"}`,
	} {
		for _, field := range []string{"ClientIP", "ClientIPAddress", "ActorIpAddress"} {
			got := event(t, `"Operation":"UserLoggedIn","%s":"%s"`, field, written)
			if at := gjson.GetBytes(got, "src_endpoint").Raw; at != want {
				t.Errorf("%s %q: src_endpoint is %s, want %s", field, written, at, want)
			}
		}
	}
}

func TestTheFirstFieldWithAnAddressCounts(t *testing.T) {
	got := event(t, `"Operation":"UserLoggedIn","ClientIP":"<null>","ClientIPAddress":"host.example","ActorIpAddress":"192.0.2.1"`)
	if ip := gjson.GetBytes(got, "src_endpoint.ip").Str; ip != "192.0.2.1" {
		t.Errorf("ip is %q", ip)
	}
}

func TestTimeIsWhatTheRecordSaysOrWhenItWasOffered(t *testing.T) {
	const offered = 1772445600000 // rawOf's contentCreated, 2026-03-02T10:00:00Z
	for written, want := range map[string]int64{
		`"2026-03-02T09:15:00"`:           1772442900000,
		`"2026-03-02T09:15:00Z"`:          1772442900000,
		`"2026-03-02 09:15:00"`:           1772442900000,
		`"2026-03-02T09:15:00.5"`:         1772442900500,
		`"2026-03-02T09:15:00.1234567Z"`:  1772442900123,
		`"2026-03-02T11:15:00+02:00"`:     1772442900000,
		`"2026-03-02T03:45:00.000-05:30"`: 1772442900000,
		`"2026-03-02T11:15:00+0200"`:      1772442900000,
		`"2026-03-02T11:15:00+02"`:        1772442900000,
		`"2026-03-02T09:15:00+020"`:       offered,
		`"2026-03-02T09:15:00+02:0"`:      offered,
		`"2026-03-02T09:15:00+02:"`:       offered,
		`"2026-03-02t09:15:00z"`:          1772442900000,
		`"2026-03-02T09:15:00,5"`:         1772442900500,
		`" 2026-03-02T09:15:00 "`:         1772442900000,
		`"2024-02-29T00:00:00"`:           1709164800000,
		`"/Date(1772442900000)/"`:         1772442900000,
		`"2026-03-02T09:15"`:              1772442900000,
		`"2026-03-02T09:15Z"`:             1772442900000,
		`"3/2/2026 9:15:00 AM"`:           1772442900000,
		`"3/2/2026 9:15 AM"`:              1772442900000,
		`"03/02/2026 09:15:00"`:           offered,
		`"13/2/2026 9:15:00 AM"`:          offered,
		`"3/2/1901 9:15:00 AM"`:           offered,
		`"/Date(x)/"`:                     offered,
		`"2026-03-02T09:15:65"`:           offered,
		`"2026-03-02T24:00:00"`:           offered,
		`"2026-02-30T09:15:00"`:           offered,
		`"2026-00-10T09:15:00"`:           offered,
		`"2O26-03-02T09:15:00"`:           offered,
		`"2026-03-02T09:15:0O"`:           offered,
		`"2026-03-02T09:15:00."`:          offered,
		`"2026-03-02T09:15:00 UTC"`:       offered,
		`"2026-03-02"`:                    offered,
		`"0001-01-01T00:00:00"`:           offered,
		`""`:                              offered,
		`null`:                            offered,
		`1772442900`:                      offered,
		`{"a":1}`:                         offered,
	} {
		got := event(t, `"CreationTime":%s`, written)
		if ms := gjson.GetBytes(got, "time").Int(); ms != want {
			t.Errorf("%s: time is %d, want %d", written, ms, want)
		}
		tag := gjson.GetBytes(got, `metadata.tags.#(name=="time").value`).Str
		if (tag == "unreadable") != (want == offered) {
			t.Errorf("%s: the tag time says %q", written, tag)
		}
	}
}

func TestTimeFallsBackToWhenItWasReceivedAndThenToNothing(t *testing.T) {
	raw := rawOf([]byte(`{"Id":"1"}`))
	raw.ContentCreated = time.Time{}
	zero := raw
	zero.Received = time.Time{}
	if ms := gjson.GetBytes(must(normalize.Append(nil, raw)), "time").Int(); ms != raw.Received.UnixMilli() {
		t.Errorf("time is %d, want when it was received", ms)
	}
	got := must(normalize.Append(nil, zero))
	if ms := gjson.GetBytes(got, "time"); ms.Raw != "0" {
		t.Errorf("time is %s, want 0", ms.Raw)
	}
	if gjson.GetBytes(got, "metadata.logged_time").Exists() {
		t.Error("logged_time stands there though nobody knows it")
	}
}

func TestResultStatusIsReadInEverySpelling(t *testing.T) {
	for written, want := range map[string]string{
		`"Succeeded"`: "1 Success", `"Success"`: "1 Success", `"success"`: "1 Success", `"True"`: "1 Success",
		`true`: "1 Success", `"1"`: "1 Success", `1`: "1 Success", `" Success "`: "1 Success",
		`"Failed"`: "2 Failure", `"Failure"`: "2 Failure", `"False"`: "2 Failure", `false`: "2 Failure", `"0"`: "2 Failure",
		`"PartiallySucceeded"`: "99 PartiallySucceeded", `"Sideways"`: "99 Sideways",
		`""`: "0 Unknown", `null`: "0 Unknown", `{}`: "0 Unknown", `"unknown"`: "0 Unknown",
	} {
		got := event(t, `"Operation":"Set-Mailbox","ResultStatus":%s`, written)
		if s := gjson.GetBytes(got, "status_id").Raw + " " + gjson.GetBytes(got, "status").Str; s != want {
			t.Errorf("%s: status is %s, want %s", written, s, want)
		}
	}
}

func TestAccountIsWhomItIsAbout(t *testing.T) {
	for fields, want := range map[string]string{
		`"UserId":"Ana@Contoso.example"`: "ana@contoso.example",
		`"UserId":"S-1-5-18"`:            "S-1-5-18",
		`"UserId":"ana@contoso.example","MailboxOwnerUPN":"BOB@contoso.example"`: "bob@contoso.example",
		`"UserId":"ana@contoso.example","MailboxOwnerUPN":"bob"`:                 "ana@contoso.example",
		`"UserId":"NT AUTHORITY\\SYSTEM (w3wp)","ObjectId":"EURP/bob"`:           "EURP/bob",
		`"UserId":"nt service\\x","ObjectId":"Bob@contoso.example"`:              "bob@contoso.example",
		`"UserId":"x","UserType":3,"ObjectId":"o"`:                               "o",
		`"UserId":"x","UserType":"4"`:                                            "x",
		`"UserType":4`:                                                           "-",
		`"UserId":" "`:                                                           "-",
		`"UserId":" Ana@contoso.example "`:                                       "ana@contoso.example",
		`"UserId":"i:0#.f|membership|Ana@contoso.example"`:                       "ana@contoso.example",
		`"Operation":"AlertTriggered","UserId":"x","UserType":4,"ObjectId":"o","Data":"{\"eid\":\"A@x.example\"}"`: "a@x.example",
		`"Operation":"AlertTriggered","UserId":"x","UserType":4,"ObjectId":"o","AlertEntityId":"mal"`:              "o",
		`"UserId":"x","UserType":4,"ObjectId":" "`:                                                                 "x",
		`"Operation":"UserLoginFailed","UserId":"0f","Actor":[{"ID":"Ana@x.example","Type":5}]`:                    "ana@x.example",
		`"Operation":"Send"`: "-",
		`"Operation":"Update user.","UserId":"a@x.example","Target":[{"ID":"B@x.example","Type":5}]`: "b@x.example",
	} {
		got := event(t, "%s", fields)
		if v := gjson.GetBytes(got, `metadata.tags.#(name=="account").value`).Str; v != want {
			t.Errorf("%s: account is %q, want %q", fields, v, want)
		}
	}
}

func TestUserTypeIsNoProofOfAnAdministrator(t *testing.T) {
	for written, want := range map[string]string{
		`0`: "1 User", `"0"`: "1 User", `"Regular"`: "1 User", `2`: "99 Admin", `3`: "99 DCAdmin", `4`: "3 System",
		`5`: "4 Service", `6`: "4 Service", `10`: "99 Guest", `77`: "99 77", `null`: "0 Unknown", `-1`: "99 -1",
		`"Unknown"`:            "0 Unknown",
		`12345678901234567890`: "99 12345678901234567890",
	} {
		got := event(t, `"UserId":"u","UserType":%s`, written)
		if s := gjson.GetBytes(got, "actor.user.type_id").Raw + " " + gjson.GetBytes(got, "actor.user.type").Str; s != want {
			t.Errorf("UserType %s: type is %s, want %s", written, s, want)
		}
	}
}

func TestOnlyRealAddressesBecomeEmailAddr(t *testing.T) {
	for name, want := range map[string]bool{
		"ana@contoso.example": true, "x_fabrikam.example#EXT#@contoso.example": true, "o'neil+a@contoso.example": true,
		"ServicePrincipal_1": false, "a@b": false, "a@b.": false, "@b.example": false, "a b@c.example": false,
		"a@b@c.example": false, "ü@contoso.example": false, "app@sharepoint": false, "a,b@c.example": false,
	} {
		got := event(t, `"UserId":%q`, name)
		if is := gjson.GetBytes(got, "actor.user.email_addr").Exists(); is != want {
			t.Errorf("%s: email_addr stands there: %v", name, is)
		}
	}
}
