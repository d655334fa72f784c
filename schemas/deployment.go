package schemas

import (
	"fmt"
	"strings"
	"time"
)

// deployments begins the keys of ledger entries that are about the deployment and not about a tenant, whose ID is a
// GUID. They are all in one partition.
const deployments = "deployment"

// Deployment is a ledger entry: who the topics of this prefix belong to, and what they were made as.
type Deployment struct {
	V          int            `json:"v"`
	ID         string         `json:"id"`         // of the deployment: the operator's name for it, or its app's client ID
	Cluster    string         `json:"cluster"`    // Kafka's cluster id
	Partitions map[string]int `json:"partitions"` // by topic, without the prefix
	At         time.Time      `json:"at"`         // when it was written
}

// Key gives the entry's key.
func (d Deployment) Key() string { return deployments + "/" }

// Message gives the entry as it is written to the ledger topic.
func (d Deployment) Message() (Message, error) {
	d.V = LedgerVersion
	return ledgerMessage(d.Key(), d.At, d)
}

// Consumed is a ledger entry: the partitions that a stage has committed offsets of. Where it has none of one of these,
// they were lost.
type Consumed struct {
	V          int       `json:"v"`
	Stage      string    `json:"stage"`
	Partitions []int     `json:"partitions"` // in order
	At         time.Time `json:"at"`
}

// Key gives the entry's key.
func (c Consumed) Key() string { return deployments + "/consumed/" + c.Stage }

// Message gives the entry as it is written to the ledger topic.
func (c Consumed) Message() (Message, error) {
	c.V = LedgerVersion
	return ledgerMessage(c.Key(), c.At, c)
}

// Skip is a ledger entry: what an operator had a stage skip, because it could not be decoded.
type Skip struct {
	V         int       `json:"v"`
	Stage     string    `json:"stage"`
	Topic     string    `json:"topic"` // without the prefix
	Partition int       `json:"partition"`
	From      int64     `json:"from"` // the first offset that was skipped
	To        int64     `json:"to"`   // the offset that it went on with
	Reason    string    `json:"reason"`
	At        time.Time `json:"at"`
}

// Key gives the entry's key.
func (s Skip) Key() string {
	return fmt.Sprintf("%s/skip/%s/%s/%d/%d", deployments, s.Stage, s.Topic, s.Partition, s.From)
}

// Message gives the entry as it is written to the ledger topic.
func (s Skip) Message() (Message, error) {
	s.V = LedgerVersion
	return ledgerMessage(s.Key(), s.At, s)
}

// DeploymentKey is a key of the partition that holds all entries about the deployment.
func DeploymentKey() []byte { return []byte(deployments) }

// IsDeployment says whether a message of the ledger topic is about the deployment.
func IsDeployment(m Message) bool { return string(LedgerTenant(m.Key)) == deployments }

// DeploymentEntry reads a message about the deployment: a Deployment, a Consumed or a Skip, nil for a kind that this
// program does not know.
func DeploymentEntry(m Message) (entry any, err error) {
	kind := strings.TrimPrefix(string(m.Key), deployments+"/")
	switch {
	case kind == "":
		var d Deployment
		err = readLedger(m, &d)
		return d, err
	case strings.HasPrefix(kind, "consumed/"):
		var c Consumed
		err = readLedger(m, &c)
		return c, err
	case strings.HasPrefix(kind, "skip/"):
		var s Skip
		err = readLedger(m, &s)
		return s, err
	default:
		return nil, nil
	}
}
