// Package doctor says what is wrong with a deployment and with each tenant, what it means, and what mends it.
//
// It takes what was seen of Microsoft's side (Ask), of Kafka, and of the records that arrived (Sightings), and gives
// checks: a name, a state, a sentence and a fix. What is judged is judged by pure functions of what was seen, so that
// each sentence can be tested by itself. A check that cannot be made because an earlier one failed is skipped: only
// what is at fault is called failed.
//
// It must not know the command line. It changes nothing, but that Begin starts subscriptions. No token, secret or
// personal data is in what it gives.
package doctor

import (
	"fmt"
	"slices"
	"time"
)

// State is how a check ended.
type State string

// The states of a check, the worst last.
const (
	OK      State = "ok"
	Skipped State = "skipped" // it could not be made, because of what another check says
	Warning State = "warning"
	Failed  State = "failed"
)

// severity orders the states.
func (s State) severity() int { return slices.Index([]State{OK, Skipped, Warning, Failed}, s) }

// Check is one thing that was looked at.
type Check struct {
	Name  string `json:"name"` // a word or two, the same in each run
	State State  `json:"state"`
	Says  string `json:"says"`          // what was found and what it means, as a sentence without its full stop
	Fix   string `json:"fix,omitempty"` // what mends it; lines that begin with blanks are commands
}

func ok(name, format string, args ...any) Check {
	return Check{Name: name, State: OK, Says: fmt.Sprintf(format, args...)}
}

func skipped(name, format string, args ...any) Check {
	return Check{Name: name, State: Skipped, Says: fmt.Sprintf(format, args...)}
}

func warning(name, fix, format string, args ...any) Check {
	return Check{name, Warning, fmt.Sprintf(format, args...), fix}
}

func failed(name, fix, format string, args ...any) Check {
	return Check{name, Failed, fmt.Sprintf(format, args...), fix}
}

// Section is the checks of one tenant, or those of the deployment.
type Section struct {
	Tenant string  `json:"tenant,omitempty"` // its ID; "" for the deployment
	Name   string  `json:"name"`             // what people call it
	Checks []Check `json:"checks"`
}

// Worst gives the worst state of the checks.
func (s Section) Worst() State {
	worst := OK
	for _, c := range s.Checks {
		if c.State.severity() > worst.severity() {
			worst = c.State
		}
	}
	return worst
}

func (s Section) count(state State) (n int) {
	for _, c := range s.Checks {
		if c.State == state {
			n++
		}
	}
	return n
}

// Report is everything that was looked at: the deployment first, then the tenants, the worst first.
type Report struct {
	At       time.Time `json:"at"`
	State    State     `json:"state"` // the worst of all
	Sections []Section `json:"sections"`
}

// NewReport puts the tenants in order.
func NewReport(at time.Time, deployment Section, tenants []Section) Report {
	tenants = slices.Clone(tenants)
	slices.SortStableFunc(tenants, func(a, b Section) int {
		for _, state := range []State{Failed, Warning} {
			if d := b.count(state) - a.count(state); d != 0 {
				return d
			}
		}
		return 0
	})
	r := Report{At: at, State: OK, Sections: append([]Section{deployment}, tenants...)}
	for _, s := range r.Sections {
		if s.Worst().severity() > r.State.severity() {
			r.State = s.Worst()
		}
	}
	return r
}
