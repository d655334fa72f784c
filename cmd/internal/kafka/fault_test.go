package kafka

import (
	"errors"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"ualstream/schemas"
)

// told gives a prepared cluster on an embedded broker, and its log, which tells of outages at once. What brokers
// do here cannot be had of a real one on a test's wish.
func told(t *testing.T) (*Broker, *Cluster, *lines) {
	t.Helper()
	log := &lines{seen: make(chan string, 1000)}
	b := embed(t, "")
	cfg := b.Config()
	cfg.Logger = slog.New(slog.NewTextHandler(log, nil))
	c := join(t, cfg)
	c.outages.grace = 0
	if err := c.Prepare(within(t)); err != nil {
		t.Fatal(err)
	}
	return b, c, log
}

// await waits for a line that holds all the parts.
func (l *lines) await(t *testing.T, parts ...string) {
	t.Helper()
	until(t, "a line with "+strings.Join(parts, " and "), func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		for _, line := range l.all {
			n := 0
			for _, part := range parts {
				if strings.Contains(line, part) {
					n++
				}
			}
			if n == len(parts) {
				return true
			}
		}
		return false
	})
}

func TestWhatABrokerDoesNotTakeIsHeldAndTold(t *testing.T) {
	for _, refusal := range []*kerr.Error{
		kerr.KafkaStorageError, kerr.NotEnoughReplicas, kerr.NotEnoughReplicasAfterAppend, kerr.NotLeaderForPartition,
		kerr.LeaderNotAvailable, kerr.RequestTimedOut, kerr.TopicAuthorizationFailed, kerr.ThrottlingQuotaExceeded, kerr.UnknownServerError,
	} {
		t.Run(refusal.Message, func(t *testing.T) {
			t.Parallel()
			b, c, log := told(t)
			fault := b.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Err: refusal, Count: -1})
			written := make(chan error, 1)
			go func() {
				_, err := c.Produce(within(t), numbered(schemas.TopicRaw, 0, 30))
				written <- err
			}()
			log.await(t, "cannot write, retrying", "error=")
			if err := fault.Wait(within(t), 4); err != nil { // each partition was refused, and one of them again
				t.Fatal(err)
			}
			fault.Remove()
			if err := <-written; err != nil {
				t.Fatal(err)
			}
			seen := newTally()
			seen.add(read(t, c, schemas.TopicRaw)...)
			if seen.distinct() != 30 {
				t.Errorf("%d different messages are there, want 30", seen.distinct())
			}
			if told, over := log.count("cannot write, retrying"), log.count("cannot write: over"); told != 1 || over != 1 {
				t.Errorf("it is told %d times and its end %d times, want once each", told, over)
			}
		})
	}
}

func TestCoordinatorThatIsNotAvailableForLongIsWaitedFor(t *testing.T) {
	t.Parallel()
	b, c, log := told(t)
	produce(t, c, numbered(schemas.TopicEvents, 0, 60))
	fault := b.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.FindCoordinator}, Err: kerr.CoordinatorNotAvailable, Count: -1})
	seen := newTally()
	stop := start(t, c, copying(seen))
	log.await(t, "cannot join group, retrying", "Coordinator Not Available")
	if err := fault.Wait(within(t), 3); err != nil {
		t.Fatal(err)
	}
	fault.Remove()
	seen.wait(t, 60)
	stop()
	if n := log.count("cannot join group: over"); n != 1 {
		t.Errorf("its end is told %d times, want once", n)
	}
}

func TestNothingIsLostWhenLeadersAndCoordinatorsMove(t *testing.T) {
	t.Parallel()
	brokers, err := kfake.NewCluster(kfake.NumBrokers(3))
	if err != nil {
		t.Fatal(err)
	}
	defer brokers.Close()
	c := join(t, Config{Brokers: brokers.ListenAddrs()})
	c.transport.MetadataTTL = 200 * time.Millisecond // how long a leader's move goes unnoticed
	if err := c.Prepare(within(t)); err != nil {
		t.Fatal(err)
	}
	seen := newTally()
	stop := start(t, c, copying(seen))
	for round := range 6 {
		produce(t, c, numbered(schemas.TopicEvents, round*50, 50))
		if round == 3 {
			brokers.RehashCoordinators()
		}
		for _, topic := range []schemas.Topic{schemas.TopicEvents, schemas.TopicThreats} {
			name := topic.Name(c.cfg.Prefix)
			for p := range int32(3) {
				if err := brokers.MoveTopicPartition(name, p, (brokers.LeaderFor(name, p)+1)%3); err != nil {
					t.Fatal(err)
				}
			}
		}
		seen.wait(t, round*50)
	}
	seen.wait(t, 300)
	stop()
	stored := newTally()
	stored.add(read(t, c, schemas.TopicThreats)...)
	if stored.distinct() != 300 {
		t.Errorf("%d different messages were copied, want 300", stored.distinct())
	}
}

func TestBrokerThatAcceptsAndNeverAnswersIsToldAndWaitedFor(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	log := &lines{seen: make(chan string, 1000)}
	c := join(t, Config{Brokers: []string{silent.Addr().String()}, Logger: slog.New(slog.NewTextHandler(log, nil))})
	c.outages.grace = 0
	prepared := make(chan error, 1)
	go func() { prepared <- c.Prepare(within(t)) }()
	log.await(t, "not ready, retrying", "it accepts connections and does not answer", silent.Addr().String())
	_ = silent.Close()
	broker, err := kfake.NewCluster(kfake.Ports(silent.Addr().(*net.TCPAddr).Port))
	if err != nil {
		t.Fatal(err)
	}
	defer broker.Close()
	if err := <-prepared; err != nil {
		t.Fatal(err)
	}
}

func TestWriteThatIsNeverAnsweredIsTriedAgain(t *testing.T) {
	t.Parallel()
	b, c, log := told(t)
	c.client.Timeout = time.Second
	b.cluster.ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) { return nil, nil, true })
	produce(t, c, numbered(schemas.TopicRaw, 0, 1))
	log.await(t, "cannot write, retrying")
}

// advertising has the brokers name themselves by a host that nobody can resolve.
func advertising(b *Broker, host string) {
	b.cluster.ControlKey(int16(kmsg.Metadata), func(req kmsg.Request) (kmsg.Response, error, bool) {
		b.cluster.KeepControl()
		res := req.(*kmsg.MetadataRequest).ResponseKind().(*kmsg.MetadataResponse)
		broker := kmsg.NewMetadataResponseBroker()
		broker.Host, broker.Port = host, 9092
		res.Brokers = append(res.Brokers, broker)
		return res, nil, true
	})
}

func TestBrokersThatNameThemselvesWronglyAreTold(t *testing.T) {
	t.Parallel()
	log := &lines{seen: make(chan string, 1000)}
	b := embed(t, "")
	advertising(b, "kafka-1.invalid")
	cfg := b.Config()
	cfg.Logger = slog.New(slog.NewTextHandler(log, nil))
	c := join(t, cfg)
	c.outages.grace = 0
	prepared := make(chan error, 1)
	go func() { prepared <- c.Prepare(within(t)) }()
	log.await(t, "not ready, retrying", "broker kafka-1.invalid:9092, which names itself so (advertised.listeners), cannot be reached")
	c.Close()
	b.Close()
}

// kafka-go joins as a new member after each broken connection, and forgets the old one: the group would wait for it.
func TestMemberThatWasForgottenLeavesItsGroup(t *testing.T) {
	t.Parallel()
	b, c, _ := told(t)
	seen := newTally()
	produce(t, c, numbered(schemas.TopicEvents, 0, 60))
	stop := start(t, c, copying(seen))
	seen.wait(t, 60)
	group, err := b.cluster.WaitGroupStable(within(t), c.group("copy"), 1)
	if err != nil {
		t.Fatal(err)
	}
	was := group.Members[0].MemberID

	left := make(chan string, 100)
	b.cluster.ControlKey(int16(kmsg.LeaveGroup), func(req kmsg.Request) (kmsg.Response, error, bool) {
		left <- req.(*kmsg.LeaveGroupRequest).MemberID
		return nil, nil, false
	})
	broken := errors.New("broken")
	for _, key := range []kmsg.Key{kmsg.Heartbeat, kmsg.JoinGroup} {
		b.cluster.ControlKey(int16(key), func(kmsg.Request) (kmsg.Response, error, bool) { return nil, broken, true })
	}
	select {
	case id := <-left:
		if id != was {
			t.Errorf("%s left, want %s, who is nobody any more", id, was)
		}
	case <-within(t).Done():
		t.Fatalf("%s never left its group", was)
	}
	produce(t, c, numbered(schemas.TopicEvents, 60, 60))
	seen.wait(t, 120)
	stop()
}
