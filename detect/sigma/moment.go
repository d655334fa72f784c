package sigma

import (
	"strconv"
	"time"
)

// moment gives a part of a date as it is written: no zone is converted (modifiers appendix, "Time Modifiers"). It
// takes ISO 8601 and RFC 3339 forms: a date, or a date and a time divided by T or a blank, whatever follows the
// seconds. What is no date gives false.
func moment(part, text string) (int64, bool) {
	if len(text) < 10 || text[4] != '-' || text[7] != '-' {
		return 0, false
	}
	year, month, day := digits(text[0:4]), digits(text[5:7]), digits(text[8:10])
	date := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if year < 0 || date.Month() != time.Month(month) || date.Day() != day {
		return 0, false
	}
	switch part {
	case "year":
		return int64(year), true
	case "month":
		return int64(month), true
	case "day":
		return int64(day), true
	case "week":
		_, week := date.ISOWeek()
		return int64(week), true
	}
	if len(text) < 16 || text[10] != 'T' && text[10] != 't' && text[10] != ' ' || text[13] != ':' {
		return 0, false
	}
	hour, minute := digits(text[11:13]), digits(text[14:16])
	if hour < 0 || hour > 23 || minute < 0 || minute > 59 {
		return 0, false
	}
	if part == "hour" {
		return int64(hour), true
	}
	return int64(minute), true
}

// digits reads an unsigned number, or gives -1.
func digits(s string) int {
	v, err := strconv.ParseUint(s, 10, 16)
	if err != nil {
		return -1
	}
	return int(v)
}

// dateRanges are the least and greatest value of each part. A year may have 53 weeks.
var dateRanges = map[string][2]int64{
	"minute": {0, 59}, "hour": {0, 23}, "day": {1, 31}, "week": {1, 53}, "month": {1, 12}, "year": {0, 9999},
}
