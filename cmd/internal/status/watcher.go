package status

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"ualstream/cmd/internal/kafka"
	"ualstream/schemas"
)

// reachWithin is how long Kafka may take to answer at all.
const reachWithin = 10 * time.Second

// Options say what the topics do not.
type Options struct {
	// Tenants are those of a configuration. They go before the entries of the tenants topic.
	Tenants []schemas.Tenant
	// States asks Microsoft for a tenant's subscriptions and gives their states by content type: Enabled or Disabled; one
	// that was never started is absent. It is called concurrently, with a context that ends after some seconds, for each
	// connected tenant at most once a minute. Nil leaves the states unknown.
	States func(ctx context.Context, tenant string) (map[string]string, error)
	Now    func() time.Time // nil is time.Now
}

// Watcher looks at a deployment again and again. It keeps sums and reads on from where it was, so that a further look
// is cheap and memory does not grow with the ledger. It is not safe for concurrent use.
type Watcher struct {
	cluster *kafka.Cluster
	options Options
	tenants *directory
	ledger  *tally
	raw     *sample
	states  *states
	before  progress
	patient time.Duration // how long Kafka may take to answer at all
}

// New makes a watcher. It does no I/O.
func New(cluster *kafka.Cluster, o Options) *Watcher {
	if o.Now == nil {
		o.Now = time.Now
	}
	ledger := newTally()
	return &Watcher{
		cluster: cluster, options: o, tenants: newDirectory(o.Tenants), ledger: ledger, raw: newSample(ledger),
		states: &states{ask: o.States, of: map[string]answer{}}, patient: reachWithin,
	}
}

// Gather looks at a deployment once. It takes a second or more, because rates need two looks.
func Gather(ctx context.Context, cluster *kafka.Cluster, o Options) (Report, error) {
	return New(cluster, o).Look(ctx)
}

// ErrNoAnswer says that Kafka was not heard from within seconds.
var ErrNoAnswer = errors.New("kafka does not answer")

// MissingError says that Kafka was reached and that this deployment has no topics there, or not all of them.
type MissingError struct{ Topics []string }

func (e *MissingError) Error() string {
	what := "is"
	if len(e.Topics) > 1 {
		what = "are"
	}
	return fmt.Sprintf("nothing has run on this Kafka yet: %s %s missing", strings.Join(e.Topics, ", "), what)
}

// Look gives the picture as it stands now. The first look, and one after a pause, takes a second or more; what others
// took since is in their rates. It returns a *MissingError where there are no topics yet, ErrNoAnswer or an error of the
// kafka package where Kafka is away or refuses, which it says within seconds, a *schemas.VersionError where the topics hold what a later
// program wrote, and ctx's error when that ends. After an error it may be called again, and goes on.
func (w *Watcher) Look(ctx context.Context) (Report, error) {
	if err := w.reach(ctx); err != nil {
		return Report{}, err
	}
	if err := w.begin(ctx); err != nil {
		return Report{}, err
	}
	now := w.options.Now()
	if err := w.read(ctx, now); err != nil {
		return Report{}, err
	}
	tenants := w.report(ctx, now)
	stages, err := w.stages(ctx)
	if err != nil {
		return Report{}, err
	}
	return Report{At: now.UTC(), Tenants: tenants, Stages: stages}, nil
}

// reach says within seconds whether Kafka answers and has the topics: everything else waits for both.
func (w *Watcher) reach(ctx context.Context) error {
	within, cancel := context.WithTimeout(ctx, w.patient)
	defer cancel()
	missing, err := w.cluster.Missing(within)
	switch {
	case err != nil && ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%w within %v: %w", ErrNoAnswer, w.patient, err)
	case err != nil:
		return err
	case len(missing) > 0:
		return &MissingError{missing}
	}
	return nil
}

// read takes in what the topics hold that was not there at the last look.
func (w *Watcher) read(ctx context.Context, now time.Time) error {
	err := w.cluster.Read(ctx, kafka.Read{Topic: schemas.TopicTenants, From: kafka.From(w.tenants.next)}, w.tenants.take)
	if err != nil {
		return fmt.Errorf("read the tenants: %w", err)
	}
	w.ledger.forget(now)
	err = w.cluster.Read(ctx, kafka.Read{Topic: schemas.TopicLedger, From: kafka.From(w.ledger.next)}, w.ledger.take)
	if err != nil {
		return fmt.Errorf("read the ledger: %w", err)
	}
	err = w.cluster.Read(ctx, kafka.Read{Topic: schemas.TopicRaw, From: kafka.From(w.raw.next).Newest(sampled)}, w.raw.take)
	if err != nil {
		return fmt.Errorf("read the newest records: %w", err)
	}
	return w.raw.fill(ctx, w.cluster)
}

// report puts together what is known of each tenant.
func (w *Watcher) report(ctx context.Context, now time.Time) []Tenant {
	connected := w.tenants.connected()
	states := w.states.refresh(ctx, connected, now)
	types, lost := w.ledger.types(), w.ledger.losses()
	tenants := []Tenant{} // an empty list in JSON, not null
	for id, t := range connected {
		one := Tenant{ID: id, Name: t.Name, Connected: true}
		if err := states[id].err; err != nil {
			one.Trouble = err.Error()
		}
		one.Subscriptions = w.ledger.subscriptions(id, append(types[id], t.ContentTypes...), states[id], lost)
		tenants = append(tenants, one)
	}
	for id, own := range types {
		if _, ok := connected[id]; !ok {
			tenants = append(tenants, Tenant{ID: id, Subscriptions: w.ledger.subscriptions(id, own, answer{}, lost)})
		}
	}
	worstFirst(tenants)
	return tenants
}
