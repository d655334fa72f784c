package kafka

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"sync"

	"github.com/segmentio/kafka-go"
)

// balancer leaves partitions where they are: what a member knows of its partitions is on its disk, and moving that
// takes long. Shares are equal within one partition. A member that goes leaves its partitions to the others, and one
// that comes takes what its share lacks from those that have more than theirs, the partitions first that they took
// last: so after a restart of one member the others have what they had.
//
// It takes the topic's partitions from this program. kafka-go asks the group's coordinator for them, and a broker that
// has not heard of a new topic yet answers that there is none: the group would stay without partitions until a member
// comes or goes.
type balancer struct {
	topic      string
	partitions int
	claim      *claim
	// handsOver says that members go on with what they have while the group meets. What is to move then goes to nobody
	// at first, and to its next owner once the last one has ended its work and the group meets again.
	handsOver bool
}

func newBalancer(topic string, partitions int) balancer {
	return balancer{topic: topic, partitions: partitions, claim: &claim{}}
}

// ProtocolName names what all members of a group must have in common.
func (b balancer) ProtocolName() string { return "ualstream-sticky" }

// UserData tells the leader what this member has.
func (b balancer) UserData() ([]byte, error) { return b.claim.encode() }

// AssignGroups is called at the group's leader.
func (b balancer) AssignGroups(members []kafka.GroupMember, _ []kafka.Partition) kafka.GroupMemberAssignments {
	owned := b.standing(members)
	owner := map[int]string{} // as it was
	for id, partitions := range owned {
		for _, p := range partitions {
			owner[p] = id
		}
	}
	ids := slices.Sorted(maps.Keys(owned))
	slices.SortStableFunc(ids, func(x, y string) int { return cmp.Compare(len(owned[y]), len(owned[x])) })
	share, larger := b.partitions/len(ids), b.partitions%len(ids)
	limit := map[string]int{}
	free := map[int]bool{}
	for p := range b.partitions {
		free[p] = true
	}
	for i, id := range ids { // those that have most have the larger shares
		limit[id] = share
		if i < larger {
			limit[id]++
		}
		owned[id] = owned[id][:min(len(owned[id]), limit[id])]
		for _, p := range owned[id] {
			delete(free, p)
		}
	}
	slices.Reverse(ids)
	for _, p := range slices.Sorted(maps.Keys(free)) {
		to := slices.MinFunc(slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return len(owned[id]) >= limit[id] }),
			func(x, y string) int { return cmp.Compare(len(owned[x]), len(owned[y])) })
		owned[to] = append(owned[to], p)
	}
	out := kafka.GroupMemberAssignments{}
	for id, partitions := range owned {
		if b.handsOver {
			partitions = slices.DeleteFunc(partitions, func(p int) bool { return owner[p] != "" && owner[p] != id })
		}
		out[id] = map[string][]int{b.topic: partitions}
	}
	return out
}

// standing gives what each member has, in the order in which it took it. Where two claim a partition, it is whose claim
// is younger: the other one missed a generation.
func (b balancer) standing(members []kafka.GroupMember) map[string][]int {
	claims := map[string]*claim{}
	owner := map[int]string{}
	for _, m := range members {
		c := &claim{}
		_ = json.Unmarshal(m.UserData, c) // who says nothing that can be read has nothing
		claims[m.ID] = c
	}
	for _, id := range slices.Sorted(maps.Keys(claims)) {
		for _, p := range claims[id].Owned {
			if other, taken := owner[p]; !taken || claims[other].Generation < claims[id].Generation {
				owner[p] = id
			}
		}
	}
	owned := map[string][]int{}
	for id, c := range claims {
		owned[id] = slices.DeleteFunc(slices.Clone(c.Owned), func(p int) bool { return owner[p] != id || p < 0 || p >= b.partitions })
	}
	return owned
}

// claim is what a member has, as of a generation of its group.
type claim struct {
	mu         sync.Mutex
	V          int   `json:"v"`
	Generation int32 `json:"generation"`
	Owned      []int `json:"owned"` // in the order in which it took them
}

func (c *claim) encode() ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.V = 1
	return json.Marshal(c)
}

// took notes what a generation gave the member, and gives what it has no more.
func (c *claim) took(generation int32, assigned []kafka.PartitionAssignment) (gone []int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var now []int
	for _, a := range assigned {
		now = append(now, a.ID)
	}
	slices.Sort(now)
	gone = slices.DeleteFunc(slices.Clone(c.Owned), func(p int) bool { return slices.Contains(now, p) })
	kept := slices.DeleteFunc(c.Owned, func(p int) bool { return !slices.Contains(now, p) })
	c.Generation, c.Owned = generation, append(kept, slices.DeleteFunc(now, func(p int) bool { return slices.Contains(kept, p) })...)
	return gone
}
