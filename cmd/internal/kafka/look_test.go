package kafka

import (
	"slices"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"ualstream/schemas"
)

func look(t *testing.T, c *Cluster, groups ...string) Outlook {
	t.Helper()
	o, err := c.Look(within(t), groups...)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestLookingFindsWhatIsMissingAndMakesNothing(t *testing.T) {
	c := connect(t)
	for range 2 {
		if o := look(t, c); len(o.Missing) != len(schemas.Topics) || o.Copies != 0 || o.Brokers == 0 {
			t.Fatalf("found %+v, want every topic to be missing", o)
		}
	}
	if err := c.Prepare(within(t)); err != nil {
		t.Fatal(err)
	}
	if o := look(t, c, "normalize"); len(o.Missing)+len(o.Settings)+len(o.Denied) > 0 || o.Copies != min(3, o.Brokers) {
		t.Errorf("found %+v, want all to be in order", o)
	}
	alter(t, c, schemas.TopicRaw, "retention.ms", "604800000")
	if o := look(t, c); len(o.Settings) != 1 || !strings.Contains(o.Settings[0].Mend, "retention.ms=1382400000") {
		t.Errorf("found %+v, want the one setting that is wrong and the command that mends it", o)
	}
}

func TestLookingTellsWhichStagesNobodyRuns(t *testing.T) {
	c := prepared(t)
	produce(t, c, numbered(schemas.TopicEvents, 0, 1))
	seen := newTally()
	stop := start(t, c, copying(seen))
	seen.wait(t, 1)
	if o := look(t, c, "copy", "other"); !slices.Equal(o.Idle, []string{"other"}) || len(o.Denied) > 0 {
		t.Errorf("found %+v, want that nobody runs the other", o)
	}
	stop()
	if o := look(t, c, "copy"); !slices.Equal(o.Idle, []string{"copy"}) {
		t.Errorf("found %+v, want that nobody runs it any more", o)
	}
}

func TestLookingNamesEachPermissionThatAWorkerLacks(t *testing.T) {
	grant := func(resource kmsg.ACLResourceType, operations ...kmsg.ACLOperation) (list []kfake.ACL) {
		for _, o := range operations {
			list = append(list, kfake.ACL{Resource: resource, Name: "m365.", Pattern: kmsg.ACLResourcePatternTypePrefixed, Operation: o, Allow: true})
		}
		return list
	}
	const topic, group = kmsg.ACLResourceTypeTopic, kmsg.ACLResourceTypeGroup
	all := []kmsg.ACLOperation{kmsg.ACLOperationCreate, kmsg.ACLOperationDescribe, kmsg.ACLOperationDescribeConfigs, kmsg.ACLOperationRead, kmsg.ACLOperationWrite}
	together := func(lists ...[]kfake.ACL) (list []kfake.ACL) {
		for _, l := range lists {
			list = append(list, l...)
		}
		return list
	}
	in := append(grant(group, kmsg.ACLOperationRead), grant(kmsg.ACLResourceTypeTransactionalId, kmsg.ACLOperationDescribe, kmsg.ACLOperationWrite)...)
	users := []kfake.Opt{kfake.NumBrokers(1), kfake.EnableSASL(), kfake.EnableACLs()}
	for name, acls := range map[string][]kfake.ACL{
		"all": together(grant(topic, all...), in), "none": nil, "groupless": together(grant(topic, all...), in[1:]),
		"plain":  together(grant(topic, all...), in[:1]),
		"reader": together(grant(topic, all[:4]...), in), "writer": together(grant(topic, all[0], all[1], all[2], all[4]), in),
		"unreadable": together(grant(topic, all[0], all[1], all[3], all[4]), in),
	} {
		users = append(users, kfake.User("PLAIN", name, "p", acls...))
	}
	broker, err := kfake.NewCluster(users...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(broker.Close)
	as := func(user string) *Cluster {
		return join(t, Config{Brokers: broker.ListenAddrs(), Prefix: "m365", SASL: &SASL{"PLAIN", user, "p"}})
	}
	if err := as("all").Prepare(within(t)); err != nil {
		t.Fatal(err)
	}
	for user, want := range map[string]string{
		"all": "", "none": "may not see it", "reader": "may not write it", "writer": "may not read it",
		"unreadable": "may not read the settings of it", "groupless": "may not read it (a group)",
		"plain": "may not use it (transactional.id)",
	} {
		var problems []string
		for _, d := range look(t, as(user), "normalize").Denied {
			problems = append(problems, strings.TrimPrefix(d.Problem, "user "+user+" "))
		}
		if got := strings.Join(problems, "; "); got != want {
			t.Errorf("user %s: %q, want %q", user, got, want)
		}
	}
}

func TestLookingDoesNotWaitForAKafkaThatIsAway(t *testing.T) {
	b := embed(t, "")
	c := join(t, b.Config())
	b.Close()
	if _, err := c.Look(within(t)); err == nil || !strings.Contains(err.Error(), c.cfg.Brokers[0]) {
		t.Errorf("error %v, want one that names the broker", err)
	}
}
