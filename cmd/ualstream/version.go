package main

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"

	"ualstream/schemas"
)

const versionUsage = `Print the version of ualstream.

Usage:
    ualstream version [--json]

Flags:
    --json    one JSON object, for programs

Example:
    $ ualstream version --json
    {"version":"v1.0.0","revision":"…","go":"go1.26.0","platform":"linux/amd64","ocsf":"1.8.0"}
`

// build says what this binary was built from and what it writes.
type build struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"` // commit, "+dirty" where the tree had changes
	Go       string `json:"go"`
	Platform string `json:"platform"`
	OCSF     string `json:"ocsf"`
}

func version(_ context.Context, e *env, args []string) error {
	fs := newFlags("version")
	asJSON := fs.Bool("json", false, "")
	if err := e.noOperands(fs, versionUsage, args); err != nil {
		return err
	}
	b := thisBuild()
	if *asJSON {
		return json.NewEncoder(e.stdout).Encode(b)
	}
	text := fmt.Sprintf("ualstream %s\n", b.Version)
	if b.Revision != "" {
		text += fmt.Sprintf("revision %s\n", b.Revision)
	}
	return e.print(text + fmt.Sprintf("built with %s for %s\nwrites OCSF %s\n", b.Go, b.Platform, b.OCSF))
}

// thisBuild reads what the Go tool recorded in the binary.
func thisBuild() build {
	b := build{"(devel)", "", runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH, schemas.OCSFVersion}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	if info.Main.Version != "" {
		b.Version = info.Main.Version
	}
	dirty := ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			b.Revision = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "+dirty"
		}
	}
	if b.Revision != "" {
		b.Revision += dirty
	}
	return b
}
