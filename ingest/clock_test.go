package ingest

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ualstream/ingest/o365"
	"ualstream/schemas"
)

// gateway is a feed behind a gateway that answers for it for some minutes, by a clock of its own.
type gateway struct {
	*script
	ahead   time.Duration
	answers atomic.Bool
}

func (f *gateway) Skew() time.Duration {
	if f.answers.Load() {
		return f.ahead
	}
	return 0
}

func TestAGatewaysWrongClockLosesNothing(t *testing.T) {
	for _, ahead := range []time.Duration{20 * time.Hour, -20 * time.Hour} {
		t.Run(ahead.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begun := time.Now()
				a := aged("a", retention-4*time.Hour)
				f := &gateway{script: &script{}, ahead: ahead}
				f.list = func(window) ([]o365.Blob, error) {
					if f.answers.Load() {
						return nil, &o365.Error{Status: 403}
					}
					return []o365.Blob{a}, nil
				}
				f.records = func(context.Context, o365.Blob) ([]string, error) {
					switch now := time.Now(); {
					case now.Before(begun.Add(3 * time.Minute)):
						f.answers.Store(true)
						return nil, &o365.Error{Status: 403}
					case now.Before(a.Expires):
						return []string{`{"Id":"1"}`}, nil
					default:
						return nil, &o365.Error{Status: 400, Code: "AF20051"}
					}
				}
				time.AfterFunc(3*time.Minute, func() { f.answers.Store(false) })
				_, s := pass(t, f.script, 3*24*time.Hour, func(cfg *Config) { cfg.Feed = f })
				if e := s.entry("a"); e.State != schemas.BlobStored || strings.Contains(s.ledger[0].Reason, "expired") {
					t.Errorf("ledger %+v", s.ledger)
				}
			})
		})
	}
}
