package detect_test

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"ualstream/schemas"
)

// carried is a correlation of sprays by account, which asks the spray for a field that the spray does not group by.
const carried = `title: Sprays of an account
id: 11111111-2222-4333-8444-000000000004
correlation:
  type: value_count
  rules: [spray]
  group-by: [derived.actor_id]
  timespan: 6h
  condition: {field: derived.mailbox, gte: 1}
`

// TestNoSignalStopsTheCorrelator adds signals that are right but for one thing: none of them may count, or panic.
func TestNoSignalStopsTheCorrelator(t *testing.T) {
	for name, spoil := range map[string]func(*schemas.Signal){
		"no such correlation":    func(s *schemas.Signal) { s.Correlation = "none" },
		"another definition":     func(s *schemas.Signal) { s.Shape = strings.Repeat("0", 16) },
		"no group":               func(s *schemas.Signal) { s.Group = nil },
		"a group too long":       func(s *schemas.Signal) { s.Group = []string{"a", "b"} },
		"no values":              func(s *schemas.Signal) { s.Values = nil },
		"too many values":        func(s *schemas.Signal) { s.Values = []string{"a", "b"} },
		"nothing carried":        func(s *schemas.Signal) { s.Carry = nil },
		"too little carried":     func(s *schemas.Signal) { s.Carry = s.Carry[:1] },
		"too much carried":       func(s *schemas.Signal) { s.Carry = append(s.Carry[:2:2], "x") },
		"an input below zero":    func(s *schemas.Signal) { s.Input = -1 },
		"an input out of range":  func(s *schemas.Signal) { s.Input = 1 },
		"an input beyond reason": func(s *schemas.Signal) { s.Input = 1 << 40 },
	} {
		t.Run(name, func(t *testing.T) {
			c := newCounting(t, sprayed, carried)
			for user := range 5 {
				s := c.signal(user, time.Duration(user)*time.Second)
				spoil(&s)
				found := c.Add(s, int64(user), c.noon)
				if !found.Foreign || len(found.Threats)+len(found.Fired)+len(found.Signals) > 0 {
					t.Fatalf("%+v", found)
				}
			}
		})
	}
}

// TestAnythingThatReadsAsASignalDoesNoHarm takes values out of signals and entries, or puts others in.
func TestAnythingThatReadsAsASignalDoesNoHarm(t *testing.T) {
	rnd, fired := rand.New(rand.NewPCG(1, 5)), 0
	for range 300 {
		c := newCounting(t, sprayed, carried)
		spoil := func(v any, into any) bool {
			text, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			var all map[string]json.RawMessage
			if err := json.Unmarshal(text, &all); err != nil {
				t.Fatal(err)
			}
			for name := range all {
				if rnd.IntN(12) == 0 {
					all[name] = json.RawMessage([]string{`null`, `""`, `-7`, `9007199254740993`, `["x","y"]`, `[]`, `"0000-01-01T00:00:00Z"`, `"9999-12-31T23:59:59+14:00"`}[rnd.IntN(8)])
				}
			}
			text, _ = json.Marshal(all)
			return json.Unmarshal(text, into) == nil
		}
		for i := range 12 {
			var s schemas.Signal
			if !spoil(c.signal(i%4, time.Duration(i)*time.Second), &s) {
				continue
			}
			for _, f := range c.Add(s, int64(i), c.noon).Fired {
				fired++
				var damaged schemas.Fired
				if spoil(f, &damaged) {
					c.Restore([]schemas.Fired{damaged})
				}
			}
		}
	}
	if fired < 100 {
		t.Errorf("only %d fired", fired)
	}
}
