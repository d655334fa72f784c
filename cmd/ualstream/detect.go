package main

import (
	"context"
	"errors"

	"ualstream/cmd/internal/auditfile"
	"ualstream/detect"
	"ualstream/schemas"
)

const detectUsage = `Find threats among OCSF events: each event that deserves it comes out tagged. Needs no Kafka.

Usage:
    ualstream detect [--raw] [--optional] [--rejects FILE] [FILE …] > threats.jsonl

It reads the files, or standard input without any or for "-": events as 'ualstream normalize' writes them, also in
arrays, in UTF-16, in gzip, zip or tar. They need not be sorted. With --raw it reads audit records, in every form that
'ualstream help normalize' lists, and normalizes them itself; the output is the same.

Threats come out as JSON lines: metadata.labels names the tags, the tag "triage" in metadata.tags is priority, or
noise for what services do by the thousand.

` + filterUsage + `    --raw             read audit records
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
	files, err := e.parse(fs, detectUsage, args)
	if err != nil {
		return err
	}
	engine := detect.New(detect.Options{Optional: *optional})
	f := &filter{env: e, from: "events", to: "threats", read: auditfile.Values}
	f.each = func(event []byte) error {
		if err := checkEvent(event); err != nil {
			f.hintFor(err, errNoEvent, isRecordHint)
			return err
		}
		f.threats(engine, event)
		return nil
	}
	if *raw {
		f.from, f.read = "records", auditfile.Records
		var event []byte
		f.each = func(body []byte) (err error) {
			if event, err = appendEvent(event[:0], body); err != nil {
				f.hintFor(err, errIsEvent, "leave --raw out")
				return err
			}
			f.threats(engine, event)
			return nil
		}
	}
	return f.run(ctx, files, *rejects)
}

// threats writes what detection says of an event.
func (f *filter) threats(engine *detect.Engine, event []byte) {
	found, _ := engine.Detect(event) // signals are for correlations, which need a topic
	for _, t := range found {
		f.line(t.Value)
	}
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
