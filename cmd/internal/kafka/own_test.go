package kafka

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"

	"ualstream/schemas"
)

// owners notes who works on which partition, and whether two ever did at once.
type owners struct {
	t     testing.TB
	mu    sync.Mutex
	now   map[int]string
	begun map[int]int // how often work on it has begun
}

func newOwners(t testing.TB) *owners {
	return &owners{t: t, now: map[int]string{}, begun: map[int]int{}}
}

// of gives the work of a member, which goes on until its context ends.
func (o *owners) of(name string) func(context.Context, int) error {
	return func(ctx context.Context, partition int) error {
		o.take(name, partition)
		<-ctx.Done()
		o.give(partition)
		return ctx.Err()
	}
}

func (o *owners) take(name string, partition int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if other := o.now[partition]; other != "" {
		o.t.Errorf("%s begins with partition %d while %s works on it", name, partition, other)
	}
	o.now[partition] = name
	o.begun[partition]++
}

func (o *owners) give(partition int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.now, partition)
}

// shares gives how many partitions each member works on.
func (o *owners) shares() map[string]int {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := map[string]int{}
	for _, name := range o.now {
		n[name]++
	}
	return n
}

func (o *owners) wait(want map[string]int) {
	o.t.Helper()
	until(o.t, fmt.Sprint("shares ", want), func() bool { return maps.Equal(o.shares(), want) })
}

// own runs a member; the function that it gives ends it and gives what Own returned.
func own(t testing.TB, c *Cluster, work func(context.Context, int) error) (stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- c.Own(ctx, "share", schemas.TopicLedger, work) }()
	stop = sync.OnceValue(func() error {
		cancel()
		select {
		case err := <-ended:
			return err
		case <-time.After(patience):
			return errors.New("Own did not return after its context had ended")
		}
	})
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
	return stop
}

// sharing gives a cluster whose topics have so many partitions.
func sharing(t *testing.T, partitions int) *Cluster {
	t.Helper()
	c := connect(t)
	c.cfg.Partitions = partitions
	if err := c.Prepare(within(t)); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestMembersComeAndGoAndOnlyWhatMovesIsInterrupted(t *testing.T) {
	t.Parallel()
	c, o := sharing(t, 12), newOwners(t)
	own(t, c, o.of("a"))
	o.wait(map[string]int{"a": 12})
	stop := own(t, again(t, c), o.of("b"))
	o.wait(map[string]int{"a": 6, "b": 6})
	own(t, again(t, c), o.of("c"))
	o.wait(map[string]int{"a": 4, "b": 4, "c": 4})
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	o.wait(map[string]int{"a": 6, "c": 6})
	o.mu.Lock()
	defer o.mu.Unlock()
	begun := 0
	for _, n := range o.begun {
		begun += n
	}
	if begun != 12+6+4+4 {
		t.Errorf("work began %d times, want once a partition and once for each that moved, which are 6, 4 and 4", begun)
	}
}

func TestMemberWithoutAPartitionIdlesUntilOneIsFree(t *testing.T) {
	t.Parallel()
	c, o := sharing(t, 2), newOwners(t)
	stopA := own(t, c, o.of("a"))
	o.wait(map[string]int{"a": 2})
	stopB := own(t, again(t, c), o.of("b"))
	o.wait(map[string]int{"a": 1, "b": 1})
	third := again(t, c)
	own(t, third, o.of("c"))
	until(t, "three members", func() bool { return len(memberIDs(t, third)) == 3 })
	o.wait(map[string]int{"a": 1, "b": 1})
	if err := stopA(); err != nil {
		t.Fatal(err)
	}
	o.wait(map[string]int{"b": 1, "c": 1})
	if err := stopB(); err != nil {
		t.Fatal(err)
	}
	o.wait(map[string]int{"c": 2})
}

// memberIDs gives the group's members.
func memberIDs(t *testing.T, c *Cluster) (ids []string) {
	t.Helper()
	res, err := c.client.DescribeGroups(within(t), &kafka.DescribeGroupsRequest{GroupIDs: []string{c.group("share")}})
	if err != nil || len(res.Groups) != 1 {
		t.Fatal(res, err)
	}
	for _, m := range res.Groups[0].Members {
		ids = append(ids, m.MemberID)
	}
	slices.Sort(ids)
	return ids
}

func TestNextOwnerWaitsUntilTheWorkHasEnded(t *testing.T) {
	t.Parallel()
	c, o := sharing(t, 2), newOwners(t)
	asked, ending := make(chan int, 2), make(chan struct{})
	own(t, c, func(ctx context.Context, partition int) error {
		o.take("slow", partition)
		<-ctx.Done()
		asked <- partition
		<-ending
		o.give(partition)
		return nil
	})
	o.wait(map[string]int{"slow": 2})
	own(t, again(t, c), o.of("next"))
	<-asked // what another member is to have
	select {
	case <-time.After(3 * heartbeat): // in which it would begin if it did not wait
	case p := <-asked:
		t.Errorf("the work on partition %d ends, too: it was to stay", p)
	}
	close(ending)
	o.wait(map[string]int{"slow": 1, "next": 1})
}

func TestWorkThatEndsByItselfDisturbsNoOther(t *testing.T) {
	t.Parallel()
	c, o := sharing(t, 3), newOwners(t)
	ended := newTally()
	own(t, c, func(ctx context.Context, partition int) error {
		if partition == 1 {
			ended.add(schemas.Message{Key: []byte("ended")})
			return nil
		}
		return o.of("a")(ctx, partition)
	})
	ended.wait(t, 1)
	o.wait(map[string]int{"a": 2})
	stop := own(t, again(t, c), o.of("b")) // makes the group meet twice
	until(t, "b has a partition", func() bool { return o.shares()["b"] == 1 })
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	until(t, "a has all that is left", func() bool { return o.shares()["a"] >= 2 })
}

func TestWorkThatFailsEndsAllWork(t *testing.T) {
	c, o := sharing(t, 3), newOwners(t)
	failure := errors.New("of a later version")
	all := make(chan struct{})
	ended := make(chan error, 1)
	go func() {
		ended <- c.Own(within(t), "share", schemas.TopicLedger, func(ctx context.Context, partition int) error {
			if partition != 2 {
				return o.of("a")(ctx, partition)
			}
			<-all
			return failure
		})
	}()
	o.wait(map[string]int{"a": 2})
	close(all)
	if err := <-ended; !errors.Is(err, failure) {
		t.Errorf("Own returned %v, want the error of the work", err)
	}
	if s := o.shares(); len(s) > 0 {
		t.Errorf("%v work on after Own has returned", s)
	}
	own(t, again(t, c), o.of("b"))
	o.wait(map[string]int{"b": 3})
}

// cable is a network connection to all brokers that a test can cut.
type cable struct {
	mu      sync.Mutex
	cut     bool
	refused int
	conns   []net.Conn
}

// to has a cluster that was not used yet connect by the cable.
func (w *cable) to(c *Cluster) {
	c.transport.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := c.dialTo(ctx, network, address)
		w.mu.Lock()
		defer w.mu.Unlock()
		if err == nil && w.cut {
			w.refused++
			_ = conn.Close()
			return nil, errors.New("the cable is cut")
		}
		w.conns = append(w.conns, conn)
		return conn, err
	}
}

func (w *cable) set(cut bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = cut
	for _, conn := range w.conns {
		if cut && conn != nil {
			_ = conn.Close()
		}
	}
}

// A member that nobody hears of ends its work before the group gives its partitions to others.
func TestMemberThatIsCutOffEndsItsWorkAndBeginsItAgain(t *testing.T) {
	t.Parallel()
	c, o, wire := sharing(t, 2), newOwners(t), &cable{}
	cut := again(t, c)
	cut.session, c.session = 6*time.Second, 6*time.Second // brokers allow no less
	wire.to(cut)
	own(t, cut, o.of("cut off"))
	o.wait(map[string]int{"cut off": 2})
	wire.set(true)
	own(t, c, o.of("other")) // owners fails where it begins too early
	o.wait(map[string]int{"other": 2})
	wire.set(false)
	o.wait(map[string]int{"other": 1, "cut off": 1})
}

// A broker that restarts breaks all connections. That is no reason to begin anew.
func TestMemberWhoseConnectionsBreakGoesOn(t *testing.T) {
	t.Parallel()
	c, o, wire := sharing(t, 4), newOwners(t), &cable{}
	one := again(t, c)
	wire.to(one)
	own(t, one, o.of("a"))
	own(t, c, o.of("b"))
	o.wait(map[string]int{"a": 2, "b": 2})
	begun := func() (n int) {
		o.mu.Lock()
		defer o.mu.Unlock()
		for _, times := range o.begun {
			n += times
		}
		return n
	}
	before, members := begun(), memberIDs(t, c)
	wire.set(true)
	until(t, "some tries to connect again", func() bool {
		wire.mu.Lock()
		defer wire.mu.Unlock()
		return wire.refused > 3
	})
	wire.set(false)
	until(t, "another member of the group, and the old one gone", func() bool {
		now := memberIDs(t, c)
		return len(now) == 2 && !slices.Equal(now, members)
	})
	stop := own(t, again(t, c), o.of("c")) // its share comes after all that the break has caused
	until(t, "four partitions with three members", func() bool {
		s := o.shares()
		return s["a"]+s["b"] == 3 && s["c"] == 1
	})
	if n := begun(); n != before+1 {
		t.Errorf("work began %d times more, want once, with the third member", n-before)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
}

func TestKeyIsOfThePartitionThatItsMessageIsWrittenTo(t *testing.T) {
	c := sharing(t, 5)
	for i := range 20 {
		m := schemas.Message{Topic: schemas.TopicLedger, Key: fmt.Appendf(nil, "tenant-%d/Audit.General/%d", i, i), Value: []byte("{}")}
		offsets, err := c.Produce(within(t), []schemas.Message{m})
		if err != nil {
			t.Fatal(err)
		}
		p, err := c.PartitionOf(within(t), schemas.TopicLedger, schemas.LedgerTenant(m.Key))
		if _, there := offsets[p]; !there || err != nil {
			t.Errorf("%s went to %v, and its tenant is said to be in %d (error: %v)", m.Key, slices.Collect(maps.Keys(offsets)), p, err)
		}
	}
}
