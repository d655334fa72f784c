package worker_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"ualstream/cmd/internal/kafka"
	"ualstream/ingest/cloudsim"
	"ualstream/schemas"
)

// records gives the (tenant, record id) of everything that the cloud made available.
func records(cloud *cloudsim.Cloud) map[string]bool {
	ids := map[string]bool{}
	for _, r := range cloud.Offered() {
		ids[r.Tenant+"/"+r.ID] = true
	}
	return ids
}

func TestEveryRecordServedBecomesOneEvent(t *testing.T) {
	cloud, k := startCloud(t), testKafka(t)
	day := cloudsim.DemoDay()
	day.PerSecond, day.StoryAt = 50, -time.Hour // the story is history already
	live, end := context.WithTimeout(t.Context(), time.Second)
	defer end()
	if err := cloud.Play(live, day); err != nil {
		t.Fatal(err)
	}
	_, stop := start(t, options(logger(t), cloud.URL(), transport(cloud), k))

	want, got := records(cloud), map[string]int{}
	follow(t, k, schemas.TopicEvents, func(m schemas.Message) bool {
		got[m.Header(schemas.HeaderTenant)+"/"+m.Header(schemas.HeaderUID)]++
		return len(got) >= len(want)
	})
	if err := stop(); err != nil {
		t.Fatalf("the worker did not stop in good order: %v", err)
	}
	for id, times := range got {
		if !want[id] {
			t.Errorf("event %s was never served", id)
		}
		if times != 1 {
			t.Errorf("event %s is there %d times", id, times)
		}
	}
	if len(want) < 100 {
		t.Fatalf("the cloud served %d records: too few to prove anything", len(want))
	}
}

func TestThreatsCarryEveryPriorityTag(t *testing.T) {
	cloud, k := startCloud(t), testKafka(t)
	day := cloudsim.DemoDay()
	day.StoryStep = 20 * time.Millisecond
	playing, end := context.WithCancel(t.Context())
	defer end()
	go func() { _ = cloud.Play(playing, day) }()
	start(t, options(logger(t), cloud.URL(), transport(cloud), k))

	missing := map[string]bool{}
	for _, tag := range schemas.PriorityTags {
		missing[tag] = true
	}
	follow(t, k, schemas.TopicThreats, func(m schemas.Message) bool {
		for tag := range missing {
			if slices.Contains(strings.Split(m.Header(schemas.HeaderTags), ","), tag) {
				delete(missing, tag)
			}
		}
		return len(missing) == 0
	})
}

func TestBrokenRecordsAreRejectedAndTheirNeighboursGoOn(t *testing.T) {
	cloud, k := startCloud(t), testKafka(t)
	broken := map[string]string{
		`{"Id":"cut`:                    schemas.ErrNotJSON.Error(),
		`{"Operation":"no id"}`:         schemas.ErrNoID.Error(),
		`"a string"`:                    schemas.ErrNotObject.Error(),
		`{"Id":"b","Operation":"x",,,}`: schemas.ErrNotJSON.Error(),
	}
	now := time.Now()
	for body := range broken {
		if body == `{"Id":"cut` {
			continue
		}
		offer(t, cloud, now, record("before "+body), []byte(body), record("after "+body))
	}
	if _, err := cloud.OfferBody(cloudsim.DefaultTenant, "Audit.Exchange", now, []byte("["+string(record("whole"))+`,{"Id":"cut`)); err != nil {
		t.Fatal(err)
	}
	start(t, options(logger(t), cloud.URL(), transport(cloud), k))

	follow(t, k, schemas.TopicRejects, func(m schemas.Message) bool {
		want, known := broken[string(m.Value)]
		if !known {
			t.Errorf("reject %q was never served", m.Value)
		} else if reason := m.Header(schemas.HeaderReason); reason != want {
			t.Errorf("reject %q: reason %q, want %q", m.Value, reason, want)
		}
		delete(broken, string(m.Value))
		return len(broken) == 0
	})
	events := 0
	follow(t, k, schemas.TopicEvents, func(schemas.Message) bool { events++; return events == 7 })

	follow(t, k, schemas.TopicLedger, func(m schemas.Message) bool {
		if schemas.IsDay(m) || schemas.IsDeployment(m) {
			return false
		}
		blob, err := schemas.BlobOf(m)
		if err != nil {
			t.Fatal(err)
		}
		return blob.State == schemas.BlobLost && blob.Reason != ""
	})
}

func TestWhatIsStoredSurvivesARestart(t *testing.T) {
	cloud, k := startCloud(t), testKafka(t)
	first := offer(t, cloud, time.Now(), record("one"), record("two"))
	_, stop := start(t, options(logger(t), cloud.URL(), transport(cloud), k))
	stored(t, k, first)
	if err := stop(); err != nil {
		t.Fatal(err)
	}

	second := offer(t, cloud, time.Now(), record("three"))
	start(t, options(logger(t), cloud.URL(), transport(cloud), k))
	stored(t, k, second)
	raw := map[string]int{}
	follow(t, k, schemas.TopicRaw, func(m schemas.Message) bool { raw[string(m.Key)]++; return len(raw) == 3 })
	for id, times := range raw {
		if times != 1 {
			t.Errorf("record %s was stored %d times: the restart fetched its blob again", id, times)
		}
	}
}

// stored waits until the ledger says that a blob is stored.
func stored(t *testing.T, k kafka.Config, contentID string) {
	t.Helper()
	follow(t, k, schemas.TopicLedger, func(m schemas.Message) bool {
		blob, err := schemas.BlobOf(m)
		return err == nil && blob.ContentID == contentID && blob.State == schemas.BlobStored
	})
}

func offer(t *testing.T, cloud *cloudsim.Cloud, created time.Time, bodies ...[]byte) string {
	t.Helper()
	id, err := cloud.Offer(cloudsim.DefaultTenant, "Audit.Exchange", created, bodies...)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// record is a minimal audit record.
func record(id string) []byte {
	return fmt.Appendf(nil, `{"Id":%q,"RecordType":1,"CreationTime":"2026-02-12T11:00:00","Operation":"New-InboxRule","OrganizationId":%q,`+
		`"UserType":0,"UserKey":"k","Workload":"Exchange","UserId":"ana@contoso.example","ClientIP":"203.0.113.9"}`, id, cloudsim.DefaultTenant)
}

func TestRecordTooLargeForKafkaIsRejectedWithItsBeginning(t *testing.T) {
	cloud, k := startCloud(t), testKafka(t)
	large := []byte(strings.Replace(string(record("large")), `"UserKey":"k"`, `"UserKey":"`+incompressible(9<<20)+`"`, 1))
	blob := offer(t, cloud, time.Now(), record("before"), large, record("after"))
	start(t, options(logger(t), cloud.URL(), transport(cloud), k))

	follow(t, k, schemas.TopicRejects, func(m schemas.Message) bool {
		if string(m.Key) != "large" || !bytes.HasPrefix(large, m.Value) || len(m.Value) != 64<<10 {
			t.Errorf("reject %q of %d bytes, want the first 64 KiB of the record", m.Key, len(m.Value))
		}
		if sum := fmt.Sprintf("%x", sha256.Sum256(large)); !strings.Contains(m.Header(schemas.HeaderReason), sum) {
			t.Errorf("reason %q lacks the record's SHA-256", m.Header(schemas.HeaderReason))
		}
		return true
	})
	follow(t, k, schemas.TopicLedger, func(m schemas.Message) bool {
		entry, err := schemas.BlobOf(m)
		return err == nil && entry.ContentID == blob && entry.State == schemas.BlobLost &&
			strings.HasPrefix(entry.Reason, "too large") && entry.Records == 2
	})
}

// incompressible is text that stays as long as it is when compressed.
func incompressible(n int) string {
	random := rand.NewChaCha8([32]byte{})
	b := make([]byte, n/2)
	_, _ = random.Read(b) // it never fails
	return hex.EncodeToString(b)
}

func TestRecordDeliveredAgainIsOneEvent(t *testing.T) {
	cloud, k := startCloud(t), testKafka(t)
	o := options(logger(t), cloud.URL(), transport(cloud), k)
	o.Drain = patience // so that all stages have read everything when the worker has stopped
	_, stop := start(t, o)
	stored(t, k, offer(t, cloud, time.Now(), record("one"), record("two")))
	stored(t, k, offer(t, cloud, time.Now(), record("two"), record("three"), record("one")))
	if err := stop(); err != nil {
		t.Fatal(err)
	}

	if n := count(t, k, schemas.TopicEvents); n != 3 {
		t.Errorf("%d events of 3 records, two of which were delivered twice", n)
	}
}
