package kafka

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/twmb/franz-go/pkg/kfake"

	"ualstream/schemas"
)

// threats counts what a read_committed consumer sees of the threats, by key.
func threats(t testing.TB, c *Cluster) map[string]int {
	t.Helper()
	settled(t, c, schemas.TopicThreats)
	seen := map[string]int{}
	for _, m := range read(t, c, schemas.TopicThreats) {
		seen[string(m.Key)]++
	}
	return seen
}

// The broker has done what was asked, and nobody heard of it. What the producer does next decides whether records are
// lost (the broker takes them for repeats of what was aborted) or doubled (the commit counts, and is made again).
func TestLostRepliesLoseAndRepeatNothing(t *testing.T) {
	for _, key := range []protocol.ApiKey{
		protocol.Produce, protocol.AddPartitionsToTxn, protocol.AddOffsetsToTxn, protocol.TxnOffsetCommit, protocol.EndTxn,
		protocol.InitProducerId, protocol.OffsetFetch, protocol.FindCoordinator,
	} {
		t.Run(fmt.Sprint(key), func(t *testing.T) {
			t.Parallel()
			c, network := prepared(t), &lossy{}
			worker := again(t, c)
			network.through(worker)
			seen := newTally()
			stop := start(t, worker, copying(seen))
			sent := 0
			for round := range 4 {
				network.set(protocol.EndTxn, round) // what comes after is asked again
				network.set(key, round)
				produce(t, c, numbered(schemas.TopicEvents, sent, 200))
				sent += 200
				seen.wait(t, sent)
			}
			stop()
			once(t, c, sent, threats)
			if n := worker.Transactions(); n.Committed == 0 || n.Aborted == 0 || n.Open != 0 {
				t.Errorf("%+v: want some that were committed, some that were not, and none that is open", n)
			}
			if network.lost < 4 {
				t.Errorf("%d replies were lost: the test shows little", network.lost)
			}
		})
	}
}

// A member that was away for long takes the transactional.id back from the partition's new owner, who has not
// committed anything yet. The broker must not take its offsets.
func TestMemberOfAnOlderGenerationCommitsNothing(t *testing.T) {
	c := prepared(t)
	produce(t, c, numbered(schemas.TopicEvents, 0, 60))
	zombies, gone := stale(t, c, copying(newTally()))
	var mu sync.Mutex
	begun := 0
	gate, working, seen := make(chan struct{}), newTally(), newTally()
	stage := copying(seen)
	inner := stage.New
	stage.New = func(partition int) Transform {
		mu.Lock()
		begun++
		mu.Unlock()
		copies := inner(partition)
		return transform{done: copies.Done, process: func(ctx context.Context, in []schemas.Message) ([]schemas.Message, error) {
			working.add(in...)
			<-gate
			return copies.Process(ctx, in)
		}}
	}
	gone()
	stop := start(t, again(t, c), stage)
	working.wait(t, 60)
	for i, z := range zombies {
		if err := z.begin(within(t)); err != nil {
			t.Fatal(err)
		}
		batch, err := z.gather(within(t))
		if err == nil {
			err = z.deliver(within(t), batch)
		}
		if !elsewhere(err) {
			t.Errorf("partition %d: the former owner's commit gave %v, want a refusal for its generation", i, err)
		}
		z.leave()
	}
	close(gate)
	seen.wait(t, 60)
	stop()
	once(t, c, 60, threats)
	if begun != 3 {
		t.Errorf("the owner began %d times on 3 partitions: a former owner moved its offsets", begun)
	}
}

// stale gives the work on all partitions in a generation that is over once the function that it gives has been called.
func stale(t *testing.T, c *Cluster, s Stage) (work []*transactional, over func()) {
	t.Helper()
	topic := s.From.Name(c.cfg.Prefix)
	group, err := kafka.NewConsumerGroup(kafka.ConsumerGroupConfig{
		ID: c.group(s.Group), Brokers: c.cfg.Brokers, Topics: []string{topic}, Dialer: c.newDialer(),
		GroupBalancers: []kafka.GroupBalancer{newBalancer(topic, 3)}, HeartbeatInterval: heartbeat, JoinGroupBackoff: joinBackoff,
	})
	if err != nil {
		t.Fatal(err)
	}
	var gen *kafka.Generation
	until(t, "generation", func() bool { gen, err = group.Next(within(t)); return err == nil })
	m := &member{seat: &seat{c: c}, stage: s}
	for _, a := range gen.Assignments[topic] {
		work = append(work, newTransactional(m, gen, a.ID))
	}
	return work, func() { _ = group.Close() }
}

// Whoever owned the partition before left a transaction open: its readers must not wait for the timeout, and nothing
// of it may be seen.
func TestNextOwnerEndsWhatTheLastLeftOpen(t *testing.T) {
	c := prepared(t)
	produce(t, c, numbered(schemas.TopicEvents, 0, 60))
	left, gone := stale(t, c, copying(newTally()))
	for _, l := range left {
		if err := l.begin(within(t)); err != nil {
			t.Fatal(err)
		}
		open(t, l.producer, numbered(schemas.TopicThreats, 1000, 30))
	}
	gone()
	seen := newTally()
	stop := start(t, again(t, c), copying(seen))
	seen.wait(t, 60)
	stop()
	once(t, c, 60, threats)
}

func TestMembersThatComeAndGoRepeatNothing(t *testing.T) {
	c := prepared(t)
	seen := newTally()
	var sent atomic.Int64
	writing, written := context.WithCancel(context.Background())
	defer written()
	var writer sync.WaitGroup
	writer.Go(func() {
		for writing.Err() == nil {
			produce(t, c, numbered(schemas.TopicEvents, int(sent.Load()), 50))
			sent.Add(50)
		}
	})
	var stops []func()
	for range 4 {
		before := seen.distinct()
		stops = append(stops, start(t, again(t, c), copying(seen)))
		until(t, "progress", func() bool { return seen.distinct() > before+200 })
		if len(stops) > 2 {
			stops[0]()
			stops = stops[1:]
		}
	}
	written()
	writer.Wait()
	seen.wait(t, int(sent.Load()))
	for _, stop := range stops {
		stop()
	}
	once(t, c, int(sent.Load()), threats)
}

// childEnv has this test program run a stage instead of its tests: brokers, prefix and the request on which it dies.
const childEnv = "UALSTREAM_TEST_KAFKA_CHILD"

func TestMain(m *testing.M) {
	if config := os.Getenv(childEnv); config != "" {
		runChild(strings.Split(config, " "))
	}
	os.Exit(m.Run())
}

func runChild(args []string) {
	c, err := Connect(Config{Brokers: strings.Split(args[0], ","), Prefix: args[1]})
	if err != nil {
		panic(err)
	}
	c.session = time.Second
	network := &lossy{die: map[protocol.ApiKey]bool{}}
	for key := range protocol.ApiKey(100) {
		network.die[key] = args[2] == fmt.Sprint(int(key))
	}
	network.through(c)
	panic(c.Run(context.Background(), copying(newTally())))
}

// A process is killed in the middle of a transaction, at each of its steps, and the next one goes on.
func TestProcessThatIsKilledInATransactionLosesAndRepeatsNothing(t *testing.T) {
	t.Parallel()
	c := connectShort(t)
	if err := c.Prepare(within(t)); err != nil {
		t.Fatal(err)
	}
	sent := 0
	for _, key := range []protocol.ApiKey{protocol.EndTxn, protocol.TxnOffsetCommit, protocol.AddOffsetsToTxn, protocol.Produce} {
		produce(t, c, numbered(schemas.TopicEvents, sent, 100))
		sent += 100
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), fmt.Sprintf("%s=%s %s %d", childEnv, strings.Join(c.cfg.Brokers, ","), c.cfg.Prefix, key))
		err := child.Run()
		if child.ProcessState == nil || child.ProcessState.Success() || child.ProcessState.Exited() {
			t.Fatalf("the child was to be killed: %v", err)
		}
	}
	seen := newTally()
	c.session = time.Second
	stop := start(t, c, copying(seen))
	seen.wait(t, sent)
	stop()
	once(t, c, sent, threats)
}

// connectShort is connect with a broker that allows short sessions.
func connectShort(t *testing.T) *Cluster {
	t.Helper()
	if os.Getenv("UALSTREAM_TEST_BROKERS") != "" {
		return connect(t)
	}
	b, err := listen(nil, 0, Config{}, []kfake.Opt{kfake.NumBrokers(1), kfake.GroupMinSessionTimeout(time.Second)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return join(t, b.Config())
}
