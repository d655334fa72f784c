package cloudsim

import (
	"fmt"
	"strings"
)

const alerts = "SecurityComplianceAlerts"

// alert is one that Microsoft raised.
func (s *scene) alert(name, severity string, about *user) record {
	id := s.guid()
	return s.base("AlertTriggered", 40, "SecurityComplianceCenter", alerts, alerts).with(
		field{"ResultStatus", "Succeeded"}, field{"UserType", 4}, field{"ObjectId", id}, field{"AlertId", id}, field{"AlertLinks", []record{}},
		field{"AlertType", "System"}, field{"Category", "ThreatManagement"}, field{"Comments", "New alert"},
		field{"Data", fmt.Sprintf(`{"etype":"User","eid":%q,"tid":%q,"op":"Mail flow","ut":"Regular","lon":%q}`, about.upn, s.org.id, name)},
		field{"Name", name}, field{"PolicyId", s.guid()}, field{"Severity", severity},
		field{"Source", "Office 365 Security & Compliance"}, field{"Status", "Active"},
	)
}

// compliance is what happens in the compliance portal, whose cmdlets write their parameters as one string, and what
// Defender says of incoming mail and of files.
func compliance(s *scene) []record {
	admin := s.org.person(0)
	switch s.IntN(5) {
	case 0:
		return []record{s.alert("Messages have been delayed", pick(s.dice, []string{"Low", "Medium"}), s.someone())}
	case 1:
		return []record{s.base("SensitivityLabelApplied", 94, "Aip", admin.upn, admin.oid).with(field{"ObjectId", `C:\Users\Public\Offer.docx`},
			field{"ClientIP", s.clientIP(admin)}, field{"DataState", "Use"}, field{"Scope", 1},
			field{"Common", record{{"ApplicationName", "Microsoft Word"}, {"ProcessName", "WINWORD"}, {"DeviceName", admin.device.name}, {"Platform", 1}}},
			field{"SensitivityLabelEventData", record{{"SensitivityLabelId", s.guid()}, {"LabelEventType", 4}}})}
	case 2:
		if s.chance(3) {
			return []record{s.detectedFile()}
		}
		return []record{s.detectedMail()}
	}
	return []record{s.base("Set-DlpCompliancePolicy", 18, "SecurityComplianceCenter", admin.upn, admin.oid).with(
		field{"ClientIP", s.withPort(admin)}, field{"ObjectId", "Default policy"}, field{"UserType", 2}, field{"ResultStatus", "Success"},
		field{"StartTime", s.at.Format("2006-01-02T15:04:05")}, field{"ClientRequestId", s.guid()}, field{"CmdletVersion", "1.0.0.0"},
		field{"EffectiveOrganization", s.org.domain}, field{"UserServicePlan", ""}, field{"ClientApplication", "EMC"},
		field{"Parameters", `-Identity "Default policy" -Comment "reviewed"`}, field{"NonPiiParameters", `-Identity <snip-PII> -Comment <snip-PII>`},
		field{"SecurityComplianceCenterEventType", 0})}
}

// Record types of Defender for Office 365.
const (
	detectedMailRecord = 28
	detectedFileRecord = 47
)

// detectedMail is a message that Defender for Office 365 put away.
func (s *scene) detectedMail() record {
	u := s.someone()
	return s.base("TIMailData", detectedMailRecord, "ThreatIntelligence", "ThreatIntel", "ThreatIntel").with(
		field{"UserType", 4}, field{"ObjectId", s.guid()}, field{"AttachmentData", []record{}}, field{"DetectionType", "Inline"},
		field{"DetectionMethod", "Spoof external domain"}, field{"InternetMessageId", s.messageID()}, field{"NetworkMessageId", s.guid()},
		field{"P1Sender", "bounce@shop.example"}, field{"P2Sender", "billing@shop.example"}, field{"Policy", 4}, field{"PolicyAction", 0},
		field{"Recipients", []string{u.upn}}, field{"SenderIp", "203.0.113.9"}, field{"Subject", "Your parcel"}, field{"Verdict", "Phish"},
		field{"MessageTime", s.at.Format("2006-01-02T15:04:05")}, field{"DeliveryAction", "DeliveredToJunk"}, field{"Directionality", "Inbound"})
}

// detectedFile is a file in somebody's drive that Defender for Office 365 found to be malware.
func (s *scene) detectedFile() record {
	u := s.someone()
	sum := strings.ReplaceAll(s.guid()+s.guid(), "-", "")
	return s.base("AtpDetection", detectedFileRecord, "ThreatIntelligence", u.upn, "ThreatIntel").with(
		field{"UserType", 4}, field{"ObjectId", s.guid()}, field{"DetectionMethod", "Malware"}, field{"SourceWorkload", 1},
		field{"FileData", record{{"DocumentId", s.guid()}, {"FileName", "Invoice_8841.xlsm"}, {"FilePath", "personal/" + u.alias() + "/Documents"},
			{"FileVerdict", 1}, {"MalwareFamily", "Trojan:O97M/Simulated"}, {"SHA256", sum}, {"FileSize", s.between(20_000, 900_000)}}},
		field{"LastModifiedBy", u.upn}, field{"LastModifiedDate", s.at.Format("2006-01-02T15:04:05")})
}

// lossPrevention is a rule that matched an outgoing message, with what it detected.
func lossPrevention(s *scene) []record {
	u := s.someone()
	conditions := record{{"SensitiveInformation", []record{{
		{"SensitiveType", sensitiveTypes[0].ID}, {"SensitiveInformationTypeName", "Credit Card Number"}, {"Count", 1}, {"Confidence", 85}}}},
		{"SensitiveInformationDetections", []record{{
			{"DetectedValues", []pair{{"4111 1111 1111 1111", "card 4111 1111 1111 1111, valid"}}}, {"ResultsTruncated", false}}}}}
	return []record{s.base(pick(s.dice, []string{"DlpRuleMatch", "DlpRuleMatch", "DLPRuleMatch"}), 13, "Exchange", u.upn, "DlpAgent").with(
		field{"UserType", 4}, field{"IncidentId", s.guid()}, field{"ObjectId", s.messageID()}, field{"SensitiveInfoDetectionIsIncluded", true},
		field{"ExchangeMetaData", record{{"MessageID", s.messageID()}, {"From", u.upn}, {"To", []string{"orders@fabrikam.example"}},
			{"CC", []string{}}, {"BCC", []string{}}, {"Subject", "Order"}, {"RecipientCount", 1}, {"Sent", s.at.Format("2006-01-02T15:04:05")}}},
		field{"PolicyDetails", []record{{{"PolicyId", s.guid()}, {"PolicyName", "Payment cards"}, {"Rules", []record{{
			{"RuleId", s.guid()}, {"RuleName", "Cards leave by mail"}, {"Actions", []string{"NotifyUser"}}, {"RuleMode", "Enable"},
			{"Severity", "Low"}, {"ConditionsMatched", conditions}}}}}}},
	)}
}
