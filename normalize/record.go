package normalize

// record holds the values of a record that some event shows, by the names of Microsoft's Management Activity
// API schema. All of them are "" where the record lacks them.
type record struct {
	body value // the whole record

	// What is asked for again and again: the texts of UserId, ObjectId, Operation and Workload.
	who, object, op, service string

	// The lists of names and values that are looked into more than once.
	params, extended list

	// What every record may have.
	creationTime, operation, organizationID, userType, userKey value
	workload, resultStatus, objectID, userID, clientIP         value
	appAccessContext                                           value

	// Exchange, as administrator and in the mailbox.
	parameters, clientIPAddress, sessionID, appID, clientAppID          value
	clientInfo, operationProperties, mailboxOwner, mailboxGUID, actorIP value
	item, folder, folders, affectedItems, sendAs                        value
	sendOnBehalf, recipients                                            value

	// Entra ID.
	extendedProperties, modifiedProperties, deviceProperties, actor, target value
	actorIPAddress, applicationID, errorNumber, errorCode, logonError       value
	loginStatus                                                             value

	// SharePoint, OneDrive and Teams.
	sourceFile, siteURL, itemType, destinationFile, destinationURL       value
	userAgent, appDisplayName, targetUser, teamName, eventData, teamGUID value
	members, channelName, channelGUID, messageID, itemName               value

	// Alerts, protection and data loss.
	name, alertID, severity, status, category                                                  value
	alertData, comments, policyID, alertEntity, policyDetails                                  value
	incidentID, sharePointMeta, p1Sender, p2Sender, mailRecipients                             value
	subject, internetMessageID, networkMessageID, directionality, senderIP, userIP             value
	exchangeMeta, fileData, investigationID, investigationName, copilotData, riskID, riskEvent value
	riskLevel                                                                                  value
}

// read collects a record's values in one pass over its top level.
func (r *record) read(body value) {
	r.body = body
	for key, v := range body.fields {
		if p := r.field(key); p != nil && *p == "" {
			*p = v
		}
	}
	r.who, r.object, r.op, r.service = r.userID.text(), r.objectID.text(), r.operation.text(), r.workload.text()
	r.params = r.params.read(r.parameters)
	r.appAccessContext = single(r.appAccessContext)
	r.extended = r.extended.read(r.extendedProperties)
}
