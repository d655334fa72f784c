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
	o.left("cannot read", true, true)
	o.left("cannot read", true, true)
	if n := out.count("over"); n != 0 {
		t.Error("it was called over while a partition still failed")
	}
	o.left("cannot read", true, true)
	if n := out.count("cannot read: over"); n != 1 {
		t.Errorf("%d lines that it is over, want 1", n)
	}
}

func TestOutageThatSomebodyGaveUpOnEndsWithTheNextSuccess(t *testing.T) {
	out := &lines{seen: make(chan string, 100)}
	o := outages{log: slog.New(slog.NewTextHandler(out, nil))}
	away := errors.New("connection refused")
	for range 3 { // as who asks every ten seconds, and does not wait longer
		o.failed("cannot read lag", nil, away, time.Now(), true)
		o.left("cannot read lag", true, false)
	}
	if told, over := out.count("retrying"), out.count("over"); told != 1 || over != 0 {
		t.Errorf("it is told %d times and its end %d times, want once and not yet", told, over)
	}
	for range 2 {
		o.left("cannot read lag", false, true)
	}
	if over := out.count("cannot read lag: over"); over != 1 {
		t.Errorf("its end is told %d times, want once", over)
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
