package cloudsim

import (
	"bytes"
	"compress/gzip"
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
	body := b.body
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Vary", "Accept-Encoding")
		body = compress(body)
	}
	c.deliver(w, r, b, body)
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

// deliver writes a body and remembers that it was served. It does so just before the last byte, so that a client that
// holds the whole of it finds it among the served at once, and takes it back where that byte cannot be written.
func (c *Cloud) deliver(w http.ResponseWriter, r *call, b *blob, body []byte) {
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	out := http.NewResponseController(w)
	last := max(len(body)-1, 0)
	if _, err := w.Write(body[:last]); err != nil || out.Flush() != nil || r.Context().Err() != nil {
		return
	}
	first := c.markServed(b)
	_, err := w.Write(body[last:])
	if (err != nil || out.Flush() != nil) && first {
		c.unmarkServed(b)
	}
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
