package main

import (
	"flag"
	"regexp"
	"strings"

	"ualstream/cmd/internal/doctor"
)

// again gives the flags of a command line as they are typed for another command on the same deployment. What the
// environment says stays there.
func (e *env) again(fs *flag.FlagSet, without ...string) string {
	own := map[string]bool{}
	for _, name := range without {
		own[name] = true
	}
	var typed string
	fs.Visit(func(f *flag.Flag) {
		if value := f.Value.String(); !own[f.Name] && e.getenv(envName(f.Name)) != value {
			typed += " --" + f.Name + quoted(value)
		}
	})
	return typed
}

var unquoted = regexp.MustCompile(`^[\w.,:/@%+-]+$`)

// quoted gives a flag's value as a shell reads it; that of a switch that is on goes without saying.
func quoted(value string) string {
	switch {
	case value == "true":
		return ""
	case value == "false":
		return "=false"
	case unquoted.MatchString(value):
		return " " + value
	}
	return " '" + strings.ReplaceAll(value, "'", `'\''`) + "'"
}

// completeFixes has the commands that connect a tenant work as they stand in a report.
func completeFixes(r doctor.Report, flags string) {
	for _, s := range r.Sections {
		for i, c := range s.Checks {
			lines := strings.Split(c.Fix, "\n")
			for j, line := range lines {
				if strings.HasPrefix(line, "    ualstream connect ") {
					lines[j] += flags
				}
			}
			s.Checks[i].Fix = strings.Join(lines, "\n")
		}
	}
}
