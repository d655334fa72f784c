package cloudsim

const exchangeAdmin = 1

// cmdlet is an Exchange cmdlet that somebody ran, from the shell or by a click in a settings page. Its result is a word,
// its parameters are strings.
func (s *scene) cmdlet(operation string, u *user, ip any, object string, parameters ...string) record {
	return s.base(operation, exchangeAdmin, "Exchange", u.upn, u.puid).with(
		field{"ResultStatus", "True"}, field{"UserType", 2}, field{"ClientIP", ip}, field{"ObjectId", object},
		field{"AppId", exchangeOnline.id}, field{"AppPoolName", "MSExchangeOWAAppPool"}, field{"ClientAppId", ""},
		field{"CorrelationID", ""}, field{"ExternalAccess", false}, field{"OrganizationName", s.org.domain},
		field{"OriginatingServer", s.server()}, field{"Parameters", pairs(parameters...)}, field{"RequestId", s.guid()},
		field{"SessionId", u.session},
	)
}

// directoryName is how Exchange names a mailbox in a cmdlet's object and identity.
func (s *scene) directoryName(u *user) string {
	return "EURP190A00" + string(rune('1'+len(u.upn)%8)) + ".PROD.OUTLOOK.COM/Microsoft Exchange Hosted Organizations/" + s.org.domain + "/" + u.alias()
}

// settings is what people set for themselves: most of it looks like an intruder's work but for its content.
func settings(s *scene) []record {
	u := s.someone()
	ip, me := s.withPort(u), s.directoryName(u)
	switch s.IntN(6) {
	case 0:
		return []record{s.cmdlet("Set-MailboxAutoReplyConfiguration", u, ip, me, "Identity", me, "AutoReplyState", "Scheduled",
			"ExternalAudience", "Known", "InternalMessage", "I am away this week.")}
	case 1:
		return []record{s.cmdlet("Set-MailboxJunkEmailConfiguration", u, ip, me, "Identity", me, "BlockedSendersAndDomains", "shop.example;ads.example")}
	case 2:
		return []record{s.cmdlet("New-InboxRule", u, ip, me+`\Newsletters`, "AlwaysDeleteOutlookRulesBlob", "False", "Force", "False",
			"From", "news@fabrikam.example", "MoveToFolder", "Newsletters", "Name", "Newsletters")}
	case 3:
		return []record{s.cmdlet("Set-MailboxRegionalConfiguration", u, ip, me, "Identity", me, "Language", "de-DE", "TimeZone", "W. Europe Standard Time")}
	case 4:
		peer := s.someone()
		return []record{s.cmdlet("Set-MailboxFolderPermission", u, ip, me+`:\Calendar`, "Identity", u.upn+`:\Calendar`,
			"User", peer.upn, "AccessRights", "Reviewer")}
	}
	return []record{s.cmdlet("Set-MailboxMessageConfiguration", u, ip, me, "Identity", me, "AutoAddSignature", "True")}
}
