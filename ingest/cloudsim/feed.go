package cloudsim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// call is one authorized request to the Management API.
type call struct {
	*http.Request
	tenant    *tenant
	operation string // the path after …/activity/feed/
	query     url.Values
	app       string   // that calls
	roles     []string // of its token
	now       time.Time
	issued    time.Time // when its token was
	turn      turn      // the asking for what it asks for
}

// startName is the one operation whose name a fault asks for.
const startName = "StartSubscription"

// operation answers one operation. An error has written nothing; the feed writes it.
type operation struct {
	method string
	serve  func(c *Cloud, w http.ResponseWriter, r *call) error
	name   string // in the text of AF429
}

var operations = map[string]operation{
	"subscriptions/start":         {http.MethodPost, (*Cloud).startSubscription, startName},
	"subscriptions/stop":          {http.MethodPost, (*Cloud).stopSubscription, "StopSubscription"},
	"subscriptions/list":          {http.MethodGet, (*Cloud).listSubscriptions, "ListSubscriptions"},
	"subscriptions/content":       {http.MethodGet, (*Cloud).listContent, "GetContents"},
	"subscriptions/notifications": {http.MethodGet, (*Cloud).listNotifications, "GetNotifications"},
	"audit":                       {http.MethodGet, (*Cloud).retrieve, "GetBlob"},
	"resources/dlpSensitiveTypes": {http.MethodGet, (*Cloud).sensitiveTypes, "GetSensitiveTypes"},
}

// feed is the Management API: it counts a request, lets it wait and answers it.
func (c *Cloud) feed(w http.ResponseWriter, r *http.Request) {
	if m := c.meterOf(r.PathValue("tenant")); m != nil {
		m.arrive(c.cfg.Clock())
	}
	if pause(r, c.cfg.Latency) {
		c.perform(w, r)
	}
}

// perform finds the operation, checks the caller and lets it answer.
func (c *Cloud) perform(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("operation")
	if strings.HasPrefix(name, "audit/") {
		name = "audit"
	}
	op, ok := operations[name]
	if !ok {
		c.notFound(w, r)
		return
	}
	if r.Method != op.method {
		reply(w, http.StatusMethodNotAllowed, map[string]string{
			"Message": "The requested resource does not support http method '" + r.Method + "'."})
		return
	}
	call, err := c.admitCall(r)
	if err == nil {
		err = c.answer(w, call, op)
	}
	if err != nil {
		refused(w, err)
	}
	c.log.Debug("management api", slog.String("tenant", r.PathValue("tenant")), slog.String("operation", name), slog.Any("error", err))
}

// answer lets the operation answer, unless the quota or a fault stands in its way.
func (c *Cloud) answer(w http.ResponseWriter, r *call, op operation) error {
	r.turn = c.odds.turn(r.thing())
	if err := c.permitted(r); err != nil {
		return err
	}
	if now := c.cfg.Clock(); c.cfg.Quota > 0 && !r.tenant.meter.admits(now, c.cfg.Quota) ||
		c.in(r.tenant.ID, QuotaExhausted) && !r.tenant.meter.rested(now) {
		return throttled(r, op, http.StatusForbidden, 0)
	}
	if err := c.obstructed(r, op); err != nil {
		return err
	}
	body := c.bodyOf(w, r)
	defer body.end()
	return op.serve(c, body, r)
}

// permitted checks the permission that one content type takes more than others: the listing of DLP.All without it has
// been answered with AF10001. That its blobs are, too, is inferred; that a subscription takes ActivityFeed.Read alone
// is documented.
func (c *Cloud) permitted(r *call) error {
	if kind, ok := c.kindOf(r); ok && kind == contentDLP && !slices.Contains(r.roles, roleReadDLP) {
		return fail("AF10001", strings.Join(r.roles, " "))
	}
	return nil
}

// thing names what a call asks for, in such a way that asking again gives the same name. A listing is named by its
// first day, because a window that ends now is another one each time.
func (r *call) thing() string {
	day := r.query.Get("starttime")
	return fmt.Sprint([]string{r.tenant.ID, r.operation, strings.ToLower(r.query.Get("contenttype")),
		day[:min(len(day), len(time.DateOnly))], r.query.Get("nextpage")})
}

// admitCall checks, in this order: the token, the tenant in the URL, that the token is that tenant's, the permission,
// and the publisher.
func (c *Cloud) admitCall(r *http.Request) (*call, error) {
	got, err := c.authorize(r)
	if err != nil {
		return nil, err
	}
	name := r.PathValue("tenant")
	id, err := uuid.Parse(name)
	if err != nil {
		return nil, fail("AF20013", name)
	}
	if id.String() != got.TenantID {
		return nil, fail("AF20010", name, got.TenantID)
	}
	if !slices.Contains(got.Roles, roleRead) {
		return nil, fail("AF10001", strings.Join(got.Roles, " "))
	}
	out := &call{Request: r, operation: r.PathValue("operation"), query: foldKeys(r.URL.Query()), app: got.AppID,
		roles: got.Roles, now: c.clockOf(got.TenantID).UTC()}
	if got.IssuedAt != nil {
		out.issued = got.IssuedAt.Time
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if out.tenant = c.tenant(got.TenantID); out.tenant == nil {
		return nil, fail("AF20011", name) // the token is another simulation's, of the same process and key
	}
	if out.tenant.States.has(WrongCloud) { // a token for this cloud's API is for another audience than the tenant's: inferred
		return nil, errUnauthorized
	}
	return out, c.countPublisher(out.query.Get("publisheridentifier"))
}

// countPublisher takes any GUID. A request without one is answered too, and counted.
func (c *Cloud) countPublisher(id string) error {
	if id == "" {
		c.anonymous++
		return nil
	}
	if _, err := uuid.Parse(id); err != nil {
		return fail("AF20002", "PublisherIdentifier", "guid")
	}
	return nil
}

// foldKeys lowers the parameters' names: the service does not mind their case.
func foldKeys(query url.Values) url.Values {
	out := url.Values{}
	for k, v := range query {
		k = strings.ToLower(k)
		out[k] = append(out[k], v...)
	}
	return out
}

func (c *Cloud) notFound(w http.ResponseWriter, r *http.Request) {
	reply(w, http.StatusNotFound, map[string]string{
		"Message": "No HTTP resource was found that matches the request URI '" + c.URL() + r.URL.Path + "'."})
}

// reply writes a JSON answer with the headers that the service sends.
func reply(w http.ResponseWriter, status int, value any) {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError) // no value of ours fails to encode
		return
	}
	body.Truncate(body.Len() - 1) // the encoder's newline
	head(w.Header())
	w.Header().Set("Content-Length", strconv.Itoa(body.Len()))
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // the client is gone
}

func head(h http.Header) {
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Pragma", "no-cache")
	h.Set("Cache-Control", "no-cache")
	h.Set("Expires", "-1")
	h.Set("Server", "Microsoft-IIS/8.5")
	h.Set("X-AspNet-Version", "4.0.30319")
	h.Set("X-Powered-By", "ASP.NET")
}
