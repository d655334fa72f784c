package kafka

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"ualstream/schemas"
)

// disk is a partition's log whose bytes a test can change under the embedded broker, which answers fetches from it as
// Kafka does from its own: it trusts what its index says, and looks at no checksum.
type disk struct {
	mu      sync.Mutex
	topic   string
	batches [][]byte
	from    []int64 // where each begins, and at last where the log ends
	most    int     // batches in an answer to a fetch of a usual size
}

// onDisk has the broker answer fetches of partition 0 of the topic from batches of numbered messages.
func onDisk(t *testing.T, b *Broker, c *Cluster, topic schemas.Topic, batches int) *disk {
	t.Helper()
	d := &disk{topic: topic.Name(c.cfg.Prefix), most: 100}
	for i := range batches {
		sized, err := (&producer{}).batch(pointers(numbered(topic, i*perBatch, perBatch)), 0)
		if err != nil {
			t.Fatal(err)
		}
		batch := sized[4:]
		binary.BigEndian.PutUint64(batch, uint64(i*perBatch))
		d.batches, d.from = append(d.batches, batch), append(d.from, int64(i*perBatch))
	}
	end := int64(batches * perBatch)
	d.from = append(d.from, end)
	b.cluster.ControlKey(int16(kmsg.Fetch), func(req kmsg.Request) (kmsg.Response, error, bool) {
		b.cluster.KeepControl()
		ask := req.(*kmsg.FetchRequest)
		p := ask.Topics[0].Partitions[0]
		if ask.Topics[0].Topic != d.topic || p.Partition != 0 || p.FetchOffset >= end {
			return nil, nil, false
		}
		return d.answer(ask, p.FetchOffset), nil, true
	})
	return d
}

func (d *disk) answer(ask *kmsg.FetchRequest, offset int64) *kmsg.FetchResponse {
	d.mu.Lock()
	defer d.mu.Unlock()
	end, p0 := d.from[len(d.from)-1], ask.Topics[0].Partitions[0]
	p := kmsg.NewFetchResponseTopicPartition()
	p.HighWatermark, p.LastStableOffset = end, end
	n := 0
	for i, b := range d.batches {
		if offset < d.from[i+1] && (n < d.most || p0.PartitionMaxBytes > 1<<20) && b != nil && (n == 0 || len(p.RecordBatches)+len(b) <= int(p0.PartitionMaxBytes)) {
			p.RecordBatches = append(p.RecordBatches, b...)
			n++
		}
	}
	res := ask.ResponseKind().(*kmsg.FetchResponse)
	topic := kmsg.NewFetchResponseTopic()
	topic.Topic, topic.Partitions = d.topic, []kmsg.FetchResponseTopicPartition{p}
	res.Topics = append(res.Topics, topic)
	return res
}

// change replaces a batch and gives the old one.
func (d *disk) change(i int, to []byte) (was []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	was, d.batches[i] = d.batches[i], to
	return was
}

// sealed gives the batch the checksum that its bytes have.
func sealed(b []byte) []byte {
	binary.BigEndian.PutUint32(b[checksumAt:], crc32.Checksum(b[checkedFrom:], castagnoli))
	return b
}

// damages are what may be wrong with a batch.
var damages = map[string]func(b []byte) []byte{
	"a bit of a record":      func(b []byte) []byte { b[len(b)-5] ^= 8; return b },
	"a bit of its time":      func(b []byte) []byte { b[30] ^= 1; return b },
	"zeros":                  func(b []byte) []byte { clear(b); return b },
	"its size is too small":  func(b []byte) []byte { binary.BigEndian.PutUint32(b[8:], 60); return b },
	"its size is below zero": func(b []byte) []byte { b[8] |= 0x80; return b },
	"its size is too large":  func(b []byte) []byte { binary.BigEndian.PutUint32(b[8:], 1<<30); return b },
	"its offset is earlier":  func(b []byte) []byte { binary.BigEndian.PutUint64(b, 2); return b },
	"its offset is later":    func(b []byte) []byte { binary.BigEndian.PutUint64(b, 70); return b },
	"its offset is far":      func(b []byte) []byte { b[0] = 1; return b },
	"an old format":          func(b []byte) []byte { b[16] = 1; return b },
	"unknown compression":    func(b []byte) []byte { b[22] |= 7; return sealed(b) },
	"another compression":    func(b []byte) []byte { b[22] = b[22]&^7 | 4; return sealed(b) },
	"fewer records than said": func(b []byte) []byte {
		binary.BigEndian.PutUint32(b[23:], 10)
		binary.BigEndian.PutUint32(b[57:], 11)
		return sealed(b)
	},
	"more records than said":      func(b []byte) []byte { b[60]--; return sealed(b) },
	"a record count below zero":   func(b []byte) []byte { b[57] = 0xff; return sealed(b) },
	"a record count beyond sense": func(b []byte) []byte { b[23], b[57] = 0x7f, 0x7f; return sealed(b) },
}

const damagedBatch, perBatch = 4, 10

// worn gives a topic of nine batches of ten messages of which one is damaged.
func worn(t *testing.T, cfg Config, damage func([]byte) []byte) (*Broker, *Cluster, *disk) {
	t.Helper()
	b := embed(t, "")
	at := b.Config()
	at.Partitions, at.Logger, at.Damaged = 1, cfg.Logger, cfg.Damaged
	c := join(t, at)
	if err := c.Prepare(within(t)); err != nil {
		t.Fatal(err)
	}
	for i := range 9 {
		produce(t, c, numbered(schemas.TopicEvents, i*perBatch, perBatch))
	}
	d := onDisk(t, b, c, schemas.TopicEvents, 9)
	d.change(damagedBatch, damage(slices.Clone(d.batches[damagedBatch])))
	return b, c, d
}

func TestABatchThatCannotBeDecodedIsNeverPassedOver(t *testing.T) {
	for name, damage := range damages {
		for _, most := range []int{1, 100} {
			t.Run(fmt.Sprint(name, ", answers of ", most), func(t *testing.T) {
				t.Parallel()
				_, c, d := worn(t, Config{}, damage)
				d.most = most
				k := c.cursor(schemas.TopicEvents, 0, 3)
				var got []schemas.Message
				var err error
				for err == nil {
					var batch []schemas.Message
					batch, err = k.take(within(t))
					got = append(got, batch...)
				}
				found, ok := errors.AsType[*DamagedError](err)
				if !ok || found.Offset != damagedBatch*perBatch || k.Offset != found.Offset {
					t.Fatalf("error %v at %d, want that of offset %d", err, k.Offset, damagedBatch*perBatch)
				}
				if len(got) != damagedBatch*perBatch-3 || got[0].Offset != 3 || got[len(got)-1].Offset != found.Offset-1 {
					t.Errorf("%d messages before it, want all from offset 3 on", len(got))
				}
				if end, err := k.end(within(t)); err != nil || end != (damagedBatch+1)*perBatch {
					t.Errorf("it ends at %d, want %d (error: %v)", end, (damagedBatch+1)*perBatch, err)
				}
			})
		}
	}
}

// On the disk of a real broker, which sends what is there as it is. What it cannot read itself it answers with an error,
// and then it finds no batch behind that one in its segment either.
func TestABatchThatIsDamagedOnABrokersDiskIsNeverPassedOver(t *testing.T) {
	data := os.Getenv("KAFKA_DATA")
	if data == "" || os.Getenv("UALSTREAM_TEST_BROKERS") == "" {
		t.Skip("KAFKA_DATA and UALSTREAM_TEST_BROKERS are unset: no real Kafka whose files can be changed")
	}
	for name, damage := range damages {
		if name == "an old format" { // such a batch a broker sends, refuses, or keeps silent about, as it happens
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := join(t, Config{Brokers: strings.Split(os.Getenv("UALSTREAM_TEST_BROKERS"), ","), Partitions: 1})
			if err := c.Prepare(within(t)); err != nil {
				t.Fatal(err)
			}
			for i := range 9 {
				produce(t, c, numbered(schemas.TopicEvents, i*perBatch, perBatch))
			}
			path := filepath.Join(data, "log", schemas.TopicEvents.Name(c.cfg.Prefix)+"-0", "00000000000000000000.log")
			log, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			at, whole := 0, 0
			for range damagedBatch + 1 {
				at += whole
				whole = int(binary.BigEndian.Uint32(log[at+8:])) + 12
			}
			file, err := os.OpenFile(path, os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			if _, err := file.WriteAt(damage(slices.Clone(log[at:at+whole])), int64(at)); err != nil {
				t.Fatal(err)
			}
			k := c.cursor(schemas.TopicEvents, 0, 3)
			n := 0
			for err == nil {
				var batch []schemas.Message
				batch, err = k.take(within(t))
				n += len(batch)
			}
			if _, ok := errors.AsType[*DamagedError](err); !ok || n != damagedBatch*perBatch-3 || k.Offset != damagedBatch*perBatch {
				t.Fatalf("%d messages up to offset %d, then %v; want all before the batch", n, k.Offset, err)
			}
			end, endErr := k.end(within(t))
			t.Logf("%v; it ends at %d", err, end)
			if endErr != nil || end <= k.Offset || end > (damagedBatch+1)*perBatch && !unreadable(err) {
				t.Errorf("it ends at %d, want at most %d (error: %v)", end, (damagedBatch+1)*perBatch, endErr)
			}
			// What follows in the file the broker may read, or not, or not at once, and what is left of the batch may be told of by
			// itself: each offset is read or told of.
			read, told := 0, 0
			for k.Offset = end; k.Offset < 9*perBatch; {
				batch, err := k.take(within(t))
				read += len(batch)
				if err == nil {
					continue
				}
				if _, ok := errors.AsType[*DamagedError](err); !ok {
					t.Fatal(err)
				}
				next, err := k.end(within(t))
				if err != nil || next <= k.Offset {
					t.Fatalf("from %d on it goes on at %d (error: %v)", k.Offset, next, err)
				}
				told, k.Offset = told+int(next-k.Offset), next
			}
			if read+told != int(k.Offset-end) {
				t.Errorf("%d messages read and %d told of from offset %d to %d", read, told, end, k.Offset)
			}
		})
	}
}

// A stage waits at the batch, tells of it, and goes on when it is whole again: nothing is lost.
func TestAStageStopsAtADamagedBatchUntilItIsWhole(t *testing.T) {
	for _, guarantee := range []Guarantee{ExactlyOnce, AtLeastOnce} {
		t.Run(string(guarantee), func(t *testing.T) {
			t.Parallel()
			log := &lines{seen: make(chan string, 1000)}
			var whole []byte
			_, c, d := worn(t, Config{Logger: slog.New(slog.NewTextHandler(log, nil))}, func(b []byte) []byte {
				whole = slices.Clone(b)
				return damages["a bit of a record"](b)
			})
			c.cfg.Guarantee, c.outages.grace = guarantee, 0
			seen := newTally()
			start(t, c, copying(seen))
			seen.wait(t, damagedBatch*perBatch)
			topic := schemas.TopicEvents.Name(c.cfg.Prefix)
			log.await(t, topic+"/0 stops, retrying", "its checksum is", "--skip "+topic+"/0/40")
			until(t, "a partition that stands still", func() bool {
				s := c.Stopped()
				return len(s) == 1 && s[0].Topic == schemas.TopicEvents && s[0].Partition == 0
			})
			if seen.distinct() != damagedBatch*perBatch {
				t.Errorf("%d messages went on, want those before the batch", seen.distinct())
			}
			d.change(damagedBatch, whole)
			seen.wait(t, 90)
			if left := c.Stopped(); len(left) != 0 {
				t.Errorf("%v is still said to stand still", left)
			}
		})
	}
}

func TestADamagedBatchIsSteppedOverWhenToldSoAndNoOther(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	asked := map[Stretch]int{}
	decide := func(ctx context.Context, d Damage) (int64, error) {
		end, err := d.End(ctx)
		mu.Lock()
		defer mu.Unlock()
		asked[Stretch{d.Partition, d.Offset, end}]++
		if asked[Stretch{d.Partition, d.Offset, end}] == 1 {
			return 0, errors.New("not yet")
		}
		return end, err
	}
	_, c, d := worn(t, Config{Damaged: decide}, damages["zeros"])
	d.change(7, damages["an old format"](slices.Clone(d.batches[7])))
	seen := newTally()
	stop := start(t, c, copying(seen))
	seen.wait(t, 70)
	caughtUp(t, c, "copy")
	stop()
	if seen.distinct() != 70 || len(asked) != 2 || asked[Stretch{0, 40, 50}] == 0 || asked[Stretch{0, 70, 80}] == 0 {
		t.Errorf("%d messages, asked about %v; want 70, and the stretches from 40 and from 70", seen.distinct(), asked)
	}
	if m, err := c.At(within(t), schemas.TopicEvents, 0, 43); err != nil || m.Key != nil {
		t.Errorf("the message in the batch is %v, error %v; want none", m, err)
	}
}

// A segment's file is gone: the broker gives what follows on it as if nothing were missing.
func TestMessagesThatAreMissingInTheMiddleStopThePartition(t *testing.T) {
	t.Parallel()
	asked := make(chan Stretch, 10)
	decide := func(ctx context.Context, d Damage) (int64, error) {
		end, err := d.End(ctx)
		asked <- Stretch{d.Partition, d.Offset, end}
		if !strings.Contains(d.Err.Error(), "the offsets from 40 to 60 are missing") {
			t.Errorf("it is told as %v", d.Err)
		}
		return end, err
	}
	_, c, d := worn(t, Config{Damaged: decide}, slices.Clone[[]byte])
	d.change(damagedBatch, nil)
	d.change(damagedBatch+1, nil)
	seen := newTally()
	start(t, c, copying(seen))
	seen.wait(t, 70)
	if got, want := <-asked, (Stretch{0, 40, 60}); got != want || len(asked) > 0 {
		t.Errorf("asked about %v and %d more, want %v and no more", got, len(asked), want)
	}
}

// unreadable says that the broker could not read a batch itself.
func unreadable(err error) bool {
	d, ok := errors.AsType[*DamagedError](err)
	return ok && d.Unreadable()
}
