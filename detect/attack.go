package detect

import (
	"regexp"
	"strings"
)

// attackVersion is the version of MITRE ATT&CK that the rules' tags mean.
const attackVersion = "19"

// attack is OCSF's object attack: a technique, or a tactic alone.
type attack struct {
	Tactic       *named `json:"tactic,omitempty"`
	Technique    *named `json:"technique,omitempty"`
	SubTechnique *named `json:"sub_technique,omitempty"`
	Version      string `json:"version"`
}

type named struct {
	Name string `json:"name,omitempty"`
	UID  string `json:"uid,omitempty"`
}

// tactics are those of ATT&CK for enterprises, as tags name them (attack.mitre.org; Sigma's appendix on tags). Those
// before version 19 called stealth and defense impairment together defense evasion.
var tactics = map[string]named{
	"reconnaissance":       {"Reconnaissance", "TA0043"},
	"resource-development": {"Resource Development", "TA0042"},
	"initial-access":       {"Initial Access", "TA0001"},
	"execution":            {"Execution", "TA0002"},
	"persistence":          {"Persistence", "TA0003"},
	"privilege-escalation": {"Privilege Escalation", "TA0004"},
	"stealth":              {"Stealth", "TA0005"},
	"defense-evasion":      {"Defense Evasion", "TA0005"},
	"defense-impairment":   {"Defense Impairment", "TA0112"},
	"credential-access":    {"Credential Access", "TA0006"},
	"discovery":            {"Discovery", "TA0007"},
	"lateral-movement":     {"Lateral Movement", "TA0008"},
	"collection":           {"Collection", "TA0009"},
	"command-and-control":  {"Command and Control", "TA0011"},
	"exfiltration":         {"Exfiltration", "TA0010"},
	"impact":               {"Impact", "TA0040"},
}

// techniques are the names of those that our own rules find (ATT&CK 19). Others are told by their ID.
var techniques = map[string]string{
	"T1070":     "Indicator Removal",
	"T1070.008": "Clear Mailbox Data",
	"T1078":     "Valid Accounts",
	"T1078.004": "Cloud Accounts",
	"T1098":     "Account Manipulation",
	"T1098.001": "Additional Cloud Credentials",
	"T1098.002": "Additional Email Delegate Permissions",
	"T1098.003": "Additional Cloud Roles",
	"T1098.005": "Device Registration",
	"T1110":     "Brute Force",
	"T1110.001": "Password Guessing",
	"T1110.003": "Password Spraying",
	"T1114":     "Email Collection",
	"T1114.002": "Remote Email Collection",
	"T1114.003": "Email Forwarding Rule",
	"T1484":     "Domain or Tenant Policy Modification",
	"T1484.002": "Trust Modification",
	"T1528":     "Steal Application Access Token",
	"T1530":     "Data from Cloud Storage",
	"T1534":     "Internal Spearphishing",
	"T1539":     "Steal Web Session Cookie",
	"T1550":     "Use Alternate Authentication Material",
	"T1550.004": "Web Session Cookie",
	"T1556":     "Modify Authentication Process",
	"T1556.006": "Multi-Factor Authentication",
	"T1557":     "Adversary-in-the-Middle",
	"T1564":     "Hide Artifacts",
	"T1564.008": "Email Hiding Rules",
	"T1566":     "Phishing",
	"T1566.002": "Spearphishing Link",
	"T1621":     "Multi-Factor Authentication Request Generation",
	"T1684":     "Social Engineering",
	"T1684.002": "Email Spoofing",
	"T1685":     "Disable or Modify Tools",
	"T1685.002": "Disable or Modify Cloud Log",
}

var techniqueTag = regexp.MustCompile(`^attack\.(t[0-9]{4})(\.[0-9]{3})?$`)

// attacks reads the tags attack.tNNNN, attack.tNNNN.NNN and attack.TACTIC. A rule's only tactic is that of each of its
// techniques; of several, tags do not say which technique serves which, so that they stand by themselves.
func attacks(tags []string) []attack {
	var found, goals []attack
	for _, tag := range tags {
		tag = strings.ToLower(tag)
		if m := techniqueTag.FindStringSubmatch(tag); m != nil {
			a := attack{Technique: technique(m[1]), Version: attackVersion}
			if m[2] != "" {
				a.SubTechnique = technique(m[1] + m[2])
			}
			found = append(found, a)
			continue
		}
		name, ok := strings.CutPrefix(tag, "attack.")
		if t, known := tactics[strings.ReplaceAll(name, "_", "-")]; ok && known {
			goals = append(goals, attack{Tactic: &t, Version: attackVersion})
		}
	}
	if len(goals) != 1 || len(found) == 0 {
		return append(found, goals...)
	}
	for i := range found {
		found[i].Tactic = goals[0].Tactic
	}
	return found
}

func technique(id string) *named {
	id = strings.ToUpper(id)
	return &named{Name: techniques[id], UID: id}
}
