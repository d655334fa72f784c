package main

import (
	"fmt"
	"os"

	"ualstream/cmd/internal/spill"
	"ualstream/detect/sigma"
)

// spilled are the groups of correlations over files that are too many for memory: they go to temporary files that
// nobody else sees.
type spilled struct {
	*env
	stores spill.Stores
	told   bool // that some are lost
}

func (e *env) spilled() *spilled {
	g := &spilled{env: e}
	g.stores.Config = spill.Config{Dir: os.TempDir(), Lost: g.lose}
	return g
}

// store gives a store for the groups of a correlation.
func (g *spilled) store() sigma.Store { return g.stores.New() }

// lose says once that groups are lost.
func (g *spilled) lose(_ int, why error) {
	if !g.told {
		g.told = true
		fmt.Fprintf(g.stderr, "ualstream: what correlations count does not fit into memory and cannot be kept in %s: "+
			"findings of correlations may be missing; make room there, or name another folder with TMPDIR: %v\n", os.TempDir(), why)
	}
}
