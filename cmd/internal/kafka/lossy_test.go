package kafka

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"sync"
	"syscall"
	"testing"

	"github.com/segmentio/kafka-go/protocol"
)

// lossy is a network that loses the broker's answer to some requests: the broker has done what was asked, and the
// connection breaks.
type lossy struct {
	mu   sync.Mutex
	lose map[protocol.ApiKey]int // how many answers are lost yet
	lost int
	die  map[protocol.ApiKey]bool // requests on which this process kills itself, before they are sent
}

// through has a cluster that was not used yet connect through the network.
func (l *lossy) through(c *Cluster) {
	c.transport.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := c.dialTo(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &lossyConn{Conn: conn, network: l}, nil
	}
}

func (l *lossy) set(key protocol.ApiKey, n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lose == nil {
		l.lose = map[protocol.ApiKey]int{}
	}
	l.lose[key] = n
}

// takes says whether the answer to a request is lost.
func (l *lossy) takes(key protocol.ApiKey) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.die[key] {
		_ = syscall.Kill(syscall.Getpid(), syscall.SIGKILL)
		select {}
	}
	if l.lose[key] == 0 {
		return false
	}
	l.lose[key]--
	l.lost++
	return true
}

// lossyConn knows that kafka-go has one request under way on a connection.
type lossyConn struct {
	net.Conn
	network *lossy
	mu      sync.Mutex
	within  bool // a request is being written
	losing  bool
}

func (c *lossyConn) Write(b []byte) (int, error) {
	c.mu.Lock()
	if !c.within && len(b) >= 6 {
		c.losing = c.network.takes(protocol.ApiKey(binary.BigEndian.Uint16(b[4:])))
	}
	c.within = true
	c.mu.Unlock()
	return c.Conn.Write(b)
}

func (c *lossyConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.within = false
	if c.losing && err == nil {
		_ = c.Close()
		return 0, io.ErrUnexpectedEOF
	}
	return n, err
}

// once checks that a read_committed consumer sees n different messages, each once.
func once(t testing.TB, c *Cluster, n int, in func(testing.TB, *Cluster) map[string]int) {
	t.Helper()
	twice, seen := 0, in(t, c)
	for _, times := range seen {
		if times > 1 {
			twice++
		}
	}
	if len(seen) != n || twice > 0 {
		t.Errorf("%d different messages, want %d; %d of them are there more than once", len(seen), n, twice)
	}
}
