// Package committed reads ualstream's topics as a read_committed consumer sees them, for Go programs that use kafka-go:
// its own readers also give what was in transactions that were aborted, by which an event may be seen twice. A Reader
// takes a partition and an offset, and gives the messages from there on, in order, without those that were aborted and
// with an error in the place of what cannot be decoded. It keeps no offset and knows no group: a kafka.ConsumerGroup
// gives a program its partitions and takes its offsets (see the example), and no partition is passed over.
//
// It takes the place of kafka-go's own decoding of fetches in the whole program: kafka.Client.Fetch must not be called
// beside it. kafka.Reader and kafka.Conn are not touched.
package committed
