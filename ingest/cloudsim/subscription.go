package cloudsim

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// The content types of the Management Activity API.
var contentTypes = []string{"Audit.AzureActiveDirectory", "Audit.Exchange", "Audit.SharePoint", "Audit.General", contentDLP}

// contentDLP is the one whose content takes a permission of its own.
const contentDLP = "DLP.All"

// contentType gives the API's own spelling; clients may write it in any case.
func contentType(name string) (string, bool) {
	i := slices.IndexFunc(contentTypes, func(t string) bool { return strings.EqualFold(t, name) })
	if i < 0 {
		return "", false
	}
	return contentTypes[i], true
}

// The states of a subscription. One that a fault took away is kept, without a state, because its content goes on.
const (
	enabled  = "enabled"
	disabled = "disabled"
	absent   = ""
)

// subscription is a tenant's subscription to a content type, as the API shows it.
type subscription struct {
	ContentType string  `json:"contentType"`
	Status      string  `json:"status"`
	Webhook     *string `json:"webhook"` // always null: the simulation calls nobody

	started time.Time // last; zero where that was before the simulation
	lapsed  bool      // a fault took access away, until the next start; content goes on being offered
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
func (t *tenant) start(kind string, now time.Time) (s *subscription, changed bool) {
	s = t.subscription(kind)
	if s == nil {
		s = &subscription{ContentType: kind}
		t.subscriptions = append(t.subscriptions, s)
	}
	changed = s.Status != enabled
	s.Status, s.started, s.lapsed = enabled, now, false
	return s, changed
}

// subscribedSince gives when the first of a tenant's enabled subscriptions was started.
func (c *Cloud) subscribedSince(tenant string) (first time.Time, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.tenant(tenant).subscriptions {
		if s.Status == enabled && (!ok || s.started.Before(first)) {
			first, ok = s.started, true
		}
	}
	return first, ok
}

// contentType reads the parameter that most operations need.
func (r *call) contentType() (string, error) {
	name := r.query.Get("contenttype")
	if name == "" {
		return "", fail("AF20001", "contentType")
	}
	kind, ok := contentType(name)
	if !ok {
		return "", fail("AF20020")
	}
	return kind, nil
}

// webhook is what a start may ask for.
type webhook struct{ Address, Expiration string }

// refused says why no webhook can be had: the simulation calls none, so that none answers.
func (h *webhook) refused(now time.Time) error {
	if until, err := time.Parse(time.RFC3339, h.Expiration); err == nil && until.Before(now) {
		return fail("AF20003", h.Expiration)
	}
	if !strings.HasPrefix(strings.ToLower(h.Address), "https://") {
		return fail("AF20021", h.Address, "The address must begin with HTTPS.")
	}
	return fail("AF20021", h.Address, "The endpoint did not return HTTP 200.")
}

// startSubscription enables a subscription. The simulation calls no webhook, so one that is asked for does not answer.
func (c *Cloud) startSubscription(w http.ResponseWriter, r *call) error {
	kind, err := r.contentType()
	if err != nil {
		return err
	}
	var body struct{ Webhook *webhook }
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil && !errors.Is(err, io.EOF) {
		return fail("AF20002", "webhook", "object")
	}
	if body.Webhook != nil {
		return body.Webhook.refused(r.now)
	}
	if c.in(r.tenant.ID, AuditingOff) {
		return neverAudited(r, kind)
	}
	c.mu.Lock()
	s, changed := r.tenant.start(kind, r.now)
	shown := *s
	c.mu.Unlock()
	if !changed {
		return fail("AF20024")
	}
	reply(w, http.StatusOK, shown)
	return nil
}

// neverAudited is what the API says where auditing was never turned on. Microsoft documents no error for it. Users have
// reported this one for years, with status 400: the text of an exception, torn apart within the app's ID, so that the
// code is the one half and the message the other.
func neverAudited(r *call, kind string) error {
	publisher := cmp.Or(r.query.Get("publisheridentifier"), noPublisher)
	return &failure{status: http.StatusBadRequest,
		code: fmt.Sprintf("StartSubscription [CorrId=%s][TenantId=%s,ContentType=%s,ApplicationId=%s,PublisherId=%s][AppId",
			uuid.NewString(), r.tenant.ID, kind, r.app, publisher),
		text: fmt.Sprintf("%s] failed. Exception: Microsoft.Office.Compliance.Audit.DataServiceException: Tenant %s does not exist.\r\n"+
			"   at Microsoft.Office.Compliance.Audit.API.AzureManager.<GetSubscriptionTableClientForTenantAsync>d__52.MoveNext()",
			r.app[min(1, len(r.app)):], r.tenant.ID)}
}

// stopSubscription disables a subscription. What becomes available until the next start is never in the feed.
func (c *Cloud) stopSubscription(w http.ResponseWriter, r *call) error {
	kind, err := r.contentType()
	if err != nil {
		return err
	}
	c.mu.Lock()
	s := r.tenant.subscription(kind)
	there := s != nil && s.Status != absent
	if there {
		s.Status, s.lapsed = disabled, false
	}
	c.mu.Unlock()
	if !there {
		return fail("AF20022")
	}
	head(w.Header())
	w.Header().Set("Content-Length", "0")
	return nil
}

// listSubscriptions shows what was ever started; a type that was not is absent.
func (c *Cloud) listSubscriptions(w http.ResponseWriter, r *call) error {
	shown := []subscription{}
	c.mu.Lock()
	for _, s := range r.tenant.subscriptions {
		if s.Status != absent {
			shown = append(shown, *s)
		}
	}
	c.mu.Unlock()
	reply(w, http.StatusOK, shown)
	return nil
}

// subscribed fails unless the tenant has an enabled subscription of that type.
func (c *Cloud) subscribed(t *tenant, kind string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch s := t.subscription(kind); {
	case s == nil || s.Status == absent:
		return fail("AF20022")
	case s.Status != enabled:
		return fail("AF20023")
	}
	return nil
}
