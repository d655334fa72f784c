package cloudsim

import (
	"bytes"
	"compress/gzip"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestContentIsServedByteForByte(t *testing.T) {
	c := start(t, Config{})
	for name, body := range map[string]string{
		"records": `[{"Id":"a", "Operation":"Send"},` + "\n" + `{"Id":"b"}]`, "empty array": `[]`, "empty": ``, "cut off": `[{"Id":"a"},{"Id`,
		"no array": `{"Id":"a"}`, "no text": "\xff\xfe\x00", "one byte": "[",
	} {
		t.Run(name, func(t *testing.T) {
			id, err := c.cloud.OfferBody(contoso, "Audit.General", noon, []byte(body))
			if err != nil {
				t.Fatal(err)
			}
			if got := c.get("audit/" + id); got.status != 200 || string(got.body) != body {
				t.Fatalf("%d %q", got.status, got.body)
			}
			zipped := c.do(http.MethodGet, c.feed("audit/"+id), map[string]string{"Accept-Encoding": "gzip"})
			z, err := gzip.NewReader(bytes.NewReader(zipped.body))
			if err != nil || zipped.header.Get("Content-Encoding") != "gzip" {
				t.Fatalf("%v, %v", zipped.header, err)
			}
			if got, err := io.ReadAll(z); err != nil || string(got) != body {
				t.Fatalf("unzipped %q, %v", got, err)
			}
		})
	}
}

func TestContentUriNeedsNoEscaping(t *testing.T) {
	c := start(t, Config{})
	c.offer("Audit.General", -time.Minute, `{"Id":"a"}`)
	blobs, _ := c.walk("Audit.General", "")
	for _, address := range []string{blobs[0].ContentURI, strings.ReplaceAll(blobs[0].ContentURI, "$", "%24")} {
		if got := c.do(http.MethodGet, address+"?PublisherIdentifier="+publisher, nil); string(got.body) != `[{"Id":"a"}]` {
			t.Fatalf("%s: %d %s", address, got.status, got.body)
		}
	}
}

func TestContentThatIsNotThereIsRefused(t *testing.T) {
	c := start(t, Config{})
	id := c.offer("Audit.General", -7*24*time.Hour+time.Second, `{}`)
	other := strings.Replace(id, "000000$", "000007$", 1)
	c.get("audit/"+other).is(t, 404, "AF20050")
	for _, junk := range []string{"audit/junk", "audit/", "audit", "audit/" + id + "/x"} {
		c.get(junk).is(t, 400, "AF20052")
	}
	if got := c.get("audit/" + id); got.status != 200 {
		t.Fatalf("just before its expiry: %d %s", got.status, got.body)
	}
	c.clock.move(time.Second)
	c.get("audit/"+id).is(t, 400, "AF20051")
}

func TestOfferedAndServedTellRecords(t *testing.T) {
	c := start(t, Config{})
	id := c.offer("audit.exchange", -time.Minute, `{"Id":"a","Operation":"Send","CreationTime":"2026-03-14T11:00:01"}`, `{cut`, `7`)
	offered := c.cloud.Offered()
	want := Record{contoso, "Audit.Exchange", id, "a", noon.Add(-time.Hour + time.Second), noon.Add(-time.Minute), "Send", Unlisted}
	if len(offered) != 3 || offered[0] != want || offered[1].ID != "" || offered[2].ContentID != id {
		t.Fatalf("offered %+v", offered)
	}
	if got := c.cloud.Served(); len(got) != 0 {
		t.Fatalf("served before any request: %+v", got)
	}
	c.get("audit/" + id)
	c.get("audit/" + id)
	want.Fate = Obtainable
	if got := c.cloud.Served(); len(got) != 3 || got[0] != want {
		t.Fatalf("served %+v", got)
	}
}

func TestWhatAClientGaveUpIsNotServed(t *testing.T) {
	c := start(t, Config{})
	huge := []byte(`[{"Id":"` + strings.Repeat("x", 12<<20) + `"}]`)
	id, err := c.cloud.OfferBody(contoso, "Audit.General", noon, huge)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequest(http.MethodGet, c.feed("audit/"+id), http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+c.token)
	reply, err := c.http.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(reply.Body, make([]byte, 1<<20)); err != nil {
		t.Fatal(err)
	}
	_ = reply.Body.Close() // with most of it unread, which breaks the connection
	if err := c.cloud.Close(); err != nil {
		t.Fatal(err)
	}
	if got := c.cloud.Served(); len(got) != 0 {
		t.Fatal("counted as served")
	}
}

func TestNothingAnswersAfterClose(t *testing.T) {
	c := start(t, Config{})
	if err := c.cloud.Close(); err != nil {
		t.Fatal(err)
	}
	address := strings.TrimPrefix(c.cloud.URL(), "https://")
	if conn, err := net.Dial("tcp", address); err == nil {
		_ = conn.Close()
		t.Fatal("something listens")
	}
}
