package cloudsim

import (
	"bytes"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// How a slow body trickles: so many pieces first, with a pause behind each.
const (
	tricklePieces = 10
	tricklePause  = 50 * time.Millisecond
)

var errCut = errors.New("the body was cut")

// body is the answer of a listing or a blob on its way to the client, with the fault that befalls it.
type body struct {
	http.ResponseWriter
	r     *call
	fault string // "" is none

	pieces int // that are still to trickle
	left   int // bytes until the cut; known once the head is
	headed bool
}

// bodyOf gives the way that a call's answer takes.
func (c *Cloud) bodyOf(w http.ResponseWriter, r *call) *body {
	b := &body{ResponseWriter: w, r: r, pieces: tricklePieces}
	listing := r.operation == "subscriptions/content"
	if !listing && !strings.HasPrefix(r.operation, "audit/") {
		return b
	}
	for _, fault := range []string{CutBody, SlowBody, CorruptPage} {
		if (fault != CorruptPage || listing) && r.turn.strikes(fault) {
			b.fault = fault
			break
		}
	}
	return b
}

// Unwrap lets http.ResponseController flush.
func (b *body) Unwrap() http.ResponseWriter { return b.ResponseWriter }

func (b *body) Write(p []byte) (int, error) {
	switch b.fault {
	case CutBody:
		return b.cut(p)
	case SlowBody:
		return b.trickle(p)
	case CorruptPage: // which is written at once
		return b.ResponseWriter.Write(append(bytes.Clone(p[:len(p)/2]), bytes.Repeat([]byte{' '}, len(p)-len(p)/2)...))
	}
	return b.ResponseWriter.Write(p)
}

// cut writes up to the place of the cut, which is before the body's last byte.
func (b *body) cut(p []byte) (int, error) {
	if !b.headed {
		b.headed = true
		length, err := strconv.Atoi(b.Header().Get("Content-Length"))
		if err != nil {
			length = 64 << 10 // of a large body that is zipped while it is written, the beginning
		}
		b.left = b.r.turn.dice(CutBody).IntN(max(length, 1))
	}
	if len(p) <= b.left {
		b.left -= len(p)
		return b.ResponseWriter.Write(p)
	}
	n, err := b.ResponseWriter.Write(p[:b.left])
	b.left = 0
	return n, errors.Join(errCut, err, http.NewResponseController(b.ResponseWriter).Flush())
}

// end breaks the connection where the body was cut. Returning would end an answer of unknown length in good order.
func (b *body) end() {
	if b.headed && b.left == 0 {
		panic(http.ErrAbortHandler)
	}
}

func (b *body) trickle(p []byte) (n int, err error) {
	for b.pieces > 0 && n < len(p) && err == nil {
		piece := min(len(p)-n, max(1, len(p)/tricklePieces))
		_, err = b.ResponseWriter.Write(p[n : n+piece])
		n += piece
		b.pieces--
		if err == nil {
			err = http.NewResponseController(b.ResponseWriter).Flush()
		}
		if err == nil && !pause(b.r.Request, tricklePause) {
			err = b.r.Context().Err()
		}
	}
	if err != nil || n == len(p) {
		return n, err
	}
	rest, err := b.ResponseWriter.Write(p[n:])
	return n + rest, err
}
