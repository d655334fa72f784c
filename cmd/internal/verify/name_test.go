package verify

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"ualstream/normalize"
	"ualstream/publish"
	"ualstream/schemas"
)

// ids are Ids that records may have, as they stand in JSON.
var ids = map[string]string{
	"a GUID":               "3f8a1c3e-7b24-4d90-9e61-0c2d4b6f8a10",
	"control characters":   `a\u0000b\nc`,
	"no UTF-8":             "a\xff\xfeb",
	"a lone surrogate":     `a\ud800b`,
	"a replacement":        "a\uFFFDb",
	"an ellipsis":          "abc…",
	"as long as can be":    strings.Repeat("x", schemas.MaxID),
	"long, and controlled": strings.Repeat("x", schemas.MaxID-1) + `\t`,
	"quotes":               `a\"b\\`,
}

func rawMessage(t *testing.T, id string) schemas.Message {
	t.Helper()
	m := schemas.Raw{
		Tenant: contoso, Source: exchange, ContentID: "blob", ContentCreated: ago(day), Received: ago(day),
		Body: fmt.Appendf(nil, `{"Id":"%s","CreationTime":"2026-02-11T10:00:00","Operation":"MailItemsAccessed","RecordType":50,`+
			`"Workload":"Exchange","OrganizationId":"%s","UserId":"ana@contoso.example"}`, id, contoso),
	}.Message()
	return m
}

func eventMessage(t *testing.T, raw schemas.Message) schemas.Message {
	t.Helper()
	value, err := normalize.Append(nil, schemas.RawOf(raw))
	if err != nil {
		t.Fatal(err)
	}
	return publish.Event(raw, value)
}

func TestARecordHasOneNameWhateverBecomesOfIt(t *testing.T) {
	for what, id := range ids {
		raw := rawMessage(t, id)
		want := nameOfRaw(&raw)
		event := eventMessage(t, raw)
		if got := nameOfEvent(&event); got != want {
			t.Errorf("%s: event %q, raw %q", what, got.id, want.id)
		}
		reject := publish.Reject(raw, "normalize", errors.New("why"))
		if got, ok := nameOfReject(&reject); !ok || got != want {
			t.Errorf("%s: reject %q, raw %q", what, got.id, want.id)
		}
		large := publish.Reject(event, "normalize", errors.New("larger than its topic accepts"))
		if got, ok := nameOfReject(&large); !ok || got != want {
			t.Errorf("%s: event that is too large %q, raw %q", what, got.id, want.id)
		}
		ingest := publish.Reject(raw, "ingest", errors.New("too large: record"))
		if got, ok := nameOfReject(&ingest); !ok || got != want {
			t.Errorf("%s: record that is too large %q, raw %q", what, got.id, want.id)
		}
	}
}

func TestDifferentIdsHaveDifferentNames(t *testing.T) {
	names := map[name]string{}
	for what, id := range ids {
		event := eventMessage(t, rawMessage(t, id))
		n := nameOfEvent(&event)
		if n.id == "a\uFFFDb" { // of bytes that were no UTF-8 nothing else is left
			continue
		}
		if other, ok := names[n]; ok {
			t.Errorf("%s has the name of %s", what, other)
		}
		names[n] = what
	}
}

func TestWhatIsNoRecordHasNoName(t *testing.T) {
	raw := rawMessage(t, "a")
	reject := publish.Reject(eventMessage(t, raw), "detect", errors.New("why"))
	if n, ok := nameOfReject(&reject); ok {
		t.Errorf("a reject of detect is named %q", n)
	}
	if n := nameOfOutcome(&reject); n != (name{}) {
		t.Errorf("a reject of detect is named %q", n)
	}
}

func TestARecordOfNoTenantIsItsOrganizations(t *testing.T) {
	raw := rawMessage(t, "a")
	raw.SetHeader(schemas.HeaderTenant, "")
	raw.Value = []byte(strings.Replace(string(raw.Value), contoso, strings.ToUpper(contoso), 1))
	event := eventMessage(t, raw)
	if got, want := nameOfRaw(&raw), nameOfEvent(&event); got != want || got.tenant != contoso {
		t.Errorf("raw %q, event %q", got, want)
	}
}
