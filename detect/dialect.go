package detect

import (
	"slices"
	"strings"

	"ualstream/detect/sigma"
)

// activity is the Operation. Entra ID ends it with a period and sometimes with a blank, where its other logs do not, and
// has a dash where rules have a hyphen, with blanks around it or without ("Update application – Certificates and secrets
// management "): all spellings are values.
type activity struct{ path }

func (a activity) values(r *reader, dst []sigma.Value) ([]sigma.Value, bool) {
	before := len(dst)
	dst, found := a.path.values(r, dst)
	if len(dst) > before {
		said := dst[before]
		if said.Text = strings.TrimRight(said.Text, ". "); said != dst[before] {
			dst = append(dst, said)
		}
		if strings.ContainsAny(said.Text, "–—") {
			said.Text = hyphens.Replace(said.Text)
			dst = append(dst, said)
			said.Text = strings.ReplaceAll(said.Text, " - ", "-")
			dst = append(dst, said)
		}
	}
	return dst, found
}

var hyphens = strings.NewReplacer("–", "-", "—", "-")

// alertName is the name of the alert where the record is one.
type alertName struct{ at int }

func (a alertName) values(r *reader, dst []sigma.Value) ([]sigma.Value, bool) {
	name := r.attribute(a.at)
	if name == "" || !r.isAlert() {
		return dst, false
	}
	return append(r.leaves(dst, name, 0), sigma.Value{Kind: sigma.String, Text: r.word(atOperation)}), true
}

// outcome is what the record says itself, and how it ended as OCSF says it: Success, Failure. An alert that was
// raised is a success where its ResultStatus does not say otherwise.
type outcome struct{ own path }

func (o outcome) values(r *reader, dst []sigma.Value) ([]sigma.Value, bool) {
	dst, found := o.own.values(r, dst)
	text := r.get("status").Str
	if r.isAlert() {
		text = "Success"
		if said := r.get("unmapped.ResultStatus").String(); said != "" && !slices.Contains(successes, lower(said)) {
			text = said
		}
	}
	if text == "" {
		return dst, found
	}
	return append(dst, sigma.Value{Kind: sigma.String, Text: text}), true
}

// successes are ResultStatus's spellings of success, in lower case.
var successes = []string{"success", "succeeded", "successful", "true", "ok", "completed", "passed"}

// succeeded is the error number 0 of a sign-in that succeeded and says no number, as older ones do.
type succeeded struct{}

func (succeeded) values(r *reader, dst []sigma.Value) ([]sigma.Value, bool) {
	if !r.belongs(signIns) || r.get("status").Str != "Success" {
		return dst, false
	}
	return append(dst, sigma.Value{Kind: sigma.Number, Text: "0"}), true
}

// content is all that a record of Security & Compliance says, which is what other tools call the payload of one that is
// no alert: the cmdlet and its command line.
type content struct{}

func (content) values(r *reader, dst []sigma.Value) ([]sigma.Value, bool) {
	if !r.isCompliance() {
		return dst, false
	}
	return r.leaves(dst, r.unmapped(), 0), true
}

// category is the category of a change in the directory. The audit record says Role where other logs of Entra ID say
// RoleManagement: both are values.
type category struct{ pairs }

func (c category) values(r *reader, dst []sigma.Value) ([]sigma.Value, bool) {
	before := len(dst)
	dst, found := c.pairs.values(r, dst)
	for _, said := range slices.Clone(dst[before:]) {
		switch kind := lower(said.Text); kind {
		case "user", "group", "role", "application", "directory", "device":
			said.Text += "Management"
			dst = append(dst, said)
		case "serviceprincipal":
			said.Text = "ApplicationManagement"
			dst = append(dst, said)
		}
	}
	return dst, found
}

// together is what stands in any of several places.
type together []lookup

func (t together) values(r *reader, dst []sigma.Value) ([]sigma.Value, bool) {
	found := false
	for _, l := range t {
		var there bool
		dst, there = l.values(r, dst)
		found = found || there
	}
	return dst, found
}
