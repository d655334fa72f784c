package cloudsim

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"
)

func TestALargeBlobHoldsTheRecordsThatAreReckoned(t *testing.T) {
	c := struck(t, LargeBlob)
	c.offer("Audit.General", -time.Minute, `{"Id":"a"}`)
	small := c.offer("Audit.Exchange", -time.Minute, `{"Id":"b"}`)
	c.offer("Audit.Exchange", -time.Minute, `{"Id":"c"}`)
	blobs, _ := c.walk("Audit.Exchange", "")
	if len(blobs) != 3 || blobs[0].ContentID != small {
		t.Fatalf("listed %v", blobs)
	}
	plain := c.get("audit/" + blobs[1].ContentID)
	var records []struct{ Id, CreationTime, Operation string }
	if plain.into(t, &records); len(plain.body) < 290_000 || len(plain.body) > 300_010 || len(records) < 30 {
		t.Errorf("%d bytes, %d records", len(plain.body), len(records))
	}
	ids := map[string]bool{}
	for _, r := range c.cloud.Offered() {
		if r.ContentID == blobs[1].ContentID {
			ids[r.ID] = true
			if r.Operation != "MailItemsAccessed" || r.Fate != Obtainable || r.Created.IsZero() {
				t.Fatalf("offered %+v", r)
			}
		}
	}
	events := c.cloud.Reckon().Events
	for _, r := range records {
		if !ids[r.Id] || !events[contoso+"/"+r.Id] {
			t.Fatalf("%s was not offered", r.Id)
		}
		delete(ids, r.Id)
	}
	if len(ids) != 0 {
		t.Errorf("%d records are not in the body", len(ids))
	}

	zipped := c.do(http.MethodGet, c.feed("audit/"+blobs[1].ContentID), map[string]string{"Accept-Encoding": "gzip"})
	z, err := gzip.NewReader(bytes.NewReader(zipped.body))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(z); err != nil || !bytes.Equal(got, plain.body) {
		t.Errorf("unzipped %d bytes, error %v", len(got), err)
	}
	if served := len(c.cloud.Served()); served != len(records) {
		t.Errorf("served %d", served)
	}
}

func TestALargeBlobIsNowhereAsAWhole(t *testing.T) {
	c := start(t, Config{})
	if _, err := c.cloud.OfferLarge(contoso, noon.Add(-time.Minute), 1<<30); err != nil {
		t.Fatal(err)
	}
	b := c.cloud.shelf.blobs[0]
	if b.body != nil || len(b.records) != 0 || b.large.length() < 1<<30-1<<14 {
		t.Fatalf("%d bytes at hand of %d", len(b.body), b.large.length())
	}
	var first countingWriter
	if err := b.large.write(&first); !errors.Is(err, io.ErrShortWrite) || first.largest > 100<<10 {
		t.Errorf("%d bytes at once, error %v", first.largest, err)
	}
	if !json.Valid(append(first.head[:bytes.LastIndex(first.head, []byte(`,{"CreationTime"`))], ']')) {
		t.Error("it does not begin as an array")
	}
	if _, err := c.cloud.OfferLarge(fabrikam, noon, 1); err == nil {
		t.Error("offered to a tenant without a subscription")
	}
	if _, err := c.cloud.OfferLarge("nobody", noon, 1); err == nil {
		t.Error("offered to nobody")
	}
}

// countingWriter takes one megabyte.
type countingWriter struct {
	head    []byte
	largest int
}

func (w *countingWriter) Write(p []byte) (int, error) {
	w.head, w.largest = append(w.head, p...), max(w.largest, len(p))
	if len(w.head) > 1<<20 {
		return 0, io.ErrShortWrite
	}
	return len(p), nil
}
