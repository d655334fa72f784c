package committed_test

import (
	"context"
	"fmt"
	"log"

	"github.com/segmentio/kafka-go"

	"ualstream/publish/committed"
	"ualstream/schemas"
)

// A member of a consumer group reads the threats of the partitions that it is given, each once, and commits behind them.
func Example() {
	brokers := []string{"kafka-1.example:9092"}
	topic := schemas.TopicThreats.Name(schemas.DefaultPrefix)
	group, err := kafka.NewConsumerGroup(kafka.ConsumerGroupConfig{
		ID: "triage", Brokers: brokers, Topics: []string{topic}, StartOffset: kafka.FirstOffset,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer group.Close()
	generation, err := group.Next(context.Background()) // again whenever members come or go
	if err != nil {
		log.Fatal(err)
	}
	for _, assigned := range generation.Assignments[topic] {
		generation.Start(func(ctx context.Context) {
			r := committed.Reader{
				Kafka: kafka.DefaultTransport, Brokers: kafka.TCP(brokers...),
				Prefix: schemas.DefaultPrefix, Topic: schemas.TopicThreats, Partition: assigned.ID, Offset: max(0, assigned.Offset),
			}
			for ctx.Err() == nil {
				threats, err := r.Next(ctx)
				if err != nil {
					log.Print(err) // and try again, after a while
					return
				}
				for _, m := range threats {
					fmt.Println(m.Header(schemas.HeaderTenant), m.Header(schemas.HeaderUID), string(m.Value))
				}
				err = generation.CommitOffsets(map[string]map[int]int64{topic: {assigned.ID: r.Offset}})
				if err != nil {
					log.Print(err)
				}
			}
		})
	}
}
