package verify

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestReadingThatStandsStillEnds(t *testing.T) {
	g := &gathering{cluster: prepared(t), patience: time.Millisecond}
	err := g.moving(within(t), func(ctx context.Context) error {
		<-ctx.Done()
		return ctx.Err()
	})
	if !errors.Is(err, ErrStalled) {
		t.Errorf("%v", err)
	}
}

func TestAnInterruptIsNoStandstill(t *testing.T) {
	g := &gathering{patience: time.Hour}
	ctx, cancel := context.WithCancel(t.Context())
	err := g.moving(ctx, func(ctx context.Context) error {
		cancel()
		<-ctx.Done()
		return ctx.Err()
	})
	if !errors.Is(err, context.Canceled) || errors.Is(err, ErrStalled) {
		t.Errorf("%v", err)
	}
}
