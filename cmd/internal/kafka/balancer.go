package kafka

import "github.com/segmentio/kafka-go"

// balancer is kafka-go's range balancer over the partitions that the topic has. kafka-go itself asks the group's
// coordinator, and a broker that has not heard of a new topic yet answers that there is none: the group would stay
// without partitions until a member comes or goes.
type balancer struct {
	kafka.RangeGroupBalancer
	partitions []kafka.Partition
}

func newBalancer(topic string, partitions int) balancer {
	b := balancer{partitions: make([]kafka.Partition, partitions)}
	for i := range b.partitions {
		b.partitions[i] = kafka.Partition{Topic: topic, ID: i}
	}
	return b
}

// AssignGroups gives each member its share of all partitions, whatever the coordinator knows of them.
func (b balancer) AssignGroups(members []kafka.GroupMember, _ []kafka.Partition) kafka.GroupMemberAssignments {
	return b.RangeGroupBalancer.AssignGroups(members, b.partitions)
}
