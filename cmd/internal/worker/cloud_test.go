package worker_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"ualstream/cmd/internal/entra"
	"ualstream/cmd/internal/kafka"
	"ualstream/cmd/internal/worker"
	"ualstream/ingest/cloudsim"
	"ualstream/schemas"
)

// patience is how long a test waits for what must happen before it fails: long, for the race detector on a busy machine.
const patience = 3 * time.Minute

// startCloud gives a simulated tenant that is subscribed to everything.
func startCloud(t *testing.T) *cloudsim.Cloud {
	t.Helper()
	return startCloudOf(t, cloudsim.DefaultTenant)
}

// startCloudOf gives simulated tenants that are subscribed to everything.
func startCloudOf(t *testing.T, ids ...string) *cloudsim.Cloud {
	t.Helper()
	return startCloudWith(t, cloudsim.Config{PageSize: 5}, ids...)
}

func startCloudWith(t *testing.T, config cloudsim.Config, ids ...string) *cloudsim.Cloud {
	t.Helper()
	config.Seed = 7
	for i, id := range ids {
		config.Tenants = append(config.Tenants, cloudsim.Tenant{
			ID: id, Domain: fmt.Sprintf("tenant-%d.example", i), Enabled: schemas.ContentTypes,
		})
	}
	cloud, err := cloudsim.New(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := cloud.Start("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cloud.Close() })
	return cloud
}

// testKafka gives a Kafka for the test alone: the brokers that the environment names with a prefix of the test's
// own, or an embedded broker.
func testKafka(t *testing.T) kafka.Config {
	t.Helper()
	if brokers := os.Getenv("UALSTREAM_TEST_BROKERS"); brokers != "" {
		return kafka.Config{Brokers: []string{brokers}, Prefix: fmt.Sprintf("test-%d", time.Now().UnixNano()), Logger: logger(t)}
	}
	broker, err := kafka.StartEmbedded(kafka.Embedded{Logger: logger(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(broker.Close)
	config := broker.Config()
	config.Logger = logger(t)
	return config
}

// options is a worker that runs every stage against the simulation.
func options(log *slog.Logger, cloudURL string, transport http.RoundTripper, k kafka.Config) worker.Options {
	return worker.Options{
		Stages: worker.Stages, Kafka: k, Poll: 100 * time.Millisecond, Logger: log,
		Tenants: []schemas.Tenant{{ID: cloudsim.DefaultTenant, ContentTypes: schemas.ContentTypes}},
		Microsoft: worker.Microsoft{
			Endpoint: cloudURL, Transport: transport, Credential: login(cloudURL, transport),
		},
	}
}

// login gives the credentials of the simulation's app.
func login(cloudURL string, transport http.RoundTripper) func(tenant string) (azcore.TokenCredential, error) {
	credentials, err := entra.New(entra.Config{Kind: entra.Secret, Authority: cloudURL, ClientID: cloudsim.DefaultClientID,
		Secret: cloudsim.DefaultClientSecret, Transport: transport})
	if err != nil {
		panic(err) // all of it is constant
	}
	return credentials
}

func transport(cloud *cloudsim.Cloud) http.RoundTripper {
	tr := http.DefaultTransport.(*http.Transport).Clone()
	tr.TLSClientConfig = &tls.Config{RootCAs: cloud.CertPool()}
	return tr
}

// start runs a worker until the test ends or stop is called; stop gives what Run returned.
func start(t *testing.T, o worker.Options) (w *worker.Worker, stop func() error) {
	t.Helper()
	w, err := worker.New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	stopped := false
	stop = func() error {
		if stopped {
			return nil
		}
		stopped = true
		cancel()
		return <-done
	}
	t.Cleanup(func() { _ = stop() })
	return w, stop
}

// follow reads a topic from its beginning until enough says so, and fails the test when that takes too long.
func follow(t *testing.T, k kafka.Config, topic schemas.Topic, enough func(schemas.Message) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cluster, err := kafka.Connect(k)
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	if err := cluster.Prepare(ctx); err != nil {
		t.Fatalf("prepare: %v", err)
	}
	done := errors.New("enough")
	err = cluster.Read(ctx, kafka.Read{Topic: topic, Follow: true}, func(m schemas.Message) error {
		if enough(m) {
			return done
		}
		return nil
	})
	if !errors.Is(err, done) {
		t.Fatalf("topic %s did not hold within %s what it should (error: %v)", topic, patience, err)
	}
}

func logger(t *testing.T) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
}
