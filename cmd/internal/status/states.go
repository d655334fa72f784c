package status

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"ualstream/schemas"
)

const (
	askWithin = 5 * time.Second // how long Microsoft may take to answer for a tenant
	askAtOnce = 8               // tenants
	askEvery  = time.Minute
)

// states is what Microsoft said of subscriptions.
type states struct {
	ask func(ctx context.Context, tenant string) (map[string]string, error)
	of  map[string]answer // by tenant ID
}

// answer is what Microsoft said of a tenant's subscriptions. The zero answer is that nobody asked.
type answer struct {
	at     time.Time
	byType map[string]string // nil where it is not known
	err    error
}

// state gives a content type's state.
func (a answer) state(contentType string) string {
	if a.byType == nil {
		return Unknown
	}
	for name, state := range a.byType {
		if known, err := schemas.ContentType(name); name == contentType || err == nil && known == contentType {
			return state
		}
	}
	return None
}

// refresh asks for tenants whose answer is old, and gives all answers.
func (s *states) refresh(ctx context.Context, tenants map[string]schemas.Tenant, now time.Time) map[string]answer {
	if s.ask == nil {
		return nil
	}
	var mu sync.Mutex
	var asking errgroup.Group
	asking.SetLimit(askAtOnce)
	answers := map[string]answer{}
	for id := range tenants {
		if a, ok := s.of[id]; ok && now.Sub(a.at).Abs() < askEvery {
			answers[id] = a
			continue
		}
		asking.Go(func() error {
			within, cancel := context.WithTimeout(ctx, askWithin)
			defer cancel()
			byType, err := s.ask(within, id)
			switch {
			case err != nil && within.Err() != nil:
				err = fmt.Errorf("no answer within %v", askWithin)
			case err == nil && byType == nil:
				byType = map[string]string{}
			}
			mu.Lock()
			defer mu.Unlock()
			answers[id] = answer{now, byType, err}
			return nil
		})
	}
	_ = asking.Wait() // an error is a tenant's own
	s.of = answers
	return answers
}
