package worker

import (
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"ualstream/cmd/internal/kafka"
	"ualstream/detect/sigma"
	"ualstream/publish"
	"ualstream/schemas"
)

// The stages. Each is a consumer group of its name; ingest's shares out the partitions of the ledger, and consumes nothing.
const (
	StageIngest    = "ingest"
	StageNormalize = "normalize"
	StageDetect    = "detect"
	StagePublish   = "publish"
)

// Stages lists the stages in the order of a record's way.
var Stages = []string{StageIngest, StageNormalize, StageDetect, StagePublish}

// Options say what a worker does.
type Options struct {
	Stages    []string // which stages run here, any of Stages
	Kafka     kafka.Config
	Microsoft Microsoft        // needed by ingest
	Tenants   []schemas.Tenant // what ingest fetches; the same for all workers that ingest, as any may get any tenant
	Poll      time.Duration    // how often ingest lists new content; 0 is ingest's default
	Quota     int              // requests a minute and tenant; 0 is ingest's default
	Triage    []schemas.Triage // which threats reach the threat topic; empty is all
	Rules     *sigma.Set       // what findings come from; nil for none
	Lateness  time.Duration    // how long after the end of a correlation's window its hits may come; 0 is DefaultLateness
	MaxGroups int              // groups in memory of a correlation, tenant and partition, the others are on disk; 0 is 100,000
	Sinks     []publish.Sink   // what publish delivers to, beyond the threat topic
	// Deployment names whose the topics are: a worker of another one is refused. It is the app's client ID where the
	// operator gives no name; "" checks all but that.
	Deployment string
	Skip       []Place // batches to give up where they cannot be decoded
	State      string  // folder for what normalize remembers of records; "" keeps it in memory, for trying; and for groups that do not fit into memory
	HTTP       string  // address of /healthz, /readyz and /metrics; "" serves none
	// Drain is how long a worker that was told to stop waits for what it has fetched to reach the last stage.
	// Kafka keeps what is left, so that only a worker whose Kafka ends with it needs any.
	Drain  time.Duration
	Logger *slog.Logger
}

// Microsoft says how Microsoft's side is reached.
type Microsoft struct {
	Endpoint  string // Management Activity API, e.g. https://manage.office.com
	Publisher string // PublisherIdentifier; "" leaves the choice to the client
	// Credential gives the credential for a tenant.
	Credential func(tenant string) (azcore.TokenCredential, error)
	Transport  http.RoundTripper // nil is Go's own, with the system's certificates
}

func (o Options) check() error {
	if len(o.Stages) == 0 {
		return fmt.Errorf("no stage to run: choose from %s", strings.Join(Stages, ", "))
	}
	for i, s := range o.Stages {
		if !slices.Contains(Stages, s) {
			return fmt.Errorf("stage %q is not known: choose from %s", s, strings.Join(Stages, ", "))
		}
		if slices.Contains(o.Stages[:i], s) {
			return fmt.Errorf("stage %s is named twice", s)
		}
	}
	if kept := schemas.TopicSignals.Settings().Retention; o.Lateness < 0 || o.Lateness > kept {
		return fmt.Errorf("lateness %v: hits cannot be told later than signals are kept, which is %v", o.Lateness, kept)
	}
	return nil
}
