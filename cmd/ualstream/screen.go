package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"ualstream/cmd/internal/status"
)

const watchEvery = 2 * time.Second

// screen is where reports are shown.
type screen struct {
	e       *env
	asJSON  bool
	inPlace bool // each report over the one before
	drawn   bool // there was one before
}

// obeys says whether stdout is a terminal that moves its cursor when it is told to.
func (e *env) obeys() bool { return isTerminal(e.stdout) && e.getenv("TERM") != "dumb" }

// draw shows a report.
func (s *screen) draw(report status.Report) error {
	if s.asJSON {
		return json.NewEncoder(s.e.stdout).Encode(report)
	}
	if !s.inPlace {
		return status.Write(s.e.stdout, s.e.columns(), report)
	}
	var table bytes.Buffer
	if err := status.Write(&table, s.e.columns(), report); err != nil {
		return err
	}
	_, height := s.e.size()
	text := over(table.String(), height)
	if !s.drawn { // what the terminal shows goes up first, to where it can be scrolled to
		text = strings.Repeat("\n", height) + text
	}
	s.drawn = true
	return s.e.print(text)
}

// size gives the terminal's, 0 where stdout is none.
func (e *env) size() (width, height int) {
	if file, ok := e.stdout.(*os.File); ok {
		width, height, _ = term.GetSize(int(file.Fd()))
	}
	return width, height
}

// columns are what a table may take. The last one of a terminal stays free, where it would break the line.
func (e *env) columns() int {
	if width, _ := e.size(); width > 0 && width <= status.Wide {
		return status.Narrow
	}
	return status.Wide
}

// over gives text that takes the place of what a terminal shows, cut to its height; 0 is any. Each line ends with
// "clear the rest of the line" and the last with "clear what is below" (ECMA-48), so that nothing flickers.
func over(text string, height int) string {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if height > 2 && len(lines) >= height {
		left := len(lines) - (height - 2)
		lines = append(lines[:height-2:height-2], fmt.Sprintf("… and %d more lines, which 'ualstream status' shows", left))
	}
	return "\x1b[H" + strings.Join(lines, "\x1b[K\n") + "\x1b[K\n\x1b[J"
}

// watch shows reports until ctx ends. Once there was one, a look that fails is told and the next may succeed.
func (s *screen) watch(ctx context.Context, look looker) error {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for shown := false; ; {
		report, err := look(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && !shown:
			return err
		case err != nil:
			fmt.Fprintf(s.e.stderr, "ualstream: what stands above is no longer so: %s\n", printable(err.Error()))
		default:
			if err := s.draw(report); err != nil {
				return err
			}
			shown = true
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
