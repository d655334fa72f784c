package verify

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// columns is how long a line may be.
const columns = 79

// page is text for people, made line by line.
type page struct{ strings.Builder }

func (p *page) line(format string, args ...any) {
	fmt.Fprintf(p, format, args...)
	p.WriteByte('\n')
}

// note writes sentences behind a word, and their further lines below each other.
func (p *page) note(word, format string, args ...any) {
	head := fmt.Sprintf("  %-10s", word)
	for _, part := range wrapped(fmt.Sprintf(format, args...), columns-utf8.RuneCountInString(head)) {
		p.line("%s", strings.TrimRight(head+part, " "))
		head = strings.Repeat(" ", utf8.RuneCountInString(head))
	}
}

// rest says how many of a list are not shown: those beyond mostShown, and those that not even the JSON names.
func (p *page) rest(named, unnamed int) {
	if more := named - mostShown; more > 0 {
		p.note("", "and %d more, which --json names", more)
	}
	if unnamed > 0 {
		p.note("", "and %d more, which are only counted", unnamed)
	}
}

// plain gives text of at most so many characters without any that a terminal would obey: what topics hold, anybody may
// have written.
func plain(text string, most int) string {
	runes := []rune(strings.ToValidUTF8(text, "?"))
	if len(runes) > most {
		runes = append(runes[:max(0, most-1)], '…')
	}
	for i, r := range runes {
		if !unicode.IsPrint(r) {
			runes[i] = ' '
		}
	}
	return string(runes)
}

// wrapped gives text in lines of at most so many characters, broken between words; a longer word is broken as well.
func wrapped(text string, most int) (lines []string) {
	now := ""
	for word := range strings.FieldsSeq(plain(text, 1<<20)) {
		if now != "" && utf8.RuneCountInString(now)+1+utf8.RuneCountInString(word) > most {
			lines, now = append(lines, now), ""
		}
		now = strings.TrimPrefix(now+" "+word, " ")
		for runes := []rune(now); len(runes) > most; runes = []rune(now) {
			lines, now = append(lines, string(runes[:most])), string(runes[most:])
		}
	}
	return append(lines, now)
}

// minutes is how times are shown.
const minutes = "2006-01-02 15:04"

func clock(t time.Time) string {
	if t.IsZero() {
		return "at no time"
	}
	return t.UTC().Format(minutes)
}

// span gives two times, without what they have in common.
func span(from, to time.Time) string {
	const seconds = "2006-01-02 15:04:05"
	from, to = from.UTC(), to.UTC()
	switch {
	case from.Format(seconds) == to.Format(seconds):
		return "at " + from.Format(seconds)
	case from.Format(time.DateOnly) == to.Format(time.DateOnly):
		return "from " + from.Format(seconds) + " to " + to.Format(time.TimeOnly)
	}
	return "from " + from.Format(seconds) + " to " + to.Format(seconds)
}

// length gives a length of time by its two largest units.
func length(d time.Duration) string {
	const hour = time.Hour
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", max(0, d)/time.Second)
	case d < hour:
		return fmt.Sprintf("%dm", d/time.Minute)
	case d < day:
		return fmt.Sprintf("%dh%02dm", d/hour, d%hour/time.Minute)
	case d%day < hour:
		return fmt.Sprintf("%dd", d/day)
	}
	return fmt.Sprintf("%dd%02dh", d/day, d%day/hour)
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
