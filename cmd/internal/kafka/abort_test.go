package kafka

import (
	"fmt"
	"slices"
	"testing"

	"github.com/segmentio/kafka-go"

	"ualstream/schemas"
)

// began gives a producer that can write transactions.
func began(t testing.TB, c *Cluster, id string) *producer {
	t.Helper()
	p := &producer{c: c, name: c.cfg.Prefix + "." + id}
	renewed(t, p)
	return p
}

func renewed(t testing.TB, p *producer) {
	t.Helper()
	until(t, "producer id", func() bool { return p.renew(within(t)) == nil })
}

// open writes messages in a transaction and leaves it open. A new topic may need a moment until it takes any.
func open(t testing.TB, p *producer, msgs []schemas.Message) {
	t.Helper()
	until(t, "write in a transaction", func() bool {
		lanes, err := p.lanes(within(t), pointers(msgs))
		if err == nil {
			err = p.addPartitions(within(t), lanes)
		}
		if err == nil {
			_, err = p.write(within(t), lanes)
		}
		if err != nil {
			t.Log("again:", err)
			_ = p.end(within(t), false)
			renewed(t, p)
		}
		return err == nil
	})
}

func end(t testing.TB, p *producer, commit bool) {
	t.Helper()
	if err := p.end(within(t), commit); err != nil {
		t.Fatal(err)
	}
}

// settled waits until no transaction holds readers back.
func settled(t testing.TB, c *Cluster, topic schemas.Topic) {
	t.Helper()
	until(t, "end of all transactions", func() bool {
		stable, err := c.ends(within(t), topic, 0, 1, 2)
		if err != nil {
			t.Fatal(err)
		}
		high, err := c.offsets(within(t), topic, kafka.LastOffset, 0, 1, 2)
		if err != nil {
			t.Fatal(err)
		}
		return slices.Equal(stable, high)
	})
}

func keys(msgs []schemas.Message) (out []string) {
	for _, m := range msgs {
		out = append(out, string(m.Key))
	}
	slices.Sort(out)
	return out
}

// Two producers take turns, so that what was aborted lies between what was committed, of the same producer and of the
// other; plain messages lie in between.
func TestReadersSeeWhatWasCommittedAndNothingElse(t *testing.T) {
	c := prepared(t)
	a, b := began(t, c, "a"), began(t, c, "b")
	var want []string
	for round := range 12 {
		first, second := numbered(schemas.TopicEvents, 100*round, 9), numbered(schemas.TopicEvents, 100*round+10, 9)
		open(t, a, first)
		open(t, b, second)
		plain := numbered(schemas.TopicEvents, 100*round+20, 5)
		produce(t, c, plain)
		want = append(want, keys(plain)...)
		for _, one := range []struct {
			p      *producer
			msgs   []schemas.Message
			commit bool
		}{{b, second, round%2 == 0}, {a, first, round%3 == 0}} {
			end(t, one.p, one.commit)
			if one.commit {
				want = append(want, keys(one.msgs)...)
			} else {
				renewed(t, one.p)
			}
		}
	}
	settled(t, c, schemas.TopicEvents)
	slices.Sort(want)
	if got := keys(read(t, c, schemas.TopicEvents)); !slices.Equal(got, want) {
		t.Errorf("read %d messages, want %d: %v", len(got), len(want), got)
	}
}

// A fetch that ends with what was aborted, before the marker, and one that begins there.
func TestAbortedBatchesThatFillAFetchStayHidden(t *testing.T) {
	c := prepared(t)
	p := began(t, c, "large")
	var msgs []schemas.Message
	for i := range 24 {
		msgs = append(msgs, schemas.Message{Topic: schemas.TopicEvents, Key: fmt.Appendf(nil, "void-%d", i), Value: incompressible(400 << 10)})
	}
	open(t, p, msgs)
	end(t, p, false)
	produce(t, c, numbered(schemas.TopicEvents, 0, 30))
	settled(t, c, schemas.TopicEvents)
	if got := keys(read(t, c, schemas.TopicEvents)); len(got) != 30 || got[0] != "record-000000" {
		t.Errorf("read %d messages, want the 30 that were not aborted: %.200q", len(got), got)
	}
}

func TestReadingToTheEndDoesNotWaitForAnOpenTransaction(t *testing.T) {
	c := prepared(t)
	produce(t, c, numbered(schemas.TopicEvents, 0, 9))
	p := began(t, c, "open")
	open(t, p, numbered(schemas.TopicEvents, 10, 9))
	produce(t, c, numbered(schemas.TopicEvents, 20, 9))
	holds, err := c.Holds(within(t), schemas.TopicEvents)
	if hidden := holds[0].Hidden + holds[1].Hidden + holds[2].Hidden; err != nil || hidden < 9 {
		t.Errorf("%d messages are hidden, %v; want the transaction's 9 at least", hidden, err)
	}
	for _, k := range keys(read(t, c, schemas.TopicEvents)) {
		if k >= "record-000010" && k < "record-000020" {
			t.Errorf("read %s, which is not committed", k)
		}
	}
	end(t, p, true)
	settled(t, c, schemas.TopicEvents)
	if got := read(t, c, schemas.TopicEvents); len(got) != 27 {
		t.Errorf("read %d messages once all is committed, want 27", len(got))
	}
}

func TestReadEndsOnATransactionMarker(t *testing.T) {
	c := prepared(t)
	produce(t, c, numbered(schemas.TopicEvents, 0, 9))
	p := began(t, c, "markers")
	for _, commit := range []bool{true, false} {
		open(t, p, numbered(schemas.TopicEvents, 10, 30))
		end(t, p, commit)
		renewed(t, p)
	}
	settled(t, c, schemas.TopicEvents)
	ends, err := c.ends(within(t), schemas.TopicEvents, 0, 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	if total := ends[0] + ends[1] + ends[2]; total < 9+2*30+2*3 {
		t.Fatalf("the ends add up to %d: no marker was written, and the test shows nothing", total)
	}
	if got := read(t, c, schemas.TopicEvents); len(got) != 39 {
		t.Errorf("read %d messages, want 39", len(got))
	}
}
