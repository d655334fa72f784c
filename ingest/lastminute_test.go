package ingest

import (
	"testing"
	"time"
)

func TestTheLastMinuteForgetsSecondBySecond(t *testing.T) {
	var m lastMinute
	at := func(seconds int) time.Time { return time.Unix(1_700_000_000+int64(seconds), 5e8) }
	m.add(at(0), 3)
	m.add(at(30), 4)
	m.add(at(30), -1)
	for seconds, want := range map[int]int{30: 6, 59: 6} {
		if got := m.sum(at(seconds)); got != want {
			t.Errorf("after %d s: %d, want %d", seconds, got, want)
		}
	}
	if got := m.sum(at(60)); got != 3 {
		t.Errorf("after a minute: %d, want the last 3", got)
	}
	if got := m.sum(at(40)); got != 3 {
		t.Errorf("with a clock that was set back: %d, want 3", got)
	}
	if got := m.sum(at(10_000)); got != 0 {
		t.Errorf("after hours: %d", got)
	}
}

func TestQuotaTellsWhatIsUsed(t *testing.T) {
	q := NewQuota(60_000)
	for range 20 {
		if err := q.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if s := q.Stats(); s.Used != 20 || s.Configured != 60_000 {
		t.Errorf("%+v after 20 requests", s)
	}
}
