package verify

import (
	"errors"
	"testing"
	"time"

	"ualstream/schemas"
)

func tenantMessage(t *testing.T, at time.Time, id string, types ...string) schemas.Message {
	t.Helper()
	if len(types) == 0 {
		return schemas.Message{Key: []byte(id), Time: at}
	}
	m := message(t, schemas.Tenant{ID: id, Name: "Contoso", ContentTypes: types})
	m.Time = at
	return m
}

func TestAContentTypeIsWantedSinceItCameToBe(t *testing.T) {
	r := newRoster(nil)
	for _, m := range []schemas.Message{
		tenantMessage(t, ago(9*day), contoso, exchange),
		tenantMessage(t, ago(2*day), contoso, exchange, "Audit.General"),
		tenantMessage(t, ago(9*day), fabrikam, exchange), tenantMessage(t, ago(day), fabrikam),
		{Key: []byte("not to be read"), Value: []byte("{")},
	} {
		if err := r.take(m); err != nil {
			t.Fatal(err)
		}
	}
	if got := r[contoso].since; !got[exchange].Equal(ago(9*day)) || !got["Audit.General"].Equal(ago(2*day)) {
		t.Errorf("%v", got)
	}
	if len(r) != 1 {
		t.Errorf("%v", r)
	}
}

func TestTheConfigurationGoesBeforeTheTopic(t *testing.T) {
	r := newRoster([]schemas.Tenant{{ID: contoso, Name: "Ours", ContentTypes: []string{exchange}}})
	for _, m := range []schemas.Message{tenantMessage(t, ago(day), contoso, "Audit.General"), tenantMessage(t, ago(day), contoso)} {
		if err := r.take(m); err != nil {
			t.Fatal(err)
		}
	}
	if m := r[contoso]; m.Name != "Ours" || len(m.types()) != 1 || m.types()[0] != exchange {
		t.Errorf("%+v", m)
	}
}

func TestATenantIsFoundByItsIDOrItsName(t *testing.T) {
	r := newRoster([]schemas.Tenant{{ID: contoso, Name: "Contoso", ContentTypes: []string{exchange}}})
	theirs := blob("b", schemas.BlobStored, time.Hour)
	theirs.Tenant = fabrikam
	b := bookOf(t, theirs)
	for named, want := range map[string]string{"": "", contoso: contoso, "contoso": contoso, fabrikam: fabrikam} {
		if got, err := r.find(named, b); got != want || err != nil {
			t.Errorf("%q: %q, %v", named, got, err)
		}
	}
	_, err := r.find("adatum", b)
	if unknown, ok := errors.AsType[*UnknownTenantError](err); !ok || len(unknown.Known) != 2 {
		t.Errorf("%v", err)
	}
}
