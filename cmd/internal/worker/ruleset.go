package worker

import (
	"context"
	"errors"
	"math"
	"time"

	"ualstream/detect/sigma"
	"ualstream/schemas"
)

// Workers with different rules would judge one tenant now this way, now that, as partitions move between them. So one
// set of rules is in use at a time, in detect and in correlate:
//
//   - A set of rules that the signals topic does not know takes over at once. That is a rolling deploy: from the first
//     new worker on, the old ones leave their groups and wait to be replaced.
//   - A set that was replaced does not come back while workers with the newer one live: an old worker that is restarted
//     waits.
//   - When nothing was heard of the newer set for rulesGone, or for rulesLeft after its last worker ended in order, one
//     that waits takes over. That is the way back: end the workers with the new rules.
//   - A worker that is told to read its rules again (Reload) takes over with what it reads, also where that was replaced
//     before: whoever asks for it means it.
const (
	rulesEvery = 2 * time.Second  // how often a worker looks which rules are in use
	rulesBeat  = 30 * time.Second // how often it is written that workers with them live
	rulesGone  = 2 * time.Minute
	// rulesLeft is how long others with the same rules have to say that they live when one ends.
	rulesLeft = 10 * time.Second
)

// ruleSets is what the signals topic says of rules.
type ruleSets struct {
	own   string // hash of this worker's
	known map[string]schemas.RuleSet
}

func (r *ruleSets) note(e schemas.RuleSet) {
	if e.Leaves {
		if old, ok := r.known[e.Hash]; ok && !e.At.Before(old.At) {
			old.At = e.At.Add(rulesLeft - rulesGone) // so that those that live say so, or it is soon gone
			r.known[e.Hash] = old
		}
		return
	}
	if old, ok := r.known[e.Hash]; !ok || !e.At.Before(old.At) {
		r.known[e.Hash] = e
	}
}

// adopt makes another set this worker's own, which takes over whatever was before.
func (r *ruleSets) adopt(hash string) {
	if hash != r.own {
		r.own = hash
		delete(r.known, hash)
	}
}

// decide says whether this worker's rules are those in use, and which ones are. An entry is to be written where it has
// a hash.
func (r *ruleSets) decide(now time.Time) (inUse schemas.RuleSet, ours bool, write schemas.RuleSet) {
	newest := time.Time{}
	for _, e := range r.known {
		if e.Since.After(newest) {
			newest = e.Since
		}
		if now.Sub(e.At) < rulesGone && (inUse.Hash == "" || later(e, inUse)) {
			inUse = e
		}
	}
	own, known := r.known[r.own]
	switch {
	case inUse.Hash == r.own:
		if now.Sub(own.At) >= rulesBeat {
			own.At = now
			write = own
		}
		return inUse, true, write
	case inUse.Hash != "" && known:
		return inUse, false, write
	}
	since := now
	if !since.After(newest) { // another worker's clock is ahead
		since = newest.Add(time.Millisecond)
	}
	write = schemas.RuleSet{Hash: r.own, Since: since, At: now}
	return write, true, write
}

// later says whether one set took over after another; of two at once all agree on one.
func later(a, b schemas.RuleSet) bool {
	return a.Since.After(b.Since) || a.Since.Equal(b.Since) && a.Hash > b.Hash
}

// inTurn runs a stage while the rules of this worker are in use, until ctx ends, and again with others when they take
// their place.
func (w *Worker) inTurn(ctx context.Context, stage func(context.Context, *sigma.Set) error) error {
	for ctx.Err() == nil {
		rules, ours, changed := w.turn.now()
		if !ours {
			select {
			case <-changed:
			case <-ctx.Done():
			}
			continue
		}
		running, stop := context.WithCancel(ctx)
		go func() {
			select {
			case <-changed:
				stop()
			case <-running.Done():
			}
		}()
		err := stage(running, rules)
		stop()
		if err != nil {
			return err
		}
	}
	return nil
}

// watchRules keeps the turn until ctx ends. Its only error is one that waiting does not mend.
func (w *Worker) watchRules(ctx context.Context) error {
	partition, err := w.cluster.PartitionOf(ctx, schemas.TopicSignals, schemas.RuleSetKey())
	if err != nil {
		return orderly(ctx, err)
	}
	rules, _, _ := w.turn.now()
	sets, next := &ruleSets{own: hashOf(rules), known: map[string]schemas.RuleSet{}}, int64(0)
	tick := time.NewTicker(rulesEvery)
	defer tick.Stop()
	for {
		rules, _, changed := w.turn.now()
		if hash := hashOf(rules); hash == "" {
			w.metrics.waits.Set(0)
		} else {
			if next, err = w.readRuleSets(ctx, sets, partition, next); err == nil {
				sets.adopt(hash)
				err = w.takeTurn(ctx, sets)
			}
			if err != nil {
				return orderly(ctx, err)
			}
		}
		select {
		case <-ctx.Done():
			w.leaveRules(ctx, sets)
			return nil
		case <-changed:
		case <-tick.C:
		}
	}
}

// leaveRules says that this worker ends, so that another with other rules need not wait for long. If it cannot be said,
// the other waits.
func (w *Worker) leaveRules(ctx context.Context, sets *ruleSets) {
	if _, ours, _ := w.turn.now(); !ours || sets.own == "" {
		return
	}
	leaves := sets.known[sets.own]
	leaves.At, leaves.Leaves = time.Now().UTC(), true
	m, err := leaves.Message()
	if err != nil {
		return
	}
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeGrace)
	defer cancel()
	_, _ = w.cluster.Produce(late, []schemas.Message{m})
}

// readRuleSets notes what the signals topic says of rules from an offset on, and gives the next one.
func (w *Worker) readRuleSets(ctx context.Context, sets *ruleSets, partition int, next int64) (int64, error) {
	err := w.cluster.ReadPart(ctx, schemas.TopicSignals, partition, next, math.MaxInt64, func(m schemas.Message) error {
		next = m.Offset + 1
		entry, err := schemas.SignalsEntry(m)
		if e, ok := entry.(schemas.RuleSet); ok && err == nil {
			sets.note(e)
		}
		if _, newer := errors.AsType[*schemas.VersionError](err); newer {
			return err
		}
		return nil
	})
	return next, err
}

// takeTurn writes what is to be said of this worker's rules, and says whether they are in use.
func (w *Worker) takeTurn(ctx context.Context, sets *ruleSets) error {
	inUse, ours, write := sets.decide(time.Now().UTC())
	if write.Hash != "" {
		m, err := write.Message()
		if err != nil {
			return err
		}
		if _, err := w.cluster.Produce(ctx, []schemas.Message{m}); err != nil {
			return err
		}
		sets.note(write)
	}
	news, current := w.turn.set(sets.own, ours)
	if !current {
		return nil // they were replaced meanwhile
	}
	waits := 0.0
	if !ours {
		waits = 1
	}
	w.metrics.waits.Set(waits)
	if !ours && (news || !w.waited) {
		w.waited = true
		w.options.Logger.Warn("other rules are in use, which took over later: this worker does not detect until it has the same, "+
			"or until no worker with those has lived for some minutes", "stage", StageDetect, "rules", sets.own, "in_use", inUse.Hash, "since", inUse.Since)
	} else if ours && w.waited {
		w.waited = false
		w.options.Logger.Info("no worker with other rules lives any more: these rules are in use now", "stage", StageDetect, "rules", sets.own)
	}
	return nil
}
