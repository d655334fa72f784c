package sigma

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// About is what rules, correlations and filters say of themselves. Texts are as the file has them; what it does not
// say is empty.
type About struct {
	File           string // that it was read from, as the caller named it
	Line           int    // of its document in that file
	Title          string
	ID             string // a UUID, as a rule; unique among all that is loaded
	Name           string // another name for references
	Description    string
	Taxonomy       string // "" means sigma
	Status         string // stable, test, experimental, deprecated, unsupported, or what else the file says
	License        string
	Author         string
	References     []string
	Date, Modified string
	Related        []Related
	Tags           []string // like attack.t1114.003
	Fields         []string // worth showing to an analyst
	FalsePositives []string
	Scope          []string
	Level          string // informational, low, medium, high or critical; "" where the file says none
}

// Related is another rule that a rule comes from or replaces.
type Related struct{ ID, Type string }

// LogSource says which events a rule is for. An empty part says nothing.
type LogSource struct {
	Category, Product, Service string
	Definition                 string // for people
}

// Rule is a Sigma detection rule, ready to be compiled into a Set.
type Rule struct {
	About
	LogSource LogSource

	detection *detection
}

var levels = []string{"informational", "low", "medium", "high", "critical"}

// parseAbout reads what every kind of document says. Only what a finding or a reference depends on is checked: a rule
// with an unusual date detects as well as another.
func parseAbout(n *node) (About, *fault) {
	a := About{
		Line: n.line, Title: n.get("title").text(), ID: n.get("id").text(), Name: n.get("name").text(),
		Description: n.get("description").text(), Taxonomy: n.get("taxonomy").text(), Status: n.get("status").text(),
		License: n.get("license").text(), Author: n.get("author").text(),
		References: n.get("references").texts(), Date: n.get("date").text(), Modified: n.get("modified").text(),
		Tags: n.get("tags").texts(), Fields: n.get("fields").texts(),
		FalsePositives: n.get("falsepositives").texts(), Scope: n.get("scope").texts(),
		Level: strings.ToLower(n.get("level").text()),
	}
	for _, r := range relatedOf(n) {
		a.Related = append(a.Related, Related{ID: r.get("id").text(), Type: r.get("type").text()})
	}
	switch title := n.get("title"); {
	case title.isNull() || a.Title == "":
		return a, refuse(n.line, "add title: WHAT IT DETECTS", "there is no title")
	case utf8.RuneCountInString(a.Title) > 256:
		return a, refuse(title.line, "shorten it", "the title has more than 256 characters")
	}
	if level := n.get("level"); !level.isNull() && !slices.Contains(levels, a.Level) {
		return a, refuse(level.line, "the levels are "+strings.Join(levels, ", "), "%s is no level", quote(level.text()))
	}
	return a, nil
}

func relatedOf(n *node) []*node {
	related := n.get("related")
	if related == nil || related.kind != listNode {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(related.items), func(r *node) bool { return r.kind != mapNode })
}

// parseLogSource reads the log source, whose parts are compared in lower case.
func parseLogSource(n *node) (LogSource, *fault) {
	source := n.get("logsource")
	if source == nil || source.kind != mapNode {
		return LogSource{}, refuse(n.line, "add logsource: with a product, service or category", "there is no logsource")
	}
	part := func(name string) string { return strings.ToLower(strings.TrimSpace(source.get(name).text())) }
	return LogSource{
		Category: part("category"), Product: part("product"), Service: part("service"),
		Definition: source.get("definition").text(),
	}, nil
}

// Covers says whether every event of the other log source is one of this: each part that this names is the same there.
func (l LogSource) Covers(other LogSource) bool {
	covers := func(wide, narrow string) bool { return wide == "" || wide == narrow }
	return covers(l.Category, other.Category) && covers(l.Product, other.Product) && covers(l.Service, other.Service)
}

func parseRule(n *node, o *scope) (*Rule, *fault) {
	about, f := parseAbout(n)
	if f != nil {
		return nil, f
	}
	r := &Rule{About: about}
	if r.LogSource, f = parseLogSource(n); f != nil {
		return nil, f
	}
	if r.LogSource == (LogSource{Definition: r.LogSource.Definition}) {
		return nil, refuse(n.get("logsource").line, "name a product, service or category", "the logsource names nothing")
	}
	r.detection, f = parseDetection(n.get("detection"), o)
	return r, f
}
