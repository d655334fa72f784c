package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"ualstream/cmd/internal/doctor"
	"ualstream/cmd/internal/entra"
	"ualstream/cmd/internal/kafka"
	"ualstream/schemas"
)

const (
	lookWithin  = 10 * time.Second // for one answer of Kafka, or of a login service
	kafkaWithin = time.Minute      // for a topic that is read, or written, in a Kafka that answers
)

// side says how Microsoft's side is reached, and who logs in there.
func (m *microsoftFlags) side(e *env, log *slog.Logger) (doctor.Microsoft, error) {
	reached, err := m.microsoft(e, log)
	if err != nil {
		return doctor.Microsoft{}, err
	}
	login, err := m.login(e)
	if err != nil {
		return doctor.Microsoft{}, err
	}
	cloud, err := entra.CloudOf(m.cloud)
	if err != nil {
		return doctor.Microsoft{}, err
	}
	return doctor.Microsoft{
		Cloud: cloud.Name, Endpoint: reached.Endpoint, Authority: cmp.Or(m.authority, cloud.Authority), Publisher: reached.Publisher,
		Login: login, Credential: reached.Credential, Transport: reached.Transport,
	}, nil
}

// cluster is the Kafka that is named: the brokers, or that of a worker on this machine.
func (c *config) cluster(e *env, log *slog.Logger) (*kafka.Cluster, error) {
	k, err := c.external(e, log)
	if err != nil {
		return nil, err
	}
	if c.embedded {
		found, err := kafka.EmbeddedConfig(c.data)
		if err != nil {
			return nil, withHint(err, "start it with 'ualstream run --embedded'")
		}
		k = c.ours(found, log)
	}
	cluster, err := kafka.Connect(k)
	if err != nil {
		return nil, &failure{err: err, hint: "name the brokers like kafka-1:9092", misuse: true}
	}
	return cluster, nil
}

// where names the Kafka for people.
func (c *config) where() string {
	if c.embedded {
		return "the embedded broker on " + c.data
	}
	return c.brokers.String()
}

// tenantID gives the ID of the tenant that an operand names, by ID or by domain.
func tenantID(ctx context.Context, m doctor.Microsoft, name string) (string, error) {
	switch {
	case doctor.IsID(name):
		return strings.ToLower(name), nil
	case !doctor.IsDomain(name):
		return "", wrongUse("give its ID, the GUID on Entra's overview page, or one of its domains, like contoso.onmicrosoft.com",
			"tenant %q is neither an ID nor a domain", name)
	}
	ctx, cancel := context.WithTimeout(ctx, lookWithin)
	defer cancel()
	home, err := doctor.FindHome(ctx, m.Transport, m.Authority, name)
	switch {
	case errors.Is(err, doctor.ErrNoTenant):
		return "", withHint(fmt.Errorf("the login service %s knows no tenant with the domain %s", strings.TrimSuffix(m.Authority, "/"), name),
			"see how it is written, and whether the tenant is in another cloud: --cloud gcc, gcc-high or dod; its ID, on Entra's overview page, does as well")
	case err != nil:
		return "", withHint(err, "give the tenant's ID, the GUID on Entra's overview page, or let this machine reach the login service")
	}
	return home.Tenant, nil
}

// oneTenant gives the operand of a command that takes one.
func oneTenant(command string, operands []string) (string, error) {
	if len(operands) != 1 {
		return "", wrongUse(fmt.Sprintf("ualstream %s TENANT, by its ID or one of its domains", command), "%s takes one tenant, not %d", command, len(operands))
	}
	return operands[0], nil
}

// remember writes what is to be known of a tenant.
func remember(ctx context.Context, cluster *kafka.Cluster) func(doctor.Entry) error {
	return func(entry doctor.Entry) error {
		message, err := entry.Message()
		if err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(ctx, kafkaWithin)
		defer cancel()
		if _, err := cluster.Produce(ctx, []schemas.Message{message}); err != nil {
			return fmt.Errorf("write tenant %s to Kafka: %w", entry.Tenant.ID, err)
		}
		return nil
	}
}

// roll reads the tenants topic.
func roll(ctx context.Context, cluster *kafka.Cluster) (map[string]doctor.Entry, error) {
	ctx, cancel := context.WithTimeout(ctx, kafkaWithin)
	defer cancel()
	return doctor.Roll(ctx, cluster)
}

// look asks Kafka once.
func look(ctx context.Context, cluster *kafka.Cluster) (kafka.Outlook, error) {
	ctx, cancel := context.WithTimeout(ctx, lookWithin)
	defer cancel()
	outlook, err := cluster.Look(ctx, doctor.Groups...)
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("kafka does not answer within %s: %w", lookWithin, err)
	}
	return outlook, err
}
