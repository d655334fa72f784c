package kafka

import (
	"net"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"ualstream/schemas"
)

// A process that is killed while it joins is no member of anything: its partitions go to the others. The broker
// overlooks about half of them.
func TestAMemberThatIsGoneBeforeItHasJoinedKeepsNothing(t *testing.T) {
	t.Parallel()
	b := embed(t, "")
	cfg := b.Config()
	cfg.Partitions, cfg.Session, cfg.Prefix = 3, time.Second, "absence"
	c := join(t, cfg)
	if err := c.Prepare(within(t)); err != nil {
		t.Fatal(err)
	}
	produce(t, c, numbered(schemas.TopicEvents, 0, 60))
	seen := newTally()
	stop := start(t, c, copying(seen))
	seen.wait(t, 60)
	for i := range 3 {
		joinAndVanish(t, b, c.group("copy"), schemas.TopicEvents.Name("absence"))
		produce(t, c, numbered(schemas.TopicEvents, 60*(i+1), 60))
		seen.wait(t, 60*(i+2))
	}
	stop()
}

// joinAndVanish returns when the group has met with a second member that is not there any more.
func joinAndVanish(t *testing.T, b *Broker, group, topic string) {
	t.Helper()
	member := kmsg.ConsumerMemberMetadata{Topics: []string{topic}}
	req := kmsg.NewPtrJoinGroupRequest()
	req.Version, req.Group, req.ProtocolType = 1, group, "consumer"
	req.SessionTimeoutMillis, req.RebalanceTimeoutMillis = 1000, 30_000
	req.Protocols = []kmsg.JoinGroupRequestProtocol{{Name: balancer{}.ProtocolName(), Metadata: member.AppendTo(nil)}}
	conn, err := net.Dial("tcp", b.cfg.Brokers[0])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write(kmsg.NewRequestFormatter().AppendRequest(nil, req, 1)); err != nil {
		t.Fatal(err)
	}
	of := func(members int) func(*kfake.GroupInfo) bool {
		return func(i *kfake.GroupInfo) bool { return i != nil && len(i.Members) == members }
	}
	ctx := within(t)
	if _, err := b.cluster.WaitGroupInfo(ctx, group, of(2)); err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := b.cluster.WaitGroupStable(ctx, group, -1); err != nil {
		t.Fatal(err)
	}
}
