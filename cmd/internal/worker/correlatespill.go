package worker

import (
	"cmp"
	"log/slog"
	"os"
	"path/filepath"

	"ualstream/cmd/internal/spill"
	"ualstream/detect/sigma"
)

// maxGroups bounds the groups in memory of a correlation, tenant and partition.
const maxGroups = 100_000

// spilled is what the correlations of a partition have on disk: groups that are more than fit into memory.
type spilled struct {
	log    *slog.Logger
	most   int // groups in memory
	stores spill.Stores
	lost   int  // groups, since they were told
	told   bool // that groups are lost
	spills bool // it was told that there are groups on disk
}

// spillFigures is what is told of groups that are not in memory.
type spillFigures struct {
	groups int   // on disk
	bytes  int64 // that they take
	lost   int   // groups, since the last figures
}

// spilled gives what has nothing on disk yet. Without a folder for state it takes the system's for temporary files.
func (w *Worker) spilled(log *slog.Logger) *spilled {
	s := &spilled{log: log, most: cmp.Or(w.options.MaxGroups, maxGroups)}
	s.stores.Config = spill.Config{Dir: os.TempDir(), Lost: s.loses}
	if w.options.State != "" {
		s.stores.Dir = filepath.Join(w.options.State, w.prefix())
	}
	return s
}

// store gives the store of a correlation and tenant.
func (s *spilled) store() sigma.Store { return s.stores.New() }

// loses notes groups that the disk did not take or give back. One line in the log says so; the metric goes on.
func (s *spilled) loses(groups int, why error) {
	s.lost += groups
	if !s.told {
		s.told = true
		s.log.Error("groups of correlations that do not fit into memory cannot be kept on disk: they are forgotten, and what they began "+
			"may not be found or be found twice; make room there, or name another folder with --state",
			"folder", s.stores.Dir, "error", why)
	}
}

// tell gives the figures since it was called last, and says once that there is something on disk.
func (s *spilled) tell() spillFigures {
	f := spillFigures{lost: s.lost}
	s.lost = 0
	f.groups, f.bytes = s.stores.Size()
	if f.groups > 0 && !s.spills {
		s.spills = true
		s.log.Info("a correlation counts more groups than are kept in memory: those that were last seen longest ago are on disk",
			"kept", s.most, "folder", s.stores.Dir)
	}
	return f
}
