package kafka

import (
	"errors"
	"fmt"
	"strings"

	"github.com/segmentio/kafka-go"
)

// Guarantee is what a stage promises to a read_committed consumer of what it writes.
type Guarantee string

const (
	// ExactlyOnce writes a batch's output and commits its offsets in one transaction: each message's output is seen
	// once. It is the default.
	ExactlyOnce Guarantee = "exactly-once"
	// AtLeastOnce commits the offsets once the output is written: a crash between the two repeats a batch.
	AtLeastOnce Guarantee = "at-least-once"
)

// Guarantees lists the guarantees that there are.
var Guarantees = []string{string(ExactlyOnce), string(AtLeastOnce)}

func (g Guarantee) check() error {
	if g != ExactlyOnce && g != AtLeastOnce {
		return fmt.Errorf("guarantee %q is not known: use one of %s", g, strings.Join(Guarantees, ", "))
	}
	return nil
}

// transactionalID gives the transactional.id for a name. On an embedded broker it ends in the number of the broker's
// start: one that is killed forgets what was open, without a word to the readers, and takes what comes next for a part
// of it. One that is stopped has ended what was open.
func (c *Config) transactionalID(name string) (string, error) {
	if c.folder == "" {
		return name, nil
	}
	boot, err := (&folder{dir: c.folder}).boot()
	return fmt.Sprintf("%s.%d", name, boot), err
}

// elsewhere says that the partition is another member's by now: what this one does with it is void.
func elsewhere(err error) bool {
	return errors.Is(err, kafka.IllegalGeneration) || errors.Is(err, kafka.UnknownMemberId) || errors.Is(err, kafka.FencedInstanceID)
}

// fenced says that another producer has taken the transactional.id over, as the next owner of a partition does.
func fenced(err error) bool {
	return errors.Is(err, kafka.InvalidProducerEpoch) || errors.Is(err, kafka.ProducerFenced) || errors.Is(err, kafka.InvalidProducerIDMapping)
}
