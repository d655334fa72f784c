package ingest

import (
	"context"
	"math"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func near(a, b float64) bool { return math.Abs(a-b) < 1 }

func TestThrottlingLowersTheQuotaOnceForABurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := NewQuota(1000)
		sent := time.Now()
		<-time.After(10 * time.Second)
		for range 16 {
			q.Throttled(sent, 0)
		}
		if s := q.Stats(); !near(s.Current, 800) || s.Throttled != 16 || s.Configured != 1000 {
			t.Errorf("after a burst: %+v", s)
		}
		<-time.After(time.Second)
		q.Throttled(time.Now(), 0) // of the same moment
		if s := q.Stats(); s.Current > 810 || s.Current < 800 {
			t.Errorf("lowered twice in a moment: %+v", s)
		}
		<-time.After(moment)
		q.Throttled(sent, 0) // an answer that took long, to a request from before
		if s := q.Stats(); s.Current < 800 {
			t.Errorf("lowered for a request from before: %+v", s)
		}
		q.Throttled(time.Now(), 0)
		if s := q.Stats(); s.Current > 700 {
			t.Errorf("not lowered for another moment: %+v", s)
		}
		for range 100 {
			q.Throttled(time.Now(), 0)
			<-time.After(moment)
		}
		if s := q.Stats(); s.Current < 100 || s.Current > 150 {
			t.Errorf("not at the floor: %+v", s)
		}
	})
}

func TestALoweredQuotaIsKeptToAndRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := NewQuota(1000)
		for range 20 {
			q.Throttled(time.Now(), 0)
			<-time.After(moment)
		}
		var all sync.WaitGroup
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		before := q.Stats().Current
		got := takers(ctx, &all, q, firstLive, 4)
		<-time.After(time.Minute)
		if n, most := got.Load(), before+200; float64(n) > most || float64(n) < before {
			t.Errorf("%d permits in a minute at %.0f", n, before)
		}
		<-time.After(regainWithin)
		if s := q.Stats(); s.Current != 1000 {
			t.Errorf("not recovered: %+v", s)
		}
		n := got.Load()
		<-time.After(time.Minute)
		if n = got.Load() - n; n < 970 || n > 1000 {
			t.Errorf("%d permits in a minute after recovery", n)
		}
		all.Wait()
	})
}

func TestRetryAfterHoldsUpAllRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := NewQuota(2000)
		begun := time.Now()
		q.Throttled(begun, 30*time.Second)
		q.Throttled(begun, time.Second) // the longest counts
		if s := q.Stats(); s.Paused != 30*time.Second {
			t.Errorf("%+v", s)
		}
		var all sync.WaitGroup
		for c := range otherOld + 1 {
			all.Go(func() {
				if err := q.Wait(withErrand(t.Context(), errand{class: c})); err != nil || time.Since(begun) < 30*time.Second {
					t.Errorf("class %d: a permit after %s, error %v", c, time.Since(begun), err)
				}
			})
		}
		all.Wait()
		if time.Since(begun) > 31*time.Second {
			t.Errorf("the last permit came after %s", time.Since(begun))
		}
	})
}

func TestPatienceRestsWhileThePermitIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := NewQuota(2000)
		q.Throttled(time.Now(), time.Hour)
		ctx, cancel := context.WithCancel(t.Context())
		p := newPatience(time.Minute, cancel)
		p.run()
		if err := q.Wait(withErrand(ctx, errand{patience: p})); err != nil {
			t.Errorf("an hour's pause used up a minute's patience: %v", err)
		}
		begun := time.Now()
		<-ctx.Done()
		if time.Since(begun) != time.Minute {
			t.Errorf("patience ended after %s", time.Since(begun))
		}
	})
}
