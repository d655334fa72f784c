package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"ualstream/cmd/internal/status"
)

const (
	workerStatus = "http://127.0.0.1:9464/status"
	askingTakes  = 40 * time.Second // at most; a worker gives up a little earlier
	mostReport   = 64 << 20         // bytes: some hundred thousand tenants
)

// askWorker gives what asks a worker for its report. Without an address it is the worker on this machine.
func (c *config) askWorker(address string) (looker, error) {
	u, err := url.Parse(cmp.Or(address, workerStatus))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, wrongUse("give it like "+workerStatus, "--worker %q is no address of a worker", address)
	}
	if strings.Trim(u.Path, "/") == "" {
		u.Path = "/status"
	}
	transport, err := c.transport()
	if err != nil {
		return nil, err
	}
	client := &http.Client{Transport: transport, Timeout: askingTakes}
	return func(ctx context.Context) (status.Report, error) { return reportFrom(ctx, client, u.String()) }, nil
}

// reportFrom asks a worker for its report.
func reportFrom(ctx context.Context, client *http.Client, address string) (report status.Report, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return report, err
	}
	response, err := client.Do(request)
	if err != nil {
		return report, withHint(fmt.Errorf("no worker answers at %s: %w", address, withoutAddress(err)),
			"name your Kafka with --brokers host:9092, look at 'ualstream run --embedded' with --embedded, or name a worker with --worker")
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, mostReport))
	if err != nil {
		return report, fmt.Errorf("read what %s answers: %w", address, err)
	}
	if response.StatusCode == http.StatusServiceUnavailable {
		first, _, _ := strings.Cut(string(body[:min(len(body), 1<<10)]), "\n")
		return report, fmt.Errorf("the worker at %s says: %s", address, first)
	}
	if response.StatusCode != http.StatusOK {
		return report, withHint(fmt.Errorf("%s answers %s", address, response.Status), "is it a worker, and of this version?")
	}
	if err := json.Unmarshal(body, &report); err != nil {
		return report, withHint(fmt.Errorf("%s answers with something else than a report: %w", address, err), "is it a worker, and of this version?")
	}
	return report, nil
}

// withoutAddress drops what net/http says of the request: its user knows.
func withoutAddress(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}
