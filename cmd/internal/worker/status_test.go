package worker_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"reflect"
	"sync"
	"testing"
	"time"

	"ualstream/cmd/internal/kafka"
	"ualstream/cmd/internal/status"
	"ualstream/cmd/internal/worker"
	"ualstream/ingest/cloudsim"
	"ualstream/schemas"
)

const northwind = "7d0e5a92-61bf-4c3d-9f28-3a4b5c6d7e02"

// TestStatusOfADeployment lets a worker fetch of three tenants: contoso loses a blob, which breaks off in its second record, fabrikam's subscriptions are
// disabled later, and northwind has nothing yet. Then the topics and a running worker tell the same.
func TestStatusOfADeployment(t *testing.T) {
	cloud, k := startCloudOf(t, cloudsim.DefaultTenant, fabrikam, northwind), testKafka(t)
	o := options(logger(t), cloud.URL(), transport(cloud), prepared(t, k))
	o.Tenants[0].Name, o.Drain = "Contoso", patience
	write(t, k, entry(t, schemas.Tenant{ID: fabrikam, Name: "Fabrikam", ContentTypes: []string{"Audit.Exchange"}}),
		entry(t, schemas.Tenant{ID: northwind, ContentTypes: []string{"Audit.General"}}))
	offered := time.Now().Add(-10 * time.Minute).UTC().Truncate(time.Second)
	first := offer(t, cloud, offered, record("one"), record("two"))
	if _, err := cloud.OfferBody(cloudsim.DefaultTenant, "Audit.SharePoint", offered, []byte("["+string(record("three"))+`,{"Id":"cut`)); err != nil {
		t.Fatal(err)
	}
	second := offerTo(t, cloud, fabrikam, "four")
	_, stop := start(t, o)
	stored(t, k, first)
	stored(t, k, second)
	follow(t, k, schemas.TopicLedger, func(m schemas.Message) bool {
		b, err := schemas.BlobOf(m)
		return err == nil && b.State == schemas.BlobLost
	})
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if err := cloud.SetStates(fabrikam, cloudsim.States{cloudsim.DisabledSubscription}); err != nil {
		t.Fatal(err)
	}

	straight := gatherFrom(t, k, status.Options{Tenants: o.Tenants, States: o.Microsoft.States(nil)})
	expect(t, straight, offered)

	o.Stages, o.HTTP = []string{worker.StageNormalize}, freeAddress(t) // one that does not start subscriptions again
	start(t, o)
	eventually(t, o.HTTP+"/status", http.StatusOK, `"tenants":`)
	if served := ask(t, o.HTTP); !reflect.DeepEqual(served.Tenants, straight.Tenants) {
		t.Errorf("the worker serves %+v, and the topics hold %+v", served.Tenants, straight.Tenants)
	}
}

// expect checks what TestStatusOfADeployment is about.
func expect(t *testing.T, r status.Report, offered time.Time) {
	t.Helper()
	happened := time.Date(2026, 2, 12, 11, 0, 0, 0, time.UTC) // as record says
	none := func(name string) status.Subscription {
		return status.Subscription{ContentType: name, Status: status.Enabled}
	}
	came := func(name string, records, lost int) status.Subscription {
		return status.Subscription{ContentType: name, Status: status.Enabled, Records24h: records, Lost: lost, LastContent: offered, Microsoft: offered.Sub(happened)}
	}
	want := []status.Tenant{
		{ID: cloudsim.DefaultTenant, Name: "Contoso", Connected: true, Subscriptions: []status.Subscription{
			came("Audit.Exchange", 2, 0), none("Audit.AzureActiveDirectory"), none("Audit.General"), came("Audit.SharePoint", 2, 1)}},
		{ID: fabrikam, Name: "Fabrikam", Connected: true, Subscriptions: []status.Subscription{{ContentType: "Audit.Exchange", Status: status.Disabled, Records24h: 1}}},
		{ID: northwind, Connected: true, Subscriptions: []status.Subscription{none("Audit.General")}},
	}
	got := make([]status.Tenant, len(r.Tenants))
	for i, one := range r.Tenants {
		got[i] = one
		got[i].Subscriptions = append([]status.Subscription(nil), one.Subscriptions...)
		for j := range got[i].Subscriptions {
			s := &got[i].Subscriptions[j]
			if late := s.Ours; !s.LastContent.IsZero() && s.LastContent.Equal(offered) && late < 10*time.Minute {
				t.Errorf("%s %s was received %v after it was offered, want ten minutes or more", one.Name, s.ContentType, late)
			}
			s.Ours = 0
			if one.ID == fabrikam { // it was offered at a time of its own
				s.LastContent, s.Microsoft = time.Time{}, 0
			}
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v,\nwant %+v", got, want)
	}
	var names []string
	for _, s := range r.Stages {
		names = append(names, s.Name)
		if s.Lag != 0 {
			t.Errorf("stage %s is %d behind after all was drained", s.Name, s.Lag)
		}
	}
	if !reflect.DeepEqual(names, []string{"ingest", "normalize", "detect"}) {
		t.Errorf("stages %v", names)
	}
}

func gatherFrom(t *testing.T, k kafka.Config, o status.Options) status.Report {
	t.Helper()
	cluster, err := kafka.Connect(k)
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	r, err := status.Gather(t.Context(), cluster, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// ask gives what a worker serves.
func ask(t *testing.T, address string) (r status.Report) {
	t.Helper()
	answer, err := http.Get("http://" + address + "/status")
	if err != nil {
		t.Error(err)
		return r
	}
	defer answer.Body.Close()
	if err := json.NewDecoder(answer.Body).Decode(&r); err != nil {
		t.Errorf("status %s: %v", answer.Status, err)
	}
	return r
}

func TestManyWhoAskGetOneReport(t *testing.T) {
	o := options(logger(t), "https://127.0.0.1:1", nil, testKafka(t))
	o.Stages, o.HTTP, o.Tenants, o.Microsoft.Credential = []string{worker.StageNormalize}, freeAddress(t), nil, nil
	start(t, o)
	eventually(t, o.HTTP+"/readyz", http.StatusOK, "ready")
	var asking sync.WaitGroup
	reports := make([]status.Report, 8)
	for i := range reports {
		asking.Go(func() { reports[i] = ask(t, o.HTTP) })
	}
	asking.Wait()
	for _, r := range reports {
		if r.At.IsZero() || !r.At.Equal(reports[0].At) {
			t.Errorf("reports of %v and %v", r.At, reports[0].At)
		}
	}
}

func TestAWorkerWhoseKafkaIsAwayHasNoStatus(t *testing.T) {
	o := options(slog.New(slog.DiscardHandler), "https://127.0.0.1:1", nil, kafka.Config{Brokers: []string{freeAddress(t)}})
	o.HTTP = freeAddress(t)
	start(t, o)
	eventually(t, o.HTTP+"/status", http.StatusServiceUnavailable, "no status: reach kafka at "+o.Kafka.Brokers[0])
}
