package main

import (
	"fmt"
	"strings"
)

const usageHead = `ualstream reads Microsoft 365 audit logs, tags what an intruder would do and publishes threats.

Usage:
    ualstream COMMAND [--flag …]

Commands:
`

const usageTail = `
'ualstream help COMMAND' explains a command. Every flag can also be given in the environment: --rejects is
UALSTREAM_REJECTS. A flag goes before the environment, the environment before a configuration file.
Exit codes: 0 done, 1 failed, 2 wrong use.

Example:
    $ ualstream detect --raw < AuditLog.csv > threats.jsonl
`

// usage gives the help text of ualstream itself.
func usage() string {
	var b strings.Builder
	b.WriteString(usageHead)
	for _, c := range commands() {
		fmt.Fprintf(&b, "    %-12s %s\n", c.name, c.brief)
	}
	b.WriteString(usageTail)
	return b.String()
}

// help shows the help text of the command named, or of ualstream itself.
func (e *env) help(args []string) error {
	if len(args) == 0 {
		return e.print(usage())
	}
	c, err := find(args[0])
	if err != nil {
		return err
	}
	return e.print(c.usage)
}

// find gives the command of that name, or an error that suggests the nearest one.
func find(name string) (command, error) {
	var names []string
	for _, c := range commands() {
		if c.name == name {
			return c, nil
		}
		names = append(names, c.name)
	}
	hint := "'ualstream help' lists the commands"
	if near := nearest(name, names); near != "" {
		hint = fmt.Sprintf("did you mean 'ualstream %s'?", near)
	}
	return command{}, wrongUse(hint, "there is no command %q", name)
}

// nearest gives the name that the fewest edits make of the word, or "" where none is near.
func nearest(word string, names []string) string {
	best, fewest := "", max(1, len(word)/3)+1
	for _, name := range names {
		if d := edits(strings.ToLower(word), name); d < fewest {
			best, fewest = name, d
		}
	}
	return best
}

// edits is the Levenshtein distance of two words, byte by byte.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
