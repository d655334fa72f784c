package verify

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ualstream/schemas"
)

// spansOf reads spans like "30-20 10-5", in hours before now.
func spansOf(t *testing.T, text string) (spans []schemas.Span) {
	t.Helper()
	for part := range strings.FieldsSeq(text) {
		var from, to float64
		if _, err := fmt.Sscanf(part, "%f-%f", &from, &to); err != nil {
			t.Fatalf("%q: %v", part, err)
		}
		hours := func(h float64) time.Time { return ago(time.Duration(h * float64(time.Hour))) }
		spans = append(spans, schemas.Span{From: hours(from), To: hours(to)})
	}
	return spans
}

func showGaps(gaps []Gap) string {
	var parts []string
	for _, g := range gaps {
		parts = append(parts, fmt.Sprintf("%g-%g", now.Sub(g.From).Hours(), now.Sub(g.To).Hours()))
	}
	return strings.Join(parts, " ")
}

func TestGapsAreWhatWasNotListedSinceTheFirstCoverage(t *testing.T) {
	for name, c := range map[string]struct {
		covered string // hours before now
		wanted  bool
		begun   float64 // hours before now, of what is not covered at all
		want    string
	}{
		"all is covered":              {"168-0", true, 168, ""},
		"spans touch, in any order":   {"24-0 168-48 48-24", true, 168, ""},
		"spans overlap":               {"100-20 168-50 40-0 60-55", true, 168, ""},
		"the last one is within one":  {"168-3 50-40", false, 168, ""},
		"the last one is within, gap": {"168-3 50-40", true, 168, "3-0"},
		"a hole":                      {"168-50 40-0", true, 168, "50-40"},
		"holes":                       {"168-50 40-30 20-0", true, 168, "50-40 30-20"},
		"a hole before the period":    {"400-300 200-0", true, 168, ""},
		"a hole into the period":      {"400-300 100-0", true, 168, "168-100"},
		"connected later":             {"30-0", true, 168, ""},
		"the last poll":               {"168-0.4", true, 168, ""},
		"a worker that stopped":       {"168-3", true, 168, "3-0"},
		"not watched any more":        {"168-3", false, 168, ""},
		"a hole, not watched":         {"168-50 40-3", false, 168, "50-40"},
		"nothing, and not watched":    {"", false, 168, ""},
		"nothing so far":              {"", true, 2, "2-0.5"},
		"connected just now":          {"", true, 0.4, ""},
		"a span the wrong way round":  {"168-0 20-30", true, 168, ""},
		"covered beyond now":          {"168-0 0-0", true, 168, ""},
		"everything before it, again": {"500-400", true, 168, "168-0"},
	} {
		t.Run(name, func(t *testing.T) {
			f := Feed{Wanted: c.wanted}
			f.cover(spansOf(t, c.covered), ago(7*day), ago(time.Duration(c.begun*float64(time.Hour))), now)
			if got := showGaps(f.Gaps); got != c.want || f.Gaps == nil {
				t.Errorf("gaps %q, want %q", got, c.want)
			}
		})
	}
}

func TestAGapCanBeListedForSevenDays(t *testing.T) {
	f := Feed{Wanted: true}
	f.cover(spansOf(t, "168-50 40-0"), ago(7*day), ago(7*day), now)
	if len(f.Gaps) != 1 || !f.Gaps[0].Until.Equal(ago(50*time.Hour).Add(7*day)) {
		t.Errorf("%+v", f.Gaps)
	}
	if !f.CoveredSince.Equal(ago(168*time.Hour)) || !f.CoveredUntil.Equal(now) {
		t.Errorf("covered from %v to %v", f.CoveredSince, f.CoveredUntil)
	}
}

func TestWhatIsCoveredAtAll(t *testing.T) {
	for spans, want := range map[string]string{"168-3 50-40": "168-3", "50-40 168-60": "168-40", "20-30": "-", "20-30 60-50": "60-50"} {
		var f Feed
		f.cover(spansOf(t, spans), ago(7*day), ago(7*day), now)
		got := "-"
		if !f.CoveredSince.IsZero() {
			got = fmt.Sprintf("%g-%g", now.Sub(f.CoveredSince).Hours(), now.Sub(f.CoveredUntil).Hours())
		}
		if got != want {
			t.Errorf("%s: %s, want %s", spans, got, want)
		}
	}
}
