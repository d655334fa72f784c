package worker_test

import (
	"encoding/binary"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// stale is an offset's commit before which the process stopped. Once its session is over, Kafka must not take it.
type stale struct {
	order  string
	commit *kmsg.TxnOffsetCommitRequest // nil for none
}

// taken is told of an offset's commit that Kafka has taken. One that names another generation than the one before which
// the process stopped is of a later one.
func (w *wire) taken(c *kmsg.TxnOffsetCommitRequest) {
	of := w.stale.commit
	if of != nil && c.TransactionalID == of.TransactionalID && c.Generation == of.Generation {
		w.told("stale "+w.stale.order, c.TransactionalID)
	}
}

// commitOf reads a TxnOffsetCommit request, and gives nil for anything else.
func commitOf(request []byte) *kmsg.TxnOffsetCommitRequest {
	var c kmsg.TxnOffsetCommitRequest
	if !readRequest(request, &c) {
		return nil
	}
	return &c
}

// readRequest reads a request, and says whether it is one of that kind.
func readRequest(request []byte, into kmsg.Request) bool {
	const client = 4 + 2 + 2 + 4
	if len(request) < client+2 || int16(binary.BigEndian.Uint16(request[4:])) != into.Key() {
		return false
	}
	into.SetVersion(int16(binary.BigEndian.Uint16(request[6:])))
	body := client + 2 + int(binary.BigEndian.Uint16(request[client:]))
	if into.IsFlexible() {
		body++ // no tags
	}
	return len(request) >= body && into.ReadFrom(request[body:]) == nil
}

// takes says whether an answer to the request is that Kafka has taken it.
func takes(c *kmsg.TxnOffsetCommitRequest, answer []byte) bool {
	const body = 4 + 4 + 1 // and no tags
	res := c.ResponseKind().(*kmsg.TxnOffsetCommitResponse)
	if len(answer) < body || res.ReadFrom(answer[body:]) != nil {
		return false
	}
	for _, t := range res.Topics {
		for _, p := range t.Partitions {
			if p.ErrorCode != 0 {
				return false
			}
		}
	}
	return len(res.Topics) > 0
}
