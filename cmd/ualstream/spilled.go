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
	stores []*spill.Store
	told   bool // that some are lost
}

// store gives a store for the groups of a correlation.
func (g *spilled) store() sigma.Store {
	made := spill.New(spill.Config{Dir: os.TempDir(), Lost: g.lose})
	g.stores = append(g.stores, made)
	return made
}

// lose says once that groups are lost.
func (g *spilled) lose(_ int, why error) {
	if !g.told {
		g.told = true
		fmt.Fprintf(g.stderr, "ualstream: what correlations count does not fit into memory and cannot be kept in %s: "+
			"findings of correlations may be missing; make room there, or name another folder with TMPDIR: %v\n", os.TempDir(), why)
	}
}

func (g *spilled) close() {
	for _, store := range g.stores {
		store.Close()
	}
}
