package main

import (
	"context"
	"errors"

	"github.com/tidwall/gjson"

	"ualstream/cmd/internal/auditfile"
	"ualstream/normalize"
	"ualstream/schemas"
)

const normalizeUsage = `Turn audit records into OCSF 1.8.0 events: one event a record, in order, repeats included. Needs no Kafka.

Usage:
    ualstream normalize [--rejects FILE] [FILE …] > events.jsonl

It reads the files, or standard input without any or for "-", in whatever form they come:
    JSON lines, arrays, pretty-printed or concatenated JSON, the wrapper objects of Graph, PowerShell,
    Splunk and Elasticsearch, the CSV of the portal and of Export-Csv with its AuditData column;
    UTF-8, UTF-16 or UTF-32; plain, gzip, zip or tar. The form is found out, and files of any length are streamed.

Events come out as JSON lines; each ends with "unmapped", the whole record as it was.

` + filterUsage + exitUsage + `
Example:
    $ ualstream normalize --rejects rejects.jsonl AuditLog.csv > events.jsonl
    ualstream: AuditLog.csv: row 3 (line 7): not valid JSON
    ualstream: records: 1204, events: 1203, rejects: 1
`

// filterUsage is what normalize and detect have in common.
const filterUsage = `What cannot be read is reported on standard error with its place and the reason, and the rest goes on.

Flags:
    --rejects FILE    keep what cannot be read, one JSON object a line: input, line, element or row, reason,
                      and the bytes as "text", or as "base64" where they are no UTF-8. The file is made
                      anew, for you alone to read; what was UTF-16 is kept in UTF-8.
`

const exitUsage = `
Exit codes: 0 done, also where some could not be read or the input was empty; 1 where nothing could be read
or a file could not be opened; 2 wrong use.
`

var errIsEvent = errors.New("an OCSF event, no audit record")

// isEventHint is for those who give events to what takes records.
const isEventHint = "events are what 'ualstream detect' reads"

func normalizeFilter(ctx context.Context, e *env, args []string) error {
	fs := newFlags("normalize")
	rejects := fs.String("rejects", "", "")
	files, err := e.parse(fs, normalizeUsage, args)
	if err != nil {
		return err
	}
	f := &filter{env: e, from: "records", to: "events", read: auditfile.Records, mended: errIsEvent, hint: isEventHint}
	f.maker = func() maker { return normalized }
	return f.run(ctx, files, *rejects)
}

// normalized appends the line of a record's event. Where there is none it appends nothing.
func normalized(dst, body []byte) ([]byte, []schemas.Signal, error) {
	lines, err := appendEvent(dst, body)
	if err != nil {
		return dst, nil, err
	}
	return append(lines, '\n'), nil, nil
}

// appendEvent appends the event of a record, on one line.
func appendEvent(dst, body []byte) ([]byte, error) {
	start := len(dst)
	dst, err := normalize.Append(dst, schemas.Raw{Body: body})
	if err != nil {
		if isEvent(body) {
			err = errIsEvent
		}
		return dst, err
	}
	onOneLine(dst[start:])
	return dst, nil
}

// onOneLine makes JSON that was pretty-printed stand on one line. Within strings JSON has no line breaks, so that a
// space can stand for each.
func onOneLine(value []byte) {
	for i, c := range value {
		if c == '\n' || c == '\r' {
			value[i] = ' '
		}
	}
}

// isEvent says whether the bytes are an OCSF event, as far as one may tell.
func isEvent(body []byte) bool {
	return schemas.CheckEvent(body) == nil && gjson.GetBytes(body, "class_uid").Type == gjson.Number &&
		gjson.GetBytes(body, "metadata").IsObject()
}
