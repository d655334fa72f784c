package doctor

import (
	"slices"
	"strings"

	"ualstream/schemas"
)

// Saved says what it means that a tenant is written to the tenants topic, where the entry was there before. Workers
// whose configuration names the tenant take it from there.
func Saved(before Entry, tenant schemas.Tenant, configured []schemas.Tenant) Check {
	i := slices.IndexFunc(configured, func(t schemas.Tenant) bool { return strings.EqualFold(t.ID, tenant.ID) })
	switch {
	case i >= 0 && !fetchedAlike(configured[i], tenant):
		return warning("saved", "change it in the configuration, or leave the tenant out there and restart the workers",
			"the configuration names the tenant, too, and has other settings: with the workers that read it, those count")
	case i >= 0:
		return ok("saved", "the configuration names the tenant, too, with the same settings")
	case !before.Connected:
		return ok("saved", "workers that run begin to fetch it within seconds")
	case fetchedAlike(before.Tenant, tenant) && same(before.Tenant.Domains, tenant.Domains) && before.Tenant.Name == tenant.Name:
		return ok("saved", "it was connected before, and nothing has changed")
	}
	return ok("saved", "it was connected before; workers that run take up what has changed within seconds")
}

// fetchedAlike says whether the same is fetched of both, and counted in the same way. Domains are not compared: those of the
// configuration and those of the topic count together.
func fetchedAlike(a, b schemas.Tenant) bool {
	return same(a.ContentTypes, b.ContentTypes) && same(a.UncountedGroups, b.UncountedGroups)
}

// same says whether two lists hold the same, in whatever order.
func same(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}
