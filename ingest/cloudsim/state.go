package cloudsim

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// State is one in which Microsoft's side can be for a tenant. Each keeps a client from something, and each has its
// remedy on Microsoft's side or the client's.
type State string

// The states. What Microsoft documents of each and what has only been seen stands where it is acted out: the login
// service's in login.go and token.go, the Management API's in tenant.go, feed.go and subscription.go, what is never
// recorded in silence.go.
const (
	// AuditingOff records nothing and refuses to start a subscription. A tenant that begins so has none.
	AuditingOff State = "auditing-off"
	// NoConsent is before an administrator lets the app in. The admin consent page ends it.
	NoConsent State = "no-consent"
	// MissingRole issues tokens without ActivityFeed.Read, MissingDLPRole without ActivityFeed.ReadDlp.
	MissingRole    State = "missing-role"
	MissingDLPRole State = "missing-dlp-role"
	// WrongCloud is a tenant of another national cloud: it is unknown to this login service, and the Management API
	// takes no token of it.
	WrongCloud State = "wrong-cloud"
	// ExpiredSecret refuses the app's secret, and takes a certificate as before.
	ExpiredSecret State = "expired-secret"
	// DisabledSubscription disables the subscriptions that there are. A start enables each again; leaving the state
	// does not.
	DisabledSubscription State = "disabled-subscription"
	// SkewedClock sets Microsoft's clock ahead by SkewedBy: the Date of answers, tokens, windows and content.
	SkewedClock State = "skewed-clock"
	// NoMailboxActions never records the mailbox actions Move and SearchQueryInitiated, as Exchange does by default.
	NoMailboxActions State = "no-mailbox-actions"
	// NoDefender has no records of Defender for Office 365.
	NoDefender State = "no-defender"
	// QuotaExhausted answers with AF429 whoever asked within the last two minutes, too.
	QuotaExhausted State = "quota-exhausted"
)

// SkewedBy is by how much Microsoft's clock is ahead in the state SkewedClock: more than the five minutes that are
// commonly forgiven.
const SkewedBy = 10 * time.Minute

var states = States{
	AuditingOff, NoConsent, MissingRole, MissingDLPRole, WrongCloud, ExpiredSecret, DisabledSubscription, SkewedClock,
	NoMailboxActions, NoDefender, QuotaExhausted,
}

// States are those in which a tenant is at once; nil is one in which all is well.
type States []State

// AllStates gives every state that there is.
func AllStates() States { return slices.Clone(states) }

// ParseStates reads a list like "no-consent,skewed-clock". "" is no state.
func ParseStates(list string) (States, error) {
	var out States
	for name := range strings.SplitSeq(list, ",") {
		if name = strings.TrimSpace(name); name != "" {
			out = append(out, State(name))
		}
	}
	return out, out.check()
}

func (s States) check() error {
	for _, name := range s {
		if !states.has(name) {
			return fmt.Errorf("there is no state %q: choose from %s", name, states)
		}
	}
	return nil
}

func (s States) has(name State) bool { return slices.Contains(s, name) }

// String gives the list that ParseStates reads, spaced for people.
func (s States) String() string {
	var names []string
	for _, name := range s {
		names = append(names, string(name))
	}
	return strings.Join(names, ", ")
}

// SetStates puts a tenant, named by ID or domain, into these states and no others, at once. Tokens that were issued
// before stay what they are.
func (c *Cloud) SetStates(tenant string, s States) error {
	if err := s.check(); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.tenant(tenant)
	if t == nil {
		return fmt.Errorf("states of tenant %s: no such tenant", tenant)
	}
	t.enter(s)
	return nil
}

// enter changes a tenant's states. The cloud's lock is held.
func (t *tenant) enter(s States) {
	if s.has(DisabledSubscription) && !t.States.has(DisabledSubscription) {
		for _, s := range t.subscriptions {
			if s.Status == enabled {
				s.Status, s.lapsed = disabled, false
			}
		}
	}
	t.States = slices.Clone(s) // never changed in place: Tenants gives it away
}

// in says whether a tenant, named by ID or domain, is there and in a state.
func (c *Cloud) in(name string, s State) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.tenant(name)
	return t != nil && t.States.has(s)
}

// clockOf gives the time on a tenant's side of the cloud, or the cloud's own where no tenant is named so.
func (c *Cloud) clockOf(tenant string) time.Time {
	now := c.cfg.Clock()
	if c.in(tenant, SkewedClock) {
		return now.Add(SkewedBy)
	}
	return now
}
