package schemas

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// TenantVersion is the version of a tenants value; a reader that meets a higher one must stop.
const TenantVersion = 1

// ContentTypes are the content types of the Management Activity API that are fetched unless a tenant says
// otherwise. DLP.All is not among them: it needs the permission ActivityFeed.ReadDlp.
var ContentTypes = []string{"Audit.Exchange", "Audit.AzureActiveDirectory", "Audit.General", "Audit.SharePoint"}

// ContentTypeDLP is the content type that has to be asked for.
const ContentTypeDLP = "DLP.All"

// Tenant is one Microsoft 365 tenant to watch. It never holds a secret.
type Tenant struct {
	V            int      `json:"v"`
	ID           string   `json:"id"`   // tenant ID, a GUID
	Name         string   `json:"name"` // what people call it; may be empty
	ContentTypes []string `json:"content_types"`
	// Domains are the tenant's own beside those that its records show, in lower case.
	Domains []string `json:"domains,omitempty"`
	// UncountedGroups are Entra groups (GUIDs) whose members are watched like all others and left out where the
	// tenant's identities are counted.
	UncountedGroups []string `json:"uncounted_groups,omitempty"`
}

// ContentType gives the content type in the API's own spelling; the API compares without case.
func ContentType(name string) (string, error) {
	known := append(slices.Clone(ContentTypes), ContentTypeDLP)
	for _, t := range known {
		if strings.EqualFold(t, name) {
			return t, nil
		}
	}
	return "", fmt.Errorf("content type %q is not known: use one of %s", name, strings.Join(known, ", "))
}

// Message gives the tenant as it is written to the tenants topic.
func (t Tenant) Message() (Message, error) {
	t.V = TenantVersion
	v, err := json.Marshal(t)
	if err != nil {
		return Message{}, fmt.Errorf("encode tenant %s: %w", t.ID, err)
	}
	return Message{Topic: TopicTenants, Key: []byte(t.ID), Value: v}, nil
}

// TenantOf reads a message of the tenants topic, the content types in the API's spelling; one that is not known is an
// error. A tombstone gives a tenant without content types: it is no longer watched.
func TenantOf(m Message) (Tenant, error) {
	if len(m.Value) == 0 {
		return Tenant{ID: string(m.Key)}, nil
	}
	var t Tenant
	if err := checkVersion(m, TenantVersion); err != nil {
		return t, fmt.Errorf("tenant %w", err)
	}
	if err := json.Unmarshal(m.Value, &t); err != nil {
		return t, fmt.Errorf("tenant %q at %d/%d: %w", m.Key, m.Partition, m.Offset, err)
	}
	for i, name := range t.ContentTypes {
		known, err := ContentType(name)
		if err != nil {
			return t, fmt.Errorf("tenant %q at %d/%d: %w", m.Key, m.Partition, m.Offset, err)
		}
		t.ContentTypes[i] = known
	}
	return t, nil
}
