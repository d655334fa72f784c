package worker

import (
	"context"
	"log/slog"
	"sync"

	"ualstream/cmd/internal/status"
	"ualstream/ingest/o365"
)

// client gives a client that reads one tenant's content.
func (m Microsoft) client(tenant string, quota o365.Quota, log *slog.Logger) (*o365.Client, error) {
	credential, err := m.Credential(tenant)
	if err != nil {
		return nil, err
	}
	return o365.New(o365.Config{
		Endpoint: m.Endpoint, Tenant: tenant, Publisher: m.Publisher,
		Credential: credential, Transport: m.Transport, Quota: quota, Logger: log,
	})
}

// States gives a function that asks Microsoft for a tenant's subscriptions and gives their states by content type, as
// status.Options wants it. It may be called concurrently. Each request waits for the tenant's quota; quota may be nil.
func (m Microsoft) States(quota func(tenant string) o365.Quota) func(ctx context.Context, tenant string) (map[string]string, error) {
	var mu sync.Mutex
	clients := map[string]*o365.Client{} // so that connections and tokens are used again
	client := func(tenant string) (c *o365.Client, err error) {
		mu.Lock()
		defer mu.Unlock()
		if clients[tenant] == nil {
			var own o365.Quota
			if quota != nil {
				own = quota(tenant)
			}
			clients[tenant], err = m.client(tenant, own, nil)
		}
		return clients[tenant], err
	}
	return func(ctx context.Context, tenant string) (map[string]string, error) {
		c, err := client(tenant)
		if err != nil {
			return nil, err
		}
		subscriptions, err := c.Subscriptions(ctx)
		if err != nil {
			return nil, err
		}
		states := map[string]string{}
		for _, s := range subscriptions {
			states[s.ContentType] = status.Disabled
			if s.Enabled() {
				states[s.ContentType] = status.Enabled
			}
		}
		return states, nil
	}
}
