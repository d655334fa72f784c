package kafka

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"ualstream/schemas"
)

func TestReadingThatStandsStillEnds(t *testing.T) {
	c, read := prepared(t), atomic.Int64{}
	err := c.Moving(within(t), time.Millisecond, &read, []schemas.Topic{schemas.TopicEvents}, func(ctx context.Context) error {
		<-ctx.Done()
		return ctx.Err()
	})
	if !errors.Is(err, ErrStalled) {
		t.Errorf("%v", err)
	}
}

func TestAnInterruptIsNoStandstill(t *testing.T) {
	c, read := &Cluster{}, atomic.Int64{}
	ctx, cancel := context.WithCancel(t.Context())
	err := c.Moving(ctx, time.Hour, &read, nil, func(ctx context.Context) error {
		cancel()
		<-ctx.Done()
		return ctx.Err()
	})
	if !errors.Is(err, context.Canceled) || errors.Is(err, ErrStalled) {
		t.Errorf("%v", err)
	}
}
