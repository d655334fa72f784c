package cloudsim

// directoryChange is an administrative change in Entra, whose operations end with a full stop.
func (s *scene) directoryChange(operation string, actor, target *user, changes ...change) record {
	key := actor.puid + "@" + s.org.domain
	return s.base(operation, 8, "AzureActiveDirectory", actor.upn, key).with(
		field{"ResultStatus", "Success"}, field{"ObjectId", target.upn}, field{"AzureActiveDirectoryEventType", 1},
		field{"ExtendedProperties", pairs("additionalDetails", `{"User-Agent":"`+actor.device.agent+`"}`, "extendedAuditEventCategory", "User")},
		field{"ModifiedProperties", changes},
		field{"Actor", []identity{{actor.upn, 5}, {actor.puid, 3}, {"User_" + actor.oid, 2}, {actor.oid, 2}, {"User", 2}}},
		field{"ActorContextId", s.org.id}, field{"InterSystemsId", s.guid()}, field{"IntraSystemId", s.guid()}, field{"SupportTicketId", ""},
		field{"Target", []identity{{"User_" + target.oid, 2}, {target.oid, 2}, {"User", 2}, {target.upn, 5}, {target.puid, 3}}},
		field{"TargetContextId", s.org.id},
	)
}

// administration is what an administrator does in a directory all day: a secret that ran out goes, a new one is not what
// every hour brings. The address is often not recorded.
func administration(s *scene) []record {
	admin, target := s.org.person(0), s.someone()
	switch s.IntN(5) {
	case 0:
		return []record{s.directoryChange("Reset user password.", admin, target).with(field{"ClientIP", nil})}
	case 1:
		return []record{s.directoryChange("Add member to group.", admin, target,
			change{"Group.ObjectID", s.guid(), ""}, change{"Group.DisplayName", "Project room", ""})}
	case 2:
		return []record{s.directoryChange("Change user license.", admin, target).with(field{"ResultStatus", "success"})}
	case 3:
		return []record{s.directoryChange("Update application – Certificates and secrets management ", admin, target,
			change{"KeyDescription", "[]", `["[KeyIdentifier=` + s.guid() + `,KeyType=Password]"]`})}
	}
	return []record{s.directoryChange("Update user.", admin, target,
		change{"Department", "[\r\n  \"Sales\"\r\n]", "[]"}, change{"Included Updated Properties", "Department", ""}).
		with(field{"ClientIP", s.clientIP(admin)})}
}

// consent is an application's admission to somebody's mail.
func (s *scene) consent(u *user, ip, name, scopes string) record {
	id := s.guid()
	return s.directoryChange("Consent to application.", u, u,
		change{"ConsentContext.IsAdminConsent", "False", ""}, change{"ConsentContext.OnBehalfOfAll", "False", ""},
		change{"ConsentAction.Permissions", "[] => [[Id: " + s.guid() + ", ClientId: " + s.guid() + ", PrincipalId: " + u.oid +
			", ResourceId: " + graphApp.id + ", ConsentType: Principal, Scope: " + scopes + "]]; ", ""},
		change{"TargetId.ServicePrincipalNames", id, ""},
	).with(field{"ClientIP", ip}, field{"ActorIpAddress", ip}, field{"ObjectId", id},
		field{"Target", []identity{{"ServicePrincipal_" + s.guid(), 2}, {id, 2}, {"ServicePrincipal", 2}, {name, 1}, {id, 4}}})
}
