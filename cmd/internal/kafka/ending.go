package kafka

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// endingLimit is how long a broker that stops may take to end what is open.
const endingLimit = 5 * time.Second

// ending ends the transactions that are open when an embedded broker stops. The broker would keep them, but not well:
// if it is killed after its next start, it forgets that they never ended, and its readers see them.
type ending struct {
	mu  sync.Mutex
	ids map[string]bool // transactional.ids that have had a transaction
	all bool            // no other may begin
}

// watch has the broker's transactions noted.
func (e *ending) watch(b *Broker) {
	e.ids = map[string]bool{}
	for _, key := range []kmsg.Key{kmsg.AddPartitionsToTxn, kmsg.AddOffsetsToTxn} {
		b.cluster.ControlKey(int16(key), func(req kmsg.Request) (kmsg.Response, error, bool) {
			b.cluster.KeepControl()
			e.mu.Lock()
			defer e.mu.Unlock()
			if e.all {
				return nil, errors.New("the broker stops"), true // which hangs up
			}
			switch req := req.(type) {
			case *kmsg.AddPartitionsToTxnRequest:
				e.ids[req.TransactionalID] = true
			case *kmsg.AddOffsetsToTxnRequest:
				e.ids[req.TransactionalID] = true
			}
			return nil, nil, false
		})
	}
}

// end aborts what is open. What fails is left to the broker.
func (e *ending) end(cfg Config) error {
	e.mu.Lock()
	e.all = true
	ids := slices.Sorted(maps.Keys(e.ids))
	e.mu.Unlock()
	if len(ids) == 0 {
		return nil
	}
	c, err := Connect(cfg)
	if err != nil {
		return err
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(c.ctx, endingLimit)
	defer cancel()
	for _, id := range ids {
		p := &producer{c: c}
		err = errors.Join(err, p.begin(ctx, id))
	}
	return err
}
