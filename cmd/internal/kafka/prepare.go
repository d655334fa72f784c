package kafka

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/cenkalti/backoff/v4"
	"github.com/segmentio/kafka-go"

	"ualstream/schemas"
)

// Prepare creates those of schemas.Topics that are missing and verifies all of them. While Kafka is away it waits,
// without giving up, and says so in the log. It returns a *SettingsError where a topic is not as the contract wants
// it or this user may not do what is needed, an *AuthError where Kafka refuses the login, a *TooOldError where it cannot
// give the guarantee, and ctx's error when ctx ends.
func (c *Cluster) Prepare(ctx context.Context) error {
	attrs := []any{"brokers", strings.Join(c.cfg.Brokers, ",")}
	return c.persist(ctx, "not ready", attrs, func() error {
		err := c.prepare(ctx)
		var login *AuthError
		var settings *SettingsError
		var old *TooOldError
		if errors.As(err, &login) || errors.As(err, &settings) || errors.As(err, &old) {
			return backoff.Permanent(err)
		}
		return err
	})
}

func (c *Cluster) prepare(ctx context.Context) error {
	fresh := c.dial()
	defer fresh.close()
	found, err := fresh.metadata(ctx)
	if err != nil {
		return err
	}
	if err := c.visible(found); err != nil {
		return err
	}
	var missing []kafka.TopicConfig
	for _, t := range schemas.Topics {
		if indexTopic(found, t.Name(c.cfg.Prefix)) < 0 {
			missing = append(missing, c.newTopic(t, len(found.Brokers)))
		}
	}
	if len(missing) > 0 {
		if err := c.create(ctx, fresh, missing); err != nil {
			return err
		}
		if found, err = fresh.metadata(ctx); err != nil {
			return err
		}
	}
	if err := c.remember(found, schemas.Topics...); err != nil {
		return err
	}
	if err := c.verify(ctx, fresh, schemas.Topics...); err != nil {
		return err
	}
	return c.able(ctx, fresh)
}

// newTopic gives what a topic is created with: copies that outlive a broker, and no leader that lacks messages.
func (c *Cluster) newTopic(t schemas.Topic, brokers int) kafka.TopicConfig {
	copies := min(3, brokers)
	config := t.Settings().Config()
	config["min.insync.replicas"] = strconv.Itoa(max(1, copies-1))
	config["unclean.leader.election.enable"] = "false"
	if t == schemas.TopicRaw {
		config["retention.bytes"] = "-1" // or a broker's default could delete before its time
	}
	topic := kafka.TopicConfig{Topic: t.Name(c.cfg.Prefix), NumPartitions: c.cfg.Partitions, ReplicationFactor: copies}
	for _, k := range slices.Sorted(maps.Keys(config)) {
		topic.ConfigEntries = append(topic.ConfigEntries, kafka.ConfigEntry{ConfigName: k, ConfigValue: config[k]})
	}
	return topic
}

// create makes topics. Another process may do so at the same time. What Kafka refuses for good is a *SettingsError.
func (c *Cluster) create(ctx context.Context, fresh *fresh, topics []kafka.TopicConfig) error {
	res, err := fresh.CreateTopics(ctx, &kafka.CreateTopicsRequest{Topics: topics})
	if err != nil {
		return fmt.Errorf("create topics: %w", err)
	}
	var made []string
	var refused SettingsError
	for _, t := range topics {
		switch err := res.Errors[t.Topic]; {
		case err == nil:
			made = append(made, t.Topic)
		case errors.Is(err, kafka.TopicAlreadyExists):
		case errors.Is(err, kafka.TopicAuthorizationFailed), errors.Is(err, kafka.ClusterAuthorizationFailed),
			errors.Is(err, kafka.PolicyViolation), errors.Is(err, kafka.InvalidConfiguration), errors.Is(err, kafka.InvalidTopic):
			refused.Refusals = append(refused.Refusals, Refusal{t.Topic, "it is missing and Kafka refuses to create it: " + err.Error(), c.creation(t)})
		default:
			return fmt.Errorf("create topic %s: %w", t.Topic, err)
		}
	}
	if len(made) > 0 {
		c.log.Info("kafka: topics created", "topics", strings.Join(made, ","),
			"partitions", topics[0].NumPartitions, "replicas", topics[0].ReplicationFactor)
	}
	if len(refused.Refusals) > 0 {
		return &refused
	}
	return nil
}
