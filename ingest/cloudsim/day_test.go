package cloudsim

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// past is a day that has happened entirely when Play begins.
func past(hours, perHour int) Day {
	return Day{History: time.Duration(hours) * time.Hour, PerHour: perHour, StoryAt: -time.Minute, StoryStep: time.Second}
}

// day is one that has happened, in a cloud whose clock stands at noon.
type day struct {
	*Cloud
	made []made
}

func newDay(cfg Config, d Day) *day {
	if cfg.Tenants == nil {
		cfg.Tenants = tenants()[:1]
	}
	cfg.Clock = (&clock{now: noon}).Now
	c, err := New(cfg)
	if err != nil {
		panic(err)
	}
	over, cancel := context.WithCancel(context.Background())
	cancel()
	if err := c.Play(over, d); err != nil {
		panic(err)
	}
	return &day{c, recordsMade(c)}
}

// made is one record that a day left, as a client reads it.
type made struct {
	kind string
	blob *blob
	body string
	json map[string]any
}

func (m made) text(name string) string { s, _ := m.json[name].(string); return s }

func recordsMade(c *Cloud) []made {
	var out []made
	for _, b := range c.shelf.blobs {
		var elements []json.RawMessage
		if err := json.Unmarshal(b.body, &elements); err != nil {
			panic(err)
		}
		for _, e := range elements {
			m := made{kind: b.kind, blob: b, body: string(e)}
			if err := json.Unmarshal(e, &m.json); err != nil {
				panic(err)
			}
			out = append(out, m)
		}
	}
	return out
}

// office is one ordinary day, made once: the tests that look at it change nothing.
var office = sync.OnceValue(func() *day { return newDay(Config{}, past(24, 120)) })

func TestSameSeedGivesTheSameDay(t *testing.T) {
	bodies := func(seed uint64) (out []string) {
		for _, b := range newDay(Config{Seed: seed}, past(3, 60)).shelf.blobs {
			out = append(out, b.id+string(b.body))
		}
		return out
	}
	first := bodies(7)
	if len(first) == 0 || !slices.Equal(first, bodies(7)) {
		t.Error("the same seed gave another day")
	}
	if slices.Equal(first, bodies(8)) {
		t.Error("another seed gave the same day")
	}
}

func TestEveryRecordHasTheCommonAttributes(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range office().made {
		for _, name := range []string{"Id", "CreationTime", "Operation", "OrganizationId", "Workload", "UserId"} {
			if m.text(name) == "" {
				t.Fatalf("no %s: %s", name, m.body)
			}
		}
		for _, name := range []string{"RecordType", "UserType", "Version"} {
			if _, ok := m.json[name].(float64); !ok {
				t.Fatalf("no %s: %s", name, m.body)
			}
		}
		if _, ok := m.json["UserKey"].(string); !ok || m.text("OrganizationId") != contoso {
			t.Fatalf("UserKey or OrganizationId: %s", m.body)
		}
		if seen[m.text("Id")] {
			t.Fatalf("Id %s twice", m.text("Id"))
		}
		seen[m.text("Id")] = true
	}
}

func TestRecordsAreOfferedInTheirContentType(t *testing.T) {
	workloads := map[string][]string{
		"Audit.Exchange": {"Exchange"}, "Audit.SharePoint": {"OneDrive", "SharePoint"}, "Audit.AzureActiveDirectory": {"AzureActiveDirectory"},
		"Audit.General": {"Aip", "Copilot", "MicrosoftTeams", "SecurityComplianceCenter", "ThreatIntelligence"}, "DLP.All": {"Exchange"},
	}
	got := map[string][]string{}
	for _, m := range office().made {
		if !slices.Contains(got[m.kind], m.text("Workload")) {
			got[m.kind] = append(got[m.kind], m.text("Workload"))
		}
		if isDLP := m.json["RecordType"] == 13.0; isDLP != (m.kind == "DLP.All") {
			t.Fatalf("in %s: %s", m.kind, m.body)
		}
	}
	for kind, want := range workloads {
		slices.Sort(got[kind])
		if !slices.Equal(got[kind], want) {
			t.Errorf("%s has %v, want %v", kind, got[kind], want)
		}
	}
}

func TestRecordsAreNeverFromTheFutureAndSeldomLate(t *testing.T) {
	c := office()
	records, late := c.Offered(), 0
	for _, r := range records {
		if r.Created.IsZero() || r.Created.After(r.ContentCreated) || r.ContentCreated.After(noon) {
			t.Fatalf("created %s, offered %s", r.Created, r.ContentCreated)
		}
		if r.ContentCreated.Sub(r.Created) > time.Hour {
			late++
		}
	}
	if late == 0 || late*20 > len(records) {
		t.Errorf("%d of %d are late", late, len(records))
	}
}

func TestBlobsHoldOneToFiftyRecords(t *testing.T) {
	most := 0
	for _, b := range newDay(Config{}, past(1, 1200)).shelf.blobs {
		if len(b.records) < 1 || len(b.records) > 50 {
			t.Fatalf("%d records", len(b.records))
		}
		most = max(most, len(b.records))
	}
	if most < 25 {
		t.Errorf("the largest blob has %d records", most)
	}
}

func TestSharesAreThoseOfAnOffice(t *testing.T) {
	records := office().made
	share := map[string]float64{}
	for _, m := range records {
		part := 100 / float64(len(records))
		share[m.kind] += part
		share[m.text("Operation")] += part
		if m.json["UserType"] == 3.0 {
			share["service"] += part
		}
	}
	for name, bounds := range map[string][2]float64{
		"Audit.Exchange": {40, 60}, "Audit.SharePoint": {15, 30}, "Audit.AzureActiveDirectory": {12, 24}, "Audit.General": {7, 18},
		"DLP.All": {0.2, 2}, "MailItemsAccessed": {8, 20}, "UserLoggedIn": {8, 18}, "UserLoginFailed": {1, 6}, "service": {2, 9},
		"UpdateInboxRules": {1, 10}, "New-InboxRule": {0.02, 2}, "AlertTriggered": {0.02, 2}, "CopilotInteraction": {0.5, 4},
	} {
		if share[name] < bounds[0] || share[name] > bounds[1] {
			t.Errorf("%s is %.2f %%, want %v", name, share[name], bounds)
		}
	}
}

func TestServicesMakeTheirNoise(t *testing.T) {
	want := map[string]func(made) bool{
		"service Set-Mailbox": func(m made) bool {
			return m.text("Operation") == "Set-Mailbox" && m.json["UserType"] == 3.0 && strings.HasPrefix(m.text("UserId"), `NT AUTHORITY\`)
		},
		"service Add-MailboxPermission": func(m made) bool { return m.text("Operation") == "Add-MailboxPermission" && m.json["UserType"] == 3.0 },
		"empty rules": func(m made) bool {
			return strings.Contains(m.body, `{"Name":"RuleOperation","Value":"ModifyMailboxRule"}`) && strings.Contains(m.body, `{"Name":"RuleName"}`)
		},
		"group mailbox": func(m made) bool {
			return m.text("Operation") == "ModifyFolderPermissions" && strings.HasSuffix(m.text("ClientInfoString"), "Action=ConfigureGroupMailbox")
		},
		"server with a line break": func(m made) bool { return strings.HasSuffix(m.text("OriginatingServer"), "\r\n") },
		"parameters in a string":   func(m made) bool { return m.text("Parameters") != "" },
		"changes as strings": func(m made) bool {
			l, ok := m.json["ModifiedProperties"].([]any)
			return ok && len(l) > 0 && l[0] == "RecipientCollection"
		},
		"failure that calls itself a success": func(m made) bool {
			return m.text("Operation") == "UserLoginFailed" && m.text("ResultStatus") == "Success"
		},
		"interrupted sign-in":        func(m made) bool { return m.text("LogonError") == "CmsiInterrupt" },
		"operation with a full stop": func(m made) bool { return m.text("Operation") == "Update user." },
		"operation with a blank":     func(m made) bool { return strings.HasSuffix(m.text("Operation"), "management ") },
		"time with a zone":           func(m made) bool { return strings.HasSuffix(m.text("CreationTime"), "Z") },
		"signs as they are":          func(m made) bool { return strings.Contains(m.body, "<final> & signed") },
		"address null":               func(m made) bool { v, ok := m.json["ClientIP"]; return ok && v == nil },
		"address absent":             func(m made) bool { _, ok := m.json["ClientIP"]; return !ok },
		"address with port":          func(m made) bool { return strings.HasPrefix(m.text("ClientIP"), "[::ffff:") },
	}
	records := office().made
	for name, is := range want {
		if !slices.ContainsFunc(records, is) {
			t.Errorf("no record shows: %s", name)
		}
	}
}

func TestRecordsOfDLPSayWhatWasDetected(t *testing.T) {
	seen := false
	for _, m := range office().made {
		if m.kind != contentDLP {
			continue
		}
		seen = true
		if !strings.Contains(m.body, "4111 1111") || m.json["SensitiveInfoDetectionIsIncluded"] != true {
			t.Fatal(m.body)
		}
	}
	if !seen {
		t.Error("no DLP record")
	}
}

func TestClientRetrievesExactlyWhatWasOffered(t *testing.T) {
	c := start(t, Config{PageSize: 10})
	over, cancel := context.WithCancel(context.Background())
	cancel()
	if err := c.cloud.Play(over, past(30, 20)); err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for _, kind := range contentTypes {
		for _, window := range []string{times(-48*time.Hour, -24*time.Hour), times(-24*time.Hour, 0), times(0, time.Second)} {
			blobs, _ := c.walk(kind, window)
			for _, b := range blobs {
				var records []struct{ Id string }
				c.do(http.MethodGet, b.ContentURI+"?PublisherIdentifier="+publisher, nil).into(t, &records)
				for _, r := range records {
					got[r.Id]++
				}
			}
		}
	}
	offered := c.cloud.Offered()
	for _, r := range offered {
		if got[r.ID] != 1 {
			t.Fatalf("record %s in %s came %d times", r.ID, r.ContentType, got[r.ID])
		}
	}
	if len(got) != len(offered) || len(c.cloud.Served()) != len(offered) {
		t.Fatalf("retrieved %d, served %d, offered %d", len(got), len(c.cloud.Served()), len(offered))
	}
}

func TestDemoUnfoldsWithinTwelveSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := New(Config{Tenants: tenants()[:1]})
		if err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		done := make(chan error, 1)
		go func() { done <- c.Play(ctx, DemoDay()) }()
		synctest.Wait()
		atOnce := c.Offered()
		if n := len(atOnce); n < 100 || n > 900 {
			t.Errorf("%d records at once, want some hundred", n)
		}
		if !slices.ContainsFunc(atOnce, func(r Record) bool {
			return r.Operation == "UserLoginFailed" && r.Created.Equal(begin.Truncate(time.Second))
		}) {
			t.Error("the story does not begin at once")
		}
		<-time.After(12 * time.Second)
		synctest.Wait()
		all := c.Offered()
		if last := all[len(all)-1]; last.ContentCreated.After(time.Now()) || last.Created.After(time.Now()) {
			t.Errorf("from the future: %+v", last)
		}
		if !slices.ContainsFunc(all, func(r Record) bool { return r.Operation == "Remove-InboxRule" }) {
			t.Error("the story has not ended")
		}
		if rate := float64(len(all)-len(atOnce)) / 12; math.Abs(rate-5) > 3 {
			t.Errorf("%.1f records a second", rate)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestDelayIsTheTimeFromEventToBlob(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := New(Config{Tenants: tenants()[:1]})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Hour)
		defer cancel()
		if err := c.Play(ctx, Day{History: 2 * time.Hour, PerHour: 30, Delay: time.Hour, Tick: time.Minute}); err != nil {
			t.Fatal(err)
		}
		records := c.Offered()
		if len(records) < 60 {
			t.Fatalf("%d records, want all of the history", len(records))
		}
		for _, r := range records {
			if r.ContentCreated.Sub(r.Created) < time.Hour {
				t.Fatalf("%+v was offered too early", r)
			}
		}
	})
}

func TestPlayIsForTenantsThatExist(t *testing.T) {
	all := tenants()
	all[1].Enabled = []string{"Audit.Exchange"}
	d := past(1, 60)
	d.Tenant = "fabrikam.example"
	for _, r := range newDay(Config{Tenants: all}, d).Offered() {
		if r.Tenant != fabrikam || r.ContentType != "Audit.Exchange" {
			t.Fatalf("offered %+v", r)
		}
	}
	c, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Play(context.Background(), Day{Tenant: "northwind.example"}); err == nil {
		t.Fatal("played a day of nobody")
	}
}
