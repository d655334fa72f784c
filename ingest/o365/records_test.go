package o365

import (
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
)

func TestRecordsComeByteForByte(t *testing.T) {
	records := []string{`{"Id":"1", "a":"},{\"]"}`, `{"Id":"2","x":[1,{"y":[]}]}`, `not JSON`, `"text, [and] more"`, `{"Id" : 3 }`}
	body := "\ufeff\r\n[ " + strings.Join(records, " ,\n") + " ]\n"
	for _, zip := range []bool{false, true} {
		c, srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if !zip {
				reply(w, 200, body)
				return
			}
			if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
				t.Error("compression was not asked for")
			}
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			_, _ = io.WriteString(z, body)
			_ = z.Close()
		})
		got, errs := fetched(t.Context(), c, Blob{ID: "b", URI: srv.URL + "/b"})
		if errs != nil || !slices.Equal(got, records) {
			t.Errorf("gzip %v: records %q, errors %v", zip, got, errs)
		}
	}
}

func TestRecordsStreamBeforeTheBodyEnds(t *testing.T) {
	c, srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "[")
		for i := 0; r.Context().Err() == nil; i++ { // a body without an end
			_, _ = fmt.Fprintf(w, `{"Id":"%d"},`, i)
			w.(http.Flusher).Flush()
		}
	})
	n := 0
	for r, err := range c.Records(t.Context(), Blob{ID: "b", URI: srv.URL + "/b"}) {
		if want := fmt.Sprintf(`{"Id":"%d"}`, n); err != nil || string(r) != want {
			t.Fatalf("record %q, error %v, want %s", r, err, want)
		}
		if n++; n == 1000 {
			break
		}
	}
	if n != 1000 {
		t.Errorf("%d records", n)
	}
}

func TestBodiesThatAreNoArrays(t *testing.T) {
	for name, c := range map[string]struct {
		body     string
		records  int
		kind     BodyKind
		fragment string
	}{
		"empty":                   {"", 0, Empty, ""},
		"white space":             {" \r\n\t", 0, Empty, ""},
		"byte order mark":         {"\ufeff", 0, Empty, ""},
		"an object":               {`{"Id":"1"}`, 0, NoArray, `{"Id":"1"}`},
		"a page of a proxy":       {" <html>", 0, NoArray, "<html>"},
		"opened":                  {"[", 0, BreaksOff, ""},
		"cut between":             {`[{"Id":"1"},`, 1, BreaksOff, ""},
		"cut within":              {`[{"Id":"1"},{"Id":"2","a`, 1, BreaksOff, `{"Id":"2","a`},
		"cut within a string":     {`[{"Id":"1"},{"Id":"2\`, 1, BreaksOff, `{"Id":"2\`},
		"cut before the end":      {`[{"Id":"1"},{"Id":"2"}`, 1, BreaksOff, `{"Id":"2"}`},
		"two arrays":              {`[{"Id":"1"}][{"Id":"2"}]`, 1, GoesOn, `[{"Id":"2"}]`},
		"something after the end": {`[{"Id":"1"}] x `, 1, GoesOn, `x `},
	} {
		t.Run(name, func(t *testing.T) {
			client, srv := serve(t, func(w http.ResponseWriter, _ *http.Request) { reply(w, 200, c.body) })
			records, errs := fetched(t.Context(), client, Blob{ID: "b", URI: srv.URL + "/b"})
			var bad *BodyError
			if len(errs) != 1 || !errors.As(errs[0], &bad) {
				t.Fatalf("records %q, errors %v", records, errs)
			}
			if len(records) != c.records || bad.Kind != c.kind || string(bad.Fragment) != c.fragment || bad.Size != int64(len(c.fragment)) {
				t.Errorf("%d records, %v, fragment %q", len(records), bad, bad.Fragment)
			}
			if !strings.HasPrefix(errs[0].Error(), "fetch blob b: ") {
				t.Errorf("error %q does not name the blob", errs[0])
			}
		})
	}
}

func TestArraysThatOnlyLookOdd(t *testing.T) {
	for body, want := range map[string][]string{
		"[]": nil, " [ ] ": nil, "[,]": nil, `[{},]`: {"{}"}, `[,{}]`: {"{}"},
		`[{"a":1}},{}]`: {`{"a":1}}`, "{}"}, "[1,true,null]": {"1", "true", "null"}, `[{"a":"\\"},{}]`: {`{"a":"\\"}`, "{}"},
	} {
		c, srv := serve(t, func(w http.ResponseWriter, _ *http.Request) { reply(w, 200, body) })
		if got, errs := fetched(t.Context(), c, Blob{ID: "b", URI: srv.URL + "/b"}); errs != nil || !slices.Equal(got, want) {
			t.Errorf("%s: records %q, errors %v", body, got, errs)
		}
	}
}

func TestABodyCutOnItsWayBreaksOff(t *testing.T) {
	c, srv := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		reply(w, 200, `[{"Id":"1"},{"Id":"2`)
	})
	records, errs := fetched(t.Context(), c, Blob{ID: "b", URI: srv.URL + "/b"})
	var bad *BodyError
	if len(records) != 1 || len(errs) != 1 || !errors.As(errs[0], &bad) || bad.Kind != BreaksOff || bad.Err == nil {
		t.Errorf("records %q, errors %v", records, errs)
	}
}

func TestFailuresOfTheConnectionAreNotTheBodys(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c, srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
		reply(w, 200, `[{"Id":"1"},`)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	var errs []error
	for _, err := range c.Records(ctx, Blob{ID: "b", URI: srv.URL + "/b"}) {
		if err != nil {
			errs = append(errs, err)
		}
		cancel()
	}
	var bad *BodyError
	if len(errs) != 1 || errors.As(errs[0], &bad) || !errors.Is(errs[0], context.Canceled) {
		t.Errorf("errors %v", errs)
	}
}

func TestARecordThatIsTooLargeDoesNotStopTheOthers(t *testing.T) {
	big := `{"Id":"2","a":"` + strings.Repeat("x", 2*MaxFragment) + `"}`
	c, srv := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		reply(w, 200, `[{"Id":"1"},`+big+`,{"Id":"3"}]`)
	})
	c.limit = len(big) - 1
	records, errs := fetched(t.Context(), c, Blob{ID: "b", URI: srv.URL + "/b"})
	if !slices.Equal(records, []string{`{"Id":"1"}`, `{"Id":"3"}`}) {
		t.Errorf("%d records", len(records))
	}
	var bad *BodyError
	if len(errs) != 1 || !errors.As(errs[0], &bad) || bad.Kind != TooLarge {
		t.Fatal(errs)
	}
	if bad.Size != int64(len(big)) || bad.Sum != sha256.Sum256([]byte(big)) || string(bad.Fragment) != big[:MaxFragment] {
		t.Errorf("size %d, sum %x, fragment of %d", bad.Size, bad.Sum, len(bad.Fragment))
	}
}

func TestABlobInPagesIsReadToItsEnd(t *testing.T) {
	var self string
	c, srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/b" {
			w.Header().Set("NextPageUri", self+"/b2")
			reply(w, 200, `[{"Id":"1"}]`)
			return
		}
		reply(w, 200, `[{"Id":"2"}]`)
	})
	self = srv.URL
	if got, errs := fetched(t.Context(), c, Blob{ID: "b", URI: srv.URL + "/b"}); errs != nil || len(got) != 2 {
		t.Errorf("records %q, errors %v", got, errs)
	}
}
