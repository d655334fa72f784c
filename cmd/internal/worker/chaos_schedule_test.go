package worker_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"ualstream/schemas"
)

// disturb has the crew and its broker disturbed until ctx ends, and puts everything right then. What happens to each,
// and after how long, follows from the seed alone.
func (c *crew) disturb(ctx context.Context, seed uint64, anytime bool) {
	var disturbing sync.WaitGroup
	for i, w := range c.workers {
		d := disturber{ctx, rand.New(rand.NewPCG(seed, uint64(i))), c}
		disturbing.Go(func() { d.worker(w) })
	}
	brokers := disturber{ctx, rand.New(rand.NewPCG(seed, 1000)), c}
	disturbing.Go(func() { brokers.brokers(anytime) })
	duels := disturber{ctx, rand.New(rand.NewPCG(seed, 1001)), c}
	disturbing.Go(duels.duels)
	disturbing.Wait()
}

// disturber decides what happens next to one of them.
type disturber struct {
	ctx  context.Context
	dice *rand.Rand
	*crew
}

// between gives a length of time.
func (d disturber) between(least, most time.Duration) time.Duration {
	return least + time.Duration(d.dice.Int64N(int64(most-least)))
}

// wait lets that much time pass, or what is left.
func (d disturber) wait(how time.Duration) {
	select {
	case <-time.After(how):
	case <-d.ctx.Done():
	}
}

// cards are what happens to a worker. Each deck is played in a new order.
var cards = []func(disturber, *chaosWorker){
	disturber.kill, disturber.kill, disturber.kill, disturber.killFrozen, disturber.forget, disturber.leave, disturber.leave,
	disturber.killStalled, disturber.pause, disturber.freeze, disturber.freeze, disturber.cut, disturber.mute,
	disturber.lose, disturber.lose, disturber.lose, disturber.delay,
}

func (d disturber) worker(w *chaosWorker) {
	d.wait(d.between(0, 3*time.Second))
	for d.ctx.Err() == nil {
		deck := slices.Clone(cards)
		d.dice.Shuffle(len(deck), func(i, j int) { deck[i], deck[j] = deck[j], deck[i] })
		for _, card := range deck {
			d.wait(d.between(200*time.Millisecond, 5*time.Second))
			if d.ctx.Err() != nil {
				return
			}
			w.Lock()
			card(d, w)
			w.Unlock()
		}
	}
}

// brokers restarts the broker, more often by a kill. One that takes long to start is there for longer, too.
func (d disturber) brokers(anytime bool) {
	took := time.Duration(0)
	for next := 2 * time.Second; ; next = 12 * time.Second {
		down, crash := d.between(0, 2*time.Second), d.dice.IntN(3) > 0
		d.wait(took + d.between(time.Second, next))
		if d.ctx.Err() != nil {
			return
		}
		d.up.Lock()
		d.note("the broker goes, by a kill: %t", crash)
		began := time.Now()
		if crash {
			d.figures.crashes.Add(1)
			d.crash(func() { d.wait(down) }, anytime)
		} else {
			d.figures.restarts.Add(1)
			d.broker.restart(false, func() { d.wait(down) })
		}
		took = time.Since(began)
		d.note("the broker is back")
		d.up.Unlock()
	}
}

// kill is SIGKILL at a random moment.
func (d disturber) kill(w *chaosWorker) {
	down := d.between(0, 4*time.Second)
	w.kill()
	d.figures.kills.Add(1)
	d.wait(down)
	w.start()
}

// killFrozen is SIGKILL in the middle of a transaction.
func (d disturber) killFrozen(w *chaosWorker) {
	w.freeze(d.request(), chaosSession)
	d.kill(w)
}

// killStalled is SIGKILL while records are on their way to the raw topic, and everything else went on for a moment.
func (d disturber) killStalled(w *chaosWorker) {
	raw := schemas.TopicRaw.Name(w.what.Prefix)
	if _, _, stalled := w.freeze(freeze{key: reqProduce, of: raw, stall: true}, chaosSession); stalled {
		d.wait(chaosSession / 6)
	}
	d.kill(w)
}

// lose has Kafka do what it is asked to, and loses its answer.
func (d disturber) lose(w *chaosWorker) {
	d.figures.cuts.Add(1)
	keys := []uint16{reqProduce, reqProduce, reqAddPartitions, reqTxnCommit, reqEndTxn}
	of, key := d.txns(w), keys[d.dice.IntN(len(keys))]
	if of == "" {
		key = reqProduce
	}
	n := 1 + d.dice.IntN(3)
	d.note("%s: %d answers to request %d of %q get lost", w.name, n, key, of)
	w.running().order("lose %d %d %q", key, n, of)
}

// delay has the end of a transaction arrive in the middle of a later one.
func (d disturber) delay(w *chaosWorker) {
	if of := d.txns(w); of != "" {
		d.figures.cuts.Add(1)
		d.note("%s: an EndTxn of %q is late", w.name, of)
		w.running().order("delay %s", of)
	}
}

// txns begins the transactional.ids of one of a worker's stages. It is "" for one that has none.
func (d disturber) txns(w *chaosWorker) string {
	if stages := w.transactional(); len(stages) > 0 {
		return w.what.Prefix + "." + stages[d.dice.IntN(len(stages))] + "."
	}
	return ""
}

// forget is SIGKILL and the loss of the machine's disk.
func (d disturber) forget(w *chaosWorker) {
	down := d.between(0, 2*time.Second)
	w.kill()
	d.figures.kills.Add(1)
	d.note("%s loses its disk", w.name)
	w.forget()
	d.wait(down)
	w.start()
}

// leave is SIGTERM, and a join some time later.
func (d disturber) leave(w *chaosWorker) {
	down := d.between(0, 6*time.Second)
	w.stop()
	d.figures.stops.Add(1)
	d.wait(down)
	w.start()
}

// zombie is how long a worker sleeps: longer than its session, or nearly so.
func (d disturber) zombie() time.Duration { return d.between(chaosSession*2/3, 2*chaosSession) }

// pause is SIGSTOP at a random moment.
func (d disturber) pause(w *chaosWorker) {
	d.note("%s sleeps", w.name)
	w.running().sleep()
	d.figures.pauses.Add(1)
	d.wait(d.zombie())
	w.wake()
}

// request is one of a transaction's.
func (d disturber) request() freeze {
	keys := []uint16{reqProduce, reqAddPartitions, reqTxnCommit, reqEndTxn}
	return freeze{key: keys[d.dice.IntN(len(keys))], sent: d.dice.IntN(2) == 0}
}

// freeze is SIGSTOP in the middle of a transaction.
func (d disturber) freeze(w *chaosWorker) {
	at, sleep := d.request(), d.zombie()
	if _, _, frozen := w.freeze(at, chaosSession); frozen {
		d.figures.pauses.Add(1)
		d.wait(sleep)
		w.wake()
	}
}

// cut breaks all connections, and lets none be made for a while.
func (d disturber) cut(w *chaosWorker) {
	d.sever(w, "cut")
}

// mute loses Kafka's answers for a while, and breaks all connections then.
func (d disturber) mute(w *chaosWorker) {
	d.sever(w, "mute")
}

func (d disturber) sever(w *chaosWorker, how string) {
	d.figures.cuts.Add(1)
	long := d.between(0, chaosSession*3/2)
	d.note("%s: %s for %s", w.name, how, long)
	w.running().order("%s %s", how, long)
	d.wait(long)
}
