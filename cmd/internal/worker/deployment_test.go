package worker

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"ualstream/cmd/internal/kafka"
	"ualstream/schemas"
)

// member gives a worker of a deployment that has prepared the topics.
func member(t *testing.T, broker *kafka.Broker, deployment string, stages ...string) *Worker {
	t.Helper()
	k := broker.Config()
	k.Partitions = 3
	w, err := New(Options{Stages: stages, Kafka: k, Deployment: deployment, Logger: slog.New(slog.DiscardHandler)})
	try(t, err)
	t.Cleanup(w.cluster.Close)
	try(t, w.cluster.Prepare(deadline(t)))
	return w
}

// charters gives the entries that say whose the topics are.
func charters(t *testing.T, w *Worker) []schemas.Deployment {
	t.Helper()
	found, err := w.recorded(deadline(t))
	try(t, err)
	return found
}

func refused(t *testing.T, err error, parts ...string) {
	t.Helper()
	if _, ok := errors.AsType[*DeploymentError](err); !ok {
		t.Fatalf("error %v, want a *DeploymentError", err)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q does not say %q", err, part)
		}
	}
}

func TestAPrefixBelongsToTheDeploymentThatFetchedFirst(t *testing.T) {
	t.Parallel()
	broker := embedded(t)
	for _, w := range []*Worker{member(t, broker, "contoso", StageNormalize), member(t, broker, "", StageIngest)} {
		try(t, w.settle(deadline(t)))
		if n := len(charters(t, w)); n != 0 {
			t.Fatalf("%d entries are written by who does not fetch, or is nobody", n)
		}
	}
	for range 2 {
		try(t, member(t, broker, "contoso", Stages...).settle(deadline(t)))
	}
	for name, stages := range map[string][]string{"contoso": {StageDetect}, "": Stages} {
		try(t, member(t, broker, name, stages...).settle(deadline(t)))
	}
	for _, stages := range [][]string{{StageIngest}, {StageNormalize}} {
		refused(t, member(t, broker, "fabrikam", stages...).settle(deadline(t)),
			"prefix m365", "deployment contoso since "+time.Now().UTC().Format(time.DateOnly), "deployment fabrikam", "another --prefix", "--deployment contoso")
	}
	w := member(t, broker, "", StageNormalize)
	found := charters(t, w)
	id, err := w.cluster.ID(deadline(t))
	try(t, err)
	if len(found) != 1 || found[0].Cluster != id || len(found[0].Partitions) != len(schemas.Topics) || found[0].Partitions["raw"] != 3 {
		t.Errorf("entries %+v, want one of cluster %s with all topics", found, id)
	}
}

func TestDeploymentsThatBeginAtOnceAgreeWhoseThePrefixIs(t *testing.T) {
	t.Parallel()
	broker := embedded(t)
	workers := make([]*Worker, 8)
	for i := range workers {
		workers[i] = member(t, broker, fmt.Sprint("deployment-", i%2), StageIngest)
	}
	errs := make([]error, len(workers))
	var all sync.WaitGroup
	for i, w := range workers {
		all.Go(func() { errs[i] = w.settle(deadline(t)) })
	}
	all.Wait()
	found := charters(t, workers[0])
	for i, err := range errs {
		if mine := workers[i].options.Deployment == found[0].ID; mine && err != nil {
			t.Errorf("one of %s is refused: %v", found[0].ID, err)
		} else if !mine {
			refused(t, err, "deployment "+found[0].ID)
		}
	}
	if newest := found[len(found)-1]; !alike(newest, found[0]) {
		t.Errorf("the newest entry, which compaction leaves, is of %s, and the first of %s", newest.ID, found[0].ID)
	}
}

func TestTopicsThatAreNotAsTheyWereAreRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*schemas.Deployment)
		want   []string
	}{
		"another cluster":    {func(d *schemas.Deployment) { d.Cluster = "was-it" }, []string{"on Kafka cluster was-it, and this is cluster ", "brokers of cluster was-it", "another --prefix"}},
		"partitions added":   {func(d *schemas.Deployment) { d.Partitions["raw"] = 2 }, []string{"topic m365.raw has 3 partitions, and was made with 2", "another --prefix", "--delete --topic m365.raw, then --create --topic m365.raw --partitions 2"}},
		"made with fewer":    {func(d *schemas.Deployment) { d.Partitions["events"] = 6 }, []string{"topic m365.events has 3 partitions, and was made with 6"}},
		"a later topic":      {func(d *schemas.Deployment) { delete(d.Partitions, "signals") }, nil},
		"nothing is changed": {func(*schemas.Deployment) {}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			broker := embedded(t)
			w := member(t, broker, "contoso", StageIngest)
			was, err := w.here(deadline(t))
			try(t, err)
			test.change(&was)
			try(t, w.record(deadline(t), was))
			for _, stage := range Stages {
				err := member(t, broker, "", stage).settle(deadline(t))
				if test.want != nil {
					refused(t, err, test.want...)
				} else if err != nil {
					t.Errorf("%s: %v", stage, err)
				}
			}
		})
	}
}

func TestATopicOfTheUsualNumberOfPartitionsIsMadeByTheNextStart(t *testing.T) {
	t.Parallel()
	w := member(t, embedded(t), "contoso", StageIngest)
	refused(t, w.repartitioned(schemas.TopicRaw, 3, 4), "--delete --topic m365.raw; the next start makes it")
	w.options.Kafka.Partitions = 0
	refused(t, w.repartitioned(schemas.TopicRaw, 3, 4), "--delete --topic m365.raw, then --create --topic m365.raw --partitions 3;")
	refused(t, w.repartitioned(schemas.TopicRaw, schemas.DefaultPartitions, 13), "--delete --topic m365.raw; the next start makes it")
}

func TestARefusedWorkerRunsNoStage(t *testing.T) {
	t.Parallel()
	broker := embedded(t)
	w := member(t, broker, "contoso", StageIngest)
	try(t, w.settle(deadline(t)))
	other, err := New(Options{Stages: []string{StageNormalize}, Kafka: broker.Config(), Deployment: "fabrikam", Logger: slog.New(slog.DiscardHandler)})
	try(t, err)
	refused(t, other.Run(deadline(t)), "fabrikam")
	if other.prepared.Load() {
		t.Error("it was ready")
	}
}

func TestAnEntryOfTheDeploymentThatCannotBeReadIsToldAndOneOfALaterVersionStops(t *testing.T) {
	t.Parallel()
	broker := embedded(t)
	var text logText
	w := member(t, broker, "contoso", StageIngest)
	w.options.Logger = slog.New(slog.NewTextHandler(&text, nil))
	put := func(value string) {
		m := schemas.Message{Topic: schemas.TopicLedger, Key: []byte(schemas.Deployment{}.Key()), Value: []byte(value)}
		_, err := w.cluster.Produce(deadline(t), []schemas.Message{m})
		try(t, err)
	}
	put(`{"v":1,"id":`)
	try(t, w.settle(deadline(t)))
	if found := charters(t, w); len(found) != 1 || found[0].ID != "contoso" || !strings.Contains(text.String(), "an entry of the ledger cannot be read") {
		t.Errorf("entries %v, log %s", found, text.String())
	}
	put(`{"v":2,"id":["later"]}`)
	if err := w.settle(deadline(t)); err == nil || !strings.Contains(err.Error(), "has version 2") {
		t.Errorf("error %v, want one of the version", err)
	}
}
