package doctor

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"ualstream/cmd/internal/kafka"
	"ualstream/schemas"
)

// Holds is what open transactions hide from the readers of topics, by topic and partition.
type Holds map[schemas.Topic]map[int]kafka.Hold

// Held judges what was held back at two times, a second or more apart. Our own transactions are shorter than that; one
// that is there both times may hang, which looks like a stage that has nothing to do.
func Held(before, after Holds, prefix string) Check {
	var says, fixes []string
	for _, topic := range slices.Sorted(maps.Keys(after)) {
		for _, partition := range slices.Sorted(maps.Keys(after[topic])) {
			now, was := after[topic][partition], before[topic][partition]
			if was.Hidden == 0 || was.Stable != now.Stable {
				continue
			}
			name := topic.Name(prefix)
			says = append(says, fmt.Sprintf("an open transaction hides %s of %s/%d from offset %d on",
				number(int(now.Hidden))+" "+plural(int(now.Hidden), "message"), name, partition, now.Stable))
			see, end := now.Commands("    kafka-transactions.sh …", name, partition)
			fixes = append(fixes, see, end)
		}
	}
	if len(says) == 0 {
		return ok(checkHeld, "none holds readers back")
	}
	return warning(checkHeld, "where it is still there after two minutes it hangs: see whose it is, end it, and run 'ualstream verify':\n"+
		strings.Join(fixes, "\n"), "%s", strings.Join(says, "; "))
}
