package kafka

import (
	"errors"
	"log/slog"
	"testing"
	"time"
)

func TestOutageOfManyPartitionsIsOneLineAndOneWhenItIsOver(t *testing.T) {
	out := &lines{seen: make(chan string, 100)}
	o := outages{log: slog.New(slog.NewTextHandler(out, nil))}
	away := errors.New("connection refused")
	for i := range 30 {
		o.failed("cannot read", []any{"partition", i % 3}, away, time.Now(), i < 3)
	}
	if n := out.count("connection refused"); n != 1 {
		t.Errorf("%d lines, want 1", n)
	}
	o.left("cannot read", true)
	o.left("cannot read", true)
	if n := out.count("over"); n != 0 {
		t.Error("it was called over while a partition still failed")
	}
	o.left("cannot read", true)
	if n := out.count("cannot read: over"); n != 1 {
		t.Errorf("%d lines that it is over, want 1", n)
	}
}

func TestOnlyAFailureThatLastsIsLogged(t *testing.T) {
	for _, test := range []struct {
		grace time.Duration
		lines int
	}{{time.Hour, 0}, {0, 2}} {
		out := &lines{seen: make(chan string, 100)}
		c := join(t, Config{Brokers: []string{"127.0.0.1:1"}, Logger: slog.New(slog.NewTextHandler(out, nil))})
		c.outages.grace = test.grace
		n := 0
		if err := c.persist(within(t), "blip", nil, func() error {
			if n++; n < 4 {
				return errors.New("unexpected EOF")
			}
			return nil
		}); err != nil || n != 4 {
			t.Errorf("error %v after %d attempts", err, n)
		}
		if len(out.all) != test.lines {
			t.Errorf("grace %v: %d lines %q, want %d", test.grace, len(out.all), out.all, test.lines)
		}
	}
}
