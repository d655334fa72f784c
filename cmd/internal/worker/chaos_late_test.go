package worker_test

import (
	"bytes"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// late is an EndTxn request that the network holds back: whoever sent it hears that the connection broke. It arrives
// when its sender has gone on, in the middle of a transaction under the same transactional.id.
type late struct {
	wanted bool
	of     string // as in freeze
	conn   *wireConn
	frame  []byte
	id     string // the transactional.id
}

// delays says whether the request is held back. It is then never written.
func (w *wire) delays(c *wireConn, request []byte) bool {
	var end kmsg.EndTxnRequest
	if !readRequest(request, &end) || !end.Commit {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.late.wanted || !bytes.Contains(request, []byte(w.late.of)) {
		return false
	}
	w.late = late{conn: c, frame: bytes.Clone(request), id: end.TransactionalID}
	c.delayed = true
	return true
}

// arrives lets the request that was held back arrive, if this commit is of its sender's next transaction, and returns
// when Kafka has answered it.
func (w *wire) arrives(commit *kmsg.TxnOffsetCommitRequest) {
	w.mu.Lock()
	l := w.late
	due := commit != nil && l.conn != nil && l.id == commit.TransactionalID
	if due {
		w.late = late{}
	}
	w.mu.Unlock()
	if !due {
		return
	}
	_ = l.conn.SetDeadline(time.Now().Add(chaosSession / 2))
	_, err := l.conn.Conn.Write(l.frame)
	if err == nil {
		_, err = l.conn.Conn.Read(make([]byte, 256))
	}
	_ = l.conn.Conn.Close()
	if err == nil {
		w.told("late", l.id)
	}
}
