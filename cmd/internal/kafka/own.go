package kafka

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
	"golang.org/x/sync/errgroup"

	"ualstream/schemas"
)

// Own shares a topic's partitions out among the members of a group, and has work done on each that is this member's,
// until ctx ends; then all work has ended, this member has left the group, and Own returns nil. It reads and commits
// nothing. The topic must have been prepared.
//
// Work's ctx ends when the partition goes to another member, and that one begins when work has returned here, which it
// must do soon. What stays with this member goes on while others come and go. A member that cannot be heard of is taken
// for dead after the session timeout; it ends its own work before, as far as it can know. So two members may work on a
// partition for a moment, though seldom.
//
// Work that returns nil by itself is not begun again while the partition is here. An error that it returns before its
// ctx has ended ends the work on all partitions, and Own returns it.
func (c *Cluster) Own(ctx context.Context, group string, t schemas.Topic, work func(ctx context.Context, partition int) error) error {
	partitions, err := c.partitionsOf(ctx, t)
	if err != nil {
		return nil // ctx ended
	}
	balancer := newBalancer(t.Name(c.cfg.Prefix), partitions)
	balancer.handsOver = true
	seat, err := c.join(group, balancer)
	if err != nil {
		return err
	}
	working, within := errgroup.WithContext(ctx)
	o := &owner{seat: seat, partitions: partitions, work: work, working: working, met: func() {}, at: map[int]tenure{}}
	for within.Err() == nil {
		o.generation(within)
	}
	o.mu.Lock()
	o.end(all) // nothing begins any more, as ctx has ended
	o.mu.Unlock()
	o.leave(func() {})
	return working.Wait()
}

// owner is this process in a group of Own.
type owner struct {
	*seat
	partitions int // of the topic
	work       func(context.Context, int) error
	working    *errgroup.Group

	mu  sync.Mutex
	met func()         // ends the watch over the time between two generations
	at  map[int]tenure // by partition
}

// tenure is the work on a partition.
type tenure struct {
	end   context.CancelFunc
	ended chan struct{}
}

// generation waits for an assignment and has what runs go by it.
func (o *owner) generation(ctx context.Context) {
	gen, err := o.next(ctx)
	if err != nil {
		return
	}
	// The group does not meet again before this has returned, so that what this member tells then is true.
	gen.Start(func(generation context.Context) {
		if generation.Err() != nil {
			return // the group meets again already
		}
		if gone := o.settle(ctx, gen.ID, gen.Assignments[o.topic]); !gone {
			<-generation.Done()
		} // else others wait for what is gone, and get it when the group meets again
		o.mu.Lock()
		defer o.mu.Unlock()
		meeting, met := context.WithCancel(ctx)
		o.met = met
		go o.watch(meeting)
	})
}

// settle ends the work on what is no longer assigned, waits for that, and begins it on what is new. It says whether
// anything is gone.
func (o *owner) settle(ctx context.Context, generation int32, assigned []kafka.PartitionAssignment) (gone bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.met()
	o.end(func(p int) bool {
		return !slices.ContainsFunc(assigned, func(a kafka.PartitionAssignment) bool { return a.ID == p })
	})
	gone = len(o.claim.took(generation, assigned)) > 0
	for _, a := range assigned {
		if _, ok := o.at[a.ID]; !ok && ctx.Err() == nil {
			o.begin(ctx, a.ID)
		}
	}
	o.c.log.Info("kafka: the group has shared out its partitions", "group", o.name, "here", len(assigned), "of", o.partitions)
	return gone
}

func (o *owner) begin(ctx context.Context, partition int) {
	ctx, cancel := context.WithCancel(ctx)
	one := tenure{end: cancel, ended: make(chan struct{})}
	o.at[partition] = one
	o.working.Go(func() error {
		defer close(one.ended)
		if err := o.work(ctx, partition); ctx.Err() == nil {
			return err
		}
		return nil
	})
}

// end ends the work on partitions and waits for that.
func (o *owner) end(which func(partition int) bool) {
	for p, one := range o.at {
		if which(p) {
			one.end()
		}
	}
	for p, one := range o.at {
		if which(p) {
			<-one.ended
			delete(o.at, p)
		}
	}
}

func all(int) bool { return true }

// watch ends all work when the group's coordinator has not answered for half a session, until the group has met. The
// coordinator may hear as little of this member, and then gives its partitions to others at the session's end.
func (o *owner) watch(meeting context.Context) {
	tick := time.NewTicker(heartbeat)
	defer tick.Stop()
	for heard := time.Now(); time.Since(heard) < o.c.session/2; {
		select {
		case <-meeting.Done():
			return
		case <-tick.C:
		}
		asking, cancel := context.WithTimeout(meeting, o.c.session/2)
		if o.heard(asking) == nil {
			heard = time.Now()
		}
		cancel()
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if meeting.Err() == nil && len(o.at) > 0 {
		o.c.log.Warn("kafka: the group's coordinator does not answer: the work on its partitions ends here, as other members may begin it",
			"group", o.name, "partitions", len(o.at))
		o.end(all)
	}
}
