package cloudsim

import (
	"encoding/base64"
	"fmt"
)

// Record types of what happens in mailboxes.
const (
	exchangeItem       = 2
	exchangeItemGroup  = 3
	exchangeAggregated = 50
	exchangeSearch     = 101
)

// inMailbox has the attributes of everything that is done in a mailbox by its owner.
func (s *scene) inMailbox(operation string, kind int, u *user, ip any, by mailClient) record {
	return s.base(operation, kind, "Exchange", u.upn, u.puid).with(
		field{"ResultStatus", "Succeeded"}, field{"ClientIP", ip}, field{"AppId", by.app.id}, field{"ClientAppId", by.app.id},
		field{"ClientIPAddress", ip}, field{"ClientInfoString", by.info}, field{"ClientProcessName", by.process},
		field{"ClientVersion", by.version}, field{"ExternalAccess", false}, field{"InternalLogonType", 0}, field{"LogonType", 0},
		field{"LogonUserSid", u.sid}, field{"MailboxGuid", u.mailbox}, field{"MailboxOwnerSid", u.sid},
		field{"MailboxOwnerUPN", u.upn}, field{"OrganizationName", s.org.domain},
		// The service ends this one with a line break.
		field{"OriginatingServer", s.server() + "\r\n"}, field{"SessionId", u.session},
	)
}

func (s *scene) server() string {
	return fmt.Sprintf("AM%dPR%02dMB%04d (15.20.%d.%03d)", s.between(0, 9), s.between(1, 20), s.IntN(10000), s.between(8000, 8300), s.IntN(40))
}

// folder is a mailbox folder as records name it.
func (s *scene) folder(name string) record {
	return record{{"Id", s.itemID()}, {"Path", `\` + name}, {"Name", name}}
}

func (s *scene) itemID() string {
	var b [46]byte
	for i := range b {
		b[i] = byte(s.Uint32())
	}
	return "LgAAAA" + base64.StdEncoding.EncodeToString(b[:])
}

func (s *scene) messageID() string { return fmt.Sprintf("<%s@%s>", s.guid(), s.org.domain) }

var subjects = []string{
	"Minutes of Monday's meeting", "Re: offer 2231", "Invoice 10482", "Lunch?", "Q3 figures", "Fwd: delivery note", "Holiday plan",
	"Re: Re: contract draft", "Grüße aus dem Projekt", "New badge",
}

// message is an item with its subject and folder.
func (s *scene) message(subject, folder string) record {
	return record{{"Id", s.itemID()}, {"InternetMessageId", s.messageID()}, {"IsRecord", false}, {"ParentFolder", s.folder(folder)},
		{"SizeInBytes", s.between(2_000, 900_000)}, {"Subject", subject}}
}

// mailAccess is MailItemsAccessed: messages that were opened (Bind), or a folder that was synchronized (Sync).
func (s *scene) mailAccess(u *user, ip any, by mailClient, kind string, messages int) record {
	r := s.inMailbox("MailItemsAccessed", exchangeAggregated, u, ip, by).with(
		field{"OperationProperties", pairs("MailAccessType", kind, "IsThrottled", "False")},
		field{"OperationCount", max(messages, 1)})
	if kind == "Sync" {
		return r.with(field{"Item", record{{"ParentFolder", s.folder("Inbox")}}})
	}
	var items []record
	for range messages {
		items = append(items, record{{"InternetMessageId", s.messageID()}, {"SizeInBytes", s.between(2_000, 90_000)}})
	}
	return r.with(field{"Folders", []record{{{"FolderItems", items}, {"Id", s.itemID()}, {"Path", `\Inbox`}}}})
}

// affected is what a move or a deletion says: the folder and the messages.
func (s *scene) affected(operation string, u *user, ip any, by mailClient, from string, subjects ...string) record {
	var items []record
	for _, subject := range subjects {
		items = append(items, s.message(subject, from))
	}
	return s.inMailbox(operation, exchangeItemGroup, u, ip, by).with(field{"AffectedItems", items},
		field{"CrossMailboxOperations", false}, field{"Folder", s.folder(from)})
}

// sent is one message that left.
func (s *scene) sent(u *user, ip any, by mailClient, subject string) record {
	return s.inMailbox("Send", exchangeItem, u, ip, by).with(field{"Item", s.message(subject, "Drafts")}, field{"SaveToSentItems", true})
}

// searched is a search of the owner's mailbox.
func (s *scene) searched(u *user, ip any, by mailClient, words string) record {
	return s.inMailbox("SearchQueryInitiatedExchange", exchangeSearch, u, ip, by).with(
		field{"QueryText", words}, field{"QuerySource", "OWA"})
}

// mail is what people do in their mailboxes all day.
func mail(s *scene) []record {
	u, by := s.someone(), pick(s.dice, mailClients)
	ip := s.clientIP(u)
	switch n := s.IntN(100); {
	case n < 25:
		return []record{s.mailAccess(u, ip, by, "Bind", s.between(1, 4))}
	case n < 38:
		return []record{s.mailAccess(u, ip, by, "Sync", 0)}
	case n < 52:
		return []record{s.sent(u, ip, by, pick(s.dice, subjects))}
	case n < 63:
		return []record{s.inMailbox("Create", exchangeItem, u, ip, by).with(field{"Item", s.message(pick(s.dice, subjects), "Drafts")})}
	case n < 75:
		return []record{s.inMailbox("Update", exchangeItem, u, ip, by).with(field{"Item", s.message(pick(s.dice, subjects), "Calendar")},
			field{"ModifiedProperties", []string{"RecipientCollection", "AllAttachmentsBlob"}})}
	case n < 79:
		return []record{s.affected("Move", u, ip, by, "Inbox", pick(s.dice, subjects)).with(field{"DestFolder", s.folder("Projects")})}
	case n < 85:
		return []record{s.affected("MoveToDeletedItems", u, ip, by, "Inbox", pick(s.dice, subjects), pick(s.dice, subjects))}
	case n < 92:
		return []record{s.affected("SoftDelete", u, ip, by, "Deleted Items", pick(s.dice, subjects))}
	case n < 96:
		return []record{s.affected("HardDelete", u, ip, by, "Drafts", pick(s.dice, subjects))}
	case n < 98:
		return []record{s.searched(u, ip, webMail, "offer 2231")}
	}
	return []record{s.inMailbox("MailboxLogin", exchangeItem, u, ip, by)}
}
