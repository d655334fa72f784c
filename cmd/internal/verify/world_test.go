package verify_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"ualstream/cmd/internal/entra"
	"ualstream/cmd/internal/kafka"
	"ualstream/cmd/internal/verify"
	"ualstream/cmd/internal/worker"
	"ualstream/ingest/cloudsim"
	"ualstream/ingest/o365"
	"ualstream/schemas"
)

// patience is how long a test waits for what must happen before it fails: long, for the race detector on a busy machine.
const patience = 3 * time.Minute

// world is a simulated tenant, a Kafka, and workers between them.
type world struct {
	t         *testing.T
	cloud     *cloudsim.Cloud
	kafka     kafka.Config
	transport *counting
	login     func(tenant string) (azcore.TokenCredential, error)
}

// counting counts the listings that were answered.
type counting struct {
	http.RoundTripper
	listings atomic.Int64
}

func (c *counting) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := c.RoundTripper.RoundTrip(r)
	if err == nil && strings.HasSuffix(r.URL.Path, "/subscriptions/content") {
		c.listings.Add(1)
	}
	return answer, err
}

func newWorld(t *testing.T, faults cloudsim.Faults) *world {
	t.Helper()
	cloud, err := cloudsim.New(cloudsim.Config{
		Faults: faults, Tenants: []cloudsim.Tenant{{ID: cloudsim.DefaultTenant, Domain: "contoso.example", Enabled: schemas.ContentTypes}},
	})
	if err == nil {
		err = cloud.Start("127.0.0.1:0")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cloud.Close() })
	trusting := http.DefaultTransport.(*http.Transport).Clone()
	trusting.TLSClientConfig = &tls.Config{RootCAs: cloud.CertPool()}
	w := &world{t: t, cloud: cloud, transport: &counting{RoundTripper: trusting}}
	w.login, err = entra.New(entra.Config{Kind: entra.Secret, Authority: cloud.URL(), ClientID: cloudsim.DefaultClientID,
		Secret: cloudsim.DefaultClientSecret, Transport: w.transport})
	if err != nil {
		t.Fatal(err)
	}
	w.kafka = kafka.Config{Brokers: strings.Split(os.Getenv("UALSTREAM_TEST_BROKERS"), ","), Prefix: fmt.Sprintf("verify-%d", time.Now().UnixNano())}
	if w.kafka.Brokers[0] == "" {
		broker, err := kafka.StartEmbedded(kafka.Embedded{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(broker.Close)
		w.kafka = broker.Config()
	}
	w.kafka.Logger = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelError}))
	return w
}

// offer makes n blobs of two records available, the first created so long ago and the others minutes later.
func (w *world) offer(contentType string, n int, ago time.Duration) {
	w.t.Helper()
	for i := range n {
		created := time.Now().Add(-ago).Add(time.Duration(i) * time.Minute)
		var records [][]byte
		for part := range 2 {
			records = append(records, fmt.Appendf(nil, `{"Id":"%s-%d-%d-%d","RecordType":2,"CreationTime":"%s","Operation":"Send","OrganizationId":%q,`+
				`"Workload":"Exchange","UserId":"ana@contoso.example"}`, contentType, int(ago.Minutes()), i, part,
				created.Add(-time.Hour).UTC().Format("2006-01-02T15:04:05"), cloudsim.DefaultTenant))
		}
		if _, err := w.cloud.Offer(cloudsim.DefaultTenant, contentType, created, records...); err != nil {
			w.t.Fatal(err)
		}
	}
}

// work has a worker settle so many blobs of the ledger and list all seven days to the end.
func (w *world) work(settled int) {
	w.t.Helper()
	for listings := int64(40); ; listings *= 2 {
		w.workFor(settled, listings)
		gaps := 0
		for _, f := range w.verify(verify.Options{}).Tenants[0].Feeds {
			gaps += len(f.Gaps)
		}
		if gaps == 0 {
			return
		}
	}
}

// workFor runs a worker until so many blobs are settled and so many listings were made, and has it stop in good order.
func (w *world) workFor(settled int, listings int64) {
	w.t.Helper()
	listings += w.transport.listings.Load()
	one, err := worker.New(worker.Options{
		Stages: []string{worker.StageIngest, worker.StageNormalize}, Kafka: w.kafka, Poll: 100 * time.Millisecond, Quota: 1_000_000, Drain: patience,
		Logger:  w.kafka.Logger,
		Tenants: []schemas.Tenant{{ID: cloudsim.DefaultTenant, Name: "Contoso", ContentTypes: schemas.ContentTypes}},
		Microsoft: worker.Microsoft{
			Endpoint: w.cloud.URL(), Transport: w.transport, Credential: w.login,
		},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	done := make(chan error, 1)
	go func() { done <- one.Run(ctx) }()
	w.until(settled)
	for tick := time.NewTicker(10 * time.Millisecond); w.transport.listings.Load() < listings; {
		<-tick.C
	}
	stop()
	if err := <-done; err != nil {
		w.t.Fatal(err)
	}
}

// until waits for so many blobs that are stored or lost.
func (w *world) until(settled int) {
	w.t.Helper()
	cluster := w.cluster()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := cluster.Prepare(ctx); err != nil {
		w.t.Fatal(err)
	}
	enough, seen := errors.New("enough"), map[string]bool{}
	err := cluster.Read(ctx, kafka.Read{Topic: schemas.TopicLedger, Follow: true}, func(m schemas.Message) error {
		if schemas.IsDay(m) || schemas.IsDeployment(m) {
			return nil
		}
		if b, err := schemas.BlobOf(m); err == nil && (b.State == schemas.BlobStored || b.State == schemas.BlobLost) {
			seen[b.Key()] = true
		}
		if len(seen) >= settled {
			return enough
		}
		return nil
	})
	if !errors.Is(err, enough) {
		w.t.Fatalf("%d of %d blobs are settled: %v", len(seen), settled, err)
	}
}

func (w *world) cluster() *kafka.Cluster {
	w.t.Helper()
	cluster, err := kafka.Connect(w.kafka)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(cluster.Close)
	return cluster
}

func (w *world) produce(messages ...schemas.Message) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if _, err := w.cluster().Produce(ctx, messages); err != nil {
		w.t.Fatal(err)
	}
}

// verify looks at everything, as the command does.
func (w *world) verify(o verify.Options) verify.Report {
	w.t.Helper()
	o.Since = 7 * 24 * time.Hour
	o.Tenants = []schemas.Tenant{{ID: cloudsim.DefaultTenant, Name: "Contoso", ContentTypes: schemas.ContentTypes}}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	r, err := verify.Gather(ctx, w.cluster(), o)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// lister lists at the simulation.
func (w *world) lister(tenant string) (verify.Lister, error) {
	credential, err := w.login(tenant)
	if err != nil {
		return nil, err
	}
	return o365.New(o365.Config{Endpoint: w.cloud.URL(), Tenant: tenant, Credential: credential, Transport: w.transport})
}

func (w *world) show(r verify.Report) string {
	w.t.Helper()
	var b strings.Builder
	if err := verify.Write(&b, r); err != nil {
		w.t.Fatal(err)
	}
	return b.String()
}

// export is an exported log of all that was offered, without one record.
func (w *world) export(without *cloudsim.Record, more ...string) *verify.Export {
	w.t.Helper()
	table := "RecordType,CreationDate,AuditData\n"
	row := func(id string, created time.Time) {
		data := fmt.Sprintf(`{"Id":%q,"RecordType":2,"CreationTime":%q,"Operation":"Send","OrganizationId":%q,"Workload":"Exchange"}`,
			id, created.Format("2006-01-02T15:04:05"), cloudsim.DefaultTenant)
		table += `2,x,"` + strings.ReplaceAll(data, `"`, `""`) + "\"\n"
	}
	for _, r := range w.cloud.Offered() {
		if without == nil || r.ID != without.ID {
			row(r.ID, r.Created)
		}
	}
	for _, id := range more {
		row(id, time.Now().UTC().Add(-25*time.Hour))
	}
	export, err := verify.ReadExport(strings.NewReader(table), "export.csv", func(err error) { w.t.Error(err) })
	if err != nil {
		w.t.Fatal(err)
	}
	return export
}
