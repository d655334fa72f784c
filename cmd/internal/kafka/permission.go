package kafka

import (
	"errors"
	"fmt"
	"strings"

	"github.com/segmentio/kafka-go"

	"ualstream/schemas"
)

// visible returns a *SettingsError where Kafka hides topics from this user. It hides whether they exist, too, so
// that none of them can be called missing.
func (c *Cluster) visible(found *kafka.MetadataResponse) error {
	var hidden []string
	for _, t := range schemas.Topics {
		name := t.Name(c.cfg.Prefix)
		if i := indexTopic(found, name); i >= 0 && errors.Is(found.Topics[i].Error, kafka.TopicAuthorizationFailed) {
			hidden = append(hidden, name)
		}
	}
	if len(hidden) == 0 {
		return nil
	}
	return &SettingsError{[]Refusal{c.denied(hidden, "see")}}
}

// denied is a refusal that the right permissions mend: all that a deployment needs on its topics and groups, because
// Kafka tells one missing permission at a time.
func (c *Cluster) denied(topics []string, what string) Refusal {
	user := "ANONYMOUS"
	if c.cfg.SASL != nil {
		user = c.cfg.SASL.Username
	}
	allow := fmt.Sprintf("kafka-acls.sh --bootstrap-server %s --add --allow-principal User:%s --resource-pattern-type prefixed",
		strings.Join(c.cfg.Brokers, ","), user)
	own := c.group("") // groups begin as topics do
	return Refusal{
		Topic:   strings.Join(topics, ","),
		Problem: fmt.Sprintf("user %s may not %s it", user, what),
		Mend: allow + " --topic " + own + " --operation Create --operation Describe --operation DescribeConfigs --operation Read --operation Write\n  " +
			allow + " --group " + own + " --operation Read\n  " +
			allow + " --transactional-id " + own + " --operation Describe --operation Write",
	}
}
