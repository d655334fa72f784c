package cloudsim

import "strconv"

// signIn is a sign-in as Entra's token service records it. Its result is a plain success.
func (s *scene) signIn(u *user, ip any, agent string) record {
	client, resource := pick(s.dice, clients), pick(s.dice, resources)
	r := s.base("UserLoggedIn", 15, "AzureActiveDirectory", u.upn, u.oid)
	return r.with(
		field{"ResultStatus", "Success"}, field{"ClientIP", ip}, field{"ObjectId", resource.id},
		field{"AzureActiveDirectoryEventType", 1},
		field{"ExtendedProperties", []any{
			pair{"ResultStatusDetail", pick(s.dice, []string{"Success", "Redirect"})}, pair{"UserAgent", agent},
			pair{"UserAuthenticationMethod", strconv.Itoa(pick(s.dice, []int{1, 9}))},
			pair{"RequestType", pick(s.dice, []string{"OAuth2:Authorize", "OAuth2:Token", "Login:login"})},
		}},
		field{"ModifiedProperties", []any{}},
		field{"Actor", []identity{{u.oid, 0}, {u.upn, 5}}}, field{"ActorContextId", s.org.id}, field{"ActorIpAddress", ip},
		field{"InterSystemsId", s.guid()}, field{"IntraSystemId", r.get("Id")}, field{"SupportTicketId", ""},
		field{"Target", []identity{{resource.id, 0}}}, field{"TargetContextId", s.org.id}, field{"ApplicationId", client.id},
		field{"DeviceProperties", s.deviceProperties(u, agent)},
		field{"ErrorNumber", "0"},
	)
}

// deviceProperties are those of the person's own device. Of a stranger's, the service can say little.
func (s *scene) deviceProperties(u *user, agent string) []any {
	switch {
	case agent != u.device.agent:
		return pairs("OS", "Linux", "BrowserType", "Other", "IsCompliantAndManaged", "False")
	case u.device.id == "":
		return pairs("OS", "Linux", "BrowserType", "Other", "IsCompliantAndManaged", "False", "SessionId", u.session)
	}
	return pairs("Id", u.device.id, "DisplayName", u.device.name, "OS", u.device.os, "BrowserType", u.device.browser,
		"IsCompliantAndManaged", "True", "SessionId", u.session)
}

// failedSignIn is one that Entra refused. Sometimes it records a success all the same: the operation is what counts.
func (s *scene) failedSignIn(u *user, ip any, agent, code, reason string) record {
	status := "Failed"
	if s.chance(6) {
		status = "Success"
	}
	return s.signIn(u, ip, agent).with(field{"Operation", "UserLoginFailed"}, field{"ResultStatus", status},
		field{"ErrorNumber", code}, field{"LogonError", reason})
}

// logon is anybody's sign-in: most succeed, some fail, some are interrupted to ask for something more.
func logon(s *scene) []record {
	u := s.someone()
	ip, agent := s.clientIP(u), u.device.agent
	switch n := s.IntN(100); {
	case n < 80:
		return []record{s.signIn(u, ip, agent)}
	case n < 88:
		return []record{s.failedSignIn(u, ip, agent, "50126", "InvalidUserNameOrPassword")}
	case n < 90:
		return []record{s.failedSignIn(u, ip, agent, "50055", "UserAccountPasswordExpired")}
	case n < 92:
		stranger := s.failedSignIn(u, ip, agent, "50034", "")
		return []record{stranger.with(field{"UserId", "Not Available"}, field{"UserKey", "Not Available"},
			field{"ObjectId", "Unknown"}, field{"Actor", []identity{{"Not Available", 0}, {"Not Available", 5}}})}
	case n < 96:
		return []record{s.failedSignIn(u, ip, agent, "50074", "UserStrongAuthClientAuthNRequiredInterrupt")}
	case n < 98:
		return []record{s.failedSignIn(u, ip, agent, "50140", "CmsiInterrupt")}
	}
	return []record{s.signIn(u, ip, agent).with(field{"ErrorNumber", "50140"}, field{"LogonError", "CmsiInterrupt"})}
}
