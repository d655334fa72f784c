package cloudsim

import (
	"slices"
	"strings"
)

// The content types of the Management Activity API.
var contentTypes = []string{"Audit.AzureActiveDirectory", "Audit.Exchange", "Audit.SharePoint", "Audit.General", "DLP.All"}

// contentType gives the API's own spelling; clients may write it in any case.
func contentType(name string) (string, bool) {
	i := slices.IndexFunc(contentTypes, func(t string) bool { return strings.EqualFold(t, name) })
	if i < 0 {
		return "", false
	}
	return contentTypes[i], true
}

const (
	enabled  = "enabled"
	disabled = "disabled"
)

// subscription is a tenant's subscription to a content type, as the API shows it.
type subscription struct {
	ContentType string  `json:"contentType"`
	Status      string  `json:"status"`
	Webhook     *string `json:"webhook"` // always null: the simulation calls nobody
}

// subscription finds a subscription that was ever started, or gives nil.
func (t *tenant) subscription(kind string) *subscription {
	for _, s := range t.subscriptions {
		if s.ContentType == kind {
			return s
		}
	}
	return nil
}

// start enables a subscription and says whether that changed anything.
func (t *tenant) start(kind string) (s *subscription, changed bool) {
	s = t.subscription(kind)
	if s == nil {
		s = &subscription{ContentType: kind}
		t.subscriptions = append(t.subscriptions, s)
	}
	changed = s.Status != enabled
	s.Status = enabled
	return s, changed
}
