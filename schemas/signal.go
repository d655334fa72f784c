package schemas

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// SignalsVersion is the version of the values of the signals topic that this program writes, and the highest it reads.
const SignalsVersion = 1

// The kinds of values of the signals topic.
const (
	kindSignal = "signal"
	kindFired  = "fired"
	kindRules  = "rules"
)

// Signal is a value of the signals topic: one thing that a correlation counts, a hit of a rule on an event or a firing
// of another correlation.
type Signal struct {
	// Key is the message's key: tenant, correlation and a hash of the group without case. All that concerns a group is
	// in one partition, and in order.
	Key         []byte    `json:"-"`
	V           int       `json:"v"`
	Kind        string    `json:"kind"` // signal
	Tenant      string    `json:"tenant"`
	Correlation string    `json:"correlation"` // its id, or else its name or title
	Shape       string    `json:"shape"`       // of the correlation's definition; for one of another shape it means nothing
	Group       []string  `json:"group"`       // values of group-by, as the event has them
	Time        time.Time `json:"time"`        // of the event
	Ref         string    `json:"ref"`         // the event's uid, or the finding's of a firing
	Input       int       `json:"input"`       // which of the correlation's rules it is a hit of, from 0
	Values      []string  `json:"values,omitempty"`
	Carry       []string  `json:"carry,omitempty"` // values that correlations of this correlation ask for
	Event       Scene     `json:"event"`
}

// Scene is what a finding tells of an event that a correlation counted. What is not known is empty.
type Scene struct {
	Operation string `json:"operation,omitempty"`
	TypeUID   int64  `json:"type_uid"` // OCSF
	Actor     string `json:"actor,omitempty"`
	Mailbox   string `json:"mailbox,omitempty"`
	Address   string `json:"address,omitempty"`
}

// Message gives the signal as it is written; received is when the record was received.
func (s Signal) Message(received time.Time) (Message, error) {
	s.V, s.Kind = SignalsVersion, kindSignal
	m, err := signalsMessage(s.Key, received, s)
	m.SetHeader(HeaderTenant, s.Tenant)
	m.SetHeader(HeaderTime, FormatTime(s.Time))
	return m, err
}

// Fired is a value of the signals topic: a correlation fired, or told of an update, up to a place in the partition. It
// has the key of the signals that it comes from, and was committed with the finding.
type Fired struct {
	Key         []byte    `json:"-"`
	V           int       `json:"v"`
	Kind        string    `json:"kind"` // fired
	UID         string    `json:"uid"`  // finding_info.uid
	Tenant      string    `json:"tenant"`
	Correlation string    `json:"correlation"`
	Shape       string    `json:"shape"`
	Group       []string  `json:"group"`
	Ref         string    `json:"ref"`    // of the signal that first completed it
	First       time.Time `json:"first"`  // of its events
	Last        time.Time `json:"last"`   // of its events
	Until       time.Time `json:"until"`  // event time up to which hits still belong to it
	Count       int       `json:"count"`  // hits so far
	Later       int       `json:"later"`  // of these, those after it fired
	Update      int       `json:"update"` // number of the newest update; 0 for none
	Offset      int64     `json:"offset"` // of the signal that made it fire, or made the update
	Received    time.Time `json:"-"`      // when the record of that signal was received: the message's time
}

// Message gives the entry as it is written.
func (f Fired) Message() (Message, error) {
	f.V, f.Kind = SignalsVersion, kindFired
	return signalsMessage(f.Key, f.Received, f)
}

// RuleSet is a value of the signals topic: a worker detects with these rules.
type RuleSet struct {
	V     int       `json:"v"`
	Kind  string    `json:"kind"`  // rules
	Hash  string    `json:"hash"`  // of the rules
	Since time.Time `json:"since"` // when they took the place of others: of several the latest count
	At    time.Time `json:"at"`    // when this was written
	// Leaves says that a worker with them ends. Others that have them say at once that they live.
	Leaves bool `json:"leaves,omitempty"`
}

// RuleSetKey is the key of all RuleSet entries: they are in one partition.
func RuleSetKey() []byte { return []byte(kindRules) }

// Message gives the entry as it is written.
func (r RuleSet) Message() (Message, error) {
	r.V, r.Kind = SignalsVersion, kindRules
	return signalsMessage(RuleSetKey(), r.At, r)
}

func signalsMessage(key []byte, at time.Time, value any) (Message, error) {
	v, err := json.Marshal(value)
	if err != nil {
		return Message{}, fmt.Errorf("encode signal %s: %w", key, err)
	}
	return Message{Topic: TopicSignals, Key: key, Value: v, Time: at}, nil
}

// signalsVersioned is how a value begins that this program has written.
var signalsVersioned = fmt.Appendf(nil, `{"v":%d,`, SignalsVersion)

// SignalsEntry reads a message of the signals topic: a Signal, a Fired or a RuleSet; nil for a kind that this program
// does not know. An error other than a *VersionError says that it is damaged.
func SignalsEntry(m Message) (any, error) {
	if !bytes.HasPrefix(m.Value, signalsVersioned) {
		if err := checkVersion(m, SignalsVersion); err != nil {
			return nil, fmt.Errorf("signal %w", err)
		}
	}
	var head struct{ Kind string }
	err := json.Unmarshal(m.Value, &head)
	if err != nil {
		return nil, signalsError(m, err)
	}
	var entry any
	switch head.Kind {
	case kindSignal:
		s := Signal{Key: m.Key}
		err = json.Unmarshal(m.Value, &s)
		entry = s
	case kindFired:
		f := Fired{Key: m.Key, Received: m.Time}
		err = json.Unmarshal(m.Value, &f)
		entry = f
	case kindRules:
		var r RuleSet
		err = json.Unmarshal(m.Value, &r)
		entry = r
	}
	if err != nil {
		return nil, signalsError(m, err)
	}
	return entry, nil
}

func signalsError(m Message, err error) error {
	return fmt.Errorf("signal %q at %d/%d: %w", m.Key, m.Partition, m.Offset, err)
}
