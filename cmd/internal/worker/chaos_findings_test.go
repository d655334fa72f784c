package worker_test

import (
	"fmt"
	"maps"
	"math/bits"

	"github.com/tidwall/gjson"

	"ualstream/detect/sigma"
	"ualstream/schemas"
)

// What the rules of TestChaos count: so many records of one person, and so many such people behind one address.
const (
	chaosRecords = 5
	chaosPeople  = 3
)

// The correlations among chaosRules, by their ids.
const (
	chaosPerson  = "33333333-2222-4333-8444-000000000003"
	chaosAddress = "33333333-2222-4333-8444-000000000004"
)

// chaosRules are a rule that tells of each of its hits, one that is counted, and correlations of that one and of its
// correlation. Their timespan is longer than records are made older by, even if they are given again and made older again.
var chaosRules = fmt.Sprintf(`title: A seven
id: 33333333-2222-4333-8444-000000000001
level: low
logsource: {product: m365, service: audit}
detection:
  s: {UserKey: chaos, Id|endswith: '7'}
  condition: s
---
title: A record
id: 33333333-2222-4333-8444-000000000002
name: chaos_record
logsource: {product: m365, service: audit}
detection:
  s: {UserKey: chaos}
  condition: s
---
title: Many records of one person
id: %s
name: chaos_person
level: medium
correlation:
  type: event_count
  rules: [chaos_record]
  group-by: [UserId, ClientIP]
  timespan: 90d
  condition: {gte: %d}
---
title: Many people behind one address
id: %s
level: high
generate: true
correlation:
  type: event_count
  rules: [chaos_person]
  group-by: [ClientIP]
  timespan: 90d
  condition: {gte: %d}
`, chaosPerson, chaosRecords, chaosAddress, chaosPeople)

func newChaosRules() (*sigma.Set, error) {
	c := &sigma.Collection{}
	c.Add("chaos.yml", []byte(chaosRules), sigma.Options{})
	set, refused := sigma.Compile(c)
	if len(c.Refusals)+len(refused) > 0 {
		return nil, fmt.Errorf("rules: %v %v", c.Refusals, refused)
	}
	return set, nil
}

// chaosRecord is the nth record of a tenant. A person has eight in a row, or only one; an address has four people with
// eight and as many records of those with one.
func chaosRecord(tenant string, n int) []byte {
	const many = 8
	person := fmt.Sprintf("p%d", n/many)
	if n/many%2 == 1 {
		person = fmt.Sprintf("q%d", n)
	}
	address := n / (many * 2 * (chaosPeople + 1))
	return fmt.Appendf(nil, `{"Id":"%s%d","RecordType":1,"CreationTime":"2026-02-12T11:00:00","Operation":"New-InboxRule","OrganizationId":%q,`+
		`"UserType":0,"UserKey":"chaos","Workload":"Exchange","UserId":"%s@contoso.example","ClientIP":"198.18.%d.%d"}`,
		tenant[:4], n, tenant, person, address/250, 1+address%250)
}

// correlated checks what correlations have found: of each group that has enough, one finding, and each update of it once.
// How many updates there are of a correlation of a correlation depends on the order in which those grow that it counts.
// Other threats it gives back.
func (v verdict) correlated(events, threats, signals []schemas.Message) (others []schemas.Message) {
	v.t.Helper()
	group := map[string]string{} // by the finding's uid
	for _, m := range signals {
		entry, err := schemas.SignalsEntry(m)
		if err != nil {
			v.t.Error(err)
		}
		if f, ok := entry.(schemas.Fired); ok {
			group[f.UID] = fmt.Sprintf("%s %s %q", f.Tenant, f.Correlation, f.Group)
		}
	}
	got, grown := map[string]int{}, map[string]int{}
	for _, m := range threats {
		rule := m.Header(schemas.HeaderRule)
		if rule != chaosPerson && rule != chaosAddress {
			others = append(others, m)
			continue
		}
		f := gjson.ParseBytes(m.Value)
		number := int(f.Get("metadata.sequence").Int())
		if created := f.Get("activity_id").Int() == 1; created != (number == 0) {
			v.t.Errorf("finding %s: activity %s, update %d", uid(m), f.Get("activity_id").Raw, number)
		}
		what := telling(group[f.Get("finding_info.uid").Str], number)
		got[what]++
		if rule == chaosAddress && number > 0 {
			grown[what] = 1
		}
	}
	least, most := findings(events, v.least.Events), findings(events, v.most.Events)
	maps.Copy(most, grown)
	v.f.findings = len(got)
	v.between("findings", least, most, got)
	return others
}

// findings gives the findings of correlations, and what is known of their updates, that those of the events make that
// are wanted.
func findings(events []schemas.Message, wanted map[string]bool) map[string]int {
	records := map[[3]string]map[string]bool{} // by tenant, person and address: ids
	for _, m := range events {
		e := gjson.ParseBytes(m.Value)
		if r := e.Get("unmapped"); wanted[uid(m)] && r.Get("UserKey").Str == "chaos" {
			of := [3]string{m.Header(schemas.HeaderTenant), r.Get("UserId").Str, r.Get("ClientIP").Str}
			if records[of] == nil {
				records[of] = map[string]bool{}
			}
			records[of][uid(m)] = true
		}
	}
	all, people := map[string]int{}, map[[2]string]int{}
	for of, ids := range records {
		if len(ids) >= chaosRecords {
			people[[2]string{of[0], of[2]}]++
			maps.Copy(all, tellings(fmt.Sprintf("%s %s %q", of[0], chaosPerson, of[1:]), len(ids)-chaosRecords))
		}
	}
	for of, n := range people {
		if n >= chaosPeople {
			all[telling(fmt.Sprintf("%s %s %q", of[0], chaosAddress, of[1:]), 0)] = 1
		}
	}
	return all
}

// telling names a finding, or an update of it.
func telling(group string, update int) string { return fmt.Sprintf("%s update %d", group, update) }

// tellings gives what is told of a group with so many later hits: the finding, and an update with the first of them, the
// second, the fourth and so on.
func tellings(group string, later int) map[string]int {
	all := map[string]int{telling(group, 0): 1}
	for n := range bits.Len(uint(later)) {
		all[telling(group, n+1)] = 1
	}
	return all
}
