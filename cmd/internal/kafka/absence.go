package kafka

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// absence takes members out of an embedded broker's groups of which nothing is heard. The broker does that itself, but
// not with one whose connection ended while it waited to join for the first time: it would keep its partitions for ever
// (kfake's group.reply starts no session for a member that it cannot answer). And a group that meets waits for such a
// one anew whenever another joins.
type absence struct {
	mu    sync.Mutex
	waits map[string]waiting      // by group
	heard map[[2]string]time.Time // by group and member: when it was last heard of, or first seen
}

// waiting is how long a group waits for its members, the longest that one of them has asked for.
type waiting struct{ session, rebalance time.Duration }

// watch has the members that speak noted.
func (a *absence) watch(b *Broker) {
	a.waits, a.heard = map[string]waiting{}, map[[2]string]time.Time{}
	for _, key := range []kmsg.Key{kmsg.JoinGroup, kmsg.SyncGroup, kmsg.Heartbeat} {
		b.cluster.ControlKey(int16(key), func(req kmsg.Request) (kmsg.Response, error, bool) {
			b.cluster.KeepControl()
			a.mu.Lock()
			defer a.mu.Unlock()
			switch req := req.(type) {
			case *kmsg.JoinGroupRequest:
				p := a.waits[req.Group]
				p.session = max(p.session, time.Duration(req.SessionTimeoutMillis)*time.Millisecond)
				p.rebalance = max(p.rebalance, time.Duration(req.RebalanceTimeoutMillis)*time.Millisecond)
				a.waits[req.Group] = p
				a.heard[[2]string{req.Group, req.MemberID}] = time.Now()
			case *kmsg.SyncGroupRequest:
				a.heard[[2]string{req.Group, req.MemberID}] = time.Now()
			case *kmsg.HeartbeatRequest:
				a.heard[[2]string{req.Group, req.MemberID}] = time.Now()
			}
			return nil, nil, false
		})
	}
}

// silent gives the members of a group of which nothing was heard for two sessions. While a group meets, its members
// wait and say nothing.
func (a *absence) silent(b *Broker, group string, p waiting, now time.Time) (gone []string) {
	info := b.cluster.GroupInfo(group)
	limit := 2 * p.session
	if info != nil && info.State != "Stable" {
		limit += p.rebalance
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	members := map[string]bool{}
	if info != nil {
		for _, m := range info.Members {
			members[m.MemberID] = true
			last, known := a.heard[[2]string{group, m.MemberID}]
			switch {
			case !known:
				a.heard[[2]string{group, m.MemberID}] = now
			case now.Sub(last) > limit:
				gone = append(gone, m.MemberID)
			}
		}
	}
	for key := range a.heard {
		if key[0] == group && !members[key[1]] {
			delete(a.heard, key)
		}
	}
	return gone
}

// end has silent members leave, once a second until ctx ends.
func (a *absence) end(ctx context.Context, b *Broker) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			for group, p := range a.groups() {
				if gone := a.silent(b, group, p, now); len(gone) > 0 {
					a.leave(ctx, b, group, gone)
				}
			}
		}
	}
}

func (a *absence) groups() map[string]waiting {
	a.mu.Lock()
	defer a.mu.Unlock()
	return maps.Clone(a.waits)
}

// leave says for members that they leave. What fails is tried again the next time.
func (a *absence) leave(ctx context.Context, b *Broker, group string, members []string) {
	c, err := Connect(b.cfg)
	if err != nil {
		return
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(ctx, endingLimit)
	defer cancel()
	for _, member := range members {
		b.log.Debug("embedded broker: a member that is gone leaves its group", "group", group, "member", member)
		_, _ = c.transport.RoundTrip(ctx, c.addr, &leaveRequest{group, member})
	}
}
