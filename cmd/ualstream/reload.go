package main

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"ualstream/cmd/internal/worker"
	"ualstream/detect/sigma"
)

// reading is the rules as they were read last, for a worker that reads them again.
type reading struct {
	flags   *ruleFlags
	set     *sigma.Set
	files   []string        // of which something is in use
	refused []sigma.Refusal // what is not
}

// read reads the rules for the first time.
func (r *ruleFlags) read() (*reading, error) {
	all, err := r.collect()
	if err != nil {
		return nil, err
	}
	made := &reading{flags: r}
	made.set, made.refused = compile(all)
	made.files = usedFiles(all, made.refused)
	return made, nil
}

// again reads the rules again. Problems are why those that there are must stay: a folder that cannot be read, or
// something that is refused in a file of which something was in use. What is new and refused is in refused: like at the
// start, the others can be used without it. The reading stays as it is where there are problems.
func (r *reading) again() (refused []sigma.Refusal, problems []error) {
	now, err := r.flags.read()
	if err != nil {
		return nil, []error{err}
	}
	for i, f := range now.refused {
		if r.breaks(f) {
			problems = append(problems, &now.refused[i])
		}
	}
	if len(problems) == 0 {
		*r = *now
	}
	return now.refused, problems
}

// breaks says whether a refusal is new and may take something away that was in use.
func (r *reading) breaks(f sigma.Refusal) bool {
	for _, old := range r.refused {
		if old.File == f.File && old.ID == f.ID && old.Title == f.Title && old.Reason == f.Reason {
			return false
		}
	}
	return slices.ContainsFunc(r.files, func(file string) bool {
		return file == f.File || strings.HasPrefix(file, f.File+string(filepath.Separator)) // a folder within that cannot be read
	})
}

// usedFiles gives the files that hold something that is not refused.
func usedFiles(all *sigma.Collection, refused []sigma.Refusal) (files []string) {
	note := func(a *sigma.About) {
		isRefused := slices.ContainsFunc(refused, func(f sigma.Refusal) bool { return f.File == a.File && f.ID == a.ID && f.Title == a.Title })
		if !isRefused && !slices.Contains(files, a.File) {
			files = append(files, a.File)
		}
	}
	for _, r := range all.Rules {
		note(&r.About)
	}
	for _, c := range all.Correlations {
		note(&c.About)
	}
	for _, f := range all.Filters {
		note(&f.About)
	}
	return files
}

// reload has a worker use the rules as they are now, and says which are refused, unless it has to keep those it has.
func (c *config) reload(w *worker.Worker, log *slog.Logger) {
	if c.reading == nil {
		log.Info("SIGHUP has rules read again, and no stage here uses any")
		return
	}
	refused, problems := c.reading.again()
	if len(problems) == 0 {
		tell(log, refused)
	}
	w.Reload(c.reading.set, problems...)
}

// tell says in a worker's log which rules are refused.
func tell(log *slog.Logger, refused []sigma.Refusal) {
	for i := range refused {
		log.Warn("a rule is refused and finds nothing", "stage", worker.StageDetect, "reason", refused[i].Error())
	}
}

// onHangup calls reload each time that somebody sends SIGHUP, until ctx ends. A terminal that goes away sends it, too: then
// nobody is left who could end the command, and end is called.
func (e *env) onHangup(ctx context.Context, hangups <-chan os.Signal, reload, end func()) {
	attended := isTerminal(e.stderr)
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangups:
		}
		if attended && !isTerminal(e.stderr) {
			end()
			return
		}
		reload()
	}
}
