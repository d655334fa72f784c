package verify

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"ualstream/schemas"
)

var update = flag.Bool("update", false, "write what is rendered into testdata")

// full is a report that has something of everything.
func full() Report {
	r := Report{
		At: now, Since: ago(7 * day),
		Tenants: []Tenant{
			{ID: contoso, Name: "Contoso", Connected: true, Feeds: []Feed{
				{ContentType: "Audit.Exchange", Wanted: true, Listed: 100_020, Stored: 100_000, Pending: 2, Lost: 18, Records: 12_345_678,
					CoveredSince: ago(30 * day), CoveredUntil: ago(time.Minute),
					Gaps: []Gap{{ago(3 * day), ago(3*day - 2*time.Hour), ago(-4 * day)}, {ago(8 * day), ago(7*day + time.Hour), ago(day)}},
					Losses: []Loss{
						{ago(7*day + 2*time.Hour), ago(7 * day), 17, 0, "expired before it could be fetched: 404 AF20051: the content requested has expired", nil},
						{ago(2 * day), ago(2 * day), 1, 41, "too large: record 3f8a of 9000000 bytes, sha256 " + strings.Repeat("0123456789abcdef", 4), nil},
					},
					Waiting: []Pending{{"a", ago(6 * day), ago(3 * time.Hour), ago(-day)}, {"b", ago(day), ago(5 * time.Hour), ago(-6 * day)}},
					Raw:     12_000_000, Events: 11_999_990, Rejects: 8, Neither: 2},
				{ContentType: "Audit.General", Wanted: true},
				{ContentType: "DLP.All", CoveredSince: ago(9 * day), CoveredUntil: ago(4 * day)},
			}},
			{ID: fabrikam, Feeds: []Feed{{ContentType: "Audit.\x1b[31mX"}}},
		},
		Records: Records{
			Neither: []Record{{Tenant: contoso, Key: "3f8a1c3e-7b24-4d90-9e61-0c2d4b6f8a10", ContentType: exchange, Received: ago(time.Hour), Partition: 3, Offset: 77}},
			Unnamed: 40, NotNormalized: 12, Repeated: []Repeat{{contoso, "a\x1b[2Jb", 2}}, Read: 24_000_000, Seconds: 60,
		},
		Skipped: []Skip{{"normalize", "raw", 3, 70, 75, "the batch cannot be decoded", ago(day)}},
		Unread:  []Stretch{{"events", 1, 9, 12, "its checksum is 0000beef, want 0000cafe"}},
		Damaged: []Damage{{contoso + "/x", 1, 2, `ledger entry "x" at 1/2: unexpected end of JSON input`}},
		Deep: &Deep{[]Listing{
			{contoso, exchange, 7, "", []Unsettled{{"20260212$" + strings.Repeat("x", 100), ago(time.Hour), ""}}, 2, []Unsettled{{"20260211$y", ago(day), schemas.BlobListed}}},
			{fabrikam, exchange, 0, "400 AF20022: no subscription found for the specified content type", nil, 0, nil},
		}},
		Against: &Comparison{Export: "export.csv", Tenant: contoso, From: ago(2 * day), To: ago(day), Kinds: []KindCount{{Kind{"Exchange", "2"}, 7}},
			Records: 7, Repeats: 1, Unreadable: 2, Here: 9, NotHere: []Line{{"id-1", ago(2 * day), "Send", Kind{"Exchange", "2"}}}, BeforeCoverage: 1,
			NotThere: []Line{{"id-2", ago(day), "New-InboxRule", Kind{"Exchange", "1"}}}, Unnamed: 3, Foreign: 4,
			OtherKinds: []KindCount{{Kind{"Exchange", "50"}, 2}}, Others: []Line{{"id-3", ago(day), "MailItemsAccessed", Kind{"Exchange", "50"}}},
			Before: []Line{{"id-4", ago(2 * day), "Send", Kind{"Exchange", "2"}}}, After: []Line{}},
	}
	r.sum()
	return r
}

func TestAReportIsReadableIn80Columns(t *testing.T) {
	for name, r := range map[string]Report{"full": full(), "empty": {At: now, Since: ago(36 * time.Hour)}} {
		var b strings.Builder
		if err := Write(&b, r); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("testdata", name+".txt")
		if *update {
			if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if b.String() != string(want) {
			t.Errorf("%s:\n%s", name, b.String())
		}
		for line := range strings.Lines(b.String()) {
			line = strings.TrimSuffix(line, "\n")
			if utf8.RuneCountInString(line) > columns || strings.ContainsRune(line, '\x1b') || strings.TrimRight(line, " ") != line {
				t.Errorf("%s: %q", name, line)
			}
		}
	}
}

func TestTheVerdictIsTheLastLine(t *testing.T) {
	for missing, r := range map[string]Report{"complete": {At: now}, "1 missing": {At: now,
		Tenants: []Tenant{{Feeds: []Feed{{Gaps: []Gap{{}}}}}}}} {
		r.sum()
		var b strings.Builder
		if err := Write(&b, r); err != nil || !strings.HasSuffix(b.String(), "\n"+missing+"\n") {
			t.Errorf("%s: %v\n%s", missing, err, b.String())
		}
	}
}

func TestListsAreNeverNullInJSON(t *testing.T) {
	cluster := prepared(t)
	text, err := json.Marshal(gathered(t, cluster, Options{Tenants: []schemas.Tenant{{ID: contoso, ContentTypes: []string{exchange}}}}))
	if err != nil || strings.Contains(string(text), "null") {
		t.Errorf("%v: %s", err, text)
	}
}
