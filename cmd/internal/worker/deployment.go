package worker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"ualstream/schemas"
)

// DeploymentError says that the topics are not this worker's to go on with. Waiting does not help.
type DeploymentError struct {
	Problem string
	Mend    string // what the operator can do
}

// Error says both.
func (e *DeploymentError) Error() string { return e.Problem + ": " + e.Mend }

// settle checks that the topics belong to this deployment, and are those that it was made with: identity and groups go
// by cluster, topic and partition, so that anything else loses records or repeats them. The first worker that fetches
// writes down whose they are.
func (w *Worker) settle(ctx context.Context) error {
	here, err := w.here(ctx)
	if err != nil {
		return fmt.Errorf("ask Kafka for its id: %w", err)
	}
	w.tellOfIdleSkips(here)
	recorded, err := w.recorded(ctx)
	if err == nil && len(recorded) == 0 && here.ID != "" && slices.Contains(w.options.Stages, StageIngest) {
		if err = w.record(ctx, here); err == nil {
			recorded, err = w.recorded(ctx)
		}
	}
	if err != nil || len(recorded) == 0 {
		return err
	}
	first, newest := recorded[0], recorded[len(recorded)-1]
	if !alike(first, newest) { // two began at once; compaction would leave the newest alone
		if err := w.record(ctx, first); err != nil {
			return err
		}
	}
	return w.refuse(first, here)
}

// here is this worker's deployment as it finds it.
func (w *Worker) here(ctx context.Context) (d schemas.Deployment, err error) {
	d = schemas.Deployment{ID: w.options.Deployment, Partitions: map[string]int{}, At: time.Now().UTC()}
	if d.Cluster, err = w.cluster.ID(ctx); err != nil {
		return d, err
	}
	for _, t := range schemas.Topics {
		if d.Partitions[string(t)], err = w.cluster.Partitions(ctx, t); err != nil {
			return d, err
		}
	}
	return d, nil
}

func alike(a, b schemas.Deployment) bool {
	return a.ID == b.ID && a.Cluster == b.Cluster && maps.Equal(a.Partitions, b.Partitions)
}

// recorded reads what the ledger says of the deployment, and gives whose the topics are, in the order of the topic: the
// first counts, so that two that begin at once agree.
func (w *Worker) recorded(ctx context.Context) (found []schemas.Deployment, err error) {
	err = w.deploymentEntries(ctx, func(entry any) {
		switch e := entry.(type) {
		case schemas.Deployment:
			found = append(found, e)
		case schemas.Consumed:
			w.consumed.note(e.Stage, e.Partitions)
		case schemas.Skip:
			w.skips.note(e)
		}
	})
	return found, err
}

// deploymentEntries gives the ledger's entries about the deployment in their order. One that cannot be read is told and
// left out; one of a later version is an error.
func (w *Worker) deploymentEntries(ctx context.Context, take func(entry any)) error {
	partition, err := w.cluster.PartitionOf(ctx, schemas.TopicLedger, schemas.DeploymentKey())
	if err != nil {
		return err
	}
	err = w.cluster.ReadPart(ctx, schemas.TopicLedger, partition, 0, math.MaxInt64, func(m schemas.Message) error {
		if !schemas.IsDeployment(m) || len(m.Value) == 0 {
			return nil
		}
		entry, err := schemas.DeploymentEntry(m)
		if _, later := errors.AsType[*schemas.VersionError](err); later {
			return err
		}
		if err != nil {
			w.options.Logger.Error("an entry of the ledger cannot be read and is taken for one that is not there", "key", string(m.Key),
				"partition", m.Partition, "offset", m.Offset, "error", err)
			return nil
		}
		take(entry)
		return nil
	})
	if err != nil {
		return fmt.Errorf("read the ledger: %w", err)
	}
	return nil
}

// entry is a ledger entry about the deployment.
type entry interface {
	Message() (schemas.Message, error)
}

// record writes an entry to the ledger and returns once it is there.
func (w *Worker) record(ctx context.Context, e entry) error {
	m, err := e.Message()
	if err == nil {
		_, err = w.cluster.Produce(ctx, []schemas.Message{m})
	}
	if err != nil {
		return fmt.Errorf("write to the ledger: %w", err)
	}
	return nil
}

// refuse gives a *DeploymentError where what is here is not what is recorded.
func (w *Worker) refuse(recorded, here schemas.Deployment) error {
	switch {
	case recorded.Cluster != here.Cluster:
		return &DeploymentError{
			fmt.Sprintf("the ledger of prefix %s was written on Kafka cluster %s, and this is cluster %s: a copy of topics has other offsets, "+
				"so that groups and identity would pass records over and repeat others", w.prefix(), recorded.Cluster, here.Cluster),
			fmt.Sprintf("name the brokers of cluster %s, or begin anew here under another --prefix", recorded.Cluster),
		}
	case here.ID != "" && here.ID != recorded.ID:
		return &DeploymentError{
			fmt.Sprintf("the topics of prefix %s belong to deployment %s since %s, and this worker is of deployment %s: "+
				"two on one prefix would write each other's records", w.prefix(), recorded.ID, recorded.At.Format(time.DateOnly), here.ID),
			fmt.Sprintf("choose another --prefix, or, where this app has taken the other's place, say --deployment %s", recorded.ID),
		}
	}
	for _, t := range schemas.Topics {
		was, now := recorded.Partitions[string(t)], here.Partitions[string(t)]
		if was != 0 && was != now { // 0 is a topic that came with a later program
			return w.repartitioned(t, was, now)
		}
	}
	return nil
}

func (w *Worker) repartitioned(t schemas.Topic, was, now int) error {
	name, brokers := t.Name(w.prefix()), strings.Join(w.options.Kafka.Brokers, ",")
	anew := "; the next start makes it"
	if was != cmp.Or(w.options.Kafka.Partitions, schemas.DefaultPartitions) {
		anew = fmt.Sprintf(", then --create --topic %s --partitions %d; the next start says which of its settings to mend", name, was)
	}
	return &DeploymentError{
		fmt.Sprintf("topic %s has %d partitions, and was made with %d: which partition a record is in follows from their number, and what is known of "+
			"records and groups is known by partition, so that records would be written twice", name, now, was),
		fmt.Sprintf("Kafka takes no partition away, so begin anew under another --prefix, or, where you can do without what the topic holds, delete it with "+
			"kafka-topics.sh --bootstrap-server %s --delete --topic %s%s", brokers, name, anew),
	}
}
