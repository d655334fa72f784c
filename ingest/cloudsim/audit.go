package cloudsim

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var contentIDForm = regexp.MustCompile(`^[0-9]{23}\$[0-9]{23}\$[a-z_]+\$[A-Za-z_]+(\$[a-z]+[0-9]+)?$`)

// retrieve gives a blob's content, byte for byte.
func (c *Cloud) retrieve(w http.ResponseWriter, r *call) error {
	b, err := c.find(r)
	if err != nil {
		return err
	}
	head(w.Header())
	zipped := strings.Contains(r.Header.Get("Accept-Encoding"), "gzip")
	if zipped {
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Vary", "Accept-Encoding")
	}
	switch {
	case b.large == nil && zipped:
		c.deliver(w, r, b, compress(b.body))
	case b.large == nil:
		c.deliver(w, r, b, b.body)
	case zipped: // its length is not known before its end
		c.stream(w, r, b, b.large.zip)
	default:
		w.Header().Set("Content-Length", strconv.FormatInt(b.large.length(), 10))
		c.stream(w, r, b, b.large.write)
	}
	return nil
}

func (c *Cloud) find(r *call) (*blob, error) {
	id := strings.TrimPrefix(r.operation, "audit/")
	if !contentIDForm.MatchString(id) {
		return nil, fail("AF20052", id)
	}
	c.mu.Lock()
	b := c.shelf.byID[id]
	c.mu.Unlock()
	if b == nil || b.tenant != r.tenant.ID {
		return nil, fail("AF20050", id)
	}
	if err := c.subscribed(r.tenant, b.kind); err != nil {
		return nil, err
	}
	if !r.now.Before(b.expires()) {
		return nil, fail("AF20051", id)
	}
	return b, nil
}

// deliver writes a body that is at hand.
func (c *Cloud) deliver(w http.ResponseWriter, r *call, b *blob, body []byte) {
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	c.stream(w, r, b, func(to io.Writer) error {
		_, err := to.Write(body)
		return err
	})
}

// stream writes a body and remembers that it was served. It does so just before the last byte, so that a client that
// holds the whole of it finds it among the served at once, and takes it back where that byte cannot be written.
func (c *Cloud) stream(w http.ResponseWriter, r *call, b *blob, body func(io.Writer) error) {
	out := http.NewResponseController(w)
	but := &allButLast{to: w}
	if body(but) != nil || out.Flush() != nil || r.Context().Err() != nil {
		return
	}
	first := c.markServed(b)
	_, err := w.Write(but.last)
	if (err != nil || out.Flush() != nil) && first {
		c.unmarkServed(b)
	}
}

// allButLast passes on all bytes but the last one written to it.
type allButLast struct {
	to   io.Writer
	last []byte
}

func (a *allButLast) Write(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if _, err := a.to.Write(a.last); err != nil {
		return 0, err
	}
	n, err := a.to.Write(p[:len(p)-1])
	if err != nil {
		return n, err
	}
	a.last = append(a.last[:0], p[len(p)-1])
	return len(p), nil
}

// markServed says whether it was the blob's first time.
func (c *Cloud) markServed(b *blob) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if b.served {
		return false
	}
	b.served = true
	c.shelf.served = append(c.shelf.served, b)
	return true
}

func (c *Cloud) unmarkServed(b *blob) {
	c.mu.Lock()
	defer c.mu.Unlock()
	b.served = false
	c.shelf.served = slices.DeleteFunc(c.shelf.served, func(s *blob) bool { return s == b })
}

func compress(body []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, _ = z.Write(body) // a buffer takes everything
	_ = z.Close()
	return out.Bytes()
}
