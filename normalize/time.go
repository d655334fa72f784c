package normalize

import (
	"strconv"
	"strings"
	"time"
)

// parseTime reads CreationTime. The schema says yyyy-MM-ddTHH:mm:ss in UTC without a zone; some services add a
// fraction, a zone, or write a space for the T. Old serializers of .NET write /Date(milliseconds)/.
//
// A time that does not exist, such as second 65 or 30 February, is not read, and neither is one before 1970:
// .NET writes the year 1 where it has no time.
func parseTime(s string) (time.Time, bool) {
	s = strings.TrimSpace(s)
	if ms, ok := strings.CutPrefix(s, "/Date("); ok {
		return parseDate(ms)
	}
	if len(s) < 19 || s[4] != '-' || s[7] != '-' || (s[10] != 'T' && s[10] != 't' && s[10] != ' ') || s[13] != ':' || s[16] != ':' {
		return parseRewritten(s)
	}
	var n [6]int
	for i, at := range [6][2]int{{0, 4}, {5, 7}, {8, 10}, {11, 13}, {14, 16}, {17, 19}} {
		v, ok := digits(s[at[0]:at[1]])
		if !ok {
			return time.Time{}, false
		}
		n[i] = v
	}
	if n[0] < 1970 || n[3] > 23 || n[4] > 59 || n[5] > 59 {
		return time.Time{}, false
	}
	nanos, rest, ok := fraction(s[19:])
	offset, okZone := zone(rest)
	t := time.Date(n[0], time.Month(n[1]), n[2], n[3], n[4], n[5], nanos, time.UTC)
	if !ok || !okZone || t.Month() != time.Month(n[1]) || t.Day() != n[2] {
		return time.Time{}, false
	}
	return t.Add(-offset), true
}

// rewritten are the forms that programs give the time which read a record and write it again: without seconds, and
// as American .NET writes it. A date with slashes and no capital AM or PM may have the day first and is not read.
var rewritten = []string{"2006-01-02T15:04", "2006-01-02T15:04Z07:00", "1/2/2006 3:04:05 PM", "1/2/2006 3:04 PM"}

func parseRewritten(s string) (time.Time, bool) {
	for _, form := range rewritten {
		if t, err := time.Parse(form, s); err == nil {
			return t, t.Year() >= 1970
		}
	}
	return time.Time{}, false
}

// parseDate reads what follows /Date(: milliseconds since 1970 and a closing )/.
func parseDate(s string) (time.Time, bool) {
	ms, ok := strings.CutSuffix(s, ")/")
	n, err := strconv.ParseInt(ms, 10, 64)
	const year10000 = 253402300800000
	return time.UnixMilli(n), ok && err == nil && n >= 0 && n < year10000
}

// fraction reads a leading fraction of a second and gives what stands after it.
func fraction(s string) (nanos int, rest string, ok bool) {
	if s == "" || s[0] != '.' && s[0] != ',' {
		return 0, s, true
	}
	i := 1
	for scale := 100_000_000; i < len(s) && '0' <= s[i] && s[i] <= '9'; i++ {
		nanos += int(s[i]-'0') * scale
		scale /= 10
	}
	return nanos, s[i:], i > 1
}

// zone reads Z, ±hh:mm, ±hhmm, ±hh or nothing.
func zone(s string) (time.Duration, bool) {
	if s == "" || s == "Z" || s == "z" {
		return 0, true
	}
	if len(s) == 6 && s[3] == ':' {
		s = s[:3] + s[4:]
	}
	if len(s) != 3 && len(s) != 5 || s[0] != '+' && s[0] != '-' {
		return 0, false
	}
	h, okH := digits(s[1:3])
	m, okM := digits(s[3:])
	d := time.Duration(h)*time.Hour + time.Duration(m)*time.Minute
	if s[0] == '-' {
		d = -d
	}
	return d, okH && okM && h <= 14 && m <= 59
}

// digits reads a number that is nothing but digits, nine at the most.
func digits(s string) (n int, ok bool) {
	if len(s) > 9 {
		return 0, false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = 10*n + int(s[i]-'0')
	}
	return n, true
}
