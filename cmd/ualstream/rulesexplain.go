package main

import (
	"errors"
	"fmt"

	"ualstream/cmd/internal/auditfile"
	"ualstream/detect"
	"ualstream/detect/sigma"
)

// explain says why a rule matches events from standard input, or why not.
func (r *ruleFlags) explain(e *env, operands []string) error {
	if len(operands) != 1 {
		return wrongUse("'ualstream rules list' lists them", "rules explain wants one rule, by id, name or title")
	}
	set, err := r.use(e)
	if err != nil {
		return err
	}
	rule, err := ruleOf(set, operands[0])
	if err != nil {
		return err
	}
	engine, events := detect.New(detect.Options{Rules: set}), 0
	for value, err := range auditfile.Values(e.stdin, "standard input") {
		if err != nil {
			return err
		}
		event := value.Body
		if !isEvent(event) {
			if event, err = appendEvent(nil, event); err != nil {
				return fmt.Errorf("%v: %w", value.Where, err)
			}
		}
		events++
		if err := explainOne(e, engine, rule, event); err != nil {
			return fmt.Errorf("%v: %w", value.Where, err)
		}
	}
	if events == 0 {
		return withHint(errors.New("there is no event on standard input"), "like: ualstream rules explain RULE < event.json")
	}
	return nil
}

func explainOne(e *env, engine *detect.Engine, rule *sigma.Rule, event []byte) error {
	x, noise, err := engine.Explain(rule, event)
	if err != nil {
		return err
	}
	text := x.String()
	if noise {
		text += "the event is noise, in which nothing is found\n"
	}
	return e.print(printable(text))
}

// ruleOf gives the rule of that id, name or title.
func ruleOf(set *sigma.Set, name string) (*sigma.Rule, error) {
	var near []string
	for _, r := range set.Rules() {
		if detect.Named(&r.About, name) {
			return r, nil
		}
		near = append(near, r.Title)
	}
	for _, c := range set.Correlations() {
		if detect.Named(&c.About, name) {
			return nil, withHint(fmt.Errorf("%q is a correlation, which counts what other rules match", name),
				fmt.Sprintf("explain one of those: %q", c.Rules))
		}
	}
	hint := "'ualstream rules list' lists them; those of your own need --rules"
	if title := nearest(name, near); title != "" {
		hint = fmt.Sprintf("did you mean %q?", title)
	}
	return nil, wrongUse(hint, "there is no rule %q", name)
}
