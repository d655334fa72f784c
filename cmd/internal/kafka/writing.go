package kafka

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	wire "github.com/segmentio/kafka-go/protocol/produce"
	"github.com/segmentio/kafka-go/protocol/rawproduce"
	"golang.org/x/sync/errgroup"

	"ualstream/schemas"
)

// requestBytes is how much goes into one request, before compression; a batch that is larger goes alone.
const requestBytes = 16 << 20

// strand is what is still to be written to a partition.
type strand struct {
	laneKey
	msgs []*schemas.Message
	most int // messages in a batch
	n    int // messages in the batch under way
}

// write returns once all in-sync replicas have the messages, and gives those that are larger than their topic accepts,
// which are not written. One request is under way to each broker, with a batch of each of its partitions: before it
// takes a producer's first records a broker asks whether they are part of a transaction, and a request for which it
// has to do so while it still asks for another one of that producer makes it refuse the other, each time anew.
func (p *producer) write(ctx context.Context, lanes map[laneKey][]*schemas.Message) (tooLarge []*schemas.Message, err error) {
	brokers, err := p.byLeader(ctx, lanes)
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex
	writing, within := errgroup.WithContext(ctx)
	for _, strands := range brokers {
		writing.Go(func() error {
			refused, err := p.writeTo(within, strands)
			mu.Lock()
			defer mu.Unlock()
			tooLarge = append(tooLarge, refused...)
			return err
		})
	}
	err = writing.Wait()
	return tooLarge, err
}

// byLeader gives what is to be written to each broker.
func (p *producer) byLeader(ctx context.Context, lanes map[laneKey][]*schemas.Message) (map[int][]*strand, error) {
	topics := map[string]bool{}
	for key := range lanes {
		topics[key.topic.Name(p.c.cfg.Prefix)] = true
	}
	found, err := p.c.client.Metadata(ctx, &kafka.MetadataRequest{Topics: slices.Collect(maps.Keys(topics))}) // kafka-go has it in memory
	if err != nil {
		return nil, withoutCall(err)
	}
	leaders := map[string]map[int]int{}
	for _, t := range found.Topics {
		leaders[t.Name] = map[int]int{}
		for _, partition := range t.Partitions {
			leaders[t.Name][partition.ID] = partition.Leader.ID
		}
	}
	brokers := map[int][]*strand{}
	for key, msgs := range lanes {
		leader, ok := leaders[key.topic.Name(p.c.cfg.Prefix)][key.partition]
		if !ok || leader < 0 {
			return nil, fmt.Errorf("write to %s/%d: %w", key.topic.Name(p.c.cfg.Prefix), key.partition, kafka.LeaderNotAvailable)
		}
		brokers[leader] = append(brokers[leader], &strand{laneKey: key, msgs: msgs, most: len(msgs)})
	}
	return brokers, nil
}

// writeTo writes to one broker, request by request. What is refused for its size takes no sequence numbers; it is
// written in smaller batches, or given back where it is one message.
func (p *producer) writeTo(ctx context.Context, strands []*strand) (tooLarge []*schemas.Message, err error) {
	for len(strands) > 0 {
		refused, err := p.produce(ctx, fitting(strands))
		if err != nil {
			return nil, err
		}
		for _, s := range refused {
			if s.n > 1 {
				s.most = s.n / 2
				continue
			}
			tooLarge = append(tooLarge, s.msgs[0])
			s.msgs = s.msgs[1:]
		}
		strands = slices.DeleteFunc(strands, func(s *strand) bool { return len(s.msgs) == 0 })
	}
	return tooLarge, nil
}

// fitting gives the strands that the next request has a batch of.
func fitting(strands []*strand) []*strand {
	sum := 0
	for i, s := range strands {
		size := s.fit()
		if sum += size; i > 0 && sum > requestBytes {
			return strands[:i]
		}
	}
	return strands
}

// fit chooses the next batch, and gives its size.
func (s *strand) fit() int {
	size := 0
	for s.n = 0; s.n < min(len(s.msgs), s.most); s.n++ {
		more := messageSize(s.msgs[s.n])
		if s.n > 0 && size+more > batchBytes {
			break
		}
		size += more
	}
	return size
}

// produce makes one attempt to write a batch of each strand, and takes what is written off the strands. There is no
// second attempt: whether one of which no answer came has been written is for the next transaction to find out.
func (p *producer) produce(ctx context.Context, strands []*strand) (tooLarge []*strand, err error) {
	if len(strands) == 1 && strands[0].n == 1 && messageSize(strands[0].msgs[0]) > largestMessage {
		return strands, nil
	}
	req, err := p.request(strands)
	if err != nil {
		return nil, err
	}
	within, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	answer, err := p.c.transport.RoundTrip(within, p.c.addr, req)
	if err != nil {
		return nil, fmt.Errorf("write: %w", err)
	}
	outcomes := outcomesOf(answer)
	for _, s := range strands {
		name := s.topic.Name(p.c.cfg.Prefix)
		outcome, ok := outcomes[name][int32(s.partition)]
		switch {
		case !ok:
			return nil, fmt.Errorf("write to %s/%d: the answer does not say what became of it", name, s.partition)
		case outcome == nil:
			*p.sequences[s.laneKey] = (*p.sequences[s.laneKey] + int32(s.n)) & 0x7fffffff // the broker counts on from 0
			s.msgs = s.msgs[s.n:]
		case isTooLarge(outcome):
			tooLarge = append(tooLarge, s)
		default:
			return nil, fmt.Errorf("write to %s/%d: %w", name, s.partition, outcome)
		}
	}
	return tooLarge, nil
}

func (p *producer) request(strands []*strand) (*rawproduce.Request, error) {
	topics := map[schemas.Topic][]rawproduce.RequestPartition{}
	for _, s := range strands {
		batch, err := p.batch(s.msgs[:s.n], *p.sequences[s.laneKey])
		if err != nil {
			return nil, err
		}
		topics[s.topic] = append(topics[s.topic], rawproduce.RequestPartition{
			Partition: int32(s.partition), RecordSet: protocol.RawRecordSet{Reader: bytes.NewReader(batch)},
		})
	}
	req := &rawproduce.Request{TransactionalID: p.id, Acks: int16(kafka.RequireAll), Timeout: int32(requestTimeout.Milliseconds())}
	for topic, partitions := range topics {
		req.Topics = append(req.Topics, rawproduce.RequestTopic{Topic: topic.Name(p.c.cfg.Prefix), Partitions: partitions})
	}
	return req, nil
}

// outcomesOf gives what the answer says of each partition, by topic.
func outcomesOf(answer protocol.Message) map[string]map[int32]error {
	outcomes := map[string]map[int32]error{}
	res, ok := answer.(*wire.Response)
	if !ok {
		return outcomes
	}
	for _, t := range res.Topics {
		outcomes[t.Topic] = map[int32]error{}
		for _, p := range t.Partitions {
			err := failure(p.ErrorCode)
			if err != nil && p.ErrorMessage != "" {
				err = fmt.Errorf("%w: %s", err, p.ErrorMessage)
			}
			outcomes[t.Topic][p.Partition] = err
		}
	}
	return outcomes
}
