package ingest

import (
	"context"
	"errors"
	"hash/fnv"
	"slices"
	"sync"
	"testing"
	"time"

	"ualstream/schemas"
)

// sink keeps what it has acknowledged, the way Kafka would: raw messages in partitions, and the ledger.
type sink struct {
	mu      sync.Mutex
	changed chan struct{} // closed and replaced at each change
	raw     []schemas.Message
	rejects []schemas.Message
	topic   []schemas.Blob // the ledger's
	ledger  []schemas.Blob // what of it is about settled blobs
	next    map[int]int64

	// before is called for each batch before it is acknowledged; its error is Store's.
	before func(ctx context.Context, batch []schemas.Message) error
	// beforeLedger is the same for Remember.
	beforeLedger func(schemas.Blob) error
}

const partitions = 3

func newSink() *sink { return &sink{changed: make(chan struct{}), next: map[int]int64{}} }

func (s *sink) Store(ctx context.Context, batch []schemas.Message) (map[int]int64, error) {
	if s.before != nil {
		if err := s.before(ctx, batch); err != nil {
			return nil, err
		}
	}
	if len(batch) == 0 {
		return nil, errors.New("nothing to store")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	last := map[int]int64{}
	for _, m := range batch {
		if m.Topic == schemas.TopicRejects {
			s.rejects = append(s.rejects, m)
			continue
		}
		h := fnv.New32()
		_, _ = h.Write(m.Key)
		m.Partition = int(h.Sum32() % partitions)
		m.Offset = s.next[m.Partition]
		s.next[m.Partition]++
		last[m.Partition] = m.Offset
		s.raw = append(s.raw, m)
	}
	s.notify()
	return last, nil
}

func (s *sink) Remember(_ context.Context, entry schemas.Blob) error {
	if s.beforeLedger != nil {
		if err := s.beforeLedger(entry); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.topic = append(s.topic, entry)
	if entry.State != schemas.BlobListed {
		s.ledger = append(s.ledger, entry)
	}
	s.notify()
	return nil
}

func (s *sink) notify() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// until waits until the condition holds; it is asked after each acknowledgement.
func (s *sink) until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		s.mu.Lock()
		ok, changed := holds(), s.changed
		s.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

// entry gives the newest ledger entry of a settled blob; the caller holds the lock or the collector has ended.
func (s *sink) entry(blob string) schemas.Blob {
	for _, e := range slices.Backward(s.ledger) {
		if e.ContentID == blob {
			return e
		}
	}
	return schemas.Blob{}
}

// settled says whether the ledger has the blobs as stored or lost.
func (s *sink) settled(blobs ...string) func() bool {
	return func() bool {
		for _, b := range blobs {
			if s.entry(b).State == "" {
				return false
			}
		}
		return true
	}
}

// keys gives the keys in the raw topic.
func (s *sink) keys() (keys []string) {
	for _, m := range s.raw {
		keys = append(keys, string(m.Key))
	}
	return keys
}

// replay gives what a process that starts anew reads from the ledger topic.
func (s *sink) replay(t *testing.T) *Ledger {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	l := NewLedger()
	for _, e := range s.topic {
		m, err := e.Message()
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Take(m); err != nil {
			t.Fatal(err)
		}
	}
	return l
}
