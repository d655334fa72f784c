package detect

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"ualstream/detect/sigma"
)

// Case is a test of a rule: records, and whether it finds something in them.
type Case struct {
	Name string `json:"name"`
	// Rule is the id, name or title of the rule or correlation that it is about, which may be one that only serves
	// others; "" for any in the file that is told.
	Rule    string            `json:"rule"`
	Hit     *bool             `json:"hit"`
	Why     string            `json:"why"`
	Record  json.RawMessage   `json:"record"`
	Records []json.RawMessage `json:"records"` // for correlations, in the order in which they happened
}

// ReadCases reads a file of cases, one JSON object a line; empty lines are passed over.
func ReadCases(data []byte) ([]Case, error) {
	var all []Case
	for i, line := range bytes.Split(data, []byte("\n")) {
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		c, err := readCase(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		all = append(all, c)
	}
	return all, nil
}

func readCase(line []byte) (c Case, err error) {
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		return c, err
	}
	if c.Record != nil {
		c.Records = append([]json.RawMessage{c.Record}, c.Records...)
	}
	switch {
	case c.Name == "":
		return c, errors.New("the case has no name")
	case c.Hit == nil:
		return c, errors.New("the case does not say hit: true or false")
	case len(c.Records) == 0:
		return c, errors.New("the case has no record")
	}
	return c, nil
}

// Try says whether the rules of a file that the case is about find something in its records. normalize makes events of
// them.
func (e *Engine) Try(c Case, file string, normalize func(record []byte) ([]byte, error)) (hit bool, err error) {
	t := e.NewTrial()
	for i, record := range c.Records {
		event, err := normalize(record)
		if err == nil {
			err = t.Add(event)
		}
		if err != nil {
			return false, fmt.Errorf("record %d: %w", i+1, err)
		}
	}
	known := false
	for _, a := range e.about() {
		if a.File != file || c.Rule != "" && !Named(a, c.Rule) {
			continue
		}
		known = true
		fired, told := t.Fired(a)
		hit = hit || told || fired && c.Rule != ""
	}
	if !known {
		return false, fmt.Errorf("%s has no rule %q", file, c.Rule)
	}
	return hit, nil
}

// about gives what the rules and correlations say of themselves.
func (e *Engine) about() (all []*sigma.About) {
	for _, r := range e.rules.Rules() {
		all = append(all, &r.About)
	}
	for _, c := range e.rules.Correlations() {
		all = append(all, &c.About)
	}
	return all
}

// Named says whether a rule has that id, name or title.
func Named(a *sigma.About, name string) bool {
	return strings.EqualFold(a.ID, name) || a.Name == name || strings.EqualFold(a.Title, name)
}
