package schemas_test

import (
	"reflect"
	"strings"
	"testing"

	"ualstream/schemas"
)

func TestTenantRoundTrips(t *testing.T) {
	want := tenant()
	m, err := want.Message()
	if err != nil {
		t.Fatal(err)
	}
	if m.Topic != schemas.TopicTenants || string(m.Key) != want.ID || string(schemas.LedgerTenant(m.Key)) != want.ID {
		t.Errorf("topic %q key %q", m.Topic, m.Key)
	}
	want.V = schemas.TenantVersion
	if got, err := schemas.TenantOf(m); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
	m.Value = nil
	if got, err := schemas.TenantOf(m); err != nil || !reflect.DeepEqual(got, schemas.Tenant{ID: want.ID}) {
		t.Errorf("tombstone %+v, %v", got, err)
	}
}

func TestContentTypesOfATenantAreReadInTheAPIsSpelling(t *testing.T) {
	of := func(contentType string) schemas.Message {
		return schemas.Message{Value: []byte(`{"v":1,"id":"5f8a1c3e-7b24-4d90-9e61-0c2d4b6f8a10","content_types":["` + contentType + `"]}`)}
	}
	if got, err := schemas.TenantOf(of("audit.EXCHANGE")); err != nil || !reflect.DeepEqual(got.ContentTypes, []string{"Audit.Exchange"}) {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := schemas.TenantOf(of("Audit.Mail")); err == nil {
		t.Errorf("a content type that there is not is read: %+v", got)
	}
}

func TestATenantOfALaterVersionIsRefusedWhateverItHolds(t *testing.T) {
	for _, value := range []string{`{"v":2}`, `{"v":2,"content_types":{}}`} {
		_, err := schemas.TenantOf(schemas.Message{Key: []byte("t"), Offset: 7, Value: []byte(value)})
		if err == nil || !strings.Contains(err.Error(), "version 2") || !strings.Contains(err.Error(), "0/7") {
			t.Errorf("%s: %v", value, err)
		}
	}
	for _, value := range []string{"x", "[]", `{"v":"1"}`, `{"v":1,"id":7}`} {
		if _, err := schemas.TenantOf(schemas.Message{Value: []byte(value)}); err == nil {
			t.Errorf("%s is read", value)
		}
	}
	if _, err := schemas.TenantOf(schemas.Message{Value: []byte(`{"v":1,"later":"attribute"}`)}); err != nil {
		t.Errorf("with an attribute that is not known: %v", err)
	}
}

func TestContentTypesAreKnownWithoutCase(t *testing.T) {
	for in, want := range map[string]string{"audit.exchange": "Audit.Exchange", "DLP.ALL": "DLP.All", "Audit.General": "Audit.General"} {
		if got, err := schemas.ContentType(in); err != nil || got != want {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
	if _, err := schemas.ContentType("Audit.Exchang"); err == nil || !strings.Contains(err.Error(), "Audit.SharePoint") {
		t.Errorf("an unknown one: %v", err)
	}
}
