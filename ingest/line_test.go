package ingest

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// turns gives out turns in a line in which every class given always waits, and counts whose they were.
func turns(n int, classes ...class) map[class]int {
	var l line
	for _, c := range classes {
		l.join(c, "")
	}
	got := map[class]int{}
	for range n {
		w := l.next(anyone)
		got[w.class]++
		l.join(w.class, "")
	}
	return got
}

func TestTurnsGoByClassAndNobodyIsLeftOut(t *testing.T) {
	for name, c := range map[string]struct {
		waiting []class
		least   map[class]int // of a thousand turns
	}{
		"nothing nears its expiry": {
			[]class{otherOld, otherLive, firstOld, firstLive},
			map[class]int{firstLive: 900, firstOld: 33, otherLive: 33, otherOld: 33},
		},
		"content nears its expiry": {
			[]class{otherOld, otherLive, firstOld, urgent, firstLive},
			map[class]int{firstLive: 500, urgent: 400, firstOld: 33, otherLive: 33, otherOld: 33},
		},
		"a back-fill":       {[]class{otherOld, firstOld, otherLive}, map[class]int{firstOld: 900, otherLive: 50, otherOld: 50}},
		"expiry alone":      {[]class{otherOld, urgent}, map[class]int{urgent: 900, otherOld: 100}},
		"the other types":   {[]class{otherOld, otherLive}, map[class]int{otherLive: 900, otherOld: 100}},
		"one class as such": {[]class{otherOld}, map[class]int{otherOld: 1000}},
	} {
		t.Run(name, func(t *testing.T) {
			got := turns(1000, c.waiting...)
			for class, least := range c.least {
				if got[class] < least {
					t.Errorf("class %d had %d of 1000 turns, want %d: %v", class, got[class], least, got)
				}
			}
		})
	}
}

func TestNobodyWaitsLongerThanTheGuarantee(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 2))
	var l line
	due := map[*waiter]int{}
	join := func(c class) {
		ahead := len(l.waiting)
		due[l.join(c, "")] = l.turns + 10*(ahead+1)
	}
	for range 20_000 {
		for range dice.IntN(3) {
			join(class(dice.IntN(int(otherOld) + 1)))
		}
		join(firstLive) // there is always something that would go first
		if len(l.waiting) > 40 {
			leaver := l.waiting[dice.IntN(len(l.waiting))]
			if !l.leave(leaver) || l.leave(leaver) {
				t.Fatal("a waiter leaves once")
			}
			delete(due, leaver)
		}
		w := l.next(anyone)
		if l.turns > due[w] {
			t.Fatalf("class %d had its turn at %d, due at %d", w.class, l.turns, due[w])
		}
		delete(due, w)
	}
	for w, at := range due {
		if l.turns > at {
			t.Errorf("class %d still waits at turn %d, due at %d", w.class, l.turns, at)
		}
	}
}

func TestContentIsRankedByTypeAndTimeLeft(t *testing.T) {
	for _, c := range []struct {
		contentType string
		live        bool
		left        time.Duration
		want        class
	}{
		{"Audit.Exchange", true, retention, firstLive},
		{"audit.azureactivedirectory", true, retention, firstLive},
		{"Audit.Exchange", false, retention, firstOld},
		{"Audit.SharePoint", true, retention, otherLive},
		{"DLP.All", false, retention, otherOld},
		{"DLP.All", false, nearExpiry + time.Second, otherOld},
		{"DLP.All", false, nearExpiry, urgent},
		{"Audit.Exchange", true, -time.Hour, urgent},
	} {
		if got := classOf(c.contentType, c.live, c.left); got != c.want {
			t.Errorf("%+v: class %d", c, got)
		}
	}
}

func takeSlot(t *testing.T, s *slots, c class, of string) (free func(), got bool) {
	t.Helper()
	ended, cancel := context.WithCancel(t.Context())
	cancel() // what is not free at once is not waited for
	s.mu.Lock()
	may := s.may(&waiter{class: c, of: of})
	s.mu.Unlock()
	if !may {
		if _, err := s.take(ended, c, of); !errors.Is(err, context.Canceled) {
			t.Fatalf("error %v", err)
		}
		return nil, false
	}
	free, err := s.take(t.Context(), c, of)
	if err != nil {
		t.Fatal(err)
	}
	return free, true
}

// fill takes as many slots as there are for a class and type.
func fill(t *testing.T, s *slots, c class, of string) (n int) {
	for {
		if _, got := takeSlot(t, s, c, of); !got {
			return n
		}
		n++
	}
}

func TestSlotsAreKeptForWhoIsNotAlike(t *testing.T) {
	s := newSlots(16, 5)
	if n := fill(t, s, firstOld, "Audit.Exchange") + fill(t, s, firstLive, "Audit.Exchange"); n != 12 {
		t.Errorf("a type has %d slots, want three quarters", n)
	}
	if n := fill(t, s, firstLive, "Audit.AzureActiveDirectory"); n != 4 {
		t.Errorf("another type has %d slots beside it", n)
	}

	s = newSlots(16, 5)
	if n := fill(t, s, otherOld, "DLP.All"); n != 8 {
		t.Errorf("a type has %d slots, want half", n)
	}
	if n := fill(t, s, otherLive, "Audit.SharePoint"); n != 4 {
		t.Errorf("another type has %d slots beside it, want all but the quarter that is kept", n)
	}
	if n := fill(t, s, firstOld, "Audit.Exchange"); n != 0 {
		t.Errorf("a back-fill has %d of the slots that are kept for live content", n)
	}
	if n := fill(t, s, firstLive, "Audit.Exchange"); n != 4 {
		t.Errorf("live content of the first types has %d slots, want the quarter that is kept", n)
	}

	s = newSlots(16, 5)
	if n := fill(t, s, firstLive, "Audit.Exchange") + fill(t, s, firstLive, "Audit.AzureActiveDirectory"); n != 12 {
		t.Errorf("live content of the first types has %d slots, want all but a quarter", n)
	}
	if n := fill(t, s, otherOld, "Audit.General"); n != 4 {
		t.Errorf("the rest has %d slots", n)
	}
}

func TestFewSlotsAreUsedAll(t *testing.T) {
	for all := 1; all <= 4; all++ {
		s := newSlots(all, 2)
		if n := fill(t, s, otherLive, "Audit.General") + fill(t, s, firstLive, "Audit.Exchange") + fill(t, s, firstOld, "Audit.Exchange"); n != all {
			t.Errorf("%d of %d slots can be taken", n, all)
		}
	}
}

func TestASlotGoesToWhoIsFirstInTheLineWhenItIsFree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlots(1, 2)
		free, _ := takeSlot(t, s, otherOld, "a")
		ctx, cancel := context.WithCancel(t.Context())
		var order []class
		wait := func(ctx context.Context, c class) {
			go func() {
				free, err := s.take(ctx, c, "a")
				order = append(order, c)
				if err == nil {
					free()
				}
			}()
			synctest.Wait()
		}
		wait(t.Context(), otherOld)
		wait(ctx, firstLive)
		wait(t.Context(), otherLive)
		cancel()
		synctest.Wait()
		free()
		synctest.Wait()
		if !slices.Equal(order, []class{firstLive, otherLive, otherOld}) {
			t.Errorf("order %d; the first gave up, the last had the lower class", order)
		}
		for share, n := range s.taken {
			if n != 0 {
				t.Errorf("%d of %+v are left behind", n, share)
			}
		}
		if len(s.line.waiting) != 0 {
			t.Errorf("%d still wait", len(s.line.waiting))
		}
	})
}
