package status

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// The columns of a table: a narrow one says how old content is, and not when it was from.
const (
	Wide   = 100
	Narrow = 79
)

// Write renders a report for people: a block for each tenant, the worst first, then the tenants of which there is no
// content yet, then the stages. Columns are Wide or Narrow: no line is longer, and nothing but plain text is in it,
// whatever the topics hold.
func Write(w io.Writer, columns int, r Report) error {
	var b bytes.Buffer
	title := "Office 365 Subscriptions"
	fmt.Fprintf(&b, "%s%*s\n", title, columns-len(title), r.At.UTC().Format("2006-01-02 15:04:05 UTC"))
	var silent []Tenant
	for _, t := range r.Tenants {
		if t.Began() {
			writeTenant(&b, columns, t, r.At)
		} else {
			silent = append(silent, t)
		}
	}
	if len(silent) > 0 {
		b.WriteString("\nNo content yet. The first can take 12 hours after a subscription was started.\n")
	}
	for _, t := range silent {
		writeTenant(&b, columns, t, r.At)
	}
	if len(r.Tenants) == 0 {
		b.WriteString("\nNo tenant is connected yet: 'ualstream connect TENANT' does so.\n")
	}
	writeStages(&b, r.Stages)
	if r.Rules != nil {
		for _, line := range wrapped(r.Rules.String(), columns) {
			fmt.Fprintf(&b, "%s\n", line)
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

func writeTenant(b *bytes.Buffer, columns int, t Tenant, now time.Time) {
	line, content, day := "%-26s  %-8s  %-25s  %8s  %9s  %6s  %5s\n", "LAST CONTENT (UTC)", " 2006-01-02 15:04"
	if columns < Wide {
		line, content, day = "%-26s %-8s %-8s %8s  %9s  %6s  %5s\n", "LAST", ""
	}
	title := plain(t.ID, 36)
	if t.Name != "" {
		title = plain(t.Name, columns-60) + "  " + title
	}
	if !t.Connected {
		title += "  (from the ledger)"
	}
	fmt.Fprintf(b, "\n%s\n", title)
	if t.Trouble != "" {
		writeNote(b, columns, "Microsoft does not tell the status: "+plain(t.Trouble, 4*Wide))
	}
	if t.Quota != nil {
		writeNote(b, columns, t.Quota.String())
	}
	fmt.Fprintf(b, line, "CONTENT TYPE", "STATUS", content, "REC 24H", "MICROSOFT", "OURS", "LOST")
	for _, s := range t.Subscriptions {
		last := "-"
		if !s.LastContent.IsZero() {
			last = fmt.Sprintf("%-8s", brief(now.Sub(s.LastContent))+" ago") + s.LastContent.UTC().Format(day)
		}
		fmt.Fprintf(b, line, plain(s.ContentType, 26), plain(s.Status, 8), last,
			fmt.Sprint(s.Records24h), delay(s.Microsoft), delay(s.Ours), fmt.Sprint(s.Lost))
	}
}

// writeNote writes a sentence about a tenant below its name.
func writeNote(b *bytes.Buffer, columns int, text string) {
	for _, part := range wrapped(text, columns-2) {
		fmt.Fprintf(b, "  %s\n", part)
	}
}

func writeStages(b *bytes.Buffer, stages []Stage) {
	fmt.Fprintf(b, "\n%-26s  %12s  %12s\n", "STAGE", "MESSAGES/S", "LAG")
	for _, s := range stages {
		lag := fmt.Sprint(s.Lag)
		if s.Name == "ingest" {
			lag = "-"
		}
		fmt.Fprintf(b, "%-26s  %12.1f  %12s\n", plain(s.Name, 26), s.Rate, lag)
	}
}

// brief gives a length of time by its largest unit.
func brief(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d < time.Second:
		return "0s"
	case d < time.Minute:
		return fmt.Sprintf("%ds", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%dm", d/time.Minute)
	case d < day:
		return fmt.Sprintf("%dh", d/time.Hour)
	default:
		return fmt.Sprintf("%dd", d/day)
	}
}

// delay gives a length of time by its two largest units, and "-" for one that is not known.
func delay(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d <= 0:
		return "-"
	case d < time.Second:
		return fmt.Sprintf("%dms", d.Milliseconds())
	case d < 10*time.Second:
		return fmt.Sprintf("%.1fs", d.Truncate(100*time.Millisecond).Seconds())
	case d < time.Minute:
		return brief(d)
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", d/time.Minute, d%time.Minute/time.Second)
	case d < day:
		return fmt.Sprintf("%dh%02dm", d/time.Hour, d%time.Hour/time.Minute)
	default:
		return fmt.Sprintf("%dd%02dh", d/day, d%day/time.Hour)
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

// wrapped gives text in lines of at most so many characters, broken between words; a longer word is cut.
func wrapped(text string, most int) (lines []string) {
	now := ""
	for word := range strings.FieldsSeq(text) {
		word = plain(word, most)
		if now != "" && utf8.RuneCountInString(now+" "+word) > most {
			lines, now = append(lines, now), ""
		}
		now = strings.TrimSpace(now + " " + word)
	}
	return append(lines, now)
}
