package cloudsim

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// intrusion gives the story's records alone, in the order of their blobs' events.
func intrusion(users int) []made {
	d := Day{StoryAt: -time.Hour, StoryStep: time.Minute}
	records := newDay(Config{Tenants: []Tenant{{ID: contoso, Domain: "contoso.example", Users: users, Enabled: contentTypes}}}, d).made
	slices.SortStableFunc(records, func(a, b made) int { return strings.Compare(a.text("CreationTime")[:19], b.text("CreationTime")[:19]) })
	return records
}

func TestStoryHasAllFivePriorityKinds(t *testing.T) {
	kinds := map[string][]string{
		"rules":      {"New-InboxRule", "Remove-InboxRule", "UpdateInboxRules"},
		"settings":   {"Set-Mailbox"},
		"logons":     {"UserLoginFailed", "UserLoggedIn", "MailboxLogin"},
		"delegation": {"Add-MailboxPermission", "Consent to application."},
		"folders":    {"Add-MailboxFolderPermission", "AddFolderPermissions"},
		"abuse":      {"MailItemsAccessed", "SearchQueryInitiatedExchange", "Send", "HardDelete", "AlertTriggered"},
	}
	for _, users := range []int{1, 2, 25} {
		got := map[string]bool{}
		for _, m := range intrusion(users) {
			got[m.text("Operation")] = true
		}
		for kind, operations := range kinds {
			for _, o := range operations {
				if !got[o] {
					t.Errorf("%s: no %s among %d users", kind, o, users)
				}
			}
		}
	}
}

func TestStoryIsToldInOrder(t *testing.T) {
	at := map[string]int{}
	for i, m := range intrusion(25) {
		if _, ok := at[m.text("Operation")]; !ok {
			at[m.text("Operation")] = i
		}
	}
	order := []string{"UserLoginFailed", "UserLoggedIn", "New-InboxRule", "Set-Mailbox", "Consent to application.",
		"Add-MailboxPermission", "Add-MailboxFolderPermission", "MailItemsAccessed", "Send", "Remove-InboxRule"}
	for i := 1; i < len(order); i++ {
		if at[order[i-1]] >= at[order[i]] {
			t.Errorf("%s comes after %s", order[i-1], order[i])
		}
	}
}

func TestSprayHitsManyAccountsFromFewAddresses(t *testing.T) {
	accounts, addresses, codes := map[string]bool{}, map[string]map[string]bool{}, map[string]int{}
	for _, m := range intrusion(25) {
		if m.text("Operation") == "UserLoginFailed" {
			accounts[m.text("UserId")] = true
			if addresses[m.text("ClientIP")] == nil {
				addresses[m.text("ClientIP")] = map[string]bool{}
			}
			addresses[m.text("ClientIP")][m.text("UserId")] = true
			codes[m.text("ErrorNumber")]++
		}
	}
	most := 0
	for _, tried := range addresses {
		most = max(most, len(tried))
	}
	if len(accounts) < 10 || len(addresses) > 3 || most < 10 || codes["50126"] < 10 || codes["50053"] != 1 {
		t.Fatalf("accounts %v, addresses %v, codes %v", accounts, addresses, codes)
	}
}

func TestIntruderHidesForwardsAndDelegates(t *testing.T) {
	records := intrusion(25)
	for operation, parts := range map[string][]string{
		"New-InboxRule": {`{"Name":"Name","Value":"."}`, `{"Name":"MoveToFolder","Value":"RSS Subscriptions"}`, `{"Name":"MarkAsRead","Value":"True"}`,
			`{"Name":"StopProcessingRules","Value":"True"}`, `{"Name":"SubjectOrBodyContainsWords","Value":"invoice;payment`},
		"Set-Mailbox":                 {`{"Name":"ForwardingSmtpAddress","Value":"smtp:`, `{"Name":"DeliverToMailboxAndForward","Value":"True"}`},
		"Add-MailboxPermission":       {`{"Name":"AccessRights","Value":"FullAccess"}`, `"UserType":2`},
		"Add-MailboxFolderPermission": {`{"Name":"User","Value":"Default"}`},
		"UpdateInboxRules":            {`{"Name":"RuleOperation","Value":"AddMailboxRule"}`},
		"Consent to application.":     {"Mail.Read"},
	} {
		for _, m := range records {
			if m.text("Operation") != operation {
				continue
			}
			for _, part := range parts {
				if !strings.Contains(m.body, part) {
					t.Errorf("%s lacks %s: %s", operation, part, m.body)
				}
			}
			if !strings.Contains(m.text("ClientIP"), "203.0.113.") && !strings.Contains(m.text("ClientIP"), "2001:db8:dead::") {
				t.Errorf("%s from %s, not from the intruder's host", operation, m.text("ClientIP"))
			}
		}
	}
}
