package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

const readyUsage = `Ask a worker, or a simulation, whether it is ready: for health checks where there is no shell.

Usage:
    ualstream ready [--ca-file FILE] [URL]

URL is http://127.0.0.1:9464/readyz unless it is given. The exit code is 0 when it answers 200 within five seconds.

Flags:
    --ca-file FILE    a certificate authority to trust besides the system's, PEM

Example:
    $ ualstream ready http://127.0.0.1:9464/readyz
    ready
`

func ready(ctx context.Context, e *env, args []string) error {
	fs, m := newFlags("ready"), &microsoftFlags{}
	fs.StringVar(&m.caFile, "ca-file", "", "")
	operands, err := e.parse(fs, readyUsage, args)
	if err != nil {
		return err
	}
	if len(operands) > 1 {
		return wrongUse(seeHelp(fs), "ready takes one URL")
	}
	url := "http://127.0.0.1:9464/readyz"
	if len(operands) == 1 {
		url = operands[0]
	}
	transport, err := m.transport()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return e.ask(ctx, &http.Client{Transport: transport}, url)
}

// ask prints what a URL answers; any answer but 200 is an error with the answer's first line.
func (e *env) ask(ctx context.Context, client *http.Client, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return wrongUse("give it like http://127.0.0.1:9464/readyz", "%v", err)
	}
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("not ready: %w", err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<10))
	if err != nil {
		return fmt.Errorf("not ready: %w", err)
	}
	first, _, _ := strings.Cut(string(body), "\n")
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s: %s", url, response.Status, first)
	}
	return e.print(printable(first) + "\n")
}
