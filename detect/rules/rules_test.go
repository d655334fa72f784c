package rules_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"ualstream/detect/rules"
	"ualstream/detect/sigma"
)

// load gives what the pack's rules and correlations say of themselves, by their file.
func load(t *testing.T) map[string][]*sigma.About {
	t.Helper()
	c := sigma.Load(rules.Files, sigma.Options{})
	set, refused := sigma.Compile(c)
	for _, r := range append(c.Refusals, refused...) {
		t.Error(r.Error())
	}
	files := map[string][]*sigma.About{}
	for _, r := range set.Rules() {
		files[r.File] = append(files[r.File], &r.About)
	}
	for _, c := range set.Correlations() {
		files[c.File] = append(files[c.File], &c.About)
		if (c.Level == "informational") != c.Mute {
			t.Errorf("%s: %q is %s and told: %v", c.File, c.Title, c.Level, !c.Mute)
		}
	}
	if len(files) == 0 {
		t.Fatal("the pack is empty")
	}
	return files
}

func TestEveryFileIsUsedWhole(t *testing.T) {
	files := load(t)
	names, err := fs.Glob(rules.Files, "*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		data, err := fs.ReadFile(rules.Files, name)
		if err != nil {
			t.Fatal(err)
		}
		if want := 1 + bytes.Count(data, []byte("\n---\n")); len(files[name]) != want {
			t.Errorf("%s has %d documents, %d are used", name, want, len(files[name]))
		}
	}
}

var technique = regexp.MustCompile(`^attack\.t[0-9]{4}(\.[0-9]{3})?$`)

func TestEveryRuleSaysWhatAnAnalystNeeds(t *testing.T) {
	ids, titles := map[string]bool{}, map[string]bool{}
	for file, all := range load(t) {
		for _, a := range all {
			if _, err := uuid.Parse(a.ID); err != nil || ids[a.ID] {
				t.Errorf("%s: %q has the id %q, which is no UUID or another's", file, a.Title, a.ID)
			}
			if titles[a.Title] {
				t.Errorf("%s: the title %q is there twice", file, a.Title)
			}
			ids[a.ID], titles[a.Title] = true, true
			if !slices.Contains([]string{"informational", "low", "medium", "high", "critical"}, a.Level) {
				t.Errorf("%s: %q has the level %q", file, a.Title, a.Level)
			}
			if len(a.Description) < 40 || len(a.FalsePositives) == 0 || a.Status == "" || a.Author == "" || a.Date == "" || len(a.References) < 2 {
				t.Errorf("%s: %q lacks a description, falsepositives, status, author, date or references", file, a.Title)
			}
			if !slices.ContainsFunc(a.Tags, technique.MatchString) {
				t.Errorf("%s: %q names no technique of ATT&CK: %v", file, a.Title, a.Tags)
			}
		}
	}
}

func TestReferencesAreAddresses(t *testing.T) {
	for file, all := range load(t) {
		for _, a := range all {
			for _, r := range a.References {
				if u, err := url.Parse(r); err != nil || u.Scheme != "https" || u.Host == "" {
					t.Errorf("%s: %q refers to %q", file, a.Title, r)
				}
			}
		}
	}
}

// TestEveryRuleHasCases wants a hit and a near miss of each rule and correlation, those that are never told among them.
func TestEveryRuleHasCases(t *testing.T) {
	for file, all := range load(t) {
		cases := casesOf(t, file)
		for _, a := range all {
			for _, hit := range []bool{true, false} {
				if !slices.ContainsFunc(cases, func(c example) bool { return c.Hit == hit && (c.names(a) || c.Rule == "" && isAlone(a, all)) }) {
					t.Errorf("%s: %q has no case with hit %v", file, a.Title, hit)
				}
			}
		}
		for _, c := range cases {
			if c.Rule != "" && !slices.ContainsFunc(all, c.names) {
				t.Errorf("%s: the case %q is about %q, which is not there", file, c.Name, c.Rule)
			}
		}
	}
}

// isAlone says whether a rule is the only one of its file that is told, which a case that names no rule is about.
func isAlone(a *sigma.About, all []*sigma.About) bool {
	return !slices.ContainsFunc(all, func(b *sigma.About) bool { return (a == b) == (b.Level == "informational") })
}

// example is what this test reads of a case.
type example struct {
	Name, Rule, Why string
	Hit             bool
}

func (c example) names(a *sigma.About) bool {
	return c.Rule == a.ID || c.Rule == a.Name || c.Rule == a.Title
}

func casesOf(t *testing.T, file string) []example {
	t.Helper()
	data, err := os.ReadFile(strings.TrimSuffix(file, ".yml") + ".cases.jsonl")
	if err != nil {
		t.Error(err)
	}
	var all []example
	names := map[string]bool{}
	for line := range bytes.Lines(data) {
		var c example
		if err := json.Unmarshal(line, &c); err != nil || c.Why == "" || names[c.Name] {
			t.Errorf("%s: the case %q says no why, or is there twice: %v", file, c.Name, err)
		}
		names[c.Name] = true
		all = append(all, c)
	}
	return all
}
