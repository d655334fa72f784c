package cloudsim

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// read gives what arrives of an answer's body, however it ends.
func (c *client) read(address string, encoding string) (reply *http.Response, body []byte, err error) {
	c.t.Helper()
	r, err := http.NewRequest(http.MethodGet, address, http.NoBody)
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+c.token)
	r.Header.Set("Accept-Encoding", encoding)
	if reply, err = c.http.Do(r); err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = reply.Body.Close() }()
	body, err = io.ReadAll(reply.Body)
	return reply, body, err
}

func TestBodiesAreCutBeforeTheirEnd(t *testing.T) {
	c := struck(t, CutBody)
	text := `{"Id":"` + strings.Repeat("x", 50_000) + `"}`
	id := c.offer("Audit.General", -time.Minute, text)
	large, err := c.cloud.OfferLarge(contoso, noon.Add(-time.Minute), 3_000_000)
	if err != nil {
		t.Fatal(err)
	}
	for name, address := range map[string]string{
		"blob": c.feed("audit/" + id), "large blob": c.feed("audit/" + large), "listing": c.feed("subscriptions/content", "&contentType=Audit.General"),
	} {
		t.Run(name, func(t *testing.T) {
			for range spared - 1 {
				reply, body, err := c.read(address, "identity")
				if !errors.Is(err, io.ErrUnexpectedEOF) || int64(len(body)) >= reply.ContentLength {
					t.Fatalf("%d of %d bytes, error %v", len(body), reply.ContentLength, err)
				}
			}
			if reply, body, err := c.read(address, "identity"); err != nil || int64(len(body)) != reply.ContentLength {
				t.Fatalf("the spared one: %d bytes, error %v", len(body), err)
			}
		})
	}
	for _, r := range c.cloud.Served() { // the spared ones alone
		if r.ContentID != id && r.ContentID != large {
			t.Errorf("served %+v", r)
		}
	}
}

func TestABodyOfUnknownLengthDoesNotEndInGoodOrder(t *testing.T) {
	c := struck(t, CutBody)
	id, err := c.cloud.OfferLarge(contoso, noon.Add(-time.Minute), 20_000_000)
	if err != nil {
		t.Fatal(err)
	}
	for range spared - 1 {
		if reply, body, err := c.read(c.feed("audit/"+id), "gzip"); reply.ContentLength != -1 || err == nil || len(body) > 64<<10 {
			t.Fatalf("%d bytes of %d, error %v", len(body), reply.ContentLength, err)
		}
	}
	if _, body, err := c.read(c.feed("audit/"+id), "gzip"); err != nil || len(body) < 64<<10 {
		t.Fatalf("the spared one: %d bytes, error %v", len(body), err)
	}
}

func TestABodyThatWasCutWasNotServed(t *testing.T) {
	c := struck(t, CutBody)
	id := c.offer("Audit.General", -time.Minute, `{"Id":"a"}`)
	if _, _, err := c.read(c.feed("audit/"+id), "gzip"); err == nil {
		t.Fatal("not cut")
	}
	if got := c.cloud.Served(); len(got) != 0 {
		t.Errorf("served %+v", got)
	}
}

func TestBodiesTrickle(t *testing.T) {
	c := struck(t, SlowBody)
	text := `{"Id":"` + strings.Repeat("x", 500) + `"}`
	id := c.offer("Audit.General", -time.Minute, text)
	r, err := http.NewRequest(http.MethodGet, c.feed("audit/"+id), http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+c.token)
	reply, err := c.http.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reply.Body.Close() }()
	pieces, whole := 0, []byte{}
	for part := make([]byte, 4096); ; pieces++ {
		n, err := reply.Body.Read(part)
		whole = append(whole, part[:n]...)
		if err != nil {
			break
		}
	}
	if string(whole) != "["+text+"]" || pieces < tricklePieces/2 {
		t.Errorf("%d bytes in %d pieces", len(whole), pieces)
	}
}

func TestPagesAreCorruptForAWhile(t *testing.T) {
	c := struck(t, CorruptPage)
	id := c.offer("Audit.General", -time.Minute, `{"Id":"a"}`)
	for i := range 2 * spared {
		got := c.get("subscriptions/content", "&contentType=Audit.General")
		if readable := json.Valid(got.body); got.status != http.StatusOK || readable != (i%spared == spared-1) {
			t.Fatalf("asking %d: %d %q", i, got.status, got.body)
		}
	}
	if got := c.get("audit/" + id); !json.Valid(got.body) {
		t.Errorf("a blob is corrupt, too: %q", got.body)
	}
}
