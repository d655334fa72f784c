package worker

import (
	"fmt"
	"testing"

	"ualstream/schemas"
)

func raw(tenant, id string) schemas.Message {
	return schemas.Message{Key: []byte(id), Headers: []schemas.Header{{Key: schemas.HeaderTenant, Value: tenant}}}
}

func TestIdentityKnowsARecordOnceItsBatchIsWritten(t *testing.T) {
	i := newIdentity(10)
	i.begin()
	if !i.first(raw("t", "a")) || i.first(raw("t", "a")) {
		t.Error("a record must be first once within a batch")
	}
	i.begin() // the batch failed and is worked on again
	if !i.first(raw("t", "a")) {
		t.Error("a record of a batch that was not written must be first again")
	}
	i.commit()
	i.begin()
	if i.first(raw("t", "a")) {
		t.Error("a record that was written is a repeat")
	}
	if !i.first(raw("u", "a")) {
		t.Error("the same id in another tenant is another record")
	}
}

func TestIdentityRemembersTheNewestInBoundedMemory(t *testing.T) {
	const limit = 100
	i := newIdentity(limit)
	for n := range 10 * limit {
		i.begin()
		i.first(raw("t", fmt.Sprint(n)))
		i.commit()
		if held := len(i.young) + len(i.old); held > 2*limit {
			t.Fatalf("%d records are held, the bound is %d", held, 2*limit)
		}
	}
	i.begin()
	for n := 9 * limit; n < 10*limit; n++ {
		if i.first(raw("t", fmt.Sprint(n))) {
			t.Fatalf("record %d of %d was forgotten", n, 10*limit)
		}
	}
}
