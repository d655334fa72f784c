package o365

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestOutageIsToldOnceAndThenEveryFewMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		trouble := trouble{log: slog.New(slog.NewTextHandler(&log, nil))}
		for range 20 * 60 { // twenty minutes, a failure each second
			trouble.met(errors.New("gone"), time.Second)
			<-time.After(time.Second)
		}
		if n := strings.Count(log.String(), "no answer"); n != 4 {
			t.Errorf("told %d times in 20 minutes, want 4: after ten seconds and then every five minutes", n)
		}
		trouble.over()
		if got := log.String(); !strings.Contains(got, "answers again") || !strings.Contains(got, "after=20m0s") {
			t.Errorf("the end is not told: %s", got)
		}
	})
}

func TestBlipIsNotTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		trouble := trouble{log: slog.New(slog.NewTextHandler(&log, nil))}
		for range 100 { // trouble of five seconds, again and again
			trouble.met(errors.New("gone"), time.Second)
			<-time.After(5 * time.Second)
			trouble.over()
		}
		if log.Len() > 0 {
			t.Errorf("told: %s", log.String())
		}
	})
}
