// Package schemas is the contract between ualstream and everyone who reads its topics: topic names and
// settings, message headers, the types of the values and a JSON Schema for each of them.
//
// It imports nothing else of ualstream and does no I/O.
package schemas

import (
	"strconv"
	"time"
)

// Topic is a topic's role; Name gives the name that Kafka knows it by.
type Topic string

// The topics, in the order of a record's way.
const (
	TopicRaw     Topic = "raw"     // every record as received, byte for byte
	TopicRejects Topic = "rejects" // what could not be read, and why
	TopicEvents  Topic = "events"  // one OCSF event a record
	TopicSignals Topic = "signals" // rule hits that a correlation counts
	TopicThreats Topic = "threats" // tagged priority events and findings
	TopicLedger  Topic = "ledger"  // what was listed, stored, lost
	TopicTenants Topic = "tenants" // which tenants to watch; never a secret
)

// Topics lists every topic that a deployment has.
var Topics = []Topic{TopicRaw, TopicRejects, TopicEvents, TopicSignals, TopicThreats, TopicLedger, TopicTenants}

// DefaultPrefix is the prefix of topic and group names where none is configured.
const DefaultPrefix = "m365"

// DefaultPartitions is the number of partitions a topic is created with.
const DefaultPartitions = 12

// MinRawRetention is the shortest retention that the raw topic may have: identity looks back 14 days.
const MinRawRetention = 16 * day

const day = 24 * time.Hour

// Name gives the topic's name under a deployment's prefix, for example "m365.raw".
func (t Topic) Name(prefix string) string { return prefix + "." + string(t) }

// Settings are the topic settings that the contract rests on.
type Settings struct {
	Cleanup         string        // cleanup.policy: "delete" or "compact"
	Retention       time.Duration // retention.ms of a "delete" topic
	MaxMessageBytes int           // max.message.bytes
}

// Settings gives what the topic is created with.
func (t Topic) Settings() Settings {
	const raw, rest = 8 << 20, 24 << 20 // a normalized record carries the raw one and what was read from it
	switch t {
	case TopicRaw:
		return Settings{"delete", 30 * day, raw}
	case TopicRejects:
		return Settings{"delete", 30 * day, rest}
	case TopicEvents:
		return Settings{"delete", 180 * day, rest}
	case TopicThreats:
		return Settings{"delete", 400 * day, rest}
	case TopicSignals:
		return Settings{"delete", 9 * day, rest}
	default: // ledger and tenants are state: the newest value of a key stays
		return Settings{"compact", 0, rest}
	}
}

// Config gives the settings in Kafka's own names and values.
func (s Settings) Config() map[string]string {
	c := map[string]string{
		"cleanup.policy":    s.Cleanup,
		"max.message.bytes": strconv.Itoa(s.MaxMessageBytes),
	}
	if s.Cleanup == "delete" {
		c["retention.ms"] = strconv.FormatInt(s.Retention.Milliseconds(), 10)
	}
	return c
}
