package verify

import (
	"context"
	"errors"
	"testing"

	"ualstream/cmd/internal/kafka"
	"ualstream/schemas"
)

func TestWhatCannotBeDecodedIsToldOnce(t *testing.T) {
	damage := kafka.Damage{Topic: schemas.TopicEvents, Partition: 1, Offset: 9, Err: errors.New("its checksum is wrong"),
		End: func(context.Context) (int64, error) { return 12, nil }}
	var u Unread
	for range 2 {
		if to, err := u.Pass(t.Context(), damage); to != 12 || err != nil {
			t.Fatalf("go on at %d, %v", to, err)
		}
	}
	within := damage
	within.Offset = 10 // another reading began there
	elsewhere := damage
	elsewhere.Partition = 2
	for _, d := range []kafka.Damage{within, elsewhere} {
		if _, err := u.Pass(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	want := Stretch{"events", 1, 9, 12, "its checksum is wrong"}
	if got := u.beside(nil); len(got) != 2 || got[0] != want || got[1].Partition != 2 {
		t.Errorf("%+v", got)
	}
	if got := u.beside([]schemas.Skip{{Topic: "events", Partition: 1, From: 9, To: 12}}); len(got) != 1 || got[0].Partition != 2 {
		t.Errorf("beside what was skipped: %+v", got)
	}
	damage.End = func(context.Context) (int64, error) { return 0, errors.New("Kafka is away") }
	if to, err := u.Pass(t.Context(), damage); to != 0 || err == nil {
		t.Errorf("without its end: %d, %v", to, err)
	}
	if got := (*Unread)(nil).beside(nil); got == nil || len(got) != 0 {
		t.Errorf("nobody looked: %v", got)
	}
}
