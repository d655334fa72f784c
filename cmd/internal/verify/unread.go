package verify

import (
	"context"
	"slices"
	"sync"

	"ualstream/cmd/internal/kafka"
	"ualstream/schemas"
)

// Unread collects what readers cannot decode and pass over, each part once. Its zero value is ready to be used, as is
// nil for none.
type Unread struct {
	mu  sync.Mutex
	all []Stretch
}

// Pass notes a batch that cannot be decoded and gives the offset behind it. It is a kafka.Config.Damaged.
func (u *Unread) Pass(ctx context.Context, d kafka.Damage) (int64, error) {
	to, err := d.End(ctx)
	if err != nil {
		return 0, err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	one := Stretch{string(d.Topic), d.Partition, d.Offset, to, d.Err.Error()}
	if !slices.ContainsFunc(u.all, one.touches) { // it is met at each reading
		u.all = append(u.all, one)
	}
	return to, nil
}

func (s Stretch) touches(other Stretch) bool {
	return s.Topic == other.Topic && s.Partition == other.Partition && s.From < other.To && other.From < s.To
}

// beside gives what was passed over here, without what a stage had passed over before, which is told as such.
func (u *Unread) beside(skips []schemas.Skip) []Stretch {
	list := []Stretch{}
	if u == nil {
		return list
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, s := range u.all {
		if !slices.ContainsFunc(skips, func(k schemas.Skip) bool {
			return s.touches(Stretch{Topic: k.Topic, Partition: k.Partition, From: k.From, To: k.To})
		}) {
			list = append(list, s)
		}
	}
	return list
}
