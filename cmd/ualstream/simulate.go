package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"ualstream/ingest/cloudsim"
	"ualstream/schemas"
)

const simulateUsage = `Simulate Microsoft's side: the login service and the Office 365 Management Activity API over HTTPS, with a tenant
whose users, services and intruder leave audit records.

Usage:
    ualstream simulate [--listen ADDR] [--dir DIR] [--users N] [--per-second N] [--seed N]

Flags:
    --listen ADDR      where it answers (127.0.0.1:8443)
    --dir DIR          where it writes what a client needs: config.yaml, ca.pem and client-secret (simulated-tenant)
    --users N          people in the tenant (25)
    --per-second N     records a second, besides the intruder's (3)
    --seed N           another seed is another tenant's day (1)

The intruder comes once, at the start. Each start makes a new certificate authority: start the worker again, too.

Example:
    $ ualstream simulate &
    $ ualstream run --embedded --config simulated-tenant/config.yaml --sinks text
`

func simulate(ctx context.Context, e *env, args []string) error {
	fs := newFlags("simulate")
	listen := fs.String("listen", "127.0.0.1:8443", "")
	dir := fs.String("dir", "simulated-tenant", "")
	users := fs.Int("users", 25, "")
	perSecond := fs.Float64("per-second", 3, "")
	seed := fs.Uint64("seed", 1, "")
	if err := e.noOperands(fs, simulateUsage, args); err != nil {
		return err
	}
	cloud, err := startCloud(*listen, cloudsim.Config{Seed: *seed, Tenants: simulatedTenants(*users)})
	if err != nil {
		return err
	}
	defer cloud.Close()
	config, err := writeClientFiles(*dir, cloud)
	if err != nil {
		return err
	}
	fmt.Fprintf(e.stderr, "simulated Microsoft 365 at %s, tenant %s (contoso.example)\nits configuration: ualstream run --embedded --config %s\n",
		cloud.URL(), cloudsim.DefaultTenant, config)
	day := cloudsim.DemoDay()
	day.PerSecond = *perSecond
	return cloud.Play(ctx, day)
}

// simulatedTenants is one tenant with its subscriptions already started, so that there is something to fetch.
func simulatedTenants(users int) []cloudsim.Tenant {
	return []cloudsim.Tenant{{
		ID: cloudsim.DefaultTenant, Domain: "contoso.example", Users: users, Enabled: schemas.ContentTypes,
	}}
}

// startCloud starts a simulation that answers on addr.
func startCloud(addr string, c cloudsim.Config) (*cloudsim.Cloud, error) {
	if len(c.Tenants) == 0 {
		c.Tenants = simulatedTenants(0)
	}
	cloud, err := cloudsim.New(c)
	if err != nil {
		return nil, err
	}
	return cloud, cloud.Start(addr)
}

// writeClientFiles writes what a worker needs to fetch from the simulation and gives the configuration's path.
func writeClientFiles(dir string, cloud *cloudsim.Cloud) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("folder %s: %w", dir, err)
	}
	ca, secret, config := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "client-secret"), filepath.Join(dir, "config.yaml")
	text := fmt.Sprintf(`# A tenant of 'ualstream simulate', started %s.
endpoint: %s
authority: %s/
ca_file: %s
client_id: %s
client_secret_file: %s
poll_interval: 2s
tenants:
  - id: %s
    name: contoso.example
`, time.Now().UTC().Format(time.RFC3339), cloud.URL(), cloud.URL(), ca, cloudsim.DefaultClientID, secret, cloudsim.DefaultTenant)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("make the folder for what a client needs: %w", err)
	}
	for path, content := range map[string][]byte{ca: cloud.CAPEM(), secret: []byte(cloudsim.DefaultClientSecret), config: []byte(text)} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return "", fmt.Errorf("write what a client needs: %w", err)
		}
	}
	return config, nil
}
