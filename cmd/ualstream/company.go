package main

import (
	"fmt"
	"strings"

	"github.com/google/uuid"

	"ualstream/ingest/cloudsim"
)

// companies own the simulated tenants.
var companies = []string{"contoso", "fabrikam", "adatum", "northwind", "litware", "proseware", "tailspin", "wingtip", "woodgrove"}

// simulatedTenants are tenants that are subscribed to these content types already.
func simulatedTenants(seed uint64, n, users int, subscribed []string) []cloudsim.Tenant {
	var out []cloudsim.Tenant
	for i := range n {
		id, domain := cloudsim.DefaultTenant, fmt.Sprintf("tenant%d.example", i+1)
		if i > 0 {
			id = uuid.NewSHA1(uuid.MustParse(id), fmt.Appendf(nil, "%d %d", seed, i)).String()
		}
		if i < len(companies) {
			domain = companies[i] + ".example"
		}
		out = append(out, cloudsim.Tenant{ID: id, Domain: domain, Users: users, Enabled: subscribed})
	}
	return out
}

// putInStates reads a list of states like "no-consent,fabrikam.example=skewed-clock": a state is every tenant's, or that
// of the one whose domain stands before it.
func putInStates(tenants []cloudsim.Tenant, list string) error {
	for entry := range strings.SplitSeq(list, ",") {
		domain, name, single := strings.Cut(strings.TrimSpace(entry), "=")
		if !single {
			domain, name = "", domain
		}
		states, err := cloudsim.ParseStates(name)
		if err != nil {
			return err
		}
		found := false
		for i := range tenants {
			if !single || strings.EqualFold(tenants[i].Domain, domain) {
				tenants[i].States, found = append(tenants[i].States, states...), true
			}
		}
		if !found {
			return fmt.Errorf("%q: there is no simulated tenant of domain %q", entry, domain)
		}
	}
	return nil
}
