package kafka

import "github.com/segmentio/kafka-go/protocol"

// The requests of a transaction, as Kafka's protocol guide lays them out. kafka-go's own ask for the coordinator
// before each request, which makes two round trips of one; these go where the caller says. Registering them takes the
// place of kafka-go's: its Client's methods of these names must not be called.
//
// Their versions are those of Kafka 2.5, the first that keeps a member of an older generation from committing
// (KIP-447). Later ones add transactions of the second version (KIP-890), whose epochs this package does not keep.

// destination is the broker that a request goes to.
type destination struct{ id int32 }

// Broker is kafka-go's interface of a message that goes to a certain broker.
func (d destination) Broker(protocol.Cluster) (protocol.Broker, error) {
	return protocol.Broker{ID: d.id}, nil
}

type addPartitionsRequest struct {
	destination
	TransactionalID string       `kafka:"min=v0,max=v2"`
	ProducerID      int64        `kafka:"min=v0,max=v2"`
	ProducerEpoch   int16        `kafka:"min=v0,max=v2"`
	Topics          []addedTopic `kafka:"min=v0,max=v2"`
}

type addedTopic struct {
	Name       string  `kafka:"min=v0,max=v2"`
	Partitions []int32 `kafka:"min=v0,max=v2"`
}

type addPartitionsResponse struct {
	ThrottleTimeMS int32               `kafka:"min=v0,max=v2"`
	Topics         []addedTopicOutcome `kafka:"min=v0,max=v2"`
}

type addedTopicOutcome struct {
	Name       string             `kafka:"min=v0,max=v2"`
	Partitions []partitionOutcome `kafka:"min=v0,max=v2"`
}

type partitionOutcome struct {
	Partition int32 `kafka:"min=v0,max=v2"`
	ErrorCode int16 `kafka:"min=v0,max=v2"`
}

type addOffsetsRequest struct {
	destination
	TransactionalID string `kafka:"min=v0,max=v2"`
	ProducerID      int64  `kafka:"min=v0,max=v2"`
	ProducerEpoch   int16  `kafka:"min=v0,max=v2"`
	GroupID         string `kafka:"min=v0,max=v2"`
}

type addOffsetsResponse struct {
	ThrottleTimeMS int32 `kafka:"min=v0,max=v2"`
	ErrorCode      int16 `kafka:"min=v0,max=v2"`
}

type endRequest struct {
	destination
	TransactionalID string `kafka:"min=v0,max=v2"`
	ProducerID      int64  `kafka:"min=v0,max=v2"`
	ProducerEpoch   int16  `kafka:"min=v0,max=v2"`
	Commit          bool   `kafka:"min=v0,max=v2"`
}

type endResponse struct {
	ThrottleTimeMS int32 `kafka:"min=v0,max=v2"`
	ErrorCode      int16 `kafka:"min=v0,max=v2"`
}

// The other two are flexible messages (KIP-482), which kafka-go knows by a field with the option "tag".

type commitOffsetsRequest struct {
	_ struct{} `kafka:"min=v3,max=v3,tag"`
	destination
	TransactionalID string            `kafka:"min=v3,max=v3"`
	GroupID         string            `kafka:"min=v3,max=v3"`
	ProducerID      int64             `kafka:"min=v3,max=v3"`
	ProducerEpoch   int16             `kafka:"min=v3,max=v3"`
	Generation      int32             `kafka:"min=v3,max=v3"`
	MemberID        string            `kafka:"min=v3,max=v3"`
	InstanceID      string            `kafka:"min=v3,max=v3,nullable"`
	Topics          []committedTopics `kafka:"min=v3,max=v3"`
}

type committedTopics struct {
	_          struct{}             `kafka:"min=v3,max=v3,tag"`
	Name       string               `kafka:"min=v3,max=v3"`
	Partitions []committedPartition `kafka:"min=v3,max=v3"`
}

type committedPartition struct {
	_           struct{} `kafka:"min=v3,max=v3,tag"`
	Partition   int32    `kafka:"min=v3,max=v3"`
	Offset      int64    `kafka:"min=v3,max=v3"`
	LeaderEpoch int32    `kafka:"min=v3,max=v3"`
	Metadata    string   `kafka:"min=v3,max=v3,nullable"`
}

type commitOffsetsResponse struct {
	_              struct{}           `kafka:"min=v3,max=v3,tag"`
	ThrottleTimeMS int32              `kafka:"min=v3,max=v3"`
	Topics         []committedOutcome `kafka:"min=v3,max=v3"`
}

type committedOutcome struct {
	_          struct{}                    `kafka:"min=v3,max=v3,tag"`
	Name       string                      `kafka:"min=v3,max=v3"`
	Partitions []committedPartitionOutcome `kafka:"min=v3,max=v3"`
}

type committedPartitionOutcome struct {
	_         struct{} `kafka:"min=v3,max=v3,tag"`
	Partition int32    `kafka:"min=v3,max=v3"`
	ErrorCode int16    `kafka:"min=v3,max=v3"`
}

// fetchOffsetsRequest is OffsetFetch with RequireStable: kafka-go's own hides that a commit is pending, and gives the
// offset before it.
type fetchOffsetsRequest struct {
	_ struct{} `kafka:"min=v7,max=v7,tag"`
	destination
	GroupID       string                `kafka:"min=v7,max=v7"`
	Topics        []fetchedOffsetsTopic `kafka:"min=v7,max=v7"`
	RequireStable bool                  `kafka:"min=v7,max=v7"`
}

type fetchedOffsetsTopic struct {
	_          struct{} `kafka:"min=v7,max=v7,tag"`
	Name       string   `kafka:"min=v7,max=v7"`
	Partitions []int32  `kafka:"min=v7,max=v7"`
}

type fetchOffsetsResponse struct {
	_              struct{}                `kafka:"min=v7,max=v7,tag"`
	ThrottleTimeMS int32                   `kafka:"min=v7,max=v7"`
	Topics         []fetchedOffsetsOutcome `kafka:"min=v7,max=v7"`
	ErrorCode      int16                   `kafka:"min=v7,max=v7"`
}

type fetchedOffsetsOutcome struct {
	_          struct{}        `kafka:"min=v7,max=v7,tag"`
	Name       string          `kafka:"min=v7,max=v7"`
	Partitions []fetchedOffset `kafka:"min=v7,max=v7"`
}

type fetchedOffset struct {
	_           struct{} `kafka:"min=v7,max=v7,tag"`
	Partition   int32    `kafka:"min=v7,max=v7"`
	Offset      int64    `kafka:"min=v7,max=v7"`
	LeaderEpoch int32    `kafka:"min=v7,max=v7"`
	Metadata    string   `kafka:"min=v7,max=v7,nullable"`
	ErrorCode   int16    `kafka:"min=v7,max=v7"`
}

// ApiKey is kafka-go's interface of a message.
func (*addPartitionsRequest) ApiKey() protocol.ApiKey  { return protocol.AddPartitionsToTxn }
func (*addPartitionsResponse) ApiKey() protocol.ApiKey { return protocol.AddPartitionsToTxn }
func (*addOffsetsRequest) ApiKey() protocol.ApiKey     { return protocol.AddOffsetsToTxn }
func (*addOffsetsResponse) ApiKey() protocol.ApiKey    { return protocol.AddOffsetsToTxn }
func (*endRequest) ApiKey() protocol.ApiKey            { return protocol.EndTxn }
func (*endResponse) ApiKey() protocol.ApiKey           { return protocol.EndTxn }
func (*commitOffsetsRequest) ApiKey() protocol.ApiKey  { return protocol.TxnOffsetCommit }
func (*commitOffsetsResponse) ApiKey() protocol.ApiKey { return protocol.TxnOffsetCommit }
func (*fetchOffsetsRequest) ApiKey() protocol.ApiKey   { return protocol.OffsetFetch }
func (*fetchOffsetsResponse) ApiKey() protocol.ApiKey  { return protocol.OffsetFetch }

func init() {
	protocol.Register(&addPartitionsRequest{}, &addPartitionsResponse{})
	protocol.Register(&addOffsetsRequest{}, &addOffsetsResponse{})
	protocol.Register(&endRequest{}, &endResponse{})
	protocol.Register(&commitOffsetsRequest{}, &commitOffsetsResponse{})
	protocol.Register(&fetchOffsetsRequest{}, &fetchOffsetsResponse{})
}
