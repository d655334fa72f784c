package ingest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// arrivals are the times at which requests reach the other side.
type arrivals struct {
	mu   sync.Mutex
	dice *rand.Rand
	at   []time.Time
}

func (a *arrivals) some(d time.Duration) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	return time.Duration(a.dice.Int64N(int64(d) + 1))
}

func (a *arrivals) add(at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.at = append(a.at, at)
}

// most gives the largest number within any span of that length.
func (a *arrivals) most(span time.Duration) (most int) {
	slices.SortFunc(a.at, time.Time.Compare)
	first := 0
	for last := range a.at {
		for a.at[last].Sub(a.at[first]) >= span {
			first++
		}
		most = max(most, last-first+1)
	}
	return most
}

// demand has a number of callers ask for permits for some time: now all the time, now after a pause, some of them
// giving up, each request taking another time on its way.
func demand(t *testing.T, q *Quota, callers int, d time.Duration, onTheWay time.Duration) *arrivals {
	a := &arrivals{dice: rand.New(rand.NewPCG(7, uint64(q.configured)))}
	end := time.Now().Add(d)
	var all sync.WaitGroup
	for i := range callers {
		all.Go(func() {
			for time.Now().Before(end) {
				if a.some(500) == 0 {
					<-time.After(a.some(3 * time.Minute))
				}
				ctx, cancel := context.WithTimeout(withErrand(t.Context(), errand{class: class(i % 5)}), time.Minute+a.some(time.Hour))
				if a.some(10) == 0 {
					ctx, cancel = context.WithTimeout(ctx, a.some(time.Second))
				}
				if q.Wait(ctx) == nil {
					way := a.some(onTheWay)
					a.add(time.Now().Add(way))
				}
				cancel()
			}
		})
	}
	all.Wait()
	return a
}

func TestNoMinuteHasMoreRequestsThanTheQuota(t *testing.T) {
	for perMinute, hours := range map[int]float64{1: 50, 7: 20, 10: 20, 60: 10, 333: 1, 2000: 0.1} {
		t.Run(fmt.Sprint(perMinute), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := demand(t, NewQuota(perMinute), 20, time.Duration(hours*float64(time.Hour)), jitter)
				if most := a.most(time.Minute); most > perMinute {
					t.Errorf("%d requests in a minute, the quota is %d", most, perMinute)
				}
				if len(a.at) < int(hours*60*float64(perMinute))/2 {
					t.Errorf("%d requests prove little", len(a.at))
				}
			})
		})
	}
}

func TestTheQuotaIsUsed(t *testing.T) {
	for _, perMinute := range []int{1, 10, 100, 2000, 20_000} {
		t.Run(fmt.Sprint(perMinute), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q, n := NewQuota(perMinute), 0
				minutes := max(5, 200/perMinute)
				for end := time.Now().Add(time.Duration(minutes) * time.Minute); time.Now().Before(end); n++ {
					if err := q.Wait(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				if used := float64(n) / float64(minutes*perMinute); used < 0.975 || used > 1 {
					t.Errorf("%.3f of the quota was used", used)
				}
			})
		})
	}
}

func TestPermitsAreMadeUpForAfterALatePause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := NewQuota(2000)
		begun, n := time.Now(), 0
		for ; time.Since(begun) < time.Minute; n++ {
			if err := q.Wait(t.Context()); err != nil {
				t.Fatal(err)
			}
			<-time.After(time.Duration(n%2) * 100 * time.Millisecond) // the callers are held up, half the time
		}
		if n < 1100 { // 20 a second
			t.Errorf("%d permits in a minute", n)
		}
	})
}

// takers ask for permits of a class all the time, and count them, until ctx ends.
func takers(ctx context.Context, all *sync.WaitGroup, q *Quota, c class, n int) *atomic.Int64 {
	got := &atomic.Int64{}
	for range n {
		all.Go(func() {
			for q.Wait(withErrand(ctx, errand{class: c})) == nil {
				got.Add(1)
			}
		})
	}
	return got
}

func TestPermitsGoToTheFirstTypesAndATenthToTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := NewQuota(1000)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		var all sync.WaitGroup
		first, old, other := takers(ctx, &all, q, firstLive, 4), takers(ctx, &all, q, firstOld, 16), takers(ctx, &all, q, otherLive, 16)
		all.Wait()
		sum := first.Load() + old.Load() + other.Load()
		if first.Load() < sum*89/100 || first.Load() > sum*91/100 || old.Load() < sum*3/100 || other.Load() < sum*3/100 {
			t.Errorf("of %d: %d live, %d back-fill, %d of other types", sum, first.Load(), old.Load(), other.Load())
		}
	})
}

func TestAWaiterWhoGivesUpLeavesNoHole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := NewQuota(60)
		_ = q.Wait(t.Context())
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if err := q.Wait(ctx); err == nil {
			t.Fatal("a permit that was not due")
		}
		begun := time.Now()
		if _ = q.Wait(t.Context()); time.Since(begun) > spacing(60) {
			t.Errorf("the next permit came after %s", time.Since(begun))
		}

		// One who gives up in the moment in which it gets its permit hands it on.
		<-time.After(time.Minute)
		q.mu.Lock()
		w := q.line.join(otherLive, "")
		q.serve()
		q.mu.Unlock()
		<-w.turn
		q.abandon(w)
		begun = time.Now()
		if _ = q.Wait(t.Context()); time.Since(begun) != 0 {
			t.Errorf("the permit of one who gave up was lost: the next came after %s", time.Since(begun))
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if q.Wait(ended) == nil || q.Stats().Waiting != 0 {
			t.Errorf("%+v", q.Stats())
		}
	})
}
