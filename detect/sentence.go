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
	if status := s.event.Get("status"); s.event.Get("status_id").Int() == 2 {
		say(" (", phrase(lower(status.String())))
		say(" ", phrase(s.event.Get("status_code").String()))
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
	what := or(s.event.Get("entity.name").String(), s.event.Get("user.name").String())
	switch {
	case s.mailbox != "":
		did += " " + preposition + " " + s.whose()
	case s.rule == "" && what != "" && !strings.EqualFold(what, s.who):
		did += " on " + phrase(what)
	}
	return did
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
	to, thing := phrase(or(whom.Get("name").String(), or(whom.Get("uid").String(), "somebody"))), phrase(on.Get("name").String())
	right := "the right " + listed(rights)
	if strings.EqualFold(rights[0], "unknown") {
		right = "rights"
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
