package detect

import (
	"fmt"
	"strings"
	"unicode"
)

// sentence says for people what happened: who did what to which mailbox, from where.
func (s *scene) sentence(title string) string {
	var b strings.Builder
	say := func(lead, text string) {
		if text != "" {
			b.WriteString(lead + text)
		}
	}
	b.WriteString(title + ": " + phrase(s.who) + " ")
	if given := s.given(); given != "" {
		b.WriteString(given)
	} else {
		b.WriteString(s.done())
		say(s.toWhom(), listed(s.to))
	}
	say(", from ", s.address)
	if s.event.Get("status_id").Int() == 2 || lower(s.operation) == "userloginfailed" { // which may call itself a success
		say(" (failure ", or(phrase(s.event.Get("status_code").String()), "without a number"))
		b.WriteString(")")
	}
	return b.String()
}

// phrase makes a text fit for a sentence: on one line, without signs that cannot be seen or that turn the writing round.
func phrase(text string) string {
	text = strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) {
			return ' '
		}
		return c
	}, bounded(text, maxText))
	return bounded(strings.Join(strings.Fields(text), " "), maxPhrase)
}

// done says what was done, by which program where that is no browser, and to what.
func (s *scene) done() string {
	did, preposition := deed(s.operation)
	if n := s.event.Get("unmapped.OperationCount").Int(); n > 1 && did == "read mail" {
		did = fmt.Sprintf("read %d messages", n)
	}
	if s.rule != "" {
		did += ` called "` + phrase(s.rule) + `"`
	}
	if words := s.event.Get("unmapped.QueryText").String(); words != "" {
		did += ` for "` + phrase(words) + `"`
	}
	if agent := s.event.Get("http_request.user_agent").Str; s.mailbox == "" && agent != "" && !strings.HasPrefix(agent, "Mozilla/") {
		did += " by " + phrase(agent)
	}
	what, whom := s.event.Get("entity.name").String(), s.event.Get("user.name").String()
	switch {
	case s.mailbox != "":
		did += " " + preposition + " " + s.whose()
	case what != "" && s.rule == "":
		did += " on " + phrase(what)
	case whom != "" && s.event.Get("resources.0.name").String() != "":
		return did + " for " + phrase(whom) + " on " + phrase(s.event.Get("resources.0.name").String())
	case whom != "" && !strings.EqualFold(whom, s.who):
		did += " " + strings.Replace(preposition, "in", "on", 1) + " " + phrase(whom)
	}
	return did + s.settings()
}

// settings names what was set, and to what.
func (s *scene) settings() string {
	var set []string
	told := func(name string) bool {
		return name != "" && !among(formalities, name) && !strings.Contains(lower(name), "password") && len(set) < maxSettings
	}
	parameters(s.event.Get("unmapped.Parameters"), func(name, value string) bool {
		if value = bounded(phrase(value), maxSetting); value != "" && told(name) {
			set = append(set, phrase(name)+" "+value)
		}
		return true
	})
	for _, changed := range s.event.Get("unmapped.ModifiedProperties.#.Name").Array() {
		if name := changed.String(); told(name) {
			set = append(set, phrase(name))
		}
	}
	if len(set) == 0 {
		return ""
	}
	return " (" + strings.Join(set, ", ") + ")"
}

// Bounds of what a sentence says of settings.
const (
	maxSettings = 4
	maxSetting  = 60 // bytes of a value
)

// formalities are parameters that say how a cmdlet was run, and what the sentence says anyway.
var formalities = []string{
	"Identity", "Name", "Force", "Confirm", "AlwaysDeleteOutlookRulesBlob", "DomainController", "ErrorAction", "WarningAction",
	"Included Updated Properties", "TargetId.ServicePrincipalNames",
}

// given says who was given which rights on what, where that is what happened.
func (s *scene) given() string {
	var rights []string
	for _, v := range s.event.Get("privileges").Array() {
		rights = append(rights, strings.Trim(phrase(v.String()), `[]" `)) // Entra writes a list into a text
	}
	isGrant := s.event.Get("class_uid").Int() == 3005 && s.event.Get("activity_id").Int() == 1
	if !isGrant || len(rights) == 0 || strings.HasPrefix(rights[0], "Add ") { // for want of a right the operation stands there
		return ""
	}
	whom, on := s.event.Get("user"), s.event.Get("resources.0")
	to, thing := phrase(or(whom.Get("name").String(), or(everyone[whom.Get("uid").String()], or(whom.Get("uid").String(), "somebody")))), phrase(on.Get("name").String())
	right := "the right " + listed(rights)
	if strings.EqualFold(rights[0], "unknown") {
		right = "rights"
	} else if len(rights) > 1 {
		right = "the rights " + listed(rights)
	}
	switch {
	case strings.HasPrefix(s.operation, "Consent to application"):
		return fmt.Sprintf(`let the application "%s" in, with %s`, to, listed(rights))
	case whom.Get("type_id").Int() == serviceUser && thing != "":
		return fmt.Sprintf(`gave the application "%s" %s on %s`, thing, right, to)
	case on.Get("type").Str == "Mailbox Folder":
		return fmt.Sprintf("gave %s %s on the folder %s of %s", to, right, thing, s.whose())
	case s.mailbox != "":
		return fmt.Sprintf("gave %s %s on %s", to, right, s.whose())
	}
	return fmt.Sprintf("gave %s the role %s", to, listed(rights))
}

// everyone are the well-known SIDs of those who are nobody in particular.
var everyone = map[string]string{"S-1-1-0": "Everyone", "S-1-5-7": "Anonymous"}

// serviceUser is OCSF's user.type_id of a service, as whom Entra names the application that a right is about.
const serviceUser = 4

// whose says which mailbox it is. Exchange names some by their place in its directory, of which the end says who it is.
func (s *scene) whose() string {
	name := s.mailbox
	if strings.Contains(name, "/Microsoft Exchange Hosted Organizations/") {
		name = name[strings.LastIndexByte(name, '/')+1:]
	}
	alias, _, _ := strings.Cut(s.who, "@")
	if strings.EqualFold(name, s.who) || strings.EqualFold(name, alias) {
		return "their own mailbox"
	}
	return "the mailbox " + phrase(name)
}

// toWhom leads to those outside: a message went to them, or all that comes will.
func (s *scene) toWhom() string {
	if s.event.Get("class_uid").Int() == 3004 {
		return ", mail goes to "
	}
	return ", to "
}
