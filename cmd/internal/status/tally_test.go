package status

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"ualstream/schemas"
)

const contoso, fabrikam = "5f8a1c3e-7b24-4d90-9e61-0c2d4b6f8a10", "9c2e7f10-33ab-4d58-8a1e-5b6f7a8c9d01"

var noon = time.Date(2026, 2, 12, 12, 0, 0, 0, time.UTC)

// blob is an entry of contoso's Audit.Exchange that was offered a minute before its state was reached.
func blob(id string, state schemas.BlobState, ago time.Duration, records int) schemas.Blob {
	at := noon.Add(-ago)
	return schemas.Blob{Tenant: contoso, ContentType: "Audit.Exchange", ContentID: id, State: state, At: at, Created: at.Add(-time.Minute), Records: records}
}

func entry(t *testing.T, b schemas.Blob) schemas.Message {
	t.Helper()
	m, err := b.Message()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// tallied is what entries of contoso amount to at noon.
func tallied(t *testing.T, messages ...schemas.Message) []Subscription {
	t.Helper()
	ledger := newTally()
	ledger.forget(noon)
	for _, m := range messages {
		if err := ledger.take(m); err != nil {
			t.Fatal(err)
		}
	}
	return ledger.subscriptions(contoso, []string{"Audit.Exchange"}, answer{}, ledger.losses())
}

func TestTheLedgerIsSummed(t *testing.T) {
	const stored, lost = schemas.BlobStored, schemas.BlobLost
	gone := schemas.Message{Topic: schemas.TopicLedger, Key: []byte(contoso + "/Audit.Exchange/a")}
	loud := blob("b", stored, time.Hour, 7)
	loud.Tenant = strings.ToUpper(contoso)
	for name, c := range map[string]struct {
		in   []schemas.Message
		want Subscription
	}{
		"stored":                    {[]schemas.Message{entry(t, blob("a", stored, time.Hour, 3)), entry(t, loud)}, Subscription{Records24h: 10, LastContent: noon.Add(-61 * time.Minute)}},
		"older than a day":          {[]schemas.Message{entry(t, blob("a", stored, 25*time.Hour, 3))}, Subscription{LastContent: noon.Add(-25*time.Hour - time.Minute)}},
		"the newest was before":     {[]schemas.Message{entry(t, blob("a", stored, 0, 1)), entry(t, blob("b", stored, time.Hour, 1))}, Subscription{Records24h: 2, LastContent: noon.Add(-time.Minute)}},
		"lost":                      {[]schemas.Message{entry(t, blob("a", lost, time.Hour, 0)), entry(t, blob("b", lost, 6*24*time.Hour, 0))}, Subscription{Lost: 2}},
		"lost in part":              {[]schemas.Message{entry(t, blob("a", lost, time.Hour, 3))}, Subscription{Lost: 1, Records24h: 3, LastContent: noon.Add(-61 * time.Minute)}},
		"lost long ago":             {[]schemas.Message{entry(t, blob("a", lost, 8*24*time.Hour, 0))}, Subscription{}},
		"lost, told twice":          {[]schemas.Message{entry(t, blob("a", lost, time.Hour, 0)), entry(t, blob("a", lost, 0, 0))}, Subscription{Lost: 1}},
		"lost in part, tried again": {[]schemas.Message{entry(t, blob("a", lost, time.Hour, 3)), entry(t, blob("a", lost, 0, 3))}, Subscription{Lost: 1, Records24h: 3, LastContent: noon.Add(-time.Minute)}},
		"lost in part, then stored": {[]schemas.Message{entry(t, blob("a", lost, time.Hour, 3)), entry(t, blob("a", stored, 0, 4))}, Subscription{Records24h: 4, LastContent: noon.Add(-time.Minute)}},
		"lost, then stored":         {[]schemas.Message{entry(t, blob("a", lost, time.Hour, 0)), entry(t, blob("a", stored, 0, 2))}, Subscription{Records24h: 2, LastContent: noon.Add(-time.Minute)}},
		"lost, then forgotten":      {[]schemas.Message{entry(t, blob("a", lost, time.Hour, 0)), gone}, Subscription{}},
		"never heard of":            {nil, Subscription{}},
		"a hostile number":          {[]schemas.Message{entry(t, blob("a", stored, 0, -5))}, Subscription{LastContent: noon.Add(-time.Minute)}},
	} {
		c.want.ContentType, c.want.Status = "Audit.Exchange", Unknown
		if got := tallied(t, c.in...); !reflect.DeepEqual(got, []Subscription{c.want}) {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func TestWhatGrowsOldIsForgotten(t *testing.T) {
	ledger := newTally()
	ledger.forget(noon)
	for _, b := range []schemas.Blob{blob("a", schemas.BlobStored, time.Hour, 3), blob("b", schemas.BlobLost, 0, 0)} {
		if err := ledger.take(entry(t, b)); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		after         time.Duration
		records, lost int
	}{{0, 3, 1}, {22 * time.Hour, 3, 1}, {24 * time.Hour, 0, 1}, {7 * 24 * time.Hour, 0, 0}} {
		ledger.forget(noon.Add(c.after))
		s := ledger.subscriptions(contoso, []string{"Audit.Exchange"}, answer{}, ledger.losses())[0]
		if s.Records24h != c.records || s.Lost != c.lost {
			t.Errorf("after %v: %d records and %d losses, want %d and %d", c.after, s.Records24h, s.Lost, c.records, c.lost)
		}
	}
}

func TestALargeLedgerIsKeptAsSums(t *testing.T) {
	ledger := newTally()
	ledger.forget(noon)
	for i := range 5_000 {
		m := entry(t, blob(fmt.Sprint(i), schemas.BlobStored, time.Duration(i)*100*time.Second, 10))
		if err := ledger.take(m); err != nil {
			t.Fatal(err)
		}
	}
	if r := ledger.rows[feed{contoso, "Audit.Exchange"}]; len(ledger.rows) != 1 || len(r.records) > 145 || len(ledger.lost) != 0 {
		t.Errorf("%d rows, %d sums, %d losses are kept", len(ledger.rows), len(r.records), len(ledger.lost))
	}
}

func TestALaterEntryIsAnErrorAndADamagedOneIsPassedOver(t *testing.T) {
	ledger := newTally()
	err := ledger.take(schemas.Message{Key: []byte("t/c/i"), Value: []byte(`{"v":99}`)})
	if err == nil || !strings.Contains(err.Error(), "upgrade") {
		t.Errorf("a later entry: %v", err)
	}
	if err := ledger.take(schemas.Message{Key: []byte("t/c/i"), Value: []byte(`{`)}); err != nil || len(ledger.rows) > 0 {
		t.Errorf("a damaged entry: %v, %d rows", err, len(ledger.rows))
	}
}

func TestContentTypesHaveOneOrderAndSpelling(t *testing.T) {
	list := newTally().subscriptions(contoso, []string{"DLP.All", "audit.general", "Audit.Exchange", "Audit.General", "AAA"}, answer{}, nil)
	var names []string
	for _, s := range list {
		names = append(names, s.ContentType)
	}
	if got := strings.Join(names, " "); got != "Audit.Exchange Audit.General AAA DLP.All" {
		t.Errorf("got %s", got)
	}
}
