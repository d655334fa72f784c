package ingest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"ualstream/schemas"
)

func TestWhatCannotBeHadIsRememberedAsLost(t *testing.T) {
	for name, c := range map[string]struct {
		serve   func(w http.ResponseWriter, r *http.Request, try int)
		state   schemas.BlobState
		reason  string // is in the ledger's
		tries   int
		stored  []string // values in the raw topic
		records int
	}{
		"no such content": {
			serve: func(w http.ResponseWriter, _ *http.Request, _ int) { refuse(w, 404, "AF20050") },
			state: schemas.BlobLost, reason: "404 AF20050: the content does not exist", tries: 1,
		},
		"expired": {
			serve: func(w http.ResponseWriter, _ *http.Request, _ int) { refuse(w, 400, "AF20051") },
			state: schemas.BlobLost, reason: "AF20051", tries: 1,
		},
		"a plain 404": {
			serve: func(w http.ResponseWriter, _ *http.Request, _ int) { w.WriteHeader(http.StatusNotFound) },
			state: schemas.BlobLost, reason: "404", tries: 1,
		},
		"an id that is refused": {
			serve: func(w http.ResponseWriter, _ *http.Request, _ int) { refuse(w, 400, "AF20052") },
			state: schemas.BlobLost, reason: "AF20052", tries: passes,
		},
		"an id that is refused at first": {
			serve: func(w http.ResponseWriter, _ *http.Request, try int) {
				if try < 3 {
					refuse(w, 400, "AF20052")
					return
				}
				fmt.Fprint(w, `[{"Id":"1"}]`)
			},
			state: schemas.BlobStored, tries: 3, stored: []string{`{"Id":"1"}`}, records: 1,
		},
		"empty": {
			serve: func(http.ResponseWriter, *http.Request, int) {},
			state: schemas.BlobLost, reason: "empty", tries: passes,
		},
		"no array": {
			serve: func(w http.ResponseWriter, _ *http.Request, _ int) { fmt.Fprint(w, "<html>") },
			state: schemas.BlobLost, reason: "no array", tries: passes, stored: []string{"<html>"}, records: 1,
		},
		"broken off": {
			serve: func(w http.ResponseWriter, _ *http.Request, _ int) { fmt.Fprint(w, `[{"Id":"1"},{"Id":"2","a`) },
			state: schemas.BlobLost, reason: "breaks off", tries: passes, stored: []string{`{"Id":"1"}`, `{"Id":"2","a`}, records: 2,
		},
		"cut on its way": {
			serve: func(w http.ResponseWriter, _ *http.Request, _ int) {
				w.Header().Set("Content-Length", "100")
				fmt.Fprint(w, `[{"Id":"1"},`)
			},
			state: schemas.BlobLost, reason: "breaks off", tries: passes, stored: []string{`{"Id":"1"}`}, records: 1,
		},
		"broken off at first": {
			serve: func(w http.ResponseWriter, _ *http.Request, try int) {
				if try < passes {
					fmt.Fprint(w, `[{"Id":"1"},{"I`)
					return
				}
				fmt.Fprint(w, `[{"Id":"1"},{"Id":"2"}]`)
			},
			state: schemas.BlobStored, tries: passes, stored: []string{`{"Id":"1"}`, `{"Id":"2"}`}, records: 2,
		},
		"holding what is no record": {
			serve: func(w http.ResponseWriter, _ *http.Request, _ int) { fmt.Fprint(w, `[1,{"Id":},{"Id":"2"}]`) },
			state: schemas.BlobStored, tries: 1, stored: []string{"1", `{"Id":"2"}`, `{"Id":}`}, records: 3,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cloud, s := newCloud(t), newSink()
			cloud.has("Audit.Exchange", "bad", "good")
			cloud.serve["bad"] = c.serve
			stop := collect(t, cloud, s)
			s.until(t, "both are settled", s.settled("bad", "good"))
			stop()
			e := s.entry("bad")
			if e.State != c.state || !strings.Contains(e.Reason, c.reason) || (e.State == schemas.BlobStored) != (e.Reason == "") {
				t.Errorf("ledger %+v, want %s with reason %q", e, c.state, c.reason)
			}
			if e.Records != c.records || cloud.fetched("bad") != c.tries {
				t.Errorf("%d records in %d tries, want %d in %d", e.Records, cloud.fetched("bad"), c.records, c.tries)
			}
			var stored []string
			for _, m := range s.raw {
				if m.Header(schemas.HeaderContentID) == "bad" {
					stored = append(stored, string(m.Value))
				}
			}
			if !slices.Equal(sorted(stored), sorted(c.stored)) {
				t.Errorf("stored %q, want %q", sorted(stored), c.stored)
			}
		})
	}
}

func TestABlobWithAnAddressOnAnotherHostIsFetchedByItsID(t *testing.T) {
	c, s := newCloud(t), newSink()
	other := newCloud(t)
	c.has("Audit.Exchange", "stolen")
	c.address = other.URL
	stop := collect(t, c, s)
	s.until(t, "it is settled", s.settled("stolen"))
	stop()
	if e := s.entry("stolen"); e.State != schemas.BlobStored || e.Records != 3 {
		t.Errorf("ledger %+v", e)
	}
	if other.fetched("stolen") != 0 || c.fetched("stolen") != 1 {
		t.Error("the other host was asked, or the own was not")
	}
}

func TestWhatWasLostIsTriedAgainAfterARestart(t *testing.T) {
	c, s := newCloud(t), newSink()
	c.has("Audit.Exchange", "a")
	c.serve["a"] = func(w http.ResponseWriter, _ *http.Request, try int) {
		if try == 1 {
			refuse(w, 400, "AF20050")
			return
		}
		fmt.Fprint(w, bodyOf("a"))
	}
	stop := collect(t, c, s)
	s.until(t, "a is settled", s.settled("a"))
	c.has("Audit.Exchange", "b")
	s.until(t, "b is settled", s.settled("b"))
	stop()
	if c.fetched("a") != 1 {
		t.Errorf("fetched %d times before the restart", c.fetched("a"))
	}
	stop = collect(t, c, s)
	s.until(t, "a is stored", func() bool { return s.entry("a").State == schemas.BlobStored })
	stop()
}

// tooBig is what Kafka's side says of a record that no partition takes.
type tooBig struct{ key []byte }

func (e tooBig) Error() string       { return "message too large" }
func (e tooBig) TooLargeKey() []byte { return e.key }

func TestARecordTooLargeForKafkaIsARejectAndTheOthersGoOn(t *testing.T) {
	c, s := newCloud(t), newSink()
	c.has("Audit.Exchange", "a")
	big := `{"Id":"2","a":"` + strings.Repeat("x", 2*evidence) + `"}`
	c.serve["a"] = func(w http.ResponseWriter, _ *http.Request, _ int) {
		fmt.Fprint(w, `[{"Id":"1"},{"Id":"2"},`+big+`,{"Id":"3"}]`)
	}
	s.before = func(_ context.Context, batch []schemas.Message) error {
		for _, m := range batch {
			if len(m.Value) > evidence {
				return fmt.Errorf("produce: %w", tooBig{m.Key})
			}
		}
		return nil
	}
	stop := collect(t, c, s)
	s.until(t, "a is settled", s.settled("a"))
	stop()
	if got := s.keys(); !slices.Equal(got, []string{"1", "2", "3"}) {
		t.Errorf("stored %q", got)
	}
	e := s.entry("a")
	want := fmt.Sprintf("too large: record 2 of %d bytes, sha256 %x", len(big), sha256.Sum256([]byte(big)))
	if e.State != schemas.BlobLost || e.Reason != want || e.Records != 3 {
		t.Errorf("ledger %+v, want reason %q", e, want)
	}
	if len(s.rejects) != 1 {
		t.Fatalf("%d rejects", len(s.rejects))
	}
	m := s.rejects[0]
	if m.Header(schemas.HeaderReason) != want || m.Header(schemas.HeaderStage) != "ingest" || m.Header(schemas.HeaderContentID) != "a" ||
		string(m.Key) != "2" || !bytes.Equal(m.Value, []byte(big)[:evidence]) {
		t.Errorf("reject %s, headers %v, %d bytes", m.Key, m.Headers, len(m.Value))
	}
}

func TestAFragmentThatIsNotStoredIsNotRememberedAsStored(t *testing.T) {
	c, s := newCloud(t), newSink()
	c.has("Audit.Exchange", "a", "b")
	c.serve["a"] = func(w http.ResponseWriter, _ *http.Request, _ int) { fmt.Fprint(w, `[{"Id":"1"},{"cut`) }
	refused := make(chan struct{}, 100)
	s.before = func(_ context.Context, batch []schemas.Message) error {
		if string(batch[len(batch)-1].Value) == `{"cut` {
			refused <- struct{}{}
			return errors.New("no leader")
		}
		return nil
	}
	stop := collect(t, c, s)
	<-refused
	s.until(t, "b is settled", s.settled("b"))
	stop()
	if e := s.entry("a"); e.State != "" {
		t.Errorf("ledger %+v", e)
	}
}
