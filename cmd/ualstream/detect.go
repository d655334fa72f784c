package main

import (
	"context"
	"errors"

	"ualstream/cmd/internal/auditfile"
	"ualstream/detect"
	"ualstream/schemas"
)

const detectUsage = `Find threats among OCSF events: tagged events, and findings of Sigma rules. Needs no Kafka.

Usage:
    ualstream detect [--raw] [--optional] [--rules DIR]… [--builtin=false] [--domains LIST] [--rejects FILE] [FILE …] > threats.jsonl

It reads the files, or standard input without any or for "-": events as 'ualstream normalize' writes them, also in
arrays, in UTF-16, in gzip, zip or tar. They need not be sorted. With --raw it reads audit records, in every form that
'ualstream help normalize' lists, and normalizes them itself; the output is the same.

Threats come out as JSON lines. An event that deserves it comes out with its tags in metadata.labels; the tag "triage"
in metadata.tags is priority, or noise for what services do by the thousand. Behind it stand the findings, of triage
finding: an OCSF Detection Finding for each rule that matches the event, and for each correlation, which counts over
many events, that the event completes; what else it counts comes as updates of that finding (activity_id 2, the same
finding_info.uid), told at the first, second, fourth, eighth and so on. Correlations count by the events' own time, within
a tenant, over all files together, and no event is too late for them. A rule that cannot be used is reported on standard
error, and the others work; 'ualstream help rules' tells of rules.

` + filterUsage + ruleUsage + `    --domains LIST    the tenant's own domains, beside those that its records show: what goes there goes not outside
    --raw             read audit records
    --optional        tag also what is only loosely tied to the compromise of a mailbox
` + exitUsage + `
Example:
    $ ualstream detect --raw AuditLog.csv > threats.jsonl
`

var errNoEvent = errors.New("not an OCSF event: class_uid or metadata is missing")

// isRecordHint is for those who give records to what takes events.
const isRecordHint = "are these audit records? then use --raw"

func detectFilter(ctx context.Context, e *env, args []string) error {
	fs := newFlags("detect")
	raw, optional := fs.Bool("raw", false, ""), fs.Bool("optional", false, "")
	rejects := fs.String("rejects", "", "")
	rules := &ruleFlags{}
	rules.register(fs)
	var named list
	fs.Var(&named, "domains", "")
	files, err := e.parse(fs, detectUsage, args)
	if err != nil {
		return err
	}
	set, err := rules.use(e)
	if err != nil {
		return err
	}
	domains, err := domainsOf(named)
	if err != nil {
		return wrongUse("separate them by commas", "--domains: %v", err)
	}
	engine := detect.New(detect.Options{Optional: *optional, Rules: set, Domains: func(string) []string { return domains }})
	f := &filter{env: e, from: "events", to: "threats", read: auditfile.Values, mended: errNoEvent, hint: isRecordHint}
	f.maker = func() maker {
		return func(dst, event []byte) ([]byte, []schemas.Signal, error) {
			if err := checkEvent(event); err != nil {
				return dst, nil, err
			}
			onOneLine(event)
			lines, signals := threats(dst, engine, event)
			return lines, signals, nil
		}
	}
	if *raw {
		f.from, f.read, f.mended, f.hint = "records", auditfile.Records, errIsEvent, "leave --raw out"
		f.maker = func() maker { return rawThreats(engine) }
	}
	onDisk := e.spilled()
	defer onDisk.stores.Close()
	counts := engine.NewRecount(onDisk.store)
	f.count = func(signals []schemas.Signal) []byte { return appendThreats(nil, counts.Add(signals)) }
	return f.run(ctx, files, *rejects)
}

// rawThreats makes threats of records.
func rawThreats(engine *detect.Engine) maker {
	var event []byte
	return func(dst, body []byte) (lines []byte, signals []schemas.Signal, err error) {
		if event, err = appendEvent(event[:0], body); err != nil {
			return dst, nil, err
		}
		lines, signals = threats(dst, engine, event)
		return lines, signals, nil
	}
}

// threats appends the lines of what detection says of an event, and gives what correlations count of it.
func threats(dst []byte, engine *detect.Engine, event []byte) ([]byte, []schemas.Signal) {
	found, signals := engine.Detect(event)
	return appendThreats(dst, found), engine.Outgoing("", event, signals)
}

func appendThreats(dst []byte, found []schemas.Threat) []byte {
	for _, t := range found {
		dst = append(append(dst, t.Value...), '\n')
	}
	return dst
}

// checkEvent says why the bytes are no event.
func checkEvent(body []byte) error {
	if err := schemas.CheckEvent(body); err != nil {
		return err
	}
	if !isEvent(body) {
		return errNoEvent
	}
	return nil
}
