package detect

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"

	"github.com/tidwall/gjson"

	"ualstream/detect/sigma"
	"ualstream/schemas"
)

// product is what findings say that they come from. An event of it is a finding, in which nothing is to be found.
const product = "ualstream"

// finding is an OCSF Detection Finding, class 2004. Its attributes stand as in events.
type finding struct {
	ActivityID   int             `json:"activity_id"`
	ActivityName string          `json:"activity_name"`
	CategoryName string          `json:"category_name"`
	CategoryUID  int             `json:"category_uid"`
	ClassName    string          `json:"class_name"`
	ClassUID     int             `json:"class_uid"`
	TypeName     string          `json:"type_name"`
	TypeUID      int             `json:"type_uid"`
	Metadata     findingMeta     `json:"metadata"`
	Time         int64           `json:"time"`
	SeverityID   int             `json:"severity_id"`
	Severity     string          `json:"severity"`
	StatusID     int             `json:"status_id"`
	Status       string          `json:"status"`
	Message      string          `json:"message"`
	IsAlert      bool            `json:"is_alert"`
	FindingInfo  findingInfo     `json:"finding_info"`
	Actor        json.RawMessage `json:"actor,omitempty"`
	Evidences    []evidence      `json:"evidences"`
	Resources    []resource      `json:"resources,omitempty"`
	Observables  []observable    `json:"observables,omitempty"`
}

type findingMeta struct {
	CorrelationUID string      `json:"correlation_uid"`
	Labels         []string    `json:"labels,omitempty"` // the event's priority tags
	LogName        string      `json:"log_name,omitempty"`
	LogProvider    string      `json:"log_provider,omitempty"`
	ProcessedTime  int64       `json:"processed_time,omitempty"`
	Product        productInfo `json:"product"`
	Profiles       []string    `json:"profiles"`
	Sequence       int         `json:"sequence,omitempty"` // number of an update
	Tags           []tag       `json:"tags"`
	TenantUID      string      `json:"tenant_uid,omitempty"`
	UID            string      `json:"uid"`
	Version        string      `json:"version"`
}

type productInfo struct {
	Name   string `json:"name"`
	Vendor string `json:"vendor_name"`
}

type tag struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type findingInfo struct {
	Analytic      analytic       `json:"analytic"`
	Attacks       []attack       `json:"attacks,omitempty"`
	Desc          string         `json:"desc,omitempty"`
	FirstSeen     int64          `json:"first_seen_time"`
	LastSeen      int64          `json:"last_seen_time"`
	RelatedEvents []relatedEvent `json:"related_events"`
	RelatedCount  int            `json:"related_events_count"`
	Title         string         `json:"title"`
	UID           string         `json:"uid"`
}

type analytic struct {
	Name    string `json:"name"`
	TypeID  int    `json:"type_id"`
	Type    string `json:"type"`
	UID     string `json:"uid"`
	Version string `json:"version,omitempty"`
}

type relatedEvent struct {
	Title    string `json:"title,omitempty"` // the record's Operation
	TypeName string `json:"type_name,omitempty"`
	TypeUID  int64  `json:"type_uid"`
	UID      string `json:"uid"`
}

type resource struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

type observable struct {
	Name   string `json:"name"`
	TypeID int    `json:"type_id"`
	Type   string `json:"type"`
	Value  string `json:"value"`
}

// severities are OCSF's for the levels of Sigma rules. A rule without a level has none.
var severities = map[string]int{"informational": 1, "low": 2, "medium": 3, "high": 4, "critical": 5}

var severityNames = []string{"Unknown", "Informational", "Low", "Medium", "High", "Critical"}

// RuleID gives what a rule is called in findings: its ID, or else its name or title.
func RuleID(r *sigma.About) string {
	for _, id := range []string{r.ID, r.Name, r.Title} {
		if id != "" {
			return id
		}
	}
	return r.File
}

// FindingUID gives finding_info.uid of a rule's finding in one event: always the same for the same three.
func FindingUID(rule, tenant, event string) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{rule, tenant, event}, "\x00")))
	return hex.EncodeToString(sum[:16])
}

// finding gives the finding of a rule's hit.
func (e *Engine) finding(r *reader, hit sigma.Hit, tags []string) schemas.Threat {
	about, severity := &hit.Rule.About, severities[hit.Rule.Level]
	s := r.scene()
	f := finding{
		ActivityID: 1, ActivityName: "Create", CategoryName: "Findings", CategoryUID: 2, ClassName: "Detection Finding",
		ClassUID: 2004, TypeName: "Detection Finding: Create", TypeUID: 200401,
		Time: s.time, SeverityID: severity, Severity: severityNames[severity], StatusID: 1, Status: "New", IsAlert: true,
		Message: s.sentence(title(about)),
	}
	f.FindingInfo = findingInfo{
		Analytic:  analytic{Name: title(about), TypeID: 1, Type: "Rule", UID: RuleID(about), Version: version(about)},
		Attacks:   attacks(about.Tags),
		Desc:      bounded(strings.TrimSpace(about.Description), maxText),
		FirstSeen: s.time, LastSeen: s.time, RelatedEvents: []relatedEvent{s.related()}, RelatedCount: 1,
		Title: title(about), UID: FindingUID(RuleID(about), s.tenant, s.uid),
	}
	f.Metadata = s.metadata(f.FindingInfo.UID, tags)
	f.Actor = s.actor
	f.Evidences = []evidence{s.evidence(e.rules.Evidence(hit, e.fieldsOf(r, hit)))}
	if s.mailbox != "" {
		f.Resources = []resource{{bounded(s.mailbox, maxText), "Mailbox"}}
	}
	f.Observables = s.observables()
	value, _ := json.Marshal(f) // texts, numbers and what was checked to be JSON: it cannot fail
	return schemas.Threat{Kind: schemas.KindFinding, Tags: tags, Triage: schemas.TriageFinding, Rule: RuleID(about), Value: value}
}

func title(r *sigma.About) string { return bounded(or(r.Title, RuleID(r)), maxText) }

func version(r *sigma.About) string { return or(r.Modified, r.Date) }

func or(s, otherwise string) string {
	if s != "" {
		return s
	}
	return otherwise
}

// isFinding says whether the event is a finding of ours.
func isFinding(event string) bool { return gjson.Get(event, "metadata.product.name").Str == product }
