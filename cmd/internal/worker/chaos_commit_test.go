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
	const client = 4 + 2 + 2 + 4
	if len(request) < client+2 || binary.BigEndian.Uint16(request[4:]) != reqTxnCommit {
		return nil
	}
	var c kmsg.TxnOffsetCommitRequest
	c.SetVersion(int16(binary.BigEndian.Uint16(request[6:])))
	body := client + 2 + int(binary.BigEndian.Uint16(request[client:])) + 1 // no tags
	if !c.IsFlexible() || len(request) < body || c.ReadFrom(request[body:]) != nil {
		return nil
	}
	return &c
}

// takes says whether an answer to the request is that Kafka has taken it.
func takes(c *kmsg.TxnOffsetCommitRequest, answer []byte) bool {
	const body = 4 + 4 + 1
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
