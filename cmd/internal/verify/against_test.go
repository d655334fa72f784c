package verify

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ualstream/publish"
	"ualstream/schemas"
)

// record is an audit record of contoso.
func record(id, when, workload string, kind int) string {
	return fmt.Sprintf(`{"Id":"%s","CreationTime":"%s","Operation":"Send","RecordType":%d,"Workload":"%s","OrganizationId":"%s","UserId":"ana@contoso.example"}`,
		id, when, kind, workload, contoso)
}

func exportOf(t *testing.T, text string) *Export {
	t.Helper()
	e, err := ReadExport(strings.NewReader(text), "export.csv", func(error) {})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// here gives the message of the events topic that a record has become.
func here(t *testing.T, body string) schemas.Message {
	t.Helper()
	raw := schemas.Raw{Tenant: contoso, Source: exchange, Received: now, Body: []byte(body)}.Message()
	return eventMessage(t, raw)
}

func matched(t *testing.T, e *Export, messages ...schemas.Message) Comparison {
	t.Helper()
	var read atomic.Int64
	m := &matching{export: e, tenant: contoso, read: &read, found: map[string]bool{}, other: map[Kind]int{}}
	e.reach(contoso)
	for _, msg := range messages {
		m.take(&msg)
	}
	m.conclude()
	return m.out
}

func idsOf(lines []Line) string {
	var ids []string
	for _, l := range lines {
		ids = append(ids, l.ID)
	}
	return strings.Join(ids, " ")
}

func TestAnExportIsComparedOnlyAsFarAsItReaches(t *testing.T) {
	e := exportOf(t, record("first", "2026-02-11T10:00:00", "Exchange", 2)+"\n"+record("absent", "2026-02-11T11:00:00", "Exchange", 2)+"\n"+
		record("last", "2026-02-11T12:00:00Z", "AzureActiveDirectory", 15))
	c := matched(t, e,
		here(t, record("first", "2026-02-11T10:00:00", "Exchange", 2)), here(t, record("last", "2026-02-11T12:00:00", "AzureActiveDirectory", 15)),
		here(t, record("more", "2026-02-11T10:30:00", "Exchange", 2)), here(t, record("more", "2026-02-11T10:30:00", "Exchange", 2)),
		here(t, record("edge", "2026-02-11T12:00:00", "Exchange", 2)),
		here(t, record("before", "2026-02-11T09:59:59", "Exchange", 2)), here(t, record("after", "2026-02-11T12:00:01", "Exchange", 2)),
		here(t, record("another type", "2026-02-11T10:30:00", "Exchange", 50)), here(t, record("another workload", "2026-02-11T10:30:00", "SharePoint", 2)),
		here(t, record("no time", "yesterday", "Exchange", 2)),
	)
	if got := idsOf(c.NotHere); got != "absent" {
		t.Errorf("in the export and not here: %s", got)
	}
	if got := idsOf(c.NotThere); got != "more edge" {
		t.Errorf("here and not in the export: %s", got)
	}
	if c.Here != 4 || !c.NotHere[0].Time.Equal(time.Date(2026, 2, 11, 11, 0, 0, 0, time.UTC)) || c.NotHere[0].Operation != "Send" {
		t.Errorf("%+v", c)
	}
}

func TestRejectsAreHere(t *testing.T) {
	whole := record("rejected", "2026-02-11T10:00:00", "Exchange", 2)
	e := exportOf(t, whole+"\n"+record("broken", "2026-02-11T11:00:00", "Exchange", 2))
	raw := func(body string) schemas.Message {
		return schemas.Raw{Tenant: strings.ToUpper(contoso), Source: exchange, Received: now, Body: []byte(body)}.Message()
	}
	brokenOne := raw(strings.TrimSuffix(record("broken", "2026-02-11T11:00:00", "Exchange", 2), "}")) // its key is a hash
	c := matched(t, e, publish.Reject(raw(whole), "ingest", errors.New("too large: x")), publish.Reject(brokenOne, "normalize", schemas.ErrNotJSON))
	if len(c.NotHere) != 0 {
		t.Errorf("not here: %+v", c.NotHere)
	}
}

func TestAnotherTenantsRecordsAreNotHere(t *testing.T) {
	body := record("a", "2026-02-11T10:00:00", "Exchange", 2)
	event := here(t, body)
	event.SetHeader(schemas.HeaderTenant, fabrikam)
	if c := matched(t, exportOf(t, body), event); idsOf(c.NotHere) != "a" {
		t.Errorf("%+v", c)
	}
}

func TestTheRowsOfOtherTenantsAreLeftOut(t *testing.T) {
	a, other := record("a", "2026-02-11T10:00:00", "Exchange", 2), strings.ReplaceAll(record("b", "2026-02-10T10:00:00", "SharePoint", 6), contoso, fabrikam)
	found := strings.ReplaceAll(record("c", "2026-02-11T10:00:00", "Exchange", 2), contoso, fabrikam)
	c := matched(t, exportOf(t, a+"\n"+other+"\n"+found), here(t, a), here(t, found), here(t, record("early", "2026-02-10T11:00:00", "SharePoint", 6)))
	if idsOf(c.NotHere) != "" || idsOf(c.NotThere) != "" || c.Foreign != 1 || len(c.OtherKinds) != 0 {
		t.Errorf("%+v", c)
	}
	if _, err := exportOf(t, other).tenant(contoso); err == nil || !strings.Contains(err.Error(), "no record of tenant "+contoso) {
		t.Errorf("an export of another tenant: %v", err)
	}
}

func TestAUUIDIsTheSameInCapitals(t *testing.T) {
	const id = "3f8a1c3e-7b24-4d90-9e61-0c2d4b6f8a1f"
	rows := record(strings.ToUpper(id), "2026-02-11T10:00:00", "Exchange", 2) + "\n" + record("Name", "2026-02-11T10:00:00", "Exchange", 2)
	c := matched(t, exportOf(t, rows), here(t, record(id, "2026-02-11T10:00:00", "Exchange", 2)), here(t, record("name", "2026-02-11T10:00:00", "Exchange", 2)))
	if idsOf(c.NotHere) != "Name" || idsOf(c.NotThere) != "name" {
		t.Errorf("%+v", c)
	}
}

func TestARecordOfAKindThatTheExportLacksIsToldApart(t *testing.T) {
	a, only := record("a", "2026-02-11T10:00:00", "Exchange", 2), record("only", "2026-02-11T10:00:00", "Exchange", 50)
	c := matched(t, exportOf(t, a), here(t, a), here(t, only), here(t, record("before", "2026-02-11T09:00:00", "Exchange", 50)))
	if idsOf(c.NotThere) != "" || idsOf(c.Others) != "only" || fmt.Sprint(c.OtherKinds) != "[{{Exchange 50} 1}]" {
		t.Errorf("%+v", c)
	}
}

func TestWhatAnExportLacksAtItsEdgesIsNamed(t *testing.T) {
	a, b := record("a", "2026-02-11T10:00:00", "Exchange", 2), record("b", "2026-02-11T11:00:00", "Exchange", 2)
	messages := []schemas.Message{here(t, a), here(t, b), here(t, record("other", "2026-02-11T11:00:01", "Exchange", 50))}
	for i := range 9 { // the farthest first and the nearest first
		before, after := fmt.Sprintf("2026-02-11T09:%02d:00", 10+i), fmt.Sprintf("2026-02-11T11:%02d:00", 10+i)
		messages = append(messages, here(t, record(fmt.Sprint("before", i), before, "Exchange", 2)), here(t, record(fmt.Sprint("after", i), after, "Exchange", 2)),
			here(t, record(fmt.Sprint("before", i), before, "Exchange", 2)))
	}
	c := matched(t, exportOf(t, a+"\n"+b), messages...)
	if got, want := idsOf(c.Before), "before8 before7 before6 before5 before4"; got != want {
		t.Errorf("before: %s, want %s", got, want)
	}
	if got, want := idsOf(c.After), "after0 after1 after2 after3 after4"; got != want {
		t.Errorf("after: %s, want %s", got, want)
	}
	if len(c.NotThere) != 0 || c.Here != 2 {
		t.Errorf("%+v", c)
	}
}

func TestAnExportIsReadInAnyFormAndItsFlawsAreCounted(t *testing.T) {
	quoted := func(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
	table := "CreationDate,AuditData\n" +
		"x," + quoted(record("a", "2026-02-11T10:00:00", "Exchange", 2)) + "\n" +
		"x," + quoted(record("a", "2026-02-11T10:00:00", "Exchange", 2)) + "\n" +
		"x," + quoted(`{"Operation":"no id"}`) + "\n" +
		"x,\n"
	told := 0
	e, err := ReadExport(strings.NewReader("\ufeff"+table), "export.csv", func(error) { told++ })
	if err != nil || len(e.records) != 1 || e.repeats != 1 || e.anonymous != 1 || e.bad != 1 || told != 2 {
		t.Errorf("%+v, %d told, %v", e, told, err)
	}
	for name, text := range map[string]string{"nothing": "", "no record": `{"a":1}`} {
		if _, err := ReadExport(strings.NewReader(text), "export.csv", func(error) {}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestWhoseExportItIs(t *testing.T) {
	a := record("a", "2026-02-11T10:00:00", "Exchange", 2)
	b := strings.ReplaceAll(record("b", "2026-02-11T10:00:00", "Exchange", 2), contoso, fabrikam)
	for name, c := range map[string]struct {
		text, named, want string
		err               error
	}{
		"as its records say":  {strings.ReplaceAll(a, contoso, strings.ToUpper(contoso)), "", contoso, nil},
		"as it is named":      {strings.ReplaceAll(a, contoso, ""), fabrikam, fabrikam, nil},
		"of two":              {a + b, "", "", ErrWhose},
		"of two, one is told": {a + b, contoso, contoso, nil},
		"of nobody":           {strings.ReplaceAll(a, contoso, ""), "", "", ErrWhose},
	} {
		got, err := exportOf(t, c.text).tenant(c.named)
		if got != c.want || !errors.Is(err, c.err) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}
