package ingest

import "time"

// lastMinute counts what happened in the last sixty seconds, second by second.
type lastMinute struct {
	counts [60]int
	second int64 // of the newest count, since 1970
}

func (m *lastMinute) add(now time.Time, n int) {
	m.forget(now)
	m.counts[now.Unix()%60] += n
}

func (m *lastMinute) sum(now time.Time) (n int) {
	m.forget(now)
	for _, c := range m.counts {
		n += c
	}
	return max(n, 0) // what was taken back may be counted longer than what was given
}

// forget clears the seconds between the newest count and now. A clock that is set back changes nothing.
func (m *lastMinute) forget(now time.Time) {
	for s := max(m.second, now.Unix()-60) + 1; s <= now.Unix(); s++ {
		m.counts[s%60] = 0
	}
	m.second = max(m.second, now.Unix())
}
