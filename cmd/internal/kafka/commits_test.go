package kafka

import (
	"errors"
	"maps"
	"testing"
)

func TestCommitsThatWaitGoTogether(t *testing.T) {
	begun, answer := make(chan map[int]int64), make(chan error)
	c := &commits{send: func(offsets map[int]int64) error {
		begun <- maps.Clone(offsets)
		return <-answer
	}}
	type result struct {
		partition int
		err       error
	}
	results := make(chan result)
	commit := func(partition int) { results <- result{partition, c.commit(partition, int64(100+partition))} }

	go commit(0)
	if first := <-begun; !maps.Equal(first, map[int]int64{0: 100}) {
		t.Fatalf("first request %v, want partition 0 alone", first)
	}
	for p := 1; p <= 3; p++ {
		go commit(p)
	}
	until(t, "three wait for the next request", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.round != nil && len(c.round.offsets) == 3
	})
	answer <- nil
	if second := <-begun; !maps.Equal(second, map[int]int64{1: 101, 2: 102, 3: 103}) {
		t.Fatalf("second request %v, want the three that waited", second)
	}
	refused := errors.New("refused")
	answer <- refused
	for range 4 {
		r := <-results
		if want := r.partition != 0; errors.Is(r.err, refused) != want {
			t.Errorf("partition %d: error %v, want refused: %v", r.partition, r.err, want)
		}
	}
}
