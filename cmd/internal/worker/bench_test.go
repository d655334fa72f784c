package worker

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"ualstream/cmd/internal/identity"
	"ualstream/cmd/internal/kafka"
	"ualstream/schemas"
)

// BenchmarkIdentityRatio reports normalize's throughput with an identity store as a share of that without one: the
// median of five pairs that were measured in turn, so that a busy machine slows both. It leaves out Kafka, which would
// hide the difference. The store holds a million records, some 14 days of a partition at a million a day.
func BenchmarkIdentityRatio(b *testing.B) {
	store, err := identity.Open(b.Context(), identity.Config{Dir: b.TempDir(), Log: noLog{}}, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer store.Close()
	offset := int64(0)
	next := func(records int) []schemas.Message {
		batch := make([]schemas.Message, records)
		for i := range batch {
			body := fmt.Appendf(nil, `{"Id":"0b7d2f64-91ce-4a35-8f1d-%012d","RecordType":1,"CreationTime":"2026-02-12T11:00:00","Operation":"New-InboxRule",`+
				`"UserType":0,"UserKey":"k","Workload":"Exchange","UserId":"ana@contoso.example","ClientIP":"203.0.113.9","Parameters":[{"Name":"Name","Value":%q}]}`,
				offset, make([]byte, 200))
			batch[i] = schemas.Raw{Tenant: "t", Source: "Audit.Exchange", Received: time.Now(), Body: body}.Message()
			batch[i].Offset = offset
			offset++
		}
		return batch
	}
	n := &normalizer{known: store, metrics: newMetrics()}
	process := func(batch []schemas.Message) {
		if out, err := n.Process(b.Context(), batch); err != nil || len(out) != len(batch) {
			b.Fatal(len(out), err)
		}
	}
	for range 1000 {
		for _, m := range next(1000) {
			if _, err := store.Note(identity.RecordOf(&m)); err != nil {
				b.Fatal(err)
			}
		}
		if err := store.Commit(); err != nil {
			b.Fatal(err)
		}
	}
	var ratio float64
	for b.Loop() {
		var ratios []float64
		for range 5 {
			with, without := time.Duration(0), time.Duration(0)
			for range 40 {
				batch := next(500)
				began := time.Now()
				for _, m := range batch {
					event(m)
				}
				between := time.Now()
				process(batch)
				without, with = without+between.Sub(began), with+time.Since(between)
			}
			ratios = append(ratios, float64(without)/float64(with))
		}
		slices.Sort(ratios)
		ratio = ratios[2]
	}
	b.ReportMetric(ratio, "of-without")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkStageRatio is the same for the whole stage: read from a broker in memory, write, commit.
func BenchmarkStageRatio(b *testing.B) {
	w := filled(b, 100_000, 1200)
	identities, err := w.identities(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	runs := 0
	stage := func(of func() kafka.Transform) time.Duration {
		runs++
		group := fmt.Sprint("stage-", runs)
		ctx, cancel := context.WithCancel(b.Context())
		defer cancel()
		ended, began := make(chan error, 1), time.Now()
		go func() {
			ended <- w.cluster.Run(ctx, kafka.Stage{Group: group, From: schemas.TopicRaw, New: func(int) kafka.Transform { return of() }})
		}()
		for {
			if p, err := w.cluster.Progress(ctx, group, schemas.TopicRaw); err != nil {
				b.Fatal(err)
			} else if p.Began && p.Lag() == 0 {
				break
			}
			time.Sleep(5 * time.Millisecond)
		}
		taken := time.Since(began)
		cancel()
		if err := <-ended; err != nil {
			b.Fatal(err)
		}
		return taken
	}
	var ratio float64
	for b.Loop() {
		var ratios []float64
		for range 5 {
			without := stage(func() kafka.Transform { return plain{} })
			identities.dir = b.TempDir()
			with := stage(func() kafka.Transform { return &normalizer{identities: identities, metrics: w.metrics} })
			ratios = append(ratios, float64(without)/float64(with))
		}
		slices.Sort(ratios)
		ratio = ratios[2]
	}
	b.ReportMetric(ratio, "of-without")
	b.ReportMetric(0, "ns/op")
}

// plain normalizes without knowing repeats.
type plain struct{}

func (plain) Process(_ context.Context, batch []schemas.Message) (out []schemas.Message, err error) {
	for _, m := range batch {
		out = append(out, event(m))
	}
	return out, nil
}

func (plain) Done() {}

// noLog is a partition without records.
type noLog struct{}

func (noLog) At(context.Context, int64) (m schemas.Message, err error) { return m, nil }
func (noLog) Since(context.Context, time.Time) (int64, error)          { return 0, nil }
func (noLog) Read(context.Context, int64, int64, func(schemas.Message) error) error {
	return nil
}

// BenchmarkIdentityStart gives how fast a store is made anew from the raw topic, on an embedded broker in memory.
func BenchmarkIdentityStart(b *testing.B) {
	const records = 200_000
	w := filled(b, records, 1200)
	identities, err := w.identities(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		identities.dir = b.TempDir()
		s, err := identities.open(b.Context(), 0, records)
		if err != nil || s.Next() != records {
			b.Fatal(s.Next(), err)
		}
		s.Close()
	}
	b.ReportMetric(records*float64(b.N)/b.Elapsed().Seconds(), "records/s")
}

// filled gives a worker on a broker in memory whose raw topic has one partition with so many records.
func filled(b *testing.B, records, padding int) *Worker {
	b.Helper()
	broker, err := kafka.StartEmbedded(kafka.Embedded{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(broker.Close)
	k := broker.Config()
	k.Partitions = 1
	w, err := New(Options{Stages: []string{StageNormalize}, Kafka: k, State: b.TempDir(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(w.cluster.Close)
	if err := w.cluster.Prepare(b.Context()); err != nil {
		b.Fatal(err)
	}
	batch := make([]schemas.Message, 1000)
	for n := 0; n < records; n += len(batch) {
		for i := range batch {
			body := fmt.Appendf(nil, `{"Id":"0b7d2f64-91ce-4a35-8f1d-%012d","Parameters":"%0*d"}`, n+i, padding, n)
			batch[i] = schemas.Raw{Tenant: "t", Source: "Audit.Exchange", Received: time.Now(), Body: body}.Message()
		}
		if _, err := w.cluster.Produce(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
	return w
}
