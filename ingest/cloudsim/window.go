package cloudsim

import "time"

// maxWindow is how far apart the two times of a listing may be.
const maxWindow = 24 * time.Hour

// window is the span of contentCreated that a listing asks for: from, inclusive, to to, exclusive.
type window struct {
	from, to time.Time
	start    string // as the client wrote them, for the next page
	end      string
}

// timeFormats are those the reference names; Go reads a fraction of a second where there is one. Clients send a Z, too,
// and it is accepted.
var timeFormats = []string{
	"2006-01-02", "2006-01-02T15:04", "2006-01-02T15:04:05", "2006-01-02T15:04Z", "2006-01-02T15:04:05Z",
}

// window reads startTime and endTime: both or neither. Neither means the 24 hours until now, which the next page's
// address then spells out.
func (r *call) window() (window, error) {
	w := window{start: r.query.Get("starttime"), end: r.query.Get("endtime")}
	if w.start == "" && w.end == "" {
		w.to = r.now.Truncate(time.Millisecond)
		w.from = w.to.Add(-maxWindow)
		w.start, w.end = w.from.Format(instant), w.to.Format(instant)
		return w, nil
	}
	if w.start == "" || w.end == "" {
		return w, fail("AF20030")
	}
	var ok bool
	if w.from, ok = parseTime(w.start); !ok {
		return w, fail("AF20002", "startTime", "datetime")
	}
	if w.to, ok = parseTime(w.end); !ok {
		return w, fail("AF20002", "endTime", "datetime")
	}
	if !w.from.Before(w.to) || w.to.Sub(w.from) > maxWindow || w.from.Before(r.now.Add(-life)) {
		return w, fail("AF20055")
	}
	return w, nil
}

func (w window) holds(t time.Time) bool { return !t.Before(w.from) && t.Before(w.to) }

func parseTime(text string) (time.Time, bool) {
	for _, format := range timeFormats {
		if t, err := time.Parse(format, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
