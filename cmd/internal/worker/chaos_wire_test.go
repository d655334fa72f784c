package worker_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// Requests of Kafka's protocol that a test may want to meet, by their keys.
const (
	reqProduce       = 0
	reqAddPartitions = 24
	reqEndTxn        = 26
	reqTxnCommit     = 28
)

// wire is the network between this process and Kafka. It can be cut, and it can stop the whole process at a certain
// request.
type wire struct {
	mu      sync.Mutex
	changed *sync.Cond
	conns   map[*wireConn]bool
	cut     bool // nothing gets through, and connections break
	mute    bool // requests get through, and answers do not
	holding bool // no EndTxn gets through for now
	freeze  *freeze
	lose    loss
	stale   stale
	late    late
	told    func(what, id string) // told just before the process stops, and of what it does then
}

// loss is answers that are still to be lost.
type loss struct {
	key  uint16
	of   string // as in freeze
	left int
}

// freeze says at which request the process stops, and on which side of it.
type freeze struct {
	order string // its name
	key   uint16
	sent  bool   // it stops when the request is on its way
	of    string // what the request has to hold: a transactional.id, or a topic; "" for anything
	stall bool   // the request alone stops, for good, and everything else goes on
}

// name is what it is called when it happens.
func (f *freeze) name() string {
	if f.stall {
		return "stalled " + f.order
	}
	return "frozen " + f.order
}

func newWire(told func(what, id string)) *wire {
	w := &wire{conns: map[*wireConn]bool{}, told: told}
	w.changed = sync.NewCond(&w.mu)
	return w
}

// dial is kafka.Config's.
func (w *wire) dial(ctx context.Context, network, address string) (net.Conn, error) {
	w.mu.Lock()
	cut := w.cut
	w.mu.Unlock()
	if cut {
		return nil, errors.New("the network is cut")
	}
	conn, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	c := &wireConn{Conn: conn, w: w}
	w.set(func() { w.conns[c] = true })
	return c, nil
}

// set changes what the wire does.
func (w *wire) set(change func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change()
	w.changed.Broadcast()
}

// sever breaks all connections.
func (w *wire) sever() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.conns {
		_ = c.Conn.Close()
	}
}

// held waits until no EndTxn is under way. None begins while they are held.
func (w *wire) held() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.ending() {
		w.changed.Wait()
	}
}

func (w *wire) ending() bool {
	for c := range w.conns {
		if c.ending {
			return true
		}
	}
	return false
}

// meet stops the process if it is to stop at this request, on this side of it.
func (w *wire) meet(key uint16, request []byte, commit *kmsg.TxnOffsetCommitRequest, sent bool) {
	w.mu.Lock()
	at, id := w.freeze, ""
	if commit != nil {
		id = commit.TransactionalID
	}
	meets := at != nil && at.key == key && at.sent == sent && bytes.Contains(request, []byte(at.of))
	if meets {
		w.freeze, w.stale = nil, stale{at.order, commit}
		w.told(at.name(), id) // before anybody can hear that it does not stop any more
	}
	w.mu.Unlock()
	switch {
	case meets && at.stall:
		select {}
	case meets:
		woken := make(chan os.Signal, 1)
		signal.Notify(woken, syscall.SIGCONT)
		_ = syscall.Kill(syscall.Getpid(), syscall.SIGSTOP) // which takes a moment
		<-woken
		signal.Stop(woken)
		w.told("thawed "+at.order, "")
	}
}

// wireConn knows that kafka-go has one request under way on a connection.
type wireConn struct {
	net.Conn
	w       *wire
	within  bool                         // a request is being written, or waits for its answer
	ending  bool                         // and it is an EndTxn
	losing  bool                         // and the answer gets lost
	delayed bool                         // and it is held back, and the connection seems broken
	commit  *kmsg.TxnOffsetCommitRequest // the request, where it is one
}

func (c *wireConn) Write(b []byte) (int, error) {
	c.w.mu.Lock()
	begins := !c.within && len(b) >= 6
	c.within = true
	c.w.mu.Unlock()
	if !begins {
		return c.Conn.Write(b)
	}
	key := binary.BigEndian.Uint16(b[4:])
	commit := commitOf(b)
	c.w.meet(key, b, commit, false)
	c.w.arrives(commit)
	if c.w.delays(c, b) {
		return len(b), nil
	}
	if key == reqEndTxn {
		c.pass()
	}
	c.w.set(func() {
		c.commit = commit
		if l := &c.w.lose; l.left > 0 && l.key == key && bytes.Contains(b, []byte(l.of)) {
			l.left--
			c.losing = true
		}
	})
	n, err := c.Conn.Write(b)
	c.w.meet(key, b, commit, true)
	return n, err
}

// pass waits while EndTxn requests are held.
func (c *wireConn) pass() {
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	for c.w.holding {
		c.w.changed.Wait()
	}
	c.ending = true
}

func (c *wireConn) Read(b []byte) (int, error) {
	if c.delayed {
		return 0, io.ErrUnexpectedEOF
	}
	n, err := c.Conn.Read(b)
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	if c.commit != nil && takes(c.commit, b[:n]) {
		c.w.taken(c.commit)
	}
	c.within, c.ending, c.commit = false, false, nil
	c.w.changed.Broadcast()
	if !c.w.mute && !c.losing {
		return n, err
	}
	for c.w.mute {
		c.w.changed.Wait()
	}
	_ = c.Conn.Close()
	return 0, io.ErrUnexpectedEOF
}

func (c *wireConn) Close() error {
	c.w.set(func() {
		c.ending = false
		delete(c.w.conns, c)
	})
	if c.delayed {
		return nil
	}
	return c.Conn.Close()
}
