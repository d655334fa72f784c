package schemas_test

import (
	"slices"
	"testing"
	"time"

	"ualstream/schemas"
)

func TestHeaderTimesRoundTrip(t *testing.T) {
	at := time.Date(2026, 2, 12, 10, 53, 24, 123456789, time.FixedZone("", 2*3600))
	s := schemas.FormatTime(at)
	if s != "2026-02-12T08:53:24.123Z" {
		t.Errorf("wrote %q", s)
	}
	if got := schemas.ParseTime(s); !got.Equal(at.Truncate(time.Millisecond)) || got.Location() != time.UTC {
		t.Errorf("read %v", got)
	}
	if s := schemas.FormatTime(time.Time{}); s != "" {
		t.Errorf("the zero time is %q", s)
	}
	for _, s := range []string{"", "now", "2026-02-12", "2026-13-01T00:00:00Z"} {
		if got := schemas.ParseTime(s); !got.IsZero() {
			t.Errorf("%q is %v", s, got)
		}
	}
}

func TestSetHeader(t *testing.T) {
	var m schemas.Message
	m.SetHeader("a", "1")
	m.SetHeader("b", "")
	m.SetHeader("c", "3")
	m.SetHeader("a", "2")
	if want := []schemas.Header{{Key: "a", Value: "2"}, {Key: "c", Value: "3"}}; !slices.Equal(m.Headers, want) {
		t.Errorf("%v, want %v", m.Headers, want)
	}
	m.SetHeader("a", "")
	if want := []schemas.Header{{Key: "c", Value: "3"}}; !slices.Equal(m.Headers, want) {
		t.Errorf("unset: %v, want %v", m.Headers, want)
	}
	if m.Header("a") != "" || m.Header("c") != "3" {
		t.Errorf("a %q, c %q", m.Header("a"), m.Header("c"))
	}
}
