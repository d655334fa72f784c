package kafka

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"ualstream/schemas"
)

func TestPrepareCreatesEachTopicAsTheContractSays(t *testing.T) {
	c := connect(t)
	for range 2 { // the second time it finds everything in place
		if err := c.Prepare(within(t)); err != nil {
			t.Fatal(err)
		}
	}
	found, err := c.dial().metadata(within(t))
	if err != nil {
		t.Fatal(err)
	}
	copies := min(3, len(found.Brokers))
	for _, topic := range schemas.Topics {
		i := indexTopic(found, topic.Name(c.cfg.Prefix))
		if i < 0 {
			t.Fatalf("topic %s was not created", topic)
		}
		ps := found.Topics[i].Partitions
		if len(ps) != 3 || len(ps[0].Replicas) != copies {
			t.Errorf("topic %s has %d partitions and %d replicas, want 3 and %d", topic, len(ps), len(ps[0].Replicas), copies)
		}
		got, wants := settings(t, c, topic), topic.Settings().Config()
		wants["min.insync.replicas"] = strconv.Itoa(max(1, copies-1))
		wants["unclean.leader.election.enable"] = "false"
		for k, want := range wants {
			if got[k] != want {
				t.Errorf("topic %s: %s is %s, want %s", topic, k, got[k], want)
			}
		}
	}
}

func settings(t *testing.T, c *Cluster, topic schemas.Topic) map[string]string {
	t.Helper()
	res, err := c.client.DescribeConfigs(within(t), &kafka.DescribeConfigsRequest{Resources: []kafka.DescribeConfigRequestResource{
		{ResourceType: kafka.ResourceTypeTopic, ResourceName: topic.Name(c.cfg.Prefix)},
	}})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, e := range res.Resources[0].ConfigEntries {
		got[e.ConfigName] = e.ConfigValue
	}
	return got
}

func TestPrepareRefusesWrongSettings(t *testing.T) {
	for _, test := range []struct {
		name, setting, value string
		topic                schemas.Topic
		want                 []string
	}{
		{"raw is compacted", "cleanup.policy", "compact", schemas.TopicRaw,
			[]string{".raw: cleanup.policy is compact, want delete", "--entity-name ", ".raw --add-config cleanup.policy=delete"}},
		{"ledger is deleted", "cleanup.policy", "delete", schemas.TopicLedger,
			[]string{".ledger: cleanup.policy is delete, want compact", "--add-config cleanup.policy=compact"}},
		{"tenants are deleted", "cleanup.policy", "delete", schemas.TopicTenants,
			[]string{".tenants: cleanup.policy is delete, want compact"}},
		{"ledger is compacted and deleted", "cleanup.policy", "compact,delete", schemas.TopicLedger,
			[]string{"cleanup.policy is compact,delete, want compact"}},
		{"events refuse large messages", "max.message.bytes", "1000000", schemas.TopicEvents,
			[]string{"max.message.bytes is 1000000, want at least 25165824", "--add-config max.message.bytes=25165824"}},
		{"raw is kept too short", "retention.ms", "604800000", schemas.TopicRaw,
			[]string{"retention.ms is 604800000, want at least 1382400000", "--add-config retention.ms=1382400000"}},
		{"raw is bounded by size", "retention.bytes", "1000", schemas.TopicRaw,
			[]string{"retention.bytes is 1000, want -1"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := prepared(t)
			alter(t, c, test.topic, test.setting, test.value)
			err := again(t, c).Prepare(within(t))
			var refused *SettingsError
			if !errors.As(err, &refused) || len(refused.Refusals) != 1 {
				t.Fatalf("error %v, want one refusal", err)
			}
			for _, want := range append(test.want, "kafka-configs.sh --bootstrap-server "+strings.Join(c.cfg.Brokers, ",")) {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %q", err, want)
				}
			}
		})
	}
}

func TestPrepareAcceptsMoreThanTheContract(t *testing.T) {
	c := prepared(t)
	alter(t, c, schemas.TopicRaw, "retention.ms", "-1")
	alter(t, c, schemas.TopicEvents, "retention.ms", "31536000000")
	alter(t, c, schemas.TopicThreats, "max.message.bytes", "50000000")
	if err := again(t, c).Prepare(within(t)); err != nil {
		t.Error(err)
	}
}

func alter(t *testing.T, c *Cluster, topic schemas.Topic, name, value string) {
	t.Helper()
	res, err := c.client.IncrementalAlterConfigs(within(t), &kafka.IncrementalAlterConfigsRequest{
		Resources: []kafka.IncrementalAlterConfigsRequestResource{{
			ResourceType: kafka.ResourceTypeTopic, ResourceName: topic.Name(c.cfg.Prefix),
			Configs: []kafka.IncrementalAlterConfigsRequestConfig{{Name: name, Value: value, ConfigOperation: kafka.ConfigOperationSet}},
		}},
	})
	if err == nil {
		err = res.Resources[0].Error
	}
	if err != nil {
		t.Fatal(err)
	}
	// The controller has it at once, the broker that answers a little later.
	until(t, "new setting", func() bool { return settings(t, c, topic)[name] == value })
}

func TestPrepareWaitsForKafkaAndSaysSoOnce(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := ln.Addr().(*net.TCPAddr)
	_ = ln.Close()

	lines := &lines{seen: make(chan string, 100)}
	c := join(t, Config{Brokers: []string{address.String()}, Logger: slog.New(slog.NewTextHandler(lines, nil))})
	result := make(chan error, 1)
	go func() { result <- c.Prepare(within(t)) }()
	if line := <-lines.seen; !strings.Contains(line, "not ready") || !strings.Contains(line, address.String()) {
		t.Errorf("first line is %q", line)
	}
	broker, err := kfake.NewCluster(kfake.Ports(address.Port))
	if err != nil {
		t.Fatal(err)
	}
	defer broker.Close()
	if err := <-result; err != nil {
		t.Fatal(err)
	}
	if n := lines.count("not ready, retrying"); n != 1 {
		t.Errorf("%d lines about the outage, want 1", n)
	}
	produce(t, c, numbered(schemas.TopicRaw, 0, 10))
}

// lines keeps log lines.
type lines struct {
	mu   sync.Mutex
	all  []string
	seen chan string
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, string(p))
	l.seen <- string(p)
	return len(p), nil
}

func (l *lines) count(part string) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.all {
		if strings.Contains(s, part) {
			n++
		}
	}
	return n
}

func TestPrepareEndsWithItsContext(t *testing.T) {
	c := join(t, Config{Brokers: []string{"127.0.0.1:1"}})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := c.Prepare(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
}

func TestWrongLoginIsRefusedClearly(t *testing.T) {
	broker, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.EnableSASL(),
		kfake.Superuser("PLAIN", "ana", "right"), kfake.Superuser("SCRAM-SHA-256", "ana", "right"), kfake.Superuser("SCRAM-SHA-512", "ana", "right"))
	if err != nil {
		t.Fatal(err)
	}
	defer broker.Close()
	for _, mechanism := range []string{"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"} {
		t.Run(mechanism, func(t *testing.T) {
			login := SASL{Mechanism: mechanism, Username: "ana", Password: "wrong-word"}
			c := join(t, Config{Brokers: broker.ListenAddrs(), SASL: &login})
			for name, err := range map[string]error{"Ping": c.Ping(within(t)), "Prepare": c.Prepare(within(t))} {
				if _, ok := errors.AsType[*AuthError](err); !ok {
					t.Fatalf("%s: error %v, want an *AuthError", name, err)
				}
				if !strings.Contains(err.Error(), "refused the login ("+mechanism+" as ana)") || strings.Contains(err.Error(), "wrong-word") {
					t.Errorf("%s: error %q", name, err)
				}
			}
			login.Password = "right"
			if err := join(t, Config{Brokers: broker.ListenAddrs(), SASL: &login}).Ping(within(t)); err != nil {
				t.Errorf("with the right password: %v", err)
			}
		})
	}
}

// A broker that stops hangs up, also on who is just logging in, as some do where the password is wrong.
func TestBrokerThatHangsUpInALoginOnceHasNotRefusedIt(t *testing.T) {
	b := embed(t, t.TempDir()+"/broker")
	stopping := errors.New("stopping")
	b.cluster.ControlKey(int16(kmsg.SASLAuthenticate), func(kmsg.Request) (kmsg.Response, error, bool) { return nil, stopping, true })
	if err := join(t, b.Config()).Ping(within(t)); err != nil {
		t.Errorf("error %v", err)
	}
}

func TestMissingPermissionsAreRefusedWithTheCommandThatGrantsThem(t *testing.T) {
	var granted []kfake.ACL // what the command grants
	for _, o := range []kmsg.ACLOperation{
		kmsg.ACLOperationCreate, kmsg.ACLOperationDescribe, kmsg.ACLOperationDescribeConfigs, kmsg.ACLOperationRead, kmsg.ACLOperationWrite,
	} {
		granted = append(granted, kfake.ACL{Resource: kmsg.ACLResourceTypeTopic, Name: "m365.", Pattern: kmsg.ACLResourcePatternTypePrefixed, Operation: o, Allow: true})
	}
	granted = append(granted, kfake.ACL{Resource: kmsg.ACLResourceTypeGroup, Name: "m365.", Pattern: kmsg.ACLResourcePatternTypePrefixed, Operation: kmsg.ACLOperationRead, Allow: true})
	for _, o := range []kmsg.ACLOperation{kmsg.ACLOperationDescribe, kmsg.ACLOperationWrite} {
		granted = append(granted, kfake.ACL{Resource: kmsg.ACLResourceTypeTransactionalId, Name: "m365.", Pattern: kmsg.ACLResourcePatternTypePrefixed, Operation: o, Allow: true})
	}
	unreadable := slices.Delete(slices.Clone(granted), 2, 3)
	broker, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.EnableSASL(), kfake.EnableACLs(), kfake.User("PLAIN", "none", "p"),
		kfake.User("PLAIN", "all", "p", granted...), kfake.User("PLAIN", "unreadable", "p", unreadable...))
	if err != nil {
		t.Fatal(err)
	}
	defer broker.Close()
	as := func(user string) *Cluster {
		return join(t, Config{Brokers: broker.ListenAddrs(), Prefix: "m365", SASL: &SASL{"PLAIN", user, "p"}})
	}
	for user, problem := range map[string]string{"none": "may not see it", "unreadable": "may not read the settings of it"} {
		err := as(user).Prepare(within(t))
		var refused *SettingsError
		if !errors.As(err, &refused) || len(refused.Refusals) != 1 {
			t.Fatalf("error %v, want one refusal", err)
		}
		allow := "kafka-acls.sh --bootstrap-server " + broker.ListenAddrs()[0] + " --add --allow-principal User:" + user + " --resource-pattern-type prefixed"
		for _, want := range []string{"m365.raw,m365.", problem, allow + " --topic m365. --operation Create --operation Describe", allow + " --group m365. --operation Read", allow + " --transactional-id m365. --operation Describe --operation Write"} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("error %q does not say %q", err, want)
			}
		}
	}
	c := as("all")
	if err := c.Prepare(within(t)); err != nil {
		t.Fatal(err)
	}
	produce(t, c, numbered(schemas.TopicEvents, 0, 30))
	seen := newTally()
	stop := start(t, c, copying(seen))
	seen.wait(t, 30)
	stop()
	caughtUp(t, c, "copy")
}

func TestPingTellsWhetherKafkaAnswersNow(t *testing.T) {
	b := embed(t, "")
	c := join(t, b.Config())
	if err := c.Ping(within(t)); err != nil {
		t.Fatal(err)
	}
	b.Close()
	if err := c.Ping(within(t)); err == nil || !strings.Contains(err.Error(), c.cfg.Brokers[0]) {
		t.Errorf("error %v, want one that names the broker", err)
	}
}

func TestConnectRefusesWhatCannotWork(t *testing.T) {
	for name, cfg := range map[string]Config{
		"no Kafka brokers":   {},
		"want host:port":     {Brokers: []string{"kafka"}},
		"topic prefix":       {Brokers: []string{"kafka:9092"}, Prefix: "a b"},
		"partitions -1":      {Brokers: []string{"kafka:9092"}, Partitions: -1},
		`mechanism "GSSAPI"`: {Brokers: []string{"kafka:9092"}, SASL: &SASL{"GSSAPI", "u", "p"}},
		"must not be empty":  {Brokers: []string{"kafka:9092"}, SASL: &SASL{"PLAIN", "u", ""}},
		"RFC 4013":           {Brokers: []string{"kafka:9092"}, SASL: &SASL{"SCRAM-SHA-512", "u", "hunter2\nand more"}},
		"from 1 to 65535":    {Brokers: []string{"kafka:9092", "kafka:notaport"}},
		`"kafka:0"`:          {Brokers: []string{"kafka:0"}},
		`"kafka:65536"`:      {Brokers: []string{"kafka:65536"}},
		`"kafka:-1"`:         {Brokers: []string{"kafka:-1"}},
	} {
		_, err := Connect(cfg)
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("error %v, want one that says %q", err, name)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("error %q shows the password", err)
		}
	}
}
