package detect

import (
	"errors"

	"ualstream/detect/sigma"
	"ualstream/schemas"
)

// Trial watches rules and correlations work on a few events, all in memory: for tests of rules.
type Trial struct {
	engine *Engine
	counts *Recount
	fired  map[*sigma.About]bool // whether it was told, and not only counted
}

// NewTrial gives a trial that has seen nothing.
func (e *Engine) NewTrial() *Trial {
	return &Trial{e, e.NewRecount(nil), map[*sigma.About]bool{}}
}

// Add looks at one more event.
func (t *Trial) Add(event []byte) error {
	if err := schemas.CheckEvent(event); err != nil {
		return err
	}
	if t.engine.views == nil {
		return errors.New("there are no rules")
	}
	r := t.engine.views.open(string(event))
	defer r.close()
	if t.engine.noise(r) {
		return nil
	}
	hits := t.engine.match(r, nil)
	for _, h := range hits {
		t.fire(&h.Rule.About, !h.Mute)
	}
	if t.counts != nil {
		t.counts.add(t.engine.Outgoing("", event, t.engine.signals(r, hits)), func(c Correlated) {
			for _, f := range c.Fired {
				t.fire(&t.counts.counts.known[definition{f.Correlation, f.Shape}].About, len(c.Threats) > 0)
			}
		})
	}
	return nil
}

func (t *Trial) fire(a *sigma.About, told bool) { t.fired[a] = t.fired[a] || told }

// Fired says whether a rule or correlation has matched, and whether that is told, and not only counted by others.
func (t *Trial) Fired(a *sigma.About) (fired, told bool) {
	told, fired = t.fired[a]
	return fired, told
}

// Explain tells which parts of a rule match an event. Noise says that the event is noise, in which nothing is found.
func (e *Engine) Explain(rule *sigma.Rule, event []byte) (x sigma.Explanation, noise bool, err error) {
	if err := schemas.CheckEvent(event); err != nil {
		return x, false, err
	}
	if e.views == nil {
		return x, false, errors.New("there are no rules")
	}
	r := e.views.open(string(event))
	defer r.close()
	if e.inOCSF[rule] {
		x, err = e.rules.Explain(rule, ocsf{r})
	} else {
		x, err = e.rules.Explain(rule, native{r})
	}
	return x, e.noise(r), err
}
