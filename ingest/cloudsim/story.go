package cloudsim

import (
	"fmt"
	"slices"
)

// story is a business e-mail compromise: who is in it, the same for a whole day.
type story struct {
	*scene
	victim *user   // whose password is guessed and whose mailbox is abused
	admin  *user   // the second account that falls
	chief  *user   // whose mailbox the intruder then opens
	others []*user // who were sprayed, too
	spray  []string
	host   string // where the intruder then works from: a hosting company
	rule   string
}

const (
	intruderAgent = "axios/1.7.7"
	sprayAgent    = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/79.0.3945.88 Safari/537.36"
	legacyAgent   = "BAV2ROPC" // a client that sends passwords by the flow of old mail programs
	dropbox       = "ledger.archive@northwind.example"
)

// sprayed is how many accounts the intruder tries one password on, besides the victim's.
const sprayed = 14

// harvested is how many messages the intruder opens in the two minutes that one record is about.
const harvested = 140

// steps are the story in order, one StoryStep apart. All five kinds of priority events are among them.
var steps = []func(*story) []record{
	(*story).guess, (*story).guessOn, (*story).enter, (*story).hide, (*story).forward, (*story).admit,
	(*story).delegate, (*story).open, (*story).read, (*story).deceive, (*story).cleanUp,
}

// newStory casts the story. The administrator is the organisation's first person.
func newStory(seed uint64, o *org) *story {
	s := &scene{dice: newDice(seed, o.id, "story"), org: o}
	first := s.IntN(len(o.people))
	intruder := func(n int) *user { c := *o.person(n); return &c } // the device and session are the intruder's
	out := &story{scene: s, admin: intruder(0), victim: intruder(1 + first), chief: o.person(2 + first),
		host: fmt.Sprintf("203.0.113.%d", s.between(200, 250)), rule: "."}
	for i := range sprayed {
		out.others = append(out.others, o.person(3+first+i))
	}
	for range 3 {
		out.spray = append(out.spray, fmt.Sprintf("203.0.113.%d", s.between(10, 190)))
	}
	for _, u := range []*user{out.victim, out.admin} {
		u.session, u.device = s.guid(), device{agent: intruderAgent}
		u.home, u.home6 = out.host, "2001:db8:dead::"+fmt.Sprintf("%x", s.between(1, 0xffff))
	}
	return out
}

// guess tries one password on many accounts, from one address, by a tool that calls itself an old browser.
func (s *story) guess() []record {
	var out []record
	for _, u := range append(slices.Clip(s.others), s.victim) {
		out = append(out, s.failedSignIn(u, s.spray[0], sprayAgent, "50126", "InvalidUserNameOrPassword"))
	}
	return out
}

// guessOn tries the next password by the legacy flow, which knows no second factor, until an account is locked.
func (s *story) guessOn() []record {
	var out []record
	for i, u := range s.others[:sprayed/2] {
		out = append(out, s.failedSignIn(u, s.spray[1+i%2], legacyAgent, "50126", "InvalidUserNameOrPassword"))
	}
	return append(out, s.failedSignIn(s.others[0], s.spray[1], legacyAgent, "50053", "IdsLocked"))
}

// enter is the password that fits, at the address that guessed it and then where the intruder works.
func (s *story) enter() []record {
	return []record{
		s.signIn(s.victim, s.spray[0], sprayAgent), s.signIn(s.victim, s.host, intruderAgent),
		s.inMailbox("MailboxLogin", exchangeItem, s.victim, s.host, webMail),
	}
}

// hide makes a rule that keeps the answers from the victim's eyes.
func (s *story) hide() []record {
	me := s.directoryName(s.victim)
	return []record{s.cmdlet("New-InboxRule", s.victim, s.withPort(s.victim), me+`\`+s.rule,
		"AlwaysDeleteOutlookRulesBlob", "False", "Force", "False", "MoveToFolder", "RSS Subscriptions", "Name", s.rule,
		"SubjectOrBodyContainsWords", "invoice;payment;wire;iban;bank details", "MarkAsRead", "True", "StopProcessingRules", "True")}
}

// forward sends a copy of everything outside.
func (s *story) forward() []record {
	me := s.directoryName(s.victim)
	return []record{s.cmdlet("Set-Mailbox", s.victim, s.withPort(s.victim), me, "Identity", me,
		"ForwardingSmtpAddress", "smtp:"+dropbox, "DeliverToMailboxAndForward", "True")}
}

// admit lets an application in that outlives a changed password.
func (s *story) admit() []record {
	return []record{s.consent(s.victim, s.host, "Mail Backup Pro", " Mail.Read Mail.Send offline_access")}
}

// delegate uses a second account, an administrator's, to open a third mailbox.
func (s *story) delegate() []record {
	mailbox := s.directoryName(s.chief)
	return []record{s.signIn(s.admin, s.host, intruderAgent), s.cmdlet("Add-MailboxPermission", s.admin, s.withPort(s.admin), mailbox,
		"Identity", s.chief.upn, "User", s.victim.upn, "AccessRights", "FullAccess", "InheritanceType", "All", "AutoMapping", "False")}
}

// open lets everybody in the organisation read a folder, by the shell and by Outlook.
func (s *story) open() []record {
	inbox := s.folder("Inbox").with(field{"MemberRights", "ReadAny, Visible"}, field{"MemberSid", "S-1-1-0"}, field{"MemberUpn", "Everyone"})
	return []record{
		s.cmdlet("Add-MailboxFolderPermission", s.victim, s.withPort(s.victim), s.directoryName(s.victim)+`:\Inbox`,
			"Identity", s.victim.upn+`:\Inbox`, "User", "Default", "AccessRights", "Reviewer"),
		s.inMailbox("AddFolderPermissions", exchangeItem, s.victim, s.host, webMail).with(
			field{"Item", record{{"Id", s.itemID()}, {"ParentFolder", inbox}}}),
	}
}

// read looks for what can be sold: a search, the messages it found, then the whole mailbox.
func (s *story) read() []record {
	return []record{
		s.searched(s.victim, s.host, webMail, "invoice OR iban OR \"wire transfer\""),
		s.mailAccess(s.victim, s.host, webMail, "Bind", harvested),
		s.mailAccess(s.victim, s.host, mailClient{app: outlookWeb, info: "Client=IMAP4;Protocol=IMAP4"}, "Sync", 0),
	}
}

// deceive sends the false invoice, and hides the answers once more, by Outlook this time.
func (s *story) deceive() []record {
	return []record{
		s.outlookRules(s.victim, s.host, pair{"RuleOperation", "AddMailboxRule"}, pair{"RuleId", "0"},
			pair{"RuleState", "Enabled, ExitAfterExecution"}, pair{"RuleCondition", "{(Subject ContainsSubstring invoice)}"},
			pair{"RuleName", ".."}, pair{"RuleProvider", "RuleOrganizer"},
			pair{"RuleActions", `[{"ActionType":"Move","DestinationFolderId":"` + s.itemID() + `","FolderIsInThisStore":"True"}]`}),
		s.sent(s.victim, s.host, webMail, "Re: Invoice 10482: our bank details have changed"),
		s.sent(s.victim, s.host, webMail, "Fwd: Invoice 10482"),
	}
}

// cleanUp removes the traces; Microsoft has noticed the forwarding by now.
func (s *story) cleanUp() []record {
	return []record{
		s.cmdlet("Remove-InboxRule", s.victim, s.withPort(s.victim), s.directoryName(s.victim)+`\`+s.rule,
			"Identity", s.victim.alias()+`\`+s.rule, "Force", "True", "Confirm", "False"),
		s.affected("HardDelete", s.victim, s.host, webMail, "Sent Items", "Re: Invoice 10482: our bank details have changed", "Fwd: Invoice 10482"),
		s.alert("Creation of forwarding/redirect rule", "Low", s.victim),
	}
}
