package doctor

import (
	"errors"
	"strings"
	"testing"
	"time"

	"ualstream/cmd/internal/status"
	"ualstream/ingest/o365"
	"ualstream/schemas"
)

// refusedStart is what the API answers to a start where auditing was never turned on.
var refusedStart = &o365.Error{Status: 400, Code: "StartSubscription [TenantId=" + contoso + "]", Message: "] failed. Exception: " +
	"Microsoft.Office.Compliance.Audit.DataServiceException: Tenant " + contoso + " does not exist."}

func exchange() schemas.Tenant {
	return schemas.Tenant{ID: contoso, ContentTypes: []string{"Audit.Exchange"}}
}

func one(t *testing.T, checks []Check, name string) Check {
	t.Helper()
	for _, c := range checks {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("there is no check %s in %+v", name, checks)
	return Check{}
}

func TestEachSubscriptionIsJudgedBySightAndByWhatCame(t *testing.T) {
	row := func(age, ours time.Duration) []status.Subscription {
		return []status.Subscription{{ContentType: "Audit.Exchange", LastContent: noon.Add(-age), Records24h: 12345, Microsoft: time.Hour, Ours: ours}}
	}
	for _, test := range []struct {
		name    string
		state   string
		refused error
		rows    []status.Subscription
		auditing,
		want State
		says, fix string
	}{
		{"records come", status.Enabled, nil, row(3*time.Minute, time.Second), OK, OK, "newest content 3 min old, 12,345 records in 24 hours; Microsoft took 60 min, we 1 s", ""},
		{"Kafka is away", status.Enabled, nil, nil, OK, OK, "enabled; what has come of it cannot be read from Kafka", ""},
		{"nothing yet", status.Enabled, nil, []status.Subscription{}, OK, Warning, "no content has come yet", "12 hours"},
		{"nothing for two days", status.Enabled, nil, row(48*time.Hour, 0), Warning, Warning, "no content for 2 days", "stage ingest"},
		{"we are late", status.Enabled, nil, row(time.Minute, 2*time.Hour), OK, Warning, "arrive 2 hours after Microsoft offers them", "--quota"},
		{"disabled", status.Disabled, nil, row(time.Minute, 0), OK, Failed, "disabled the subscription", "    ualstream connect " + contoso},
		{"not there", "", nil, nil, Skipped, Failed, "there is no subscription", "    ualstream connect " + contoso},
		{"refused", "", errors.New("status 400 AF20012"), nil, Skipped, Failed, "AF20012", "15 minutes"},
		{"auditing is off", "", refusedStart, nil, Failed, Skipped, "before auditing is on", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			states := map[string]string{}
			if test.state != "" {
				states["Audit.Exchange"] = test.state
			}
			checks := Feeds(exchange(), states, test.refused, test.rows, noon)
			if c := one(t, checks, checkAuditing); c.State != test.auditing {
				t.Errorf("%+v, want it %s", c, test.auditing)
			}
			c := one(t, checks, "Audit.Exchange")
			if c.State != test.want || !strings.Contains(c.Says, test.says) || !strings.Contains(c.Fix, test.fix) {
				t.Errorf("%+v, want it %s, saying %q, mended by %q", c, test.want, test.says, test.fix)
			}
		})
	}
}

func TestWhatBecameOfAStartIsTold(t *testing.T) {
	for _, test := range []struct {
		name  string
		was   string
		begun []Begun
		check string
		state State
		says  string
	}{
		{"was enabled", status.Enabled, nil, "Audit.Exchange", OK, "enabled"},
		{"was not there", "", []Begun{{"Audit.Exchange", nil, 0}}, "Audit.Exchange", OK, "started now"},
		{"was disabled", status.Disabled, []Begun{{"Audit.Exchange", nil, 0}}, "Audit.Exchange", Warning, "is started again now"},
		{"refused", "", []Begun{{"Audit.Exchange", errors.New("AF20012"), 0}}, "Audit.Exchange", Failed, "AF20012"},
		{"started before", "", []Begun{{"Audit.Exchange", nil, 10 * time.Minute}}, "Audit.Exchange", Warning, "started 5 min ago, and Microsoft does not list it"},
		{"refused before", "", []Begun{{"Audit.Exchange", errors.New("AF20012"), 10 * time.Minute}}, "Audit.Exchange", Failed, "the last start, 5 min ago, was refused: AF20012"},
		{"auditing is off", "", []Begun{{"Audit.Exchange", refusedStart, 0}}, checkAuditing, Failed, "auditing was never turned on"},
		{"auditing was off before", "", []Begun{{"Audit.Exchange", errNoAudit, 10 * time.Minute}}, checkAuditing, Failed, "answered 5 min ago, and it must not be asked again for 10 min"},
	} {
		t.Run(test.name, func(t *testing.T) {
			checks := Started(exchange(), map[string]string{"Audit.Exchange": test.was}, test.begun)
			c := one(t, checks, test.check)
			if c.State != test.state || !strings.Contains(c.Says, test.says) {
				t.Errorf("%+v, want it %s and to say %q", c, test.state, test.says)
			}
			if off := one(t, checks, checkAuditing).State == Failed; off && one(t, checks, "Audit.Exchange").State != Skipped {
				t.Errorf("where auditing is off nothing else is at fault: %+v", checks)
			}
		})
	}
}

func TestLossesAreCounted(t *testing.T) {
	if c := Losses([]status.Subscription{{ContentType: "Audit.Exchange"}}, "m365.ledger"); c.State != OK {
		t.Errorf("%+v", c)
	}
	c := Losses([]status.Subscription{{ContentType: "Audit.Exchange", Lost: 2}, {ContentType: "Audit.General"}}, "m365.ledger")
	if c.State != Warning || !strings.Contains(c.Says, "Audit.Exchange 2") || strings.Contains(c.Says, "General") || !strings.Contains(c.Fix, "m365.ledger") {
		t.Errorf("%+v", c)
	}
}

func TestWhatDetectionsWantIsLookedFor(t *testing.T) {
	for _, test := range []struct {
		name   string
		events [][2]string // source and operation
		want   []State
	}{
		{"nothing", nil, []State{Skipped, Skipped, Skipped}},
		{"no mailbox", [][2]string{{"Audit.General", "TIMailData"}}, []State{OK, Skipped, Skipped}},
		{"default auditing", [][2]string{{"Audit.Exchange", "MoveToDeletedItems"}, {"Audit.SharePoint", "SearchQueryInitiatedSharePoint"}}, []State{Warning, Warning, Warning}},
		{"all", [][2]string{{"Audit.Exchange", "Move"}, {"audit.exchange", "SearchQueryInitiatedExchange"}, {"Audit.General", "AtpDetection"}}, []State{OK, OK, OK}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var s Sighting
			for _, e := range test.events {
				s.take(e[0], e[1])
			}
			for i, c := range s.Actions() {
				if c.State != test.want[i] {
					t.Errorf("%+v, want it %s", c, test.want[i])
				}
				if c.State == Warning && i > 0 {
					for _, part := range []string{"    Get-Mailbox -ResultSize Unlimited | Set-Mailbox -AuditOwner @{Add=", "-DefaultAuditSet Admin,Delegate,Owner", "default set that Microsoft manages"} {
						if !strings.Contains(c.Fix, part) {
							t.Errorf("%s: %q does not say %q", c.Name, c.Fix, part)
						}
					}
				}
			}
		})
	}
}
