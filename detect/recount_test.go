package detect_test

import (
	"fmt"
	"strings"
	"testing"

	"ualstream/detect"
)

// recounted gives the findings of failed sign-ins of as many users.
func recounted(t *testing.T, users int, documents ...string) (all []string) {
	t.Helper()
	set := ruleSet(t, append([]string{wrongPassword}, documents...)...)
	engine := detect.New(detect.Options{Rules: set})
	counts := engine.NewRecount(nil)
	for again := range 2 {
		for user := range users {
			event := normalized(t, fmt.Appendf(nil, `{"OrganizationId":"00000000-0000-4000-8000-000000000001","Id":"e%d-%d","Operation":"UserLoginFailed","Workload":"AzureActiveDirectory","RecordType":15,"UserType":0,"UserId":"u%d@contoso.example","UserKey":"k%d","ClientIP":"192.0.2.7","CreationTime":"2026-02-12T12:00:00"}`,
				user, again, user, user))
			_, found := engine.Detect(event)
			for _, threat := range counts.Add(engine.Outgoing("", event, found)) {
				all = append(all, string(threat.Value))
			}
		}
	}
	return all
}

func TestCorrelationsThatAreCalledTheSameAreCountedEach(t *testing.T) {
	unnamed := strings.ReplaceAll(strings.ReplaceAll(sprayed, "id: 11111111-2222-4333-8444-000000000002\n", ""), "name: spray\n", "")
	other := strings.ReplaceAll(unnamed, "[derived.address]", "[derived.address, Workload]")
	create := 0
	for _, f := range recounted(t, 3, unnamed, other) {
		if strings.Contains(f, `"activity_name":"Create"`) {
			create++
		}
	}
	if create != 2 {
		t.Errorf("%d findings of two correlations of one title", create)
	}
}
