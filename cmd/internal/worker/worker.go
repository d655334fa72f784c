// Package worker wires the stages: which of them run in this process, in what order they start and stop, and
// what is seen of them from outside. It holds no signal handling and no command line, so that tests and other
// programs can run a worker in their own process.
package worker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"ualstream/cmd/internal/kafka"
	"ualstream/schemas"
)

// Worker runs stages until it is told to stop. Make one with New; it runs once.
type Worker struct {
	options  Options
	cluster  *kafka.Cluster
	metrics  *metrics
	quotas   *quotas
	roster   atomic.Pointer[roster] // nil where nothing is fetched, or not yet
	consumed consumed
	skips    skips
	pressure pressure
	turn     turn
	domains  *domains
	waited   bool        // it was said that this worker waits for its turn
	prepared atomic.Bool // topics exist and are as they should be: stages may run
}

// New checks the options and makes a worker. It does no I/O.
func New(o Options) (*Worker, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	w := &Worker{options: o, metrics: newMetrics(), quotas: newQuotas(o.Quota), turn: turn{rules: o.Rules}, domains: newDomains(o.Tenants)}
	if w.detects() {
		w.countRules(o.Rules)
	}
	o.Kafka.Damaged = w.damaged
	var err error
	if w.cluster, err = kafka.Connect(o.Kafka); err != nil {
		return nil, err
	}
	w.metrics.registry.MustRegister(w.quotas, transactions{w.cluster}, standstills{w.cluster})
	return w, nil
}

// Run runs the stages until ctx ends or one of them meets something that waiting does not mend, such as a topic
// with settings that would lose data, or that are another deployment's. While Kafka is away it waits. After ctx has ended, what is in flight is
// finished, and with Options.Drain what has been fetched still travels to the last stage; then Run returns nil.
func (w *Worker) Run(ctx context.Context) error {
	defer w.cluster.Close()
	stopServing, err := w.serve()
	if err != nil {
		return err
	}
	defer stopServing()

	if err := w.cluster.Prepare(ctx); err != nil {
		return orderly(ctx, fmt.Errorf("prepare topics: %w", err))
	}
	if err := w.settle(ctx); err != nil {
		return orderly(ctx, err)
	}
	w.prepared.Store(true)

	group, running := errgroup.WithContext(context.WithoutCancel(ctx))
	flow, stopFlow := context.WithCancel(running)
	defer stopFlow()
	fetch, stopFetch := context.WithCancel(flow)
	defer stopFetch()
	var fetching sync.WaitGroup
	for _, stage := range w.launched() {
		scope, done := flow, func() {}
		if stage == StageIngest {
			fetching.Add(1)
			scope, done = fetch, fetching.Done
		}
		group.Go(func() error {
			defer done()
			if err := w.stage(scope, stage); err != nil {
				return orderly(scope, fmt.Errorf("%s: %w", stage, err))
			}
			return nil
		})
	}
	group.Go(func() error { return w.watchLag(flow) })
	if w.detects() {
		group.Go(func() error { return w.watchRules(flow) })
		group.Go(func() error { return orderly(flow, w.watchDomains(flow)) })
	}
	group.Go(func() error {
		select {
		case <-ctx.Done():
			w.options.Logger.Info("the worker stops: what is in flight is finished first")
		case <-flow.Done():
		}
		stopFetch()
		fetching.Wait()
		w.drain(flow)
		stopFlow()
		return nil
	})
	return group.Wait()
}

// detects says whether the stage detect runs here.
func (w *Worker) detects() bool { return slices.Contains(w.options.Stages, StageDetect) }

// launched gives the stages of this worker, those without a switch of their own with them.
func (w *Worker) launched() (all []string) {
	for _, stage := range w.options.Stages {
		all = append(all, stage)
		if stage == StageDetect {
			all = append(all, StageCorrelate)
		}
	}
	return all
}

// running gives the stages that have something to do: without correlations there is nothing to correlate.
func (w *Worker) running() []string {
	rules, _, _ := w.turn.now()
	return slices.DeleteFunc(w.launched(), func(stage string) bool { return stage == StageCorrelate && !correlates(rules) })
}

// prefix begins the names of topics and groups.
func (w *Worker) prefix() string { return cmp.Or(w.options.Kafka.Prefix, schemas.DefaultPrefix) }

// orderly drops an error that only says that we were told to stop, or that our time is over.
func orderly(ctx context.Context, err error) error {
	if ctx.Err() != nil && (errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)) {
		return nil
	}
	return err
}

// stage runs one stage until ctx ends.
func (w *Worker) stage(ctx context.Context, stage string) error {
	switch stage {
	case StageIngest:
		return w.ingest(ctx)
	case StageNormalize:
		return w.normalize(ctx)
	case StageDetect:
		return w.inTurn(ctx, w.detect)
	case StageCorrelate:
		return w.inTurn(ctx, w.correlate)
	default:
		return w.publish(ctx)
	}
}
