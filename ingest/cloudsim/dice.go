package cloudsim

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"
)

// dice make everything that varies. The same name gives the same throws, on every machine.
type dice struct{ *rand.Rand }

func newDice(seed uint64, name ...any) dice {
	return dice{rand.New(rand.NewChaCha8(sha256.Sum256(fmt.Append(nil, seed, name))))}
}

// guid is a random GUID in the form that Microsoft writes.
func (d dice) guid() string {
	var b [16]byte
	for i := range b {
		b[i] = byte(d.Uint32())
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return uuid.UUID(b).String()
}

// chance is true once in n throws.
func (d dice) chance(n int) bool { return d.IntN(n) == 0 }

// between gives a number from low to high, both included.
func (d dice) between(low, high int) int { return low + d.IntN(high-low+1) }

// seconds gives a length of time from low to high seconds.
func (d dice) seconds(low, high int) time.Duration {
	return time.Duration(d.between(low, high)) * time.Second
}

func pick[T any](d dice, from []T) T { return from[d.IntN(len(from))] }
