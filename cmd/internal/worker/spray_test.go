package worker_test

import (
	"flag"
	"math/bits"
	"testing"
	"time"

	"ualstream/cmd/internal/kafka"
	"ualstream/cmd/internal/worker"
	"ualstream/schemas"
)

var sprayedUsers = flag.Int("spray", 400, "how many users the test of a spray on four workers tries")

// TestASprayOverManyUsersOnFourWorkersIsOneFinding takes failed sign-ins from the raw topic through all later stages
// of four workers, with the rule pack: many users of a tenant, by one address, and too few users by it in another
// tenant and by another address.
func TestASprayOverManyUsersOnFourWorkersIsOneFinding(t *testing.T) {
	t.Parallel()
	k, c := spot(t)
	for range 4 {
		start(t, worker.Options{Stages: []string{worker.StageNormalize, worker.StageDetect}, Kafka: k, Logger: k.Logger, Rules: packRules(t)})
	}
	const tenant, address, tooFew = "11111111-5d1c-4b7e-8f3a-2c9d60718e4f", "192.0.2.7", 9
	began := time.Now()
	first := began.Add(-time.Minute - time.Duration(*sprayedUsers)*10*time.Millisecond)
	fails(t, c, tenant, "192.0.2.8", first, 0, tooFew)
	fails(t, c, other, address, first, 0, tooFew)
	for from := 0; from < *sprayedUsers; from += 10_000 {
		fails(t, c, tenant, address, first, from, min(from+10_000, *sprayedUsers))
	}
	written := time.Since(began)
	through(t, c)
	t.Logf("%d users: written in %s, told in %s", *sprayedUsers, written.Round(time.Millisecond), time.Since(began).Round(time.Millisecond))

	events := 0
	if err := c.Read(t.Context(), kafka.Read{Topic: schemas.TopicEvents}, func(schemas.Message) error { events++; return nil }); err != nil {
		t.Fatal(err)
	}
	if want := *sprayedUsers + 2*tooFew; events != want {
		t.Errorf("%d events of %d records", events, want)
	}
	created, updates := told(t, c)
	later := bits.Len(uint(*sprayedUsers - 10)) // updates are told at the 1st, 2nd, 4th … of the later hits
	if len(created) != 1 || created[tenant+" "+address] != 1 || len(updates) > 1 || updates[tenant+" "+address] != later {
		t.Errorf("created %v, updates %v, want one of %s %s and %d updates", created, updates, tenant, address, later)
	}
}

// through waits until what is in the raw topic has been through all later stages.
func through(t *testing.T, c *kafka.Cluster) {
	t.Helper()
	began := time.Now()
	for _, s := range []struct {
		group string
		from  schemas.Topic
	}{{worker.StageNormalize, schemas.TopicRaw}, {worker.StageDetect, schemas.TopicEvents}, {worker.StageCorrelate, schemas.TopicSignals}} {
		await(t, s.group+" has read all", func() bool {
			lag, err := c.Lag(t.Context(), s.group, s.from)
			return err == nil && lag == 0
		})
		t.Logf("%s: %s", s.group, time.Since(began).Round(time.Millisecond))
	}
}
