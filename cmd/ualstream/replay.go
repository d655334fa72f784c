package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"ualstream/cmd/internal/kafka"
	"ualstream/cmd/internal/replay"
	"ualstream/cmd/internal/status"
)

const replayUsage = `Normalize what was rejected once more, with this version.

Usage:
    ualstream replay --rejects [--since D] [--dry-run] [--json]
                     --brokers HOST:PORT[,…] | --embedded | --config FILE  [--flag …]

Of each record in the topic of rejects that can be read now it writes the event, as normalize would have: exactly once,
and never where an event of that tenant and record is there already. Detection goes on from these events by itself.
Rejects stay where they are. Records that were too large, of which only the beginning is kept, cannot be replayed.
It reads all events, because any of them may be what is about to be written. It may be run again at any time.

Flags:
    --rejects          say that it is the rejects that are replayed
    --since D          those that were received since then, e.g. 36h or 7d (all that there are)
    --dry-run          write nothing, and say what would be written
    --json             one JSON object
    --config FILE      YAML with the same keys; the worker's file will do
    --log-level LEVEL  debug, info, warn or error (warn)

Where Kafka is: as 'ualstream help run' says. --embedded is the broker of an 'ualstream run --embedded' on this machine.

Example:
    $ ualstream replay --rejects --dry-run --config ualstream.yaml
`

func runReplay(ctx context.Context, e *env, args []string) error {
	fs, c := newFlags("replay"), &config{}
	c.tenantFlags(fs)
	var since span
	fs.Var(&since, "since", "")
	rejects := fs.Bool("rejects", false, "")
	dry := fs.Bool("dry-run", false, "")
	asJSON := fs.Bool("json", false, "")
	if err := e.configOnly(fs, c, replayUsage, args); err != nil {
		return err
	}
	if !*rejects {
		return wrongUse("ualstream replay --rejects", "replay is not told what to replay")
	}
	o := replay.Options{DryRun: *dry, Logger: c.logger(e)}
	if since > 0 {
		o.Since = time.Now().Add(-time.Duration(since))
	}
	cluster, err := c.present(ctx, e)
	if err != nil {
		return err
	}
	defer cluster.Close()
	report, err := replay.Rejects(ctx, cluster, o)
	if errors.Is(err, kafka.ErrTaken) {
		err = withHint(err, "another replay was begun: it does what was left, and this one can be run again at any time")
	}
	if err != nil {
		return err
	}
	if *asJSON {
		return json.NewEncoder(e.stdout).Encode(report)
	}
	return e.print(replayed(report))
}

// present gives the Kafka that is named, once it answers and has the topics.
func (c *config) present(ctx context.Context, e *env) (*kafka.Cluster, error) {
	cluster, err := c.cluster(e, c.logger(e))
	if err != nil {
		return nil, err
	}
	outlook, err := look(ctx, cluster)
	switch {
	case ctx.Err() != nil:
		err = ctx.Err()
	case err != nil:
		err = c.notSeen(err)
	case len(outlook.Missing) > 0:
		err = c.notSeen(&status.MissingError{Topics: outlook.Missing})
	}
	if err != nil {
		cluster.Close()
		return nil, err
	}
	return cluster, nil
}

// replayed is a report for people.
func replayed(r replay.Report) string {
	var b strings.Builder
	written := "written as events"
	if r.DryRun {
		written = "would be written as events"
	}
	line := func(n int, format string, args ...any) {
		if n > 0 {
			fmt.Fprintf(&b, "%8d %s\n", n, fmt.Sprintf(format, args...))
		}
	}
	fmt.Fprintf(&b, "%8d rejects\n%8d %s\n", r.Rejects, r.Events, written)
	line(r.Already, "are events already, or were rejected twice")
	for _, reason := range slices.Sorted(maps.Keys(r.Failed)) {
		line(r.Failed[reason], "fail again: %s", printable(reason))
	}
	line(r.Cut, "were too large: only their beginnings are kept, and cannot be replayed")
	line(r.Others, "are of other stages: their records are events already")
	return b.String()
}
