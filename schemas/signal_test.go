package schemas_test

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"ualstream/schemas"
)

var update = flag.Bool("update", false, "write what is made as what is wanted")

type signalsEntry interface {
	Message() (schemas.Message, error)
}

// received is an entry whose message wants the time of receipt.
type received struct {
	of func(time.Time) (schemas.Message, error)
}

func (r received) Message() (schemas.Message, error) {
	return r.of(time.Date(2026, 2, 12, 11, 0, 0, 0, time.UTC))
}

// signals gives an entry of each kind, by the name of its golden file.
func signals() map[string]struct {
	entry any
	signalsEntry
} {
	at := time.Date(2026, 2, 12, 10, 53, 24, 0, time.UTC)
	key := []byte("00000000-0000-4000-8000-000000000001/spray/0123456789abcdef0123456789abcdef")
	s := schemas.Signal{
		Key: key, V: 1, Kind: "signal", Tenant: "00000000-0000-4000-8000-000000000001", Correlation: "spray", Shape: "0123456789abcdef",
		Group: []string{"192.0.2.7"}, Time: at, Ref: "e1", Input: 1, Values: []string{"k1"}, Carry: []string{"c"},
		Event: schemas.Scene{Operation: "UserLoginFailed", TypeUID: 300201, Actor: "ana@contoso.example", Mailbox: "bob@contoso.example", Address: "192.0.2.7"},
	}
	f := schemas.Fired{
		Key: key, V: 1, Kind: "fired", UID: "0123456789abcdef0123456789abcdef", Tenant: s.Tenant, Correlation: "spray", Shape: s.Shape,
		Group: []string{}, Ref: "e1", First: at.Add(-time.Minute), Last: at, Until: at.Add(48 * time.Hour), Count: 12, Later: 2, Update: 2, Offset: 7,
		Received: at.Add(time.Second),
	}
	r := schemas.RuleSet{V: 1, Kind: "rules", Hash: "0123456789abcdef0123456789abcdef", Since: at, At: at.Add(time.Minute)}
	l := schemas.RuleSet{V: 1, Kind: "rules", Hash: r.Hash, Since: at, At: at.Add(2 * time.Minute), Leaves: true}
	return map[string]struct {
		entry any
		signalsEntry
	}{"leaving": {l, l}, "signal": {s, received{s.Message}}, "fired": {f, f}, "rules": {r, r}}
}

func TestEachKindOfSignalsEntryRoundTripsIsValidAndAsWritten(t *testing.T) {
	schema := compiled(t, "signal")
	file := filepath.Join("testdata", "signals.txtar")
	golden, err := txtar.ParseFile(file)
	if err != nil && !*update {
		t.Fatal(err)
	}
	made := &txtar.Archive{}
	for _, name := range []string{"signal", "fired", "rules", "leaving"} {
		e := signals()[name]
		m, err := e.Message()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := schemas.SignalsEntry(m); err != nil || !reflect.DeepEqual(got, e.entry) {
			t.Errorf("%s: %+v, %v; want %+v", name, got, err, e.entry)
		}
		if err := validate(t, schema, m.Value); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if validate(t, schema, bytes.Replace(m.Value, []byte(`{"v":1,`), []byte(`{"v":1,"more":1,`), 1)) == nil {
			t.Errorf("%s: an attribute that there is not is valid", name)
		}
		made.Files = append(made.Files, txtar.File{Name: name + " " + string(m.Key), Data: append(m.Value, '\n')})
	}
	if *update {
		_ = os.MkdirAll("testdata", 0o755)
		if err := os.WriteFile(file, txtar.Format(made), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if got, want := txtar.Format(made), txtar.Format(golden); !bytes.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestSignalsOfALaterVersionOrDamagedAreErrors(t *testing.T) {
	later := schemas.Message{Topic: schemas.TopicSignals, Value: []byte(`{"v":2,"kind":"signal"}`)}
	if _, err := schemas.SignalsEntry(later); !isVersion(err) {
		t.Errorf("of a later version: %v", err)
	}
	for _, value := range []string{"", "x", "[]", `{"v":1,"kind":"signal","group":1}`, `{"v":1,"kind":"fired","uid":7}`, `{"v":1,`} {
		if got, err := schemas.SignalsEntry(schemas.Message{Value: []byte(value)}); got != nil || err == nil || isVersion(err) {
			t.Errorf("%s: %+v, %v", value, got, err)
		}
	}
	if got, err := schemas.SignalsEntry(schemas.Message{Value: []byte(`{"v":1,"kind":"more"}`)}); got != nil || err != nil {
		t.Errorf("a kind that is not known: %+v, %v", got, err)
	}
}

func isVersion(err error) bool {
	_, ok := errors.AsType[*schemas.VersionError](err)
	return ok
}
