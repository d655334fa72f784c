package worker_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"ualstream/cmd/internal/kafka"
	"ualstream/cmd/internal/worker"
	"ualstream/ingest/cloudsim"
	"ualstream/schemas"
)

// still is how long nothing may come, where nothing is on its way, until no more is waited for.
const still = 15 * time.Second

// drained waits until all that can be had has come to the last stage, and gives what that is. It does not wait for what
// nothing is known to be on its way of: no blob is pending in the ledger, no message waits to be read.
func drained(t *testing.T, k kafka.Config, cloud *cloudsim.Cloud, tenants []string, seen *gathered) cloudsim.Reckoning {
	t.Helper()
	cluster, err := kafka.Connect(k)
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience+*chaosFor)
	defer cancel()
	tick, told := time.NewTicker(300*time.Millisecond), time.NewTicker(30*time.Second)
	defer tick.Stop()
	defer told.Stop()
	state, since := standing{}, time.Now()
	for last := newLastWords(cloud, tenants); ; {
		unheard := last.unheard(t, seen)
		want := cloud.Reckon()
		difference, now := seen.differs(want), standing{unheard, seen.pending(want), seen.size(), behind(ctx, cluster)}
		if unheard == 0 && difference == "" && now.behind == 0 {
			return want
		}
		if now != state {
			state, since = now, time.Now()
		}
		if unheard+now.pending == 0 && now.behind == 0 && time.Since(since) > still {
			t.Errorf("nothing more is on its way: %s", difference)
			return want
		}
		select {
		case <-ctx.Done():
			t.Errorf("not all has arrived: %+v; %s", state, difference)
			return want
		case <-told.C:
			t.Logf("waiting: %+v; %s", state, difference)
		case <-tick.C:
		}
	}
}

// standing is what changes while something is on its way.
type standing struct {
	unheard int   // kinds of content that are not listed to the end
	pending int   // blobs
	arrived int   // events and rejects
	behind  int64 // messages that the stages have yet to read, or -1
}

// behind gives how many messages the stages have yet to read, or -1. They are asked in the order in which a message comes
// to them, so that none slips by; correlations of correlations send theirs around once more.
func behind(ctx context.Context, cluster *kafka.Cluster) (sum int64) {
	for _, s := range []struct {
		group string
		from  schemas.Topic
	}{
		{worker.StageNormalize, schemas.TopicRaw}, {worker.StageDetect, schemas.TopicEvents},
		{worker.StageCorrelate, schemas.TopicSignals}, {worker.StageCorrelate, schemas.TopicSignals},
	} {
		lag, err := cluster.Lag(ctx, s.group, s.from)
		if err != nil {
			return -1
		}
		sum += lag
	}
	return sum
}

// lastWords are records that are offered after everything else, of each tenant and content type. Some are lost to
// faults; once one has become an event, what was offered before has been listed, too, as far as faults let it.
type lastWords struct {
	cloud *cloudsim.Cloud
	said  map[[2]string][]string // records by tenant and content type
}

func newLastWords(cloud *cloudsim.Cloud, tenants []string) *lastWords {
	l := &lastWords{cloud: cloud, said: map[[2]string][]string{}}
	for _, tenant := range tenants {
		for _, kind := range schemas.ContentTypes {
			l.said[[2]string{tenant, kind}] = nil
		}
	}
	return l
}

// unheard gives how many tenants' content types none has arrived of. It says one more of each.
func (l *lastWords) unheard(t *testing.T, seen *gathered) (n int) {
	t.Helper()
	seen.mu.Lock()
	defer seen.mu.Unlock()
	for of, said := range l.said {
		if slices.ContainsFunc(said, func(id string) bool { return seen.events[of[0]+"/"+id] }) {
			continue
		}
		n++
		id := fmt.Sprintf("last-%s-%d", of[1], len(said))
		_, err := l.cloud.Offer(of[0], of[1], time.Now(), record(id))
		if err != nil && !errors.Is(err, cloudsim.ErrNotSubscribed) {
			t.Error(err)
		}
		if err == nil {
			l.said[of] = append(said, id)
		}
	}
	return n
}
