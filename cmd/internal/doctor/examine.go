package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"ualstream/cmd/internal/kafka"
	"ualstream/cmd/internal/status"
	"ualstream/schemas"
)

const checkConnected = "connected"

// Scene is what Kafka tells of all tenants.
type Scene struct {
	Prefix     string                    // of the topics' names
	Configured map[string]schemas.Tenant // tenants of the configuration, by ID in lower case; they go before the topic's
	Roll       map[string]Entry          // the tenants topic's
	Report     status.Report
	Quotas     map[string]status.Quota // what the worker on this machine uses, by tenant; none without one
	Seen       map[string]Sighting
	Err        error // why nothing of that is known of Kafka
	// Remember writes an entry of the tenants topic.
	Remember func(Entry) error
}

// wanted gives what is to be fetched of a tenant, and whether a worker knows.
func (s Scene) wanted(id string) (t schemas.Tenant, where string) {
	if t, ok := s.Configured[id]; ok {
		return t, "the configuration"
	}
	if e, ok := s.Roll[id]; ok && e.Connected {
		return e.Tenant, "the topic " + schemas.TopicTenants.Name(s.Prefix)
	}
	return schemas.Tenant{ID: id, ContentTypes: schemas.ContentTypes}, ""
}

// entry gives the topic's entry of a tenant, which may be one that says nothing.
func (s Scene) entry(id string) Entry {
	e := s.Roll[id]
	e.Tenant.ID = id
	return e
}

// rows are the tenant's of the status report.
func (s Scene) rows(id string) []status.Subscription {
	i := slices.IndexFunc(s.Report.Tenants, func(t status.Tenant) bool { return t.ID == id })
	if i < 0 {
		return nil
	}
	return s.Report.Tenants[i].Subscriptions
}

// Examine looks at one tenant. It changes nothing, but where a connected tenant has no subscription at all it starts
// those that are wanted, as a worker would: Microsoft tells in no other way whether auditing is on.
func (m Microsoft) Examine(ctx context.Context, id string, s Scene) Section {
	want, where := s.wanted(id)
	section := Section{Tenant: id, Name: want.Name, Checks: []Check{connected(id, where, s.Err)}}
	v, err := m.Visit(id)
	if err != nil {
		section.Checks = append(section.Checks, failed(checkCredential, "see 'ualstream help run' for what each kind of credential takes", "%v", err))
		return section
	}
	a := v.Ask(ctx)
	if q, ok := s.Quotas[id]; ok {
		a.Quota = &q
	}
	now := time.Now()
	section.Checks = append(section.Checks, m.Access(id, a, slices.Contains(want.ContentTypes, schemas.ContentTypeDLP), now)...)
	section.Checks = append(section.Checks, v.feeds(ctx, want, where != "", a, s, now)...)
	if s.Err != nil {
		return section
	}
	section.Checks = append(section.Checks, Losses(s.rows(id), schemas.TopicLedger.Name(s.Prefix)))
	section.Checks = append(section.Checks, s.Seen[id].Actions()...)
	return section
}

func connected(id, where string, err error) Check {
	switch {
	case where != "":
		return ok(checkConnected, "by %s", where)
	case err != nil:
		return skipped(checkConnected, "cannot be seen before Kafka is reached")
	}
	return warning(checkConnected, "have it fetched:\n    ualstream connect "+id, "no worker fetches this tenant: neither the configuration nor the tenants topic names it")
}

// feeds judges the subscriptions, as far as they are known.
func (v *Visitor) feeds(ctx context.Context, want schemas.Tenant, connected bool, a Answers, s Scene, now time.Time) []Check {
	e := s.entry(want.ID)
	switch {
	case a.LoginErr != nil || a.FeedErr != nil:
		return skippedFeeds(want, "cannot be asked for before the above is mended")
	case !connected && s.Err == nil:
		return unconnected(want, e)
	}
	states := StatesOf(a.Subscriptions)
	var refused error
	if len(states) == 0 && connected && s.Err == nil {
		_, begun, err := v.Begin(ctx, e, want.ContentTypes, s.Remember)
		refused = err
		for _, b := range begun {
			if b.Err == nil {
				states[b.ContentType] = status.Enabled
			}
			refused = firstOf(refused, b.Err)
		}
	}
	list := Feeds(want, states, refused, s.rows(want.ID), now)
	for i, c := range list {
		if c.Name == schemas.ContentTypeDLP && a.ClaimsErr == nil && !a.Claims.has(RoleReadDLP) {
			list[i] = skipped(c.Name, "cannot be fetched before the permission above is given")
		}
	}
	return list
}

func firstOf(errs ...error) error {
	i := slices.IndexFunc(errs, func(err error) bool { return err != nil })
	if i < 0 {
		return nil
	}
	return errs[i]
}

func skippedFeeds(want schemas.Tenant, format string, args ...any) []Check {
	out := []Check{skipped(checkAuditing, format, args...)}
	for _, t := range want.ContentTypes {
		out = append(out, skipped(t, format, args...))
	}
	return out
}

// unconnected judges a tenant that nobody wants to fetch by what is remembered of the last try to connect it.
func unconnected(want schemas.Tenant, e Entry) []Check {
	for _, s := range e.Starts {
		if s.NoAudit {
			list := skippedFeeds(want, "cannot be started before auditing is on")
			list[0] = auditingOff()
			list[0].Says = fmt.Sprintf("when the tenant was to be connected, at %s, %s", s.At.UTC().Format("2006-01-02 15:04Z"), strings.TrimSuffix(list[0].Says, "."))
			return list
		}
	}
	return skippedFeeds(want, "is seen once the tenant is connected")
}

// Read reads what the topics tell of all tenants, in a Kafka that answers.
func (s *Scene) Read(ctx context.Context, cluster *kafka.Cluster, configured []schemas.Tenant) (err error) {
	if s.Roll, err = Roll(ctx, cluster); err != nil {
		return err
	}
	if s.Report, err = status.Gather(ctx, cluster, status.Options{Tenants: configured}); err != nil {
		return err
	}
	s.Seen, err = Sightings(ctx, cluster)
	return err
}

// NoTenant says that there is no tenant to look at.
func NoTenant(err error) Check {
	if err != nil {
		return skipped("tenants", "which are connected cannot be read from Kafka: name one, as in 'ualstream doctor TENANT'")
	}
	return warning("tenants", "connect one:\n    ualstream connect TENANT", "none is connected, so nothing is fetched")
}
