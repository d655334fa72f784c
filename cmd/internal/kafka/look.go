package kafka

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/describegroups"
	"github.com/segmentio/kafka-go/protocol/metadata"

	"ualstream/schemas"
)

// Outlook is what a deployment finds in Kafka.
type Outlook struct {
	Brokers  int       // how many the cluster has
	Copies   int       // of the topic that is kept on the fewest brokers; 0 without any topic
	Missing  []string  // topics of the contract that do not exist
	Settings []Refusal // topics that are not as the contract wants them
	Denied   []Refusal // what this user may not do
	Idle     []string  // those of the groups that have no member: no worker runs them
}

// Look makes one attempt to see what Prepare would refuse and which permissions a worker that runs these groups lacks.
// Unlike Prepare it changes nothing and does not wait: an error says why Kafka cannot be asked.
func (c *Cluster) Look(ctx context.Context, groups ...string) (Outlook, error) {
	fresh := c.dial()
	defer fresh.close()
	found, err := fresh.metadata(ctx)
	if err != nil {
		return Outlook{}, err
	}
	o := Outlook{Brokers: len(found.Brokers)}
	var refused *SettingsError
	if err := c.visible(found); errors.As(err, &refused) {
		o.Denied = refused.Refusals
		return o, nil
	}
	for _, t := range schemas.Topics {
		name := t.Name(c.cfg.Prefix)
		if i := indexTopic(found, name); i < 0 {
			o.Missing = append(o.Missing, name)
		} else if copies := fewestCopies(found.Topics[i]); o.Copies == 0 || copies < o.Copies {
			o.Copies = copies
		}
	}
	if o.Denied, o.Idle, err = c.deniedTo(ctx, fresh, groups); err != nil || len(o.Denied) > 0 {
		return o, err
	}
	if err = c.verifyThose(ctx, fresh, o.Missing); errors.As(err, &refused) {
		o.Settings, err = refused.Refusals, nil
	}
	return o, err
}

func fewestCopies(t kafka.Topic) int {
	fewest := 0
	for _, p := range t.Partitions {
		if n := len(p.Replicas); fewest == 0 || n < fewest {
			fewest = n
		}
	}
	return fewest
}

// operations of Kafka's permissions, by their codes in the protocol (AclOperation), and what people call them.
var operations = []struct {
	code int
	name string
}{{3, "read"}, {4, "write"}, {8, "describe"}, {10, "read the settings of"}}

// deniedTo gives what the user lacks of what a worker needs, and the idle groups. A broker that does not tell is
// believed to allow it.
func (c *Cluster) deniedTo(ctx context.Context, fresh *fresh, groups []string) (out []Refusal, idle []string, err error) {
	allowed, err := c.allowedOn(ctx, fresh)
	if err != nil {
		return nil, nil, fmt.Errorf("ask for permissions: %w", c.explain(err))
	}
	for _, op := range operations {
		var on []string
		for _, t := range schemas.Topics {
			name := t.Name(c.cfg.Prefix)
			if bits, ok := allowed[name]; ok && bits&(1<<op.code) == 0 {
				on = append(on, name)
			}
		}
		if len(on) > 0 {
			out = append(out, c.denied(on, op.name))
		}
	}
	closed, idle, err := c.describe(ctx, fresh, groups)
	if len(closed) > 0 {
		refusal := c.denied(closed, "read")
		refusal.Problem += " (a group)"
		out = append(out, refusal)
	}
	if err != nil || len(groups) == 0 {
		return out, idle, err
	}
	transactions, err := c.closedTransactions(ctx, fresh)
	return append(out, transactions...), idle, err
}

// unknown is what a broker answers that does not tell permissions.
const unknown = -1 << 31

// permissions asks one broker what the user may do on topics. kafka-go answers a plain metadata request from its
// cache, where that is not; a request that is split is sent.
type permissions struct{ *metadata.Request }

// Split gives the request that is sent.
func (p permissions) Split(protocol.Cluster) ([]protocol.Message, protocol.Merger, error) {
	return []protocol.Message{p.Request}, p, nil
}

// Merge gives the answer, under a type that kafka-go does not take for one of its own metadata requests'.
func (permissions) Merge(_ []protocol.Message, results []any) (protocol.Message, error) {
	m, err := protocol.Result(results[0])
	if err != nil {
		return nil, err
	}
	return allowances{m.(*metadata.Response)}, nil
}

type allowances struct{ *metadata.Response }

// allowedOn gives the operations that the user may do by topic, a bit each.
func (c *Cluster) allowedOn(ctx context.Context, fresh *fresh) (map[string]int32, error) {
	ask := &metadata.Request{IncludeTopicAuthorizedOperations: true}
	for _, t := range schemas.Topics {
		ask.TopicNames = append(ask.TopicNames, t.Name(c.cfg.Prefix))
	}
	res, err := fresh.transport.RoundTrip(ctx, c.addr, permissions{ask})
	if err != nil {
		return nil, err
	}
	allowed := map[string]int32{}
	for _, t := range res.(allowances).Topics {
		if t.ErrorCode == 0 && t.TopicAuthorizedOperations != unknown {
			allowed[t.Name] = t.TopicAuthorizedOperations
		}
	}
	return allowed, nil
}

// describe gives those of the groups that the user may not be in, under their names in Kafka, and those without a member.
func (c *Cluster) describe(ctx context.Context, fresh *fresh, groups []string) (closed, idle []string, err error) {
	for _, group := range groups {
		name := c.group(group)
		res, err := fresh.transport.RoundTrip(ctx, c.addr, &describegroups.Request{Groups: []string{name}, IncludeAuthorizedOperations: true})
		if errors.Is(err, kafka.GroupAuthorizationFailed) {
			closed = append(closed, name)
			continue
		}
		if err != nil {
			return closed, idle, fmt.Errorf("ask for group %s: %w", name, c.explain(err))
		}
		for _, g := range res.(*describegroups.Response).Groups {
			code := kafka.Error(g.ErrorCode)
			told := code == 0 && g.AuthorizedOperations != unknown && g.AuthorizedOperations != 0
			switch {
			case code == kafka.GroupAuthorizationFailed || told && g.AuthorizedOperations&(1<<3) == 0:
				closed = append(closed, name)
			case len(g.Members) == 0 && (code == 0 || code == kafka.GroupIdNotFound):
				idle = append(idle, group)
			}
		}
	}
	return closed, idle, nil
}

// verifyThose is verify for the topics that exist.
func (c *Cluster) verifyThose(ctx context.Context, fresh *fresh, missing []string) error {
	var there []schemas.Topic
	for _, t := range schemas.Topics {
		if !slices.Contains(missing, t.Name(c.cfg.Prefix)) {
			there = append(there, t)
		}
	}
	if len(there) == 0 {
		return nil
	}
	return c.verify(ctx, fresh, there...)
}
