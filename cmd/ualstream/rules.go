package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"ualstream/detect"
	"ualstream/detect/sigma"
)

const rulesUsage = `Look at Sigma rules: whether they can be used, what they are, whether they find what they should. Needs no Kafka.

Usage:
    ualstream rules check DIR…
    ualstream rules list [--json] [--rules DIR]…
    ualstream rules test DIR…
    ualstream rules explain RULE [--rules DIR]… < event.json

check      reads the rules, correlations and filters in the folders or files, and says of each that is refused where it
           stands, why, and how to mend it. The last line counts: 30 rules, 4 correlations, 1 refused
list       tells the rules that 'ualstream detect' uses with the same flags, one a line
test       runs the cases beside each file of rules: NAME.cases.jsonl beside NAME.yml, one JSON object a line, like
           {"name": "to a friend", "hit": false, "why": "an address of our own", "record": {…}}
           A correlation takes "records": [ … ] in their order. Of a file with several rules, "rule" says which one is
           meant, by id, name or title
explain    says which parts of a rule, named by id, name or title, match an event and which do not. It reads events, or
           audit records, from standard input

Rules are for the log sources product m365 (service audit, exchange, threat_management, threat_detection, or none) and
azure (signinlogs, auditlogs, activitylogs, riskdetection, pim, or none), whose fields are those of the audit record:
Operation, Item.ParentFolder.Path, Parameters.ForwardTo, ModifiedProperties.Role.DisplayName.NewValue; or for
product ocsf, whose fields are those of the event: actor.user.email_addr. Both have the fields
    derived.account, actor, actor_id, address, error_code, external_recipients, folder, mailbox, noise,
    recipient_count, rule_name, session, throwaway_rule_name, user_agent

Flags:
` + ruleUsage + `    --json            list: one JSON object a line

Exit codes: 0 done; 1 where a rule is refused (check), a case fails (test) or input cannot be read; 2 wrong use.

Example:
    $ ualstream rules check ./rules
    ./rules/forwarding.yml:12: "Forwarding": unknown modifier "contain" (did you mean contains?)
    11 rules, 2 correlations, 1 refused
`

func rulesCommand(_ context.Context, e *env, args []string) error {
	fs, r := newFlags("rules"), &ruleFlags{}
	r.register(fs)
	asJSON := fs.Bool("json", false, "")
	operands, err := e.parse(fs, rulesUsage, args)
	if err != nil {
		return err
	}
	if len(operands) == 0 {
		return wrongUse(seeHelp(fs), "rules wants check, list, test or explain")
	}
	switch verb, rest := operands[0], operands[1:]; verb {
	case "check":
		return r.check(e, rest)
	case "list":
		return r.list(e, rest, *asJSON)
	case "test":
		return r.test(e, rest)
	case "explain":
		return r.explain(e, rest)
	default:
		hint := seeHelp(fs)
		if near := nearest(verb, []string{"check", "list", "test", "explain"}); near != "" {
			hint = fmt.Sprintf("did you mean 'ualstream rules %s'?", near)
		}
		return wrongUse(hint, "rules has no %q", verb)
	}
}

// only makes the folders the rules that are looked at, without those that ualstream brings along.
func (r *ruleFlags) only(verb string, dirs []string) error {
	r.builtin = false
	if r.dirs.list = append(r.dirs.list, dirs...); len(r.dirs.list) == 0 {
		return wrongUse("'ualstream help rules' shows how", "rules %s wants a folder with rules", verb)
	}
	return nil
}

// check says what cannot be used.
func (r *ruleFlags) check(e *env, dirs []string) error {
	if err := r.only("check", dirs); err != nil {
		return err
	}
	set, refused, err := r.load()
	if err != nil {
		return err
	}
	var b strings.Builder
	for i := range refused {
		fmt.Fprintln(&b, printable(refused[i].Error()))
	}
	for _, rule := range set.Rules() {
		if !detect.Sees(rule.LogSource) {
			fmt.Fprintf(&b, "%s:%d: %q: note: no event is of its log source (%s), it will never match\n",
				rule.File, rule.Line, rule.Title, cmp.Or(rule.LogSource.String(), "none"))
		}
		if strings.EqualFold(rule.Status, "unsupported") {
			fmt.Fprintf(&b, "%s:%d: %q: note: its status is unsupported: its author says that it cannot be used as it is\n", rule.File, rule.Line, rule.Title)
		}
		if taxonomy := rule.Taxonomy; taxonomy != "" && !strings.EqualFold(taxonomy, "sigma") {
			fmt.Fprintf(&b, "%s:%d: %q: note: its taxonomy is %q; fields are looked up as the rule names them\n", rule.File, rule.Line, rule.Title, taxonomy)
		}
	}
	for _, field := range set.Fields() {
		if strings.HasPrefix(field, "derived.") && !slices.Contains(detect.DerivedFields(), field) {
			fmt.Fprintf(&b, "note: there is no field %s, it will never match\n", printable(field))
		}
	}
	fmt.Fprintf(&b, "%d rules, %d correlations, %d refused\n", len(set.Rules()), len(set.Correlations()), len(refused))
	if err := e.print(b.String()); err != nil || len(refused) == 0 {
		return err
	}
	return errors.New("some rules cannot be used")
}

// listed is a rule or a correlation in the list.
type listed struct {
	Kind        string   `json:"kind"` // rule or correlation
	ID          string   `json:"id"`
	Title       string   `json:"title"`
	Level       string   `json:"level,omitempty"`
	Status      string   `json:"status,omitempty"`
	LogSource   string   `json:"logsource,omitempty"`
	Tags        []string `json:"tags,omitempty"`
	Description string   `json:"description,omitempty"`
	File        string   `json:"file"`
	Line        int      `json:"line"`
}

func entry(kind string, a *sigma.About, source string) listed {
	return listed{kind, detect.RuleID(a), a.Title, a.Level, a.Status, source, a.Tags, strings.TrimSpace(a.Description), a.File, a.Line}
}

// list tells the rules.
func (r *ruleFlags) list(e *env, rest []string, asJSON bool) error {
	if len(rest) > 0 {
		return wrongUse("name folders with --rules", "rules list takes no argument %q", rest[0])
	}
	set, err := r.use(e)
	if err != nil {
		return err
	}
	var all []listed
	for _, rule := range set.Rules() {
		all = append(all, entry("rule", &rule.About, rule.LogSource.String()))
	}
	for _, c := range set.Correlations() {
		all = append(all, entry("correlation", &c.About, c.Type))
	}
	if asJSON {
		for _, l := range all {
			if err := json.NewEncoder(e.stdout).Encode(l); err != nil {
				return err
			}
		}
		return nil
	}
	w := tabwriter.NewWriter(e.stdout, 0, 8, 2, ' ', 0)
	for _, l := range all {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", cmp.Or(l.Level, "-"), printable(l.ID), printable(l.Title), l.LogSource)
	}
	return w.Flush()
}
