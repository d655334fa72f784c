package kafka

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/segmentio/kafka-go"

	"ualstream/schemas"
)

// SettingsError says which topics are not as the contract wants them. Only a person can mend that.
type SettingsError struct{ Refusals []Refusal }

// Refusal is one thing that is wrong with a topic.
type Refusal struct {
	Topic   string // or several, with commas
	Problem string // what was found and what is wanted
	Mend    string // the command that mends it
}

// Error gives each refusal in one line, and the command in the next.
func (e *SettingsError) Error() string {
	lines := make([]string, len(e.Refusals))
	for i, r := range e.Refusals {
		lines[i] = fmt.Sprintf("topic %s: %s; mend it with:\n  %s", r.Topic, r.Problem, r.Mend)
	}
	return strings.Join(lines, "\n")
}

// verify compares these topics' settings with the contract. What does no harm may differ: longer retention, larger
// messages, more replicas.
func (c *Cluster) verify(ctx context.Context, fresh *fresh, topics ...schemas.Topic) error {
	var ask []kafka.DescribeConfigRequestResource
	for _, t := range topics {
		ask = append(ask, kafka.DescribeConfigRequestResource{ResourceType: kafka.ResourceTypeTopic, ResourceName: t.Name(c.cfg.Prefix)})
	}
	res, err := fresh.DescribeConfigs(ctx, &kafka.DescribeConfigsRequest{Resources: ask})
	if err != nil {
		return fmt.Errorf("read topic settings: %w", err)
	}
	found := map[string]map[string]string{}
	var refused SettingsError
	var unread []string
	for _, r := range res.Resources {
		if errors.Is(r.Error, kafka.TopicAuthorizationFailed) {
			unread = append(unread, r.ResourceName)
			continue
		}
		if r.Error != nil {
			return fmt.Errorf("read settings of topic %s: %w", r.ResourceName, r.Error)
		}
		found[r.ResourceName] = map[string]string{}
		for _, e := range r.ConfigEntries {
			found[r.ResourceName][e.ConfigName] = e.ConfigValue
		}
	}
	if len(unread) > 0 {
		refused.Refusals = append(refused.Refusals, c.denied(unread, "read the settings of"))
	}
	for _, t := range topics {
		name := t.Name(c.cfg.Prefix)
		if settings, ok := found[name]; ok {
			for _, w := range wrong(t, settings) {
				refused.Refusals = append(refused.Refusals, Refusal{name, w.String(), c.mend(name, w)})
			}
		}
	}
	if len(refused.Refusals) > 0 {
		return &refused
	}
	return nil
}

// setting is one that does harm.
type setting struct{ name, found, bound, want string }

func (s setting) String() string {
	return fmt.Sprintf("%s is %s, want %s%s", s.name, s.found, s.bound, s.want)
}

func wrong(t schemas.Topic, found map[string]string) (list []setting) {
	want := t.Settings()
	if f := found["cleanup.policy"]; f != want.Cleanup {
		list = append(list, setting{"cleanup.policy", f, "", want.Cleanup})
	}
	if f, err := strconv.Atoi(found["max.message.bytes"]); err != nil || f < want.MaxMessageBytes {
		list = append(list, setting{"max.message.bytes", found["max.message.bytes"], "at least ", strconv.Itoa(want.MaxMessageBytes)})
	}
	if t != schemas.TopicRaw {
		return list
	}
	if f, err := strconv.ParseInt(found["retention.ms"], 10, 64); err != nil || f >= 0 && f < schemas.MinRawRetention.Milliseconds() {
		list = append(list, setting{"retention.ms", found["retention.ms"], "at least ", strconv.FormatInt(schemas.MinRawRetention.Milliseconds(), 10)})
	}
	if f := found["retention.bytes"]; f != "-1" {
		list = append(list, setting{"retention.bytes", f, "", "-1"})
	}
	return list
}

func (c *Cluster) mend(topic string, s setting) string {
	return fmt.Sprintf("kafka-configs.sh --bootstrap-server %s --alter --entity-type topics --entity-name %s --add-config %s=%s",
		strings.Join(c.cfg.Brokers, ","), topic, s.name, s.want)
}

func (c *Cluster) creation(t kafka.TopicConfig) string {
	command := fmt.Sprintf("kafka-topics.sh --bootstrap-server %s --create --topic %s --partitions %d --replication-factor %d",
		strings.Join(c.cfg.Brokers, ","), t.Topic, t.NumPartitions, t.ReplicationFactor)
	words := []string{command}
	for _, e := range t.ConfigEntries {
		words = append(words, "--config", e.ConfigName+"="+e.ConfigValue)
	}
	return strings.Join(words, " ")
}
