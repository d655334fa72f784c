package o365

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// stepped reads n bytes at a time.
type stepped struct {
	r io.Reader
	n int
}

func (s stepped) Read(p []byte) (int, error) { return s.r.Read(p[:min(len(p), s.n)]) }

func elements(r io.Reader, limit int) (all []string, err error) {
	s := newSplitter(r, limit)
	for {
		e, err := s.next()
		var bad *BodyError
		if errors.As(err, &bad) && bad.Kind == TooLarge {
			continue
		}
		if err != nil {
			return all, err
		}
		all = append(all, string(e))
	}
}

// FuzzSplit holds that a valid array gives exactly what encoding/json tells apart, however its bytes arrive,
// and that no input makes the splitter panic, spin or lose a byte of an element.
func FuzzSplit(f *testing.F) {
	for _, s := range []string{
		`[]`, `[{"Id":"1"},{"Id":"2"}]`, `[1 , "a,]\"\\" ,[[],{}] ]`, "\ufeff[null]", `[{"a":"\u005d,{"}]`, `[{}}]`, `[{"a`,
		`[{"a":[1,2}],"x`, `[{"Id":"1"},{"Id":"2","a":"b,{"Id":"3"},{"Id":"4","a":"b,{"Id":"5"}]`, `{`, ``, `[]]`, "[\x00,\xff]",
	} {
		f.Add(s, uint8(1))
	}
	f.Fuzz(func(t *testing.T, body string, n uint8) {
		got, err := elements(stepped{strings.NewReader(body), int(n%64) + 1}, maxRecord)
		whole, wholeErr := elements(strings.NewReader(body), maxRecord)
		if len(got) != len(whole) || err.Error() != wholeErr.Error() {
			t.Fatalf("in steps %q %v, at once %q %v", got, err, whole, wholeErr)
		}
		if _, err := elements(iotest.DataErrReader(strings.NewReader(body)), 3); err == nil {
			t.Fatal("no end")
		}
		if lost := between(body, got, err); strings.Trim(lost, space+",[]\ufeff") != "" {
			t.Fatalf("%q is in none of %q, error %v", lost, got, err)
		}
		var want []json.RawMessage
		if json.Unmarshal([]byte(body), &want) != nil || strings.TrimLeft(body, space) == "null" || strings.TrimSpace(body) == "null" {
			return
		}
		if !errors.Is(err, io.EOF) || len(got) != len(want) {
			t.Fatalf("got %q, error %v, want %q", got, err, want)
		}
		for i := range want {
			if got[i] != string(want[i]) {
				t.Fatalf("element %d: %q, want %q", i, got[i], want[i])
			}
		}
	})
}

// between gives what of the body is in no element and no fragment.
func between(body string, elements []string, err error) (lost string) {
	if bad, ok := errors.AsType[*BodyError](err); ok {
		elements = append(elements, string(bad.Fragment))
	}
	for _, e := range elements {
		i := strings.Index(body, e)
		if i < 0 {
			return e
		}
		lost += body[:i]
		body = body[i+len(e):]
	}
	return lost + body
}

func BenchmarkSplit(b *testing.B) {
	body := "[" + strings.Repeat(`{"CreationTime":"2026-03-01T10:00:00","Id":"11111111-2222-3333-4444-555555555555","Operation":"New-InboxRule",`+
		`"Parameters":[{"Name":"ForwardTo","Value":"a@contoso.example"},{"Name":"Name","Value":"."}]},`, 5000) + "{}]"
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if _, err := elements(strings.NewReader(body), maxRecord); !errors.Is(err, io.EOF) {
			b.Fatal(err)
		}
	}
}
