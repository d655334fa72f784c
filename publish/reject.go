package publish

import (
	"crypto/sha256"
	"fmt"

	"ualstream/schemas"
)

// keptOfTooLarge is how much of a value that is too large for the topic is kept.
const keptOfTooLarge = 64 << 10

// overhead is what a message's key, headers and batch may add to its value.
const overhead = 64 << 10

// Reject gives the message of the rejects topic for a message that a stage could not read: its key, its bytes
// and its headers, with the stage and the reason. A value that is too large for the topic is cut to its first
// 64 KiB; then the reason ends with its length and SHA-256.
func Reject(from schemas.Message, stage string, reason error) schemas.Message {
	m := schemas.Message{Topic: schemas.TopicRejects, Key: from.Key, Value: from.Value, Time: from.Time}
	m.Headers = append(make([]schemas.Header, 0, len(from.Headers)+2), from.Headers...)
	text := clean(reason.Error())
	if len(m.Value) > schemas.TopicRejects.Settings().MaxMessageBytes-overhead {
		text = fmt.Sprintf("%s; first %d bytes of %d, SHA-256 %x", text, keptOfTooLarge, len(m.Value), sha256.Sum256(m.Value))
		m.Value = m.Value[:keptOfTooLarge:keptOfTooLarge]
	}
	m.SetHeader(schemas.HeaderReason, text)
	m.SetHeader(schemas.HeaderStage, stage)
	return m
}
