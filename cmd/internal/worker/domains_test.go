package worker_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"ualstream/cmd/internal/kafka"
	"ualstream/cmd/internal/worker"
	"ualstream/schemas"
)

const forwards = `title: Forwards outside
logsource: {product: m365, service: exchange}
detection:
  s: {derived.external_recipients|exists: true}
  condition: s
`

// TestDomainsOfTheTenantsTopicAreTheTenantsOwn writes a tenant's domains to the topic before a worker detects, and more
// while it does.
func TestDomainsOfTheTenantsTopicAreTheTenantsOwn(t *testing.T) {
	t.Parallel()
	k, c := spot(t)
	tenant := schemas.Tenant{ID: "11111111-5d1c-4b7e-8f3a-2c9d60718e4f", ContentTypes: []string{"Audit.Exchange"}, Domains: []string{"holding.example"}}
	write(t, k, entry(t, tenant))
	start(t, worker.Options{Stages: []string{worker.StageNormalize, worker.StageDetect}, Kafka: k, Logger: k.Logger, Rules: compiled(t, forwards),
		Tenants: []schemas.Tenant{{ID: "11111111-5D1C-4B7E-8F3A-2C9D60718E4F", Domains: []string{"configured.example"}}}})
	n := 0
	found := func(to string) bool {
		n++
		return isFound(t, c, tenant.ID, fmt.Sprint("r", n), to)
	}
	for to, want := range map[string]bool{"x@holding.example": false, "x@configured.example": false, "x@fabrikam.example": true} {
		if found(to) != want {
			t.Errorf("%s is found: %v", to, !want)
		}
	}
	tenant.Domains = append(tenant.Domains, "fabrikam.example")
	write(t, k, entry(t, tenant))
	await(t, "the worker knows the new domain", func() bool { return !found("x@fabrikam.example") })
}

// isFound says whether a finding comes of a record that forwards a mailbox. The event itself is tagged in any case, and a
// finding stands right behind it.
func isFound(t *testing.T, c *kafka.Cluster, tenant, id, to string) (found bool) {
	t.Helper()
	body := fmt.Sprintf(`{"Id":"%s","Operation":"Set-Mailbox","Workload":"Exchange","RecordType":1,"UserType":2,"OrganizationId":"%s",`+
		`"UserId":"ana@contoso.example","CreationTime":"2026-03-01T08:00:00","Parameters":[{"Name":"ForwardingSmtpAddress","Value":"smtp:%s"}]}`, id, tenant, to)
	raw := schemas.Raw{Tenant: tenant, Source: "Audit.Exchange", ContentCreated: time.Now(), Received: time.Now(), Body: []byte(body)}
	if _, err := c.Produce(t.Context(), []schemas.Message{raw.Message()}); err != nil {
		t.Fatal(err)
	}
	await(t, id+" is tagged", func() bool {
		tagged := false
		err := c.Read(t.Context(), kafka.Read{Topic: schemas.TopicThreats}, func(m schemas.Message) error {
			tagged = tagged || m.Header(schemas.HeaderKind) == schemas.KindEvent && m.Header(schemas.HeaderUID) == id
			found = found || gjson.GetBytes(m.Value, "finding_info.related_events.0.uid").Str == id
			return nil
		})
		return err == nil && tagged
	})
	return found
}
