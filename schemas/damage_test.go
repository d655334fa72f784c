package schemas_test

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"

	"ualstream/schemas"
)

// TestADamagedLedgerEntryIsAnError damages entries of each kind; the error names where the entry is.
func TestADamagedLedgerEntryIsAnError(t *testing.T) {
	for name, k := range kinds() {
		m, err := k.entry.Message()
		if err != nil {
			t.Fatal(err)
		}
		for _, value := range []string{
			"x", "[]", "{", `{"v":"1"}`, `{"v":1,"v":{}}`, string(m.Value[:len(m.Value)/2]), string(m.Value) + "x", "\x00" + string(m.Value),
			strings.Replace(string(m.Value), `"at":"`, `"at":"x`, 1),
		} {
			m := m
			m.Partition, m.Offset, m.Value = 3, 7, []byte(value)
			_, err := readLedger(m)
			_, later := errors.AsType[*schemas.VersionError](err)
			if err == nil || later || !strings.Contains(err.Error(), "3/7") {
				t.Errorf("%s: %s: error %v", name, value, err)
			}
		}
	}
}

func TestALedgerEntryThatContradictsItselfIsAnError(t *testing.T) {
	edit := func(from, to string, m schemas.Message) schemas.Message {
		m.Value = bytes.ReplaceAll(m.Value, []byte(from), []byte(to))
		return m
	}
	blob, _ := stored().Message()
	sum, _ := day().Message()
	for name, m := range map[string]schemas.Message{
		"a blob of another tenant":   edit("0001", "0002", blob),
		"another blob":               edit("a/b", "b/a", blob),
		"a blob in no state":         edit(`"stored"`, `""`, blob),
		"a blob in another state":    edit(`"stored"`, `"frozen"`, blob),
		"nothing of a blob":          edit(string(blob.Value), "null", blob),
		"another day":                edit(`"2026-02-12"`, `"2026-02-13"`, sum),
		"fewer blobs than none":      edit(`"lost":3`, `"lost":-3`, sum),
		"a blob under a day's key":   edit(string(sum.Value), string(blob.Value), sum),
		"a tombstone of a day":       edit(string(sum.Value), "", sum),
		"a key of two parts":         {Key: []byte("a/b")},
		"a key of two parts, stored": {Key: []byte("a/b"), Value: blob.Value},
	} {
		if got, err := readLedger(m); err == nil {
			t.Errorf("%s is read: %+v", name, got)
		}
	}
}

func TestALedgerEntryOfALaterVersionIsRefusedWhateverItHolds(t *testing.T) {
	for name, k := range kinds() {
		for _, value := range []string{`{"v":2}`, `{"v":2,"records":"many","content_type":{},"stage":[],"id":1}`, `{"state":"stored","v":2}`} {
			_, err := readLedger(schemas.Message{Key: []byte(k.key), Partition: 3, Offset: 7, Value: []byte(value)})
			later, ok := errors.AsType[*schemas.VersionError](err)
			if !ok || later.Version != 2 || later.Key != k.key || later.Partition != 3 || later.Offset != 7 || later.Highest != 1 {
				t.Errorf("%s: %s: %v", name, value, err)
			}
		}
		m, _ := k.entry.Message()
		m.Value = bytes.Replace(m.Value, []byte(`{"v":1,`), []byte(`{"later":"attribute","v":1,`), 1)
		if got, err := readLedger(m); err != nil || !reflect.DeepEqual(got, k.entry) {
			t.Errorf("%s with an attribute that is not known: %+v, %v", name, got, err)
		}
	}
}

// FuzzLedger holds that whatever is in the topic is read as one kind or is an error, and that what is read is written
// as an entry of the same key that reads the same.
func FuzzLedger(f *testing.F) {
	for _, k := range kinds() {
		m, err := k.entry.Message()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(m.Key, m.Value)
		f.Add(m.Key, []byte{})
	}
	f.Add([]byte("a/b/2026-02-30"), []byte(`{"tenant":"a"}`))
	f.Fuzz(func(t *testing.T, key, value []byte) {
		got, err := readLedger(schemas.Message{Key: key, Value: value})
		if err != nil || got == nil || len(value) == 0 {
			return
		}
		m, err := got.(interface {
			Message() (schemas.Message, error)
		}).Message()
		if err != nil { // a year that JSON's times do not have
			return
		}
		if !schemas.IsDeployment(m) && !bytes.Equal(m.Key, key) {
			t.Fatalf("key %q is written as %q", key, m.Key)
		}
		again, err := readLedger(m)
		if err != nil || !reflect.DeepEqual(again, versioned(got)) {
			t.Fatalf("%+v is read again as %+v, %v", got, again, err)
		}
	})
}

// versioned gives an entry as it is when it has been written.
func versioned(entry any) any {
	switch e := entry.(type) {
	case schemas.Blob:
		e.V = schemas.LedgerVersion
		if len(e.Offsets) == 0 {
			e.Offsets = nil
		}
		return e
	case schemas.Day:
		e.V = schemas.LedgerVersion
		if e.Covered == nil {
			e.Covered = []schemas.Span{}
		}
		return e
	case schemas.Deployment:
		e.V = schemas.LedgerVersion
		return e
	case schemas.Consumed:
		e.V = schemas.LedgerVersion
		return e
	case schemas.Skip:
		e.V = schemas.LedgerVersion
		return e
	}
	return entry
}
