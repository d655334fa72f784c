package schemas_test

import (
	"bytes"
	"reflect"
	"testing"
	"time"

	"ualstream/schemas"
)

var at = time.Date(2026, 2, 12, 10, 53, 24, 123e6, time.UTC)

func stored() schemas.Blob {
	return schemas.Blob{
		V: schemas.LedgerVersion, Tenant: "00000000-0000-4000-8000-000000000001", ContentType: "Audit.Exchange", ContentID: "a/b$c",
		State: schemas.BlobStored, Created: at, Expires: at.Add(7 * 24 * time.Hour), At: at.Add(time.Minute),
		Records: 3, Offsets: map[int]int64{0: 17, 11: 4},
	}
}

func listed() schemas.Blob {
	b := stored()
	b.State, b.Records, b.Offsets, b.URI = schemas.BlobListed, 0, nil, "https://manage.office.example/audit/a/b$c"
	return b
}

func lost() schemas.Blob {
	b := stored()
	b.State, b.Offsets, b.Reason = schemas.BlobLost, nil, "AF20051: expired"
	return b
}

func day() schemas.Day {
	noon := time.Date(2026, 2, 12, 12, 0, 0, 0, time.UTC)
	return schemas.Day{
		V: schemas.LedgerVersion, Tenant: stored().Tenant, ContentType: "Audit.Exchange", Day: "2026-02-12",
		Covered: []schemas.Span{{From: noon, To: noon.Add(time.Hour)}, {From: noon.Add(2 * time.Hour), To: noon.Add(3 * time.Hour)}},
		Listed:  1, Stored: 20, Lost: 3, Records: 400, Final: true, At: noon.Add(9 * 24 * time.Hour),
	}
}

// kinds gives an entry of each kind, and what reads it.
func kinds() map[string]kind {
	blob := func(m schemas.Message) (any, error) { return schemas.BlobOf(m) }
	return map[string]kind{
		"listed":        {listed(), listed().Tenant + "/Audit.Exchange/a/b$c", blob},
		"stored":        {stored(), stored().Tenant + "/Audit.Exchange/a/b$c", blob},
		"lost":          {lost(), stored().Tenant + "/Audit.Exchange/a/b$c", blob},
		"no content id": {schemas.Blob{V: 1, Tenant: "t", ContentType: "c", State: schemas.BlobLost, Reason: "x"}, "t/c/", blob},
		"day":           {day(), stored().Tenant + "/Audit.Exchange/2026-02-12", func(m schemas.Message) (any, error) { return schemas.DaySummary(m) }},
		"deployment": {
			schemas.Deployment{V: 1, ID: "contoso", Cluster: "c1", Partitions: map[string]int{"raw": 12}, At: at},
			"deployment/", schemas.DeploymentEntry,
		},
		"consumed": {schemas.Consumed{V: 1, Stage: "normalize", Partitions: []int{0, 7}, At: at}, "deployment/consumed/normalize", schemas.DeploymentEntry},
		"skip": {
			schemas.Skip{V: 1, Stage: "detect", Topic: "events", Partition: 3, From: 10, To: 12, Reason: "bad batch", At: at},
			"deployment/skip/detect/events/3/10", schemas.DeploymentEntry,
		},
	}
}

type kind struct {
	entry interface {
		Message() (schemas.Message, error)
	}
	key  string
	read func(schemas.Message) (any, error)
}

// readLedger reads a message of the ledger topic as every reader of the topic does.
func readLedger(m schemas.Message) (any, error) {
	switch {
	case schemas.IsDeployment(m):
		return schemas.DeploymentEntry(m)
	case schemas.IsDay(m):
		return schemas.DaySummary(m)
	default:
		return schemas.BlobOf(m)
	}
}

func TestEachKindOfLedgerEntryRoundTrips(t *testing.T) {
	for name, k := range kinds() {
		t.Run(name, func(t *testing.T) {
			m, err := k.entry.Message()
			if err != nil {
				t.Fatal(err)
			}
			if m.Topic != schemas.TopicLedger || string(m.Key) != k.key {
				t.Errorf("topic %q key %q", m.Topic, m.Key)
			}
			for _, read := range []func(schemas.Message) (any, error){k.read, readLedger} {
				if got, err := read(m); err != nil || !reflect.DeepEqual(got, k.entry) {
					t.Errorf("%+v, %v; want %+v", got, err, k.entry)
				}
			}
		})
	}
}

func TestEachKindOfLedgerEntryIsValid(t *testing.T) {
	s := compiled(t, "ledger")
	all := kinds()
	delete(all, "no content id") // which has no name
	all["empty day"] = kind{entry: schemas.Day{Tenant: "t", ContentType: "c", Day: "2026-02-12"}}
	all["empty deployment"] = kind{entry: schemas.Deployment{}}
	for name, k := range all {
		m, err := k.entry.Message()
		if err != nil {
			t.Fatal(err)
		}
		if err := validate(t, s, m.Value); err != nil {
			t.Errorf("%s: %s: %v", name, m.Value, err)
		}
		with := bytes.Replace(m.Value, []byte(`{"v":1,`), []byte(`{"v":1,"more":1,`), 1)
		if validate(t, s, with) == nil {
			t.Errorf("%s: an attribute that there is not is valid", name)
		}
		later := bytes.Replace(m.Value, []byte(`{"v":1,`), []byte(`{"v":2,`), 1)
		if validate(t, s, later) == nil {
			t.Errorf("%s: another version is valid", name)
		}
	}
}

func TestWhatNoBlobIsIsNotValid(t *testing.T) {
	s := compiled(t, "ledger")
	for name, change := range map[string]func(*schemas.Blob){
		"lost without a reason":   func(b *schemas.Blob) { b.State, b.Offsets = schemas.BlobLost, nil },
		"stored with a reason":    func(b *schemas.Blob) { b.Reason = "x" },
		"stored with an address":  func(b *schemas.Blob) { b.URI = "https://manage.office.example/" },
		"listed with records":     func(b *schemas.Blob) { b.State, b.Offsets = schemas.BlobListed, nil },
		"listed with offsets":     func(b *schemas.Blob) { b.State, b.Records = schemas.BlobListed, 0 },
		"another state":           func(b *schemas.Blob) { b.State = "frozen" },
		"no content id":           func(b *schemas.Blob) { b.ContentID = "" },
		"fewer records than none": func(b *schemas.Blob) { b.Records = -1 },
	} {
		b := stored()
		change(&b)
		m, err := b.Message()
		if err != nil {
			t.Fatal(err)
		}
		if validate(t, s, m.Value) == nil {
			t.Errorf("%s is valid: %s", name, m.Value)
		}
	}
}

func TestATombstoneOfABlobNamesIt(t *testing.T) {
	m, _ := stored().Message()
	m.Value = nil
	want := schemas.Blob{Tenant: stored().Tenant, ContentType: "Audit.Exchange", ContentID: "a/b$c"}
	if got, err := schemas.BlobOf(m); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	if got := schemas.LedgerTenant(m.Key); string(got) != want.Tenant {
		t.Errorf("tenant of the key %q", got)
	}
}

func TestABlobIsCountedInTheDayOfItsCreation(t *testing.T) {
	night := time.Date(2026, 2, 12, 23, 30, 0, 0, time.FixedZone("", -3600))
	for name, b := range map[string]schemas.Blob{
		"by UTC":    {Created: night, Expires: at, At: at},
		"not known": {Expires: night.AddDate(0, 0, 7), At: at},
		"no expiry": {At: night},
	} {
		if got := b.Day(); got != "2026-02-13" {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestAKindOfEntryAboutTheDeploymentThatIsNotKnownIsPassedOver(t *testing.T) {
	m := schemas.Message{Key: []byte("deployment/later/x"), Value: []byte("{}")}
	if got, err := schemas.DeploymentEntry(m); got != nil || err != nil || !schemas.IsDeployment(m) {
		t.Errorf("%+v, %v", got, err)
	}
}
