package doctor

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"ualstream/cmd/internal/kafka"
	"ualstream/cmd/internal/status"
)

// The checks of Kafka.
const (
	checkKafka       = "Kafka"
	checkTopics      = "topics"
	checkPermissions = "Kafka permissions"
	checkStages      = "stages"
	checkHeld        = "transactions"
)

// Groups are the consumer groups that a worker joins.
var Groups = []string{"normalize", "detect", "correlate", "publish"}

// Kafka judges what a deployment finds in Kafka, or why Kafka cannot be asked.
func Kafka(brokers string, o kafka.Outlook, err error) []Check {
	if err != nil {
		return []Check{
			failed(checkKafka, "see that the brokers run and that --brokers, --kafka-… and --sasl-… fit them", "%v", err),
			skipped(checkTopics, "cannot be seen before Kafka is reached"),
			skipped(checkPermissions, "cannot be seen before Kafka is reached"),
		}
	}
	reached := ok(checkKafka, "reached at %s, %d %s", brokers, o.Brokers, plural(o.Brokers, "broker"))
	if len(o.Denied) > 0 {
		return []Check{reached, skipped(checkTopics, "cannot be seen before the permissions are given"), refusals(checkPermissions, o.Denied)}
	}
	if len(o.Missing) > 0 {
		return []Check{reached, topics(o), skipped(checkPermissions, "cannot be seen before there are topics")}
	}
	return []Check{reached, topics(o), ok(checkPermissions, "this user may read, write and describe the topics, and join the groups")}
}

func topics(o kafka.Outlook) Check {
	switch {
	case len(o.Settings) > 0:
		return refusals(checkTopics, o.Settings)
	case len(o.Missing) > 0:
		return failed(checkTopics, "start a worker, or connect a tenant, which make them:\n    ualstream connect TENANT", "missing: %s", strings.Join(o.Missing, ", "))
	case o.Copies < 2 && o.Brokers > 1:
		return warning(checkTopics, "have each topic kept on three brokers:\n    kafka-reassign-partitions.sh",
			"a topic is kept on one of %d brokers only: what is on it is lost with that broker's disk", o.Brokers)
	case o.Copies < 2:
		return warning(checkTopics, "use a cluster of three brokers or more for a tenant that matters",
			"as the contract wants them, and kept on one broker: what is on them is lost with its disk")
	}
	return ok(checkTopics, "there, with the settings and the retention that the contract wants, each on %d brokers", o.Copies)
}

// refusals makes one check of everything that is wrong in one respect.
func refusals(name string, list []kafka.Refusal) Check {
	var says, fixes []string
	for _, r := range list {
		says = append(says, r.Topic+": "+r.Problem)
		if mend := "    " + strings.ReplaceAll(r.Mend, "\n  ", "\n    "); len(fixes) == 0 || fixes[len(fixes)-1] != mend {
			fixes = append(fixes, mend)
		}
	}
	return failed(name, "run, as who administers Kafka:\n"+strings.Join(fixes, "\n"), "%s", strings.Join(says, "; "))
}

// Without says that what only Kafka's topics tell cannot be seen.
func Without(name string, err error) Check {
	return skipped(name, "cannot be read from Kafka: %v", err)
}

// farBehind is how long a stage may need for what it has yet to read.
const farBehind = time.Hour

// Stages judges how far behind the stages are. Idle are those that no worker runs; publish need not be run, and correlate
// runs with detect where the rules have correlations.
func Stages(stages []status.Stage, idle []string) Check {
	var behind, all []string
	if missing := slices.DeleteFunc(slices.Clone(idle), func(name string) bool { return name == "publish" || name == "correlate" }); len(missing) > 0 {
		behind = append(behind, "no worker runs "+strings.Join(missing, " and "))
	}
	for _, s := range stages {
		if s.Name == "ingest" {
			continue
		}
		all = append(all, fmt.Sprintf("%s %s", s.Name, number(int(s.Lag))))
		switch {
		case s.Lag > 0 && s.Rate == 0:
			behind = append(behind, fmt.Sprintf("%s has %s %s to read and reads none now", s.Name, number(int(s.Lag)), plural(int(s.Lag), "message")))
		case s.Rate > 0 && float64(s.Lag)/s.Rate > farBehind.Seconds():
			behind = append(behind, fmt.Sprintf("%s has %s messages to read, which takes it %s", s.Name, number(int(s.Lag)),
				ago(time.Duration(float64(s.Lag)/s.Rate*float64(time.Second)))))
		}
	}
	if len(behind) > 0 {
		return warning(checkStages, "run a worker with these stages, or more of them, up to one a partition:\n    ualstream run --stages normalize,detect,publish …",
			"%s", strings.Join(behind, "; "))
	}
	return ok(checkStages, "messages yet to read: %s", strings.Join(all, ", "))
}
