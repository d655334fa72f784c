package o365

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// Subscription is one content type that the tenant was subscribed to.
type Subscription struct {
	ContentType string `json:"contentType"`
	Status      string `json:"status"` // enabled or disabled; may be absent
}

// Enabled says whether content flows. An absent status counts as enabled, as the documentation's own sample
// leaves it out.
func (s Subscription) Enabled() bool { return s.Status == "" || strings.EqualFold(s.Status, "enabled") }

// Subscriptions lists the subscriptions that exist; a content type never subscribed to is absent.
func (c *Client) Subscriptions(ctx context.Context) ([]Subscription, error) {
	r := request{"list subscriptions", http.MethodGet, c.operation("/subscriptions/list", url.Values{})}
	p, err := retry(ctx, c, func() (page, error) { return c.page(ctx, r) })
	if err != nil {
		return nil, err
	}
	var subs []Subscription
	if err := json.Unmarshal(p.text, &subs); err != nil {
		return nil, fmt.Errorf("%s: %w", r.op, err)
	}
	return subs, nil
}

// Start starts a subscription; one that is already enabled is a success. Microsoft asks not to start the same
// one twice within 15 minutes; up to 12 hours pass before the first blob appears.
func (c *Client) Start(ctx context.Context, contentType string) error {
	err := c.change(ctx, "start", contentType)
	if e, ok := errors.AsType[*Error](err); ok && strings.EqualFold(e.Code, codeEnabled) {
		return nil
	}
	return err
}

// Stop stops a subscription. What happens until it is started again can never be fetched.
func (c *Client) Stop(ctx context.Context, contentType string) error {
	return c.change(ctx, "stop", contentType)
}

func (c *Client) change(ctx context.Context, verb, contentType string) error {
	uri := c.operation("/subscriptions/"+verb, url.Values{"contentType": {contentType}})
	r := request{verb + " subscription " + contentType, http.MethodPost, uri}
	_, err := retry(ctx, c, func() (page, error) { return c.page(ctx, r) })
	return err
}
