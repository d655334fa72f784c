package normalize

// commonField gives the place of a key of the common schema, or nil.
func (r *record) commonField(key string) *value {
	switch key {
	case "CreationTime":
		return &r.creationTime
	case "Operation":
		return &r.operation
	case "OrganizationId":
		return &r.organizationID
	case "UserType":
		return &r.userType
	case "UserKey":
		return &r.userKey
	case "Workload":
		return &r.workload
	case "ResultStatus":
		return &r.resultStatus
	case "ObjectId":
		return &r.objectID
	case "UserId":
		return &r.userID
	case "ClientIP":
		return &r.clientIP
	case "AppAccessContext":
		return &r.appAccessContext
	}
	return nil
}

// exchangeField gives the place of a key of Exchange's records, or nil.
func (r *record) exchangeField(key string) *value {
	switch key {
	case "Parameters":
		return &r.parameters
	case "ClientIPAddress":
		return &r.clientIPAddress
	case "SessionId":
		return &r.sessionID
	case "AppId":
		return &r.appID
	case "ClientAppId":
		return &r.clientAppID
	case "ClientInfoString":
		return &r.clientInfo
	case "OperationProperties":
		return &r.operationProperties
	case "MailboxOwnerUPN":
		return &r.mailboxOwner
	case "MailboxGuid":
		return &r.mailboxGUID
	case "ActorIP":
		return &r.actorIP
	case "Item":
		return &r.item
	case "Folder":
		return &r.folder
	case "Folders":
		return &r.folders
	case "AffectedItems":
		return &r.affectedItems
	case "SendAsUserSmtp":
		return &r.sendAs
	case "SendOnBehalfOfUserSmtp":
		return &r.sendOnBehalf
	case "recipientList":
		return &r.recipients
	}
	return nil
}

// entraField gives the place of a key of Entra ID's records, or nil.
func (r *record) entraField(key string) *value {
	switch key {
	case "ExtendedProperties":
		return &r.extendedProperties
	case "ModifiedProperties":
		return &r.modifiedProperties
	case "DeviceProperties":
		return &r.deviceProperties
	case "Actor":
		return &r.actor
	case "Target":
		return &r.target
	case "ActorIpAddress":
		return &r.actorIPAddress
	case "ApplicationId":
		return &r.applicationID
	case "ErrorNumber":
		return &r.errorNumber
	case "ErrorCode":
		return &r.errorCode
	case "LogonError":
		return &r.logonError
	case "LoginStatus":
		return &r.loginStatus
	}
	return nil
}

// contentField gives the place of a key of the records of SharePoint, OneDrive and Teams, or nil.
func (r *record) contentField(key string) *value {
	switch key {
	case "SourceFileName":
		return &r.sourceFile
	case "SiteUrl":
		return &r.siteURL
	case "ItemType":
		return &r.itemType
	case "DestinationFileName":
		return &r.destinationFile
	case "DestinationRelativeUrl":
		return &r.destinationURL
	case "UserAgent":
		return &r.userAgent
	case "ApplicationDisplayName":
		return &r.appDisplayName
	case "TargetUserOrGroupName":
		return &r.targetUser
	case "EventData":
		return &r.eventData
	case "TeamName":
		return &r.teamName
	case "TeamGuid":
		return &r.teamGUID
	case "Members":
		return &r.members
	case "ChannelName":
		return &r.channelName
	case "ChannelGuid":
		return &r.channelGUID
	case "MessageId":
		return &r.messageID
	case "ItemName":
		return &r.itemName
	}
	return nil
}

// findingField gives the place of a key of alerts, of protection and of data loss prevention, or nil.
func (r *record) findingField(key string) *value {
	switch key {
	case "Name":
		return &r.name
	case "AlertId":
		return &r.alertID
	case "Severity":
		return &r.severity
	case "Status":
		return &r.status
	case "Category":
		return &r.category
	case "Data":
		return &r.alertData
	case "Comments":
		return &r.comments
	case "PolicyId":
		return &r.policyID
	case "AlertEntityId":
		return &r.alertEntity
	case "PolicyDetails":
		return &r.policyDetails
	case "IncidentId":
		return &r.incidentID
	case "SharePointMetaData":
		return &r.sharePointMeta
	case "P1Sender":
		return &r.p1Sender
	case "P2Sender":
		return &r.p2Sender
	case "Recipients":
		return &r.mailRecipients
	case "Subject":
		return &r.subject
	case "InternetMessageId":
		return &r.internetMessageID
	case "NetworkMessageId":
		return &r.networkMessageID
	case "Directionality":
		return &r.directionality
	case "SenderIp":
		return &r.senderIP
	case "InvestigationId":
		return &r.investigationID
	case "InvestigationName":
		return &r.investigationName
	case "CopilotEventData":
		return &r.copilotData
	case "RiskId":
		return &r.riskID
	case "RiskEventType":
		return &r.riskEvent
	case "RiskLevel":
		return &r.riskLevel
	}
	return nil
}
