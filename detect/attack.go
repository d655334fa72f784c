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

var techniqueTag = regexp.MustCompile(`^attack\.(t[0-9]{4})(\.[0-9]{3})?$`)

// attacks reads the tags attack.tNNNN, attack.tNNNN.NNN and attack.TACTIC. A rule's only tactic is that of each of its
// techniques; of several, tags do not say which technique serves which, so that they stand by themselves.
func attacks(tags []string) []attack {
	var techniques, goals []attack
	for _, tag := range tags {
		tag = strings.ToLower(tag)
		if m := techniqueTag.FindStringSubmatch(tag); m != nil {
			a := attack{Technique: &named{UID: strings.ToUpper(m[1])}, Version: attackVersion}
			if m[2] != "" {
				a.SubTechnique = &named{UID: strings.ToUpper(m[1] + m[2])}
			}
			techniques = append(techniques, a)
			continue
		}
		name, ok := strings.CutPrefix(tag, "attack.")
		if t, known := tactics[strings.ReplaceAll(name, "_", "-")]; ok && known {
			goals = append(goals, attack{Tactic: &t, Version: attackVersion})
		}
	}
	if len(goals) != 1 || len(techniques) == 0 {
		return append(techniques, goals...)
	}
	for i := range techniques {
		techniques[i].Tactic = goals[0].Tactic
	}
	return techniques
}
