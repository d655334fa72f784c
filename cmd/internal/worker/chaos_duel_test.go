package worker_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"
)

// duels has one duel after the other, between those that have transactions.
func (d disturber) duels() {
	fighters := slices.DeleteFunc(slices.Clone(d.workers), func(w *chaosWorker) bool { return len(w.transactional()) == 0 })
	for d.ctx.Err() == nil {
		d.wait(d.between(200*time.Millisecond, 3*time.Second))
		if w := fighters[d.dice.IntN(len(fighters))]; w.TryLock() {
			if w.running() != nil && d.ctx.Err() == nil {
				d.up.RLock()
				d.duel(w)
				d.up.RUnlock()
			}
			w.Unlock()
		}
	}
}

// duel stops a worker just before it commits, for so long that its session is over and another has its partition, and
// wakes it up when that one is just about to commit the same messages. What the first one knows of the group's offset is
// true then. All the same it must not move it any more, as the partition is another's.
func (d disturber) duel(w *chaosWorker) {
	id, order, frozen := w.freeze(freeze{key: reqTxnCommit}, chaosSession)
	if !frozen {
		return
	}
	over := time.Now().Add(chaosSession + chaosSession/6) // its session is, as it was not heard of since
	defer w.wake()
	d.figures.pauses.Add(1)
	if d.broker.proc != nil {
		id = id[:strings.LastIndex(id, ".")] // without the boot number
	}
	met, part := d.meet(w, id)
	defer part()
	if met {
		d.figures.duels.Add(1)
		d.wait(time.Until(over))
	}
	d.note("duel of %s as %s, met: %t", w.name, id, met)
	judged := met && time.Now().After(over)
	w.wake()
	if p := w.running(); judged && p.hears(chaosSession/3, "stale "+order) != "" {
		d.t.Errorf("%s has committed an offset as %s when its session was over and the partition another's, see %s", w.name, id, p.log)
	}
}

// meet has all that may own a worker's partition next stop just before they commit there, and says whether one did; part
// has it go on.
func (d disturber) meet(w *chaosWorker, id string) (met bool, part func()) {
	ctx, enough := context.WithTimeout(context.Background(), 2*chaosSession)
	var meeting sync.WaitGroup
	one, awake := make(chan struct{}, len(d.workers)), make(chan struct{})
	for _, other := range d.rivals(w, id) {
		meeting.Go(func() {
			if !other.lockWithin(chaosSession / 2) {
				return
			}
			defer other.Unlock()
			if _, _, frozen := other.freezeUntil(ctx, freeze{key: reqTxnCommit, of: id}); frozen {
				d.figures.pauses.Add(1)
				one <- struct{}{}
				<-awake
				other.wake()
			}
		})
	}
	select {
	case <-one:
		met = true
	case <-ctx.Done():
	}
	enough()
	return met, func() {
		close(awake)
		meeting.Wait()
	}
}

// rivals gives the workers that may own a partition next: those that run the stage of its transactional.id.
func (d disturber) rivals(w *chaosWorker, id string) (out []*chaosWorker) {
	for _, other := range d.workers {
		if other != w && slices.ContainsFunc(other.transactional(), func(stage string) bool { return strings.Contains(id, "."+stage+".") }) {
			out = append(out, other)
		}
	}
	return out
}

// lockWithin locks the worker, unless somebody else has it for longer.
func (w *chaosWorker) lockWithin(patient time.Duration) bool {
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for over := time.After(patient); !w.TryLock(); {
		select {
		case <-again.C:
		case <-over:
			return false
		}
	}
	return true
}
