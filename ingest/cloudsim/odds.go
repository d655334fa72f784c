package cloudsim

import (
	"fmt"
	"sync"
)

// spared is how many askings for the same thing there are to one that no passing fault strikes.
const spared = 4

// odds decide what goes wrong. Each decision follows from the seed, the fault, what it concerns and how often that was
// asked for, and from nothing else.
type odds struct {
	seed   uint64
	faults Faults
	asked  tally
}

// strikes decides for a fault and what it concerns.
func (o *odds) strikes(fault string, concerns ...any) bool {
	p := o.faults[fault]
	return p > 0 && o.throw(fault, concerns).Float64() < p
}

func (o *odds) throw(fault string, concerns []any) dice {
	return newDice(o.seed, fault, fmt.Sprint(concerns))
}

// dice make what varies in a fault that strikes, whatever the throw was that decided so.
func (o *odds) dice(fault string, concerns ...any) dice {
	d := o.throw(fault, concerns)
	d.Float64()
	return d
}

// turn is one asking for a thing: the n-th, from 0.
type turn struct {
	*odds
	thing string
	n     int
}

// turn counts an asking. Without faults there is nothing to count for.
func (o *odds) turn(thing string) turn {
	if len(o.faults) == 0 {
		return turn{o, thing, 0}
	}
	return turn{o, thing, o.asked.next(thing)}
}

// strikes decides for a fault that passes.
func (t turn) strikes(fault string) bool {
	return t.n%spared != spared-1 && t.odds.strikes(fault, t.thing, t.n)
}

func (t turn) dice(fault string) dice { return t.odds.dice(fault, t.thing, t.n) }

// tally counts askings. Its memory is bounded: of what has not been asked for during the last maxTally things, the
// count begins anew.
type tally struct {
	mu         sync.Mutex
	young, old map[string]int
}

const maxTally = 50_000

// next gives how often a thing was asked for before.
func (t *tally) next(thing string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	n, ok := t.young[thing]
	if !ok {
		n = t.old[thing]
	}
	if t.young == nil || len(t.young) >= maxTally {
		t.young, t.old = map[string]int{}, t.young
	}
	t.young[thing] = n + 1
	return n
}
