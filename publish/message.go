// Package publish defines what a consumer receives: the key, headers and value of each message, and how
// messages leave for places other than Kafka.
//
// It takes normalized events and what detection says of them, and gives messages. It must not know of brokers,
// of how an event was made, or of why it is a threat.
package publish

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"ualstream/schemas"
)

// Event gives the message of the events topic for a raw record's event. Time is raw's, as for every stage.
//
// The key is "<tenant>/<account>" in lower case, where tenant is the header of raw, or else the event's
// metadata.tenant_uid, and account the tag of that name. It is in lower case because Microsoft writes the same
// account in different cases, and what happens to an account must stay in one partition, in order. An event
// without an account has its record ID instead, so that such events spread.
func Event(raw schemas.Message, value []byte) schemas.Message {
	a := read(value)
	tenant := or(clean(raw.Header(schemas.HeaderTenant)), a.tenant)
	m := schemas.Message{Topic: schemas.TopicEvents, Key: key(tenant, or(a.account, a.uid)), Value: value, Time: raw.Time}
	m.Headers = make([]schemas.Header, 0, 14)
	for _, h := range []schemas.Header{
		{Key: schemas.HeaderTenant, Value: tenant},
		{Key: schemas.HeaderSource, Value: or(clean(raw.Header(schemas.HeaderSource)), a.source)},
		{Key: schemas.HeaderKind, Value: schemas.KindEvent},
		{Key: schemas.HeaderClassUID, Value: a.class},
		{Key: schemas.HeaderUID, Value: a.uid},
		{Key: schemas.HeaderOperation, Value: a.operation},
		{Key: schemas.HeaderActor, Value: a.actor},
		{Key: schemas.HeaderMailbox, Value: a.mailbox},
		{Key: schemas.HeaderTime, Value: schemas.FormatTime(a.time)},
		{Key: schemas.HeaderOCSF, Value: a.version},
	} {
		m.SetHeader(h.Key, h.Value)
	}
	return m
}

// Threat gives the message of the threats topic for what detection says of an event. It has the event's key,
// time and headers, and says more in its own; a finding has its own class, uid and severity.
func Threat(event schemas.Message, t schemas.Threat) schemas.Message {
	a := read(t.Value)
	m := schemas.Message{Topic: schemas.TopicThreats, Key: event.Key, Value: t.Value, Time: event.Time}
	m.Headers = append(make([]schemas.Header, 0, len(event.Headers)+4), event.Headers...)
	m.SetHeader(schemas.HeaderKind, t.Kind)
	m.SetHeader(schemas.HeaderClassUID, a.class)
	if t.Kind == schemas.KindFinding {
		m.SetHeader(schemas.HeaderUID, a.finding)
	}
	m.SetHeader(schemas.HeaderTags, strings.Join(t.Tags, ","))
	m.SetHeader(schemas.HeaderTriage, string(t.Triage))
	m.SetHeader(schemas.HeaderSeverity, a.severity)
	m.SetHeader(schemas.HeaderRule, clean(t.Rule))
	return m
}

// maxAccount is how many bytes of an account a key holds. A longer one is cut, and its SHA-256 keeps it apart
// from others that begin alike.
const maxAccount = 256

func key(tenant, account string) []byte {
	account = strings.ToLower(account)
	if len(account) > maxAccount {
		sum := sha256.Sum256([]byte(account))
		account = strings.ToValidUTF8(account[:maxAccount], "") + "~" + hex.EncodeToString(sum[:])
	}
	return slices.Concat([]byte(strings.ToLower(tenant)), []byte{'/'}, []byte(account))
}

func or(s, otherwise string) string {
	if s != "" {
		return s
	}
	return otherwise
}
