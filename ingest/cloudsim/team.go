package cloudsim

const teamsRecord = 25

// teams is what people do in Microsoft Teams; now and then Teams itself is the one who does it.
func teams(s *scene) []record {
	u, peer := s.someone(), s.someone()
	at := func(operation string) record {
		return s.base(operation, teamsRecord, "MicrosoftTeams", u.upn, u.oid).with(field{"ClientIP", s.clientIP(u)})
	}
	team := []field{{"TeamName", "Projects"}, {"TeamGuid", "19:" + s.guid() + "@thread.skype"}}
	switch s.IntN(10) {
	case 0, 1:
		return []record{at("TeamsSessionStarted").with(field{"ObjectId", "Windows (Desktop)"}, field{"ResultStatus", "Succeeded"})}
	case 2:
		return []record{at("MemberAdded").with(team...).with(field{"Members", []record{
			{{"DisplayName", peer.name}, {"Role", 1}, {"UPN", peer.upn}}}})}
	case 3:
		return []record{at("MemberAdded").with(team...).with(field{"UserId", "Application"}, field{"UserKey", ""}, field{"UserType", 5},
			field{"ClientIP", nil}, field{"Members", []record{{{"DisplayName", u.name}, {"Role", 2}, {"UPN", u.upn}}}})}
	case 4:
		return []record{at("TeamSettingChanged").with(team...).with(field{"Name", "Team access type"}, field{"OldValue", "Public"}, field{"NewValue", "Private"})}
	case 5:
		return []record{at("ChannelAdded").with(team...).with(field{"ChannelName", "Site visits"}, field{"ChannelGuid", "19:" + s.guid() + "@thread.tacv2"})}
	}
	return []record{at(pick(s.dice, []string{"MessageSent", "MessageSent", "MessageEditedHasLink", "MeetingParticipantDetail"})).
		with(field{"MessageId", s.digits()[:13]}, field{"ExtraProperties", []record{{{"Key", "TimeZone"}, {"Value", "Europe/Berlin"}}}})}
}

// copilot is a question to Microsoft 365 Copilot and the document it read for the answer.
func copilot(s *scene) []record {
	u, doc := s.someone(), pick(s.dice, documents)
	return []record{s.base("CopilotInteraction", 261, "Copilot", u.upn, u.oid).with(
		field{"ClientIP", s.clientIP(u)}, field{"ClientRegion", "EUR"}, field{"CopilotLogVersion", "1.0.0.0"},
		field{"CopilotEventData", record{
			{"AppHost", pick(s.dice, []string{"Word", "Teams", "Outlook", "BizChat"})}, {"ThreadId", "19:" + s.guid() + "@thread.v2"},
			{"Contexts", []record{}}, {"MessageIds", []string{}},
			{"Messages", []record{{{"Id", s.digits()[:13]}, {"isPrompt", true}}, {{"Id", s.digits()[:13]}, {"isPrompt", false}}}},
			{"AccessedResources", []record{{{"Action", "Read"}, {"Id", s.itemID()}, {"Name", doc.name}, {"Type", doc.extension},
				{"SiteUrl", s.org.site() + "/sites/projects/" + doc.folder + "/" + doc.name}}}},
			{"AISystemPlugin", []record{{{"Id", "BingWebSearch"}, {"Name", "BuiltIn"}}}},
			{"ModelTransparencyDetails", []record{{{"ModelName", "DEEP_LEO"}}}},
		}},
	)}
}
