package status

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "write what the code gives into the golden files")

// TestTables renders reports: a golden case holds a report as JSON and the tables that it gives.
func TestTables(t *testing.T) {
	cases, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(cases) == 0 {
		t.Fatalf("no golden cases: %v", err)
	}
	for _, path := range cases {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var r Report
			if err := json.Unmarshal(archive.Files[0].Data, &r); err != nil {
				t.Fatal(err)
			}
			tables := []txtar.File{{Name: "table", Data: tableOf(t, Wide, r)}, {Name: "narrow", Data: tableOf(t, Narrow, r)}}
			if *update {
				archive.Files = append(archive.Files[:1], tables...)
				if err := os.WriteFile(path, txtar.Format(archive), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if !reflect.DeepEqual(archive.Files[1:], tables) {
				t.Errorf("got\n%s%s", tables[0].Data, tables[1].Data)
			}
		})
	}
}

// tableOf renders a report, in lines that are not longer than the columns.
func tableOf(t *testing.T, columns int, r Report) []byte {
	t.Helper()
	var table bytes.Buffer
	if err := Write(&table, columns, r); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(table.String()) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > columns {
			t.Errorf("a line of %d columns: %s", n, line)
		}
	}
	return table.Bytes()
}

func TestAReportIsReadAsItWasWritten(t *testing.T) {
	at := time.Date(2026, 2, 12, 10, 53, 24, 0, time.UTC)
	want := Report{
		At: at,
		Tenants: []Tenant{{ID: "5f8a1c3e-7b24-4d90-9e61-0c2d4b6f8a10", Name: "Contoso", Connected: true, Subscriptions: []Subscription{
			{"Audit.Exchange", Enabled, at, 12, 3, 90 * time.Second, time.Millisecond}, {ContentType: "DLP.All", Status: Unknown},
		}}},
		Stages: []Stage{{"ingest", 0, 1.5}, {"normalize", 7, 0}},
	}
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got Report
	if err := json.Unmarshal(text, &got); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%s is read as %+v, %v", text, got, err)
	}
	for _, part := range []string{`"microsoft_seconds":90,"ours_seconds":0.001`, `{"content_type":"DLP.All","status":"unknown","records_24h":0,"lost":0}`} {
		if !strings.Contains(string(text), part) {
			t.Errorf("%s lacks %s", text, part)
		}
	}
}

func TestTheWorstTenantIsFirst(t *testing.T) {
	now := time.Now()
	of := func(name, status string, lost int, last time.Time) Tenant {
		return Tenant{Name: name, Subscriptions: []Subscription{{Status: Enabled, LastContent: now.Add(-time.Hour)}, {Status: status, Lost: lost, LastContent: last}}}
	}
	tenants := []Tenant{
		of("well", Enabled, 0, now), of("unknown", Unknown, 0, now.Add(-time.Second)), of("late", Enabled, 0, now.Add(-time.Minute)),
		of("never started", None, 0, now), of("disabled", Disabled, 0, now.Add(-time.Minute)), of("lost", Enabled, 1, now), of("lost more", Enabled, 2, now),
	}
	worstFirst(tenants)
	var names []string
	for _, t := range tenants {
		names = append(names, t.Name)
	}
	if got, want := strings.Join(names, ", "), "lost more, lost, disabled, never started, late, unknown, well"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestLengthsOfTimeAreShort(t *testing.T) {
	for d, want := range map[time.Duration][2]string{
		0: {"0s", "-"}, -time.Hour: {"0s", "-"}, 5 * time.Millisecond: {"0s", "5ms"}, 1290 * time.Millisecond: {"1s", "1.2s"},
		9999 * time.Millisecond: {"9s", "9.9s"}, 42 * time.Second: {"42s", "42s"}, 200 * time.Second: {"3m", "3m20s"},
		time.Hour: {"1h", "1h00m"}, 24*time.Hour - 1: {"23h", "23h59m"}, 76 * time.Hour: {"3d", "3d04h"}, 40 * 24 * time.Hour: {"40d", "40d00h"},
	} {
		if got := [2]string{brief(d), delay(d)}; got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}
