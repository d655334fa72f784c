package doctor

import (
	"reflect"
	"slices"
	"strings"

	"ualstream/schemas"
)

// Saved says what it means that a tenant is written to the tenants topic, where the entry was there before. Workers
// whose configuration names the tenant take it from there.
func Saved(before Entry, tenant schemas.Tenant, configured []schemas.Tenant) Check {
	i := slices.IndexFunc(configured, func(t schemas.Tenant) bool { return strings.EqualFold(t.ID, tenant.ID) })
	switch {
	case i >= 0 && !alike(configured[i], tenant):
		return warning("saved", "change it in the configuration, or leave the tenant out there and restart the workers",
			"the configuration names the tenant, too, and has other settings: with the workers that read it, those count")
	case i >= 0:
		return ok("saved", "the configuration names the tenant, too, with the same settings")
	case !before.Connected:
		return ok("saved", "workers that run begin to fetch it within seconds")
	case alike(before.Tenant, tenant) && before.Tenant.Name == tenant.Name:
		return ok("saved", "it was connected before, and nothing has changed")
	}
	return ok("saved", "it was connected before; workers that run take up what has changed within seconds")
}

// alike says whether the same is fetched of both, and read in the same way.
func alike(a, b schemas.Tenant) bool {
	sorted := func(list []string) []string { return slices.Sorted(slices.Values(list)) }
	return reflect.DeepEqual(sorted(a.ContentTypes), sorted(b.ContentTypes)) && reflect.DeepEqual(sorted(a.Domains), sorted(b.Domains)) &&
		reflect.DeepEqual(sorted(a.UncountedGroups), sorted(b.UncountedGroups))
}
