package worker

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"ualstream/cmd/internal/kafka"
	"ualstream/schemas"
)

// consumed knows of which partitions the stages have committed offsets, as the ledger says. Kafka forgets a group's
// offsets when none of its members has been there for a while, and a group without an offset begins at the beginning.
type consumed struct {
	mu      sync.Mutex
	byStage map[string]map[int]bool
}

func (c *consumed) note(stage string, partitions []int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byStage == nil {
		c.byStage = map[string]map[int]bool{}
	}
	if c.byStage[stage] == nil {
		c.byStage[stage] = map[int]bool{}
	}
	for _, p := range partitions {
		c.byStage[stage][p] = true
	}
}

// partitions gives those of a stage, in order.
func (c *consumed) partitions(stage string) []int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Sorted(maps.Keys(c.byStage[stage]))
}

// noteConsumed writes to the ledger of which partitions a stage has committed offsets, where that is news.
func (w *Worker) noteConsumed(ctx context.Context, stage string, t schemas.Topic) error {
	committed, err := w.cluster.Committed(ctx, stage, t)
	if err != nil {
		return err
	}
	known := w.consumed.partitions(stage)
	all := slices.Compact(slices.Sorted(slices.Values(slices.AppendSeq(slices.Clone(known), maps.Keys(committed)))))
	if len(all) == len(known) {
		return nil
	}
	if err := w.record(ctx, schemas.Consumed{Stage: stage, Partitions: all, At: time.Now().UTC()}); err != nil {
		return err
	}
	w.consumed.note(stage, all)
	return nil
}

// begun gives what refuses a stage a partition that it has read before, and of which its group has no offset any more.
func (w *Worker) begun(stage string, t schemas.Topic) func(context.Context, int, int64) error {
	return func(ctx context.Context, partition int, committed int64) error {
		if committed >= 0 || !slices.Contains(w.consumed.partitions(stage), partition) {
			return nil
		}
		there, err := w.cluster.Committed(ctx, stage, t)
		if err != nil {
			return err
		}
		gone := slices.DeleteFunc(w.consumed.partitions(stage), func(p int) bool { _, ok := there[p]; return ok })
		written, err := w.newest(ctx, produces[stage])
		if err != nil {
			return err
		}
		return w.forgotten(stage, t, gone, written)
	}
}

// produces says where the stages write whose offsets count.
var produces = map[string][]schemas.Topic{
	StageNormalize: {schemas.TopicEvents, schemas.TopicRejects},
	StageDetect:    {schemas.TopicThreats},
	StageCorrelate: {schemas.TopicThreats},
}

// newest gives the newest Kafka timestamp among the last messages of topics; zero for none.
func (w *Worker) newest(ctx context.Context, topics []schemas.Topic) (at time.Time, err error) {
	for _, t := range topics {
		err = w.cluster.Read(ctx, kafka.Read{Topic: t, From: kafka.Earliest().Newest(10)}, func(m schemas.Message) error {
			if m.Time.After(at) {
				at = m.Time
			}
			return nil
		})
		if err != nil {
			return at, err
		}
	}
	return at, nil
}

// margin is how far one partition of a stage may be behind another that is taken to say how far the stage came.
const margin = time.Hour

// resetTime is how kafka-consumer-groups.sh takes a time.
const resetTime = "2006-01-02T15:04:05.000Z"

// reset gives the command that sets where a stage goes on in a partition. Kafka does that for a group without members only.
func (w *Worker) reset(stage string, t schemas.Topic, partitions []int, to string) string {
	return fmt.Sprintf("kafka-consumer-groups.sh --bootstrap-server %s --group %s.%s --topic %s:%s --reset-offsets %s --execute",
		strings.Join(w.options.Kafka.Brokers, ","), w.prefix(), stage, t.Name(w.prefix()), commas(partitions), to)
}

func commas(partitions []int) string {
	text := make([]string, len(partitions))
	for i, p := range partitions {
		text[i] = strconv.Itoa(p)
	}
	return strings.Join(text, ",")
}

func (w *Worker) forgotten(stage string, t schemas.Topic, partitions []int, written time.Time) error {
	to, why := "--to-earliest", "it has written nothing"
	if !written.IsZero() {
		to = "--to-datetime " + written.Add(-margin).UTC().Format(resetTime)
		why = fmt.Sprintf("%s before the newest message that it has written: what it wrote since then is written again, and a later time may pass some over", margin)
	}
	return fmt.Errorf("group %s.%s has no offset of partition %s of %s any more, and the ledger says that it had: it was deleted, or has expired "+
		"(the brokers' offsets.retention.minutes, after the last member left). To begin at the beginning would write all that is there a second time. "+
		"End every worker with this stage, say where it goes on, and start them again: %s (%s; --to-earliest where the topic was made anew)",
		w.prefix(), stage, commas(partitions), t.Name(w.prefix()), w.reset(stage, t, partitions, to), why)
}
