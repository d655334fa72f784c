package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"ualstream/ingest/cloudsim"
)

// writeClientFiles writes what a worker needs to fetch these tenants from the simulation, and gives the configuration's
// path.
func writeClientFiles(dir string, cloud *cloudsim.Cloud, tenants []cloudsim.Tenant) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("folder %s: %w", dir, err)
	}
	ca, secret, config := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "client-secret"), filepath.Join(dir, "config.yaml")
	var text strings.Builder
	fmt.Fprintf(&text, `# The way to 'ualstream simulate', started %s.
endpoint: %s
authority: %s/
ca_file: %s
client_id: %s
client_secret_file: %s
poll_interval: 2s
`, time.Now().UTC().Format(time.RFC3339), cloud.URL(), cloud.URL(), ca, cloudsim.DefaultClientID, secret)
	if len(tenants) > 0 {
		text.WriteString("tenants:\n")
	}
	for _, t := range tenants {
		fmt.Fprintf(&text, "  - id: %s\n    name: %s\n", t.ID, t.Domain)
	}
	return config, writeFiles(dir, map[string][]byte{
		ca: cloud.CAPEM(), secret: []byte(cloudsim.DefaultClientSecret), config: []byte(text.String()),
	})
}

// writeFiles writes what nobody else on this machine may read.
func writeFiles(dir string, files map[string][]byte) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the folder for what a client needs: %w", err)
	}
	for path, content := range files {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return fmt.Errorf("write what a client needs: %w", err)
		}
	}
	return nil
}
