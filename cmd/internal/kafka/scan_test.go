package kafka

import (
	"slices"
	"sync"
	"testing"
	"time"

	"ualstream/schemas"
)

// scanned gives the keys of a scan in order, and what was read.
func scanned(t *testing.T, c *Cluster, s Scan) (found []string, parts []Stretch) {
	t.Helper()
	var mu sync.Mutex
	parts, err := c.Scan(within(t), s, func(partition int) func(schemas.Message) error {
		next := int64(-1)
		return func(m schemas.Message) error {
			if m.Partition != partition || m.Offset < next {
				t.Errorf("message %d/%d came to the function of partition %d after offset %d", m.Partition, m.Offset, partition, next)
			}
			next = m.Offset
			mu.Lock()
			defer mu.Unlock()
			found = append(found, string(m.Key))
			return nil
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(found)
	return found, parts
}

func TestAScanGivesAllPartitionsFromATimeToAnOffset(t *testing.T) {
	c := prepared(t)
	at := time.Now().Add(-time.Hour).Truncate(time.Millisecond)
	msgs := numbered(schemas.TopicEvents, 0, 300)
	for i := range msgs {
		msgs[i].Time = at.Add(time.Duration(i) * time.Second)
	}
	produce(t, c, msgs)
	all := keys(msgs)

	whole, parts := scanned(t, c, Scan{Topic: schemas.TopicEvents})
	if !slices.Equal(whole, all) || len(parts) != 3 {
		t.Errorf("%d messages of %d partitions, want 300 of 3", len(whole), len(parts))
	}
	if since, _ := scanned(t, c, Scan{Topic: schemas.TopicEvents, Since: at.Add(200 * time.Second)}); !slices.Equal(since, all[200:]) {
		t.Errorf("%d messages since, want 100", len(since))
	}
	if later, _ := scanned(t, c, Scan{Topic: schemas.TopicEvents, Since: at.Add(day)}); len(later) != 0 {
		t.Errorf("%d messages of the future", len(later))
	}
	until := map[int]int64{0: parts[0].To - 1, 2: parts[2].To + 100}
	want := parts[0].To - 1 + parts[2].To
	some, read := scanned(t, c, Scan{Topic: schemas.TopicEvents, Until: until})
	if int64(len(some)) != want || read[0].To != until[0] || read[1].To != 0 || read[2].To != parts[2].To {
		t.Errorf("%d messages up to %v, want %d: %v", len(some), until, want, read)
	}
}

const day = 24 * time.Hour

// What was committed by the time of the call has to be seen, although another transaction that began before is open.
func TestAScanWaitsForTransactionsThatAreOpen(t *testing.T) {
	c := prepared(t)
	first, second := began(t, c, "first"), began(t, c, "second")
	open(t, first, numbered(schemas.TopicEvents, 0, 30))
	open(t, second, numbered(schemas.TopicEvents, 100, 30))
	end(t, second, true)
	seen := newTally()
	done := make(chan error, 1)
	started := make(chan struct{}, 3)
	go func() {
		_, err := c.Scan(within(t), Scan{Topic: schemas.TopicEvents}, func(int) func(schemas.Message) error {
			started <- struct{}{}
			return func(m schemas.Message) error { seen.add(m); return nil }
		})
		done <- err
	}()
	for range 3 { // each partition's end is known by then
		<-started
	}
	end(t, first, false)
	if err := <-done; err != nil || seen.distinct() != 30 {
		t.Errorf("%d messages, want the 30 that are committed: %v", seen.distinct(), err)
	}
}

func TestPositionsAreWhereAGroupGoesOn(t *testing.T) {
	c := prepared(t)
	if at, err := c.Positions(within(t), "copy", schemas.TopicEvents); err != nil || len(at) != 0 {
		t.Fatalf("%v, %v", at, err)
	}
	produce(t, c, numbered(schemas.TopicEvents, 0, 60))
	seen := newTally()
	stop := start(t, c, copying(seen))
	seen.wait(t, 60)
	stop()
	_, parts := scanned(t, c, Scan{Topic: schemas.TopicEvents})
	at, err := c.Positions(within(t), "copy", schemas.TopicEvents)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range parts {
		if at[p.Partition] != p.To {
			t.Errorf("partition %d: %d, want %d", p.Partition, at[p.Partition], p.To)
		}
	}
}
