package schemas

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/tidwall/gjson"
)

// Raw is one record as received, with where it came from.
type Raw struct {
	Tenant         string    // tenant ID that it was fetched for; "" when read from a file
	Source         string    // content type, e.g. Audit.Exchange
	ContentID      string    // the blob that held it
	ContentCreated time.Time // when Microsoft offered the blob
	Received       time.Time // when we received it
	Body           []byte    // the record, byte for byte
}

// LogValue reveals the identifiers and never the body, which is personal data.
func (r Raw) LogValue() slog.Value {
	return slog.GroupValue(slog.String("tenant", r.Tenant), slog.String("source", r.Source),
		slog.String("blob", r.ContentID), slog.String("record", r.Key()), slog.Int("bytes", len(r.Body)))
}

// Key identifies the record within its tenant: its Id, or "x:" and the SHA-256 of the bytes where they are no
// JSON object with an Id.
func (r Raw) Key() string {
	if id, err := RecordID(r.Body); err == nil {
		return id
	}
	sum := sha256.Sum256(r.Body)
	return "x:" + hex.EncodeToString(sum[:])
}

// Message gives the record as it is written to the raw topic.
func (r Raw) Message() Message {
	m := Message{Topic: TopicRaw, Key: []byte(r.Key()), Value: r.Body, Time: r.Received}
	m.SetHeader(HeaderTenant, r.Tenant)
	m.SetHeader(HeaderSource, r.Source)
	m.SetHeader(HeaderContentID, r.ContentID)
	m.SetHeader(HeaderContentCreated, FormatTime(r.ContentCreated))
	m.SetHeader(HeaderReceived, FormatTime(r.Received))
	return m
}

// RawOf reads a message of the raw topic.
func RawOf(m Message) Raw {
	return Raw{
		Tenant: m.Header(HeaderTenant), Source: m.Header(HeaderSource), ContentID: m.Header(HeaderContentID),
		ContentCreated: ParseTime(m.Header(HeaderContentCreated)), Received: ParseTime(m.Header(HeaderReceived)),
		Body: m.Value,
	}
}

// Why a record cannot be read.
var (
	ErrNotJSON   = errors.New("not valid JSON")
	ErrTooDeep   = errors.New("nested too deep: more than 512 levels")
	ErrNotObject = errors.New("not a JSON object")
	ErrNoID      = errors.New("no Id: the record's Id must be a string of 1 to 512 bytes")
)

// MaxDepth is how deep a record may be nested: checking JSON recurses, and a hostile record must not exhaust
// the stack.
const MaxDepth = 512

// MaxID is how long a record's Id may be, in bytes. Ids are GUIDs and a few forms about as long; a longer one
// would fit neither a key nor a header.
const MaxID = 512

// RecordID gives the Id of a record, or why the bytes are not a record. The Id is UTF-8: bytes that are none become
// U+FFFD, as a half of a surrogate pair does.
func RecordID(body []byte) (string, error) {
	if err := checkObject(body, MaxDepth); err != nil {
		return "", err
	}
	id := gjson.GetBytes(body, "Id")
	text := strings.ToValidUTF8(id.Str, "\uFFFD")
	if id.Type != gjson.String || text == "" || len(text) > MaxID {
		return "", ErrNoID
	}
	return text, nil
}

// CheckEvent says why the bytes are not an event or finding: not valid JSON, not an object, or nested deeper
// than one can be, which holds records and parts of them a few levels down.
func CheckEvent(value []byte) error { return checkObject(value, MaxDepth+16) }

func checkObject(b []byte, levels int) error {
	if depth(b, levels) > levels {
		return ErrTooDeep
	}
	if !gjson.ValidBytes(b) {
		return ErrNotJSON
	}
	if b = bytes.TrimLeft(b, " \t\r\n"); b[0] != '{' {
		return ErrNotObject
	}
	return nil
}

// depth gives how deep brackets nest outside strings, stopping just beyond limit. Where there are no more
// opening brackets than that at all it gives their number and looks no closer.
func depth(b []byte, limit int) int {
	if n := bytes.Count(b, []byte{'{'}) + bytes.Count(b, []byte{'['}); n <= limit {
		return n
	}
	deepest, now, quoted := 0, 0, false
	for i := 0; i < len(b) && deepest <= limit; i++ {
		switch c := b[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			now++
			deepest = max(deepest, now)
		case c == '}' || c == ']':
			now--
		}
	}
	return deepest
}
