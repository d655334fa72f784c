package doctor

import (
	"fmt"
	"slices"
	"time"

	"ualstream/cmd/internal/status"
	"ualstream/schemas"
)

// Missing gives the content types of a tenant that have no enabled subscription.
func Missing(tenant schemas.Tenant, states map[string]string) (types []string) {
	for _, t := range tenant.ContentTypes {
		if states[t] != status.Enabled {
			types = append(types, t)
		}
	}
	return types
}

// Started judges the subscriptions of a tenant after those that were missing were to be started: first whether auditing
// is on, then each content type. States are those from before.
func Started(tenant schemas.Tenant, states map[string]string, begun []Begun) []Check {
	for _, b := range begun {
		if !IsAuditingOff(b.Err) {
			continue
		}
		off := auditingOff()
		if b.Wait > 0 {
			off.Says = fmt.Sprintf("%s; so Microsoft answered %s ago, and it must not be asked again for %s", off.Says,
				ago(schemas.StartEvery-b.Wait), ago(b.Wait))
		}
		return append([]Check{off}, skippedFeeds(tenant, "cannot be started before auditing is on")[1:]...)
	}
	out := []Check{ok(checkAuditing, "Microsoft lets the tenant's records be subscribed to, which it does where auditing is on")}
	for _, t := range tenant.ContentTypes {
		i := slices.IndexFunc(begun, func(b Begun) bool { return b.ContentType == t })
		if i < 0 {
			out = append(out, ok(t, "enabled"))
			continue
		}
		out = append(out, started(begun[i], states[t] == status.Disabled))
	}
	return out
}

func started(b Begun, wasDisabled bool) Check {
	later := "run this again in " + ago(b.Wait+time.Minute) + ": Microsoft asks for 15 minutes between two starts"
	switch {
	case b.Wait > 0 && b.Err != nil:
		return failed(b.ContentType, later, "the last start, %s ago, was refused: %v", ago(schemas.StartEvery-b.Wait), b.Err)
	case b.Wait > 0:
		return warning(b.ContentType, "have a worker run, which starts it again when that may be, or "+later, "it was started %s ago, and Microsoft does not list it as enabled", ago(schemas.StartEvery-b.Wait))
	case b.Err != nil:
		return failed(b.ContentType, "mend that, and run this again after 15 minutes: Microsoft asks for them between two starts", "the start was refused: %v", b.Err)
	case wasDisabled:
		return warning(b.ContentType, "", "the subscription was disabled, by an administrator or with the app's credential, and is started again now; what happened "+
			"in between can never be fetched")
	}
	return ok(b.ContentType, "started now")
}
