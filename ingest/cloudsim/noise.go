package cloudsim

// serviceHost is one of the identities under which Exchange works on mailboxes by itself.
const serviceHost = `NT AUTHORITY\SYSTEM (Microsoft.Exchange.ServiceHost)`

// service is a cmdlet that Exchange ran by itself: nobody's address, no session.
func (s *scene) service(operation, object string, parameters ...string) record {
	return s.base(operation, exchangeAdmin, "Exchange", serviceHost, serviceHost).with(
		field{"ResultStatus", "True"}, field{"UserType", 3}, field{"ObjectId", object}, field{"AppId", ""}, field{"ClientAppId", ""},
		field{"ExternalAccess", true}, field{"OrganizationName", s.org.domain}, field{"OriginatingServer", s.server()},
		field{"Parameters", pairs(parameters...)},
	)
}

// upkeep is what Microsoft's own services do to mailboxes by the thousand.
func upkeep(s *scene) []record {
	u := s.someone()
	me := s.directoryName(u)
	switch n := s.IntN(10); {
	case n < 6:
		return []record{s.service("Set-Mailbox", me, "DomainController", "", "Identity", me, "MailboxProvisioningConstraint", "", "Force", "True")}
	case n < 8:
		return []record{s.service("Add-MailboxPermission", me, "Identity", "DiscoverySearchMailbox{"+s.guid()+"}", "User", "Discovery Management",
			"AccessRights", "FullAccess")}
	}
	return []record{s.groupFolder()}
}

// groupFolder is Exchange furnishing the mailbox of a Microsoft 365 group; it calls itself a user of type 2.
func (s *scene) groupFolder() record {
	calendar := s.folder("Calendar").with(field{"MemberRights", "ReadAny, Create, EditOwned, DeleteOwned, EditAny, DeleteAny, Visible, FreeBusySimple, FreeBusyDetailed"},
		field{"MemberSid", "S-1-8-" + s.guid()}, field{"MemberUpn", "Owner@local"})
	group := &user{upn: "S-1-5-18", puid: "S-1-5-18", sid: "S-1-5-18", mailbox: s.guid(), session: s.guid()}
	by := mailClient{app: exchangeOnline, info: "Client=WebServices;Action=ConfigureGroupMailbox"}
	return s.inMailbox("ModifyFolderPermissions", exchangeItem, group, "::1", by).with(field{"UserType", 2}, field{"LogonType", 1},
		field{"InternalLogonType", 1}, field{"MailboxOwnerUPN", "projectroom@" + s.org.domain},
		field{"Item", record{{"Id", s.itemID()}, {"ParentFolder", calendar}}})
}

// resync is Outlook writing all of somebody's rules again: a burst of records that say nothing.
func resync(s *scene) []record {
	u := s.someone()
	ip := s.clientIP(u)
	var burst []record
	for range s.between(3, 8) {
		burst = append(burst, s.outlookRules(u, ip, pair{"RuleOperation", "ModifyMailboxRule"}, pair{"RuleId", "-" + s.digits()},
			bare{"RuleState"}, pair{"RuleCondition", "{}"}, bare{"RuleName"}, bare{"RuleProvider"}, pair{"RuleActions", "[]"}))
	}
	return burst
}

// outlookRules is a change of inbox rules by Outlook for the desktop.
func (s *scene) outlookRules(u *user, ip any, properties ...any) record {
	return s.inMailbox("UpdateInboxRules", exchangeItem, u, ip, outlook).with(
		field{"OperationProperties", properties},
		field{"Item", record{{"Id", s.itemID()}, {"ParentFolder", s.folder("Inbox")}}})
}

// digits is a number that does not fit into a float.
func (s *scene) digits() string {
	b := make([]byte, 19)
	for i := range b {
		b[i] = byte('1' + s.IntN(9))
	}
	return string(b)
}
