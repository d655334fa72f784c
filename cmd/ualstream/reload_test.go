package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"ualstream/detect/sigma"
)

// entering is a rule that finds something in each sign-in.
func entering(title string) string {
	return "title: " + title + `
logsource: {product: m365, service: audit}
detection:
  s: {Operation: UserLoggedIn}
  condition: s
`
}

// write makes a file of rules.
func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAHangupHasAWorkerReadItsRulesAgain(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("there is no SIGHUP")
	}
	dir := t.TempDir()
	tenant, rules := filepath.Join(dir, "tenant"), filepath.Join(dir, "rules")
	if err := os.Mkdir(rules, 0o700); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(rules, "entering.yml")
	write(t, file, entering("First"))
	cloud := begin(t, "simulate", "--listen", "127.0.0.1:0", "--dir", tenant, "--per-second", "30")
	cloud.until(cloud.stderr, "config.yaml")
	worker := begin(t, "run", "--embedded", "--data", filepath.Join(dir, "broker"), "--config", filepath.Join(tenant, "config.yaml"),
		"--poll-interval", "200ms", "--sinks", "json", "--http", "127.0.0.1:0", "--builtin=false", "--rules", rules)
	worker.until(worker.stdout, `"title":"First"`)
	hangup := func() {
		t.Helper()
		if err := worker.cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
	}

	write(t, file, entering("Second"))
	hangup()
	worker.until(worker.stderr, "rules are replaced")
	worker.until(worker.stdout, `"title":"Second"`)

	write(t, file, strings.Replace(entering("Third"), "condition: s", "condition: t", 1))
	hangup()
	if line := worker.until(worker.stderr, "level=ERROR"); !strings.Contains(line, "entering.yml:5:") {
		t.Errorf("it does not say what is wrong: %s", line)
	}
	worker.until(worker.stderr, "the rules stay as they were")
	worker.until(worker.stdout, `"title":"Second"`)

	write(t, filepath.Join(rules, "new.yml"), "title: [") // was never in use: what is else there works
	write(t, file, entering("Third"))
	hangup()
	worker.until(worker.stderr, "new.yml:1:")
	worker.until(worker.stdout, `"title":"Third"`)

	if err := os.Rename(rules, rules+"-away"); err != nil {
		t.Fatal(err)
	}
	hangup()
	worker.until(worker.stderr, "the rules stay as they were")
	if err := os.Rename(rules+"-away", rules); err != nil {
		t.Fatal(err)
	}
	hangup()
	worker.until(worker.stderr, "unchanged")
	if code, stderr := worker.end(syscall.SIGTERM); code != exitDone {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

func TestWhatBreaksRulesThatWereInUse(t *testing.T) {
	const counts = `title: Counts
name: counts
correlation: {type: event_count, rules: [one], group-by: [UserId], timespan: 1h, condition: {gte: 2}}
`
	named := strings.Replace(entering("One"), "\n", "\nname: one\n", 1)
	for name, c := range map[string]struct {
		change  func(dir string)
		breaks  string // file and line of the problem; "" for none
		refused int
	}{
		"nothing":                       {func(string) {}, "", 1},
		"a rule that is gone":           {func(dir string) { os.Remove(filepath.Join(dir, "sub", "two.yml")) }, "", 1},
		"a rule that a correlation has": {func(dir string) { os.Remove(filepath.Join(dir, "one.yml")) }, "counts.yml:3", 3},
		"a file that was in use":        {func(dir string) { write(t, filepath.Join(dir, "one.yml"), "title: [") }, "one.yml:1", 4},
		"a file that was not":           {func(dir string) { write(t, filepath.Join(dir, "bad.yml"), "title: {") }, "", 1},
		"a new file":                    {func(dir string) { write(t, filepath.Join(dir, "more.yml"), "title: {") }, "", 2},
		"a filter":                      {func(dir string) { write(t, filepath.Join(dir, "filter.yml"), "title: F\nfilter: 3\n") }, "filter.yml:1", 2},
		"the folder":                    {func(dir string) { os.RemoveAll(dir) }, "rules:", 0},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "rules")
			sub := filepath.Join(dir, "sub")
			if err := os.MkdirAll(sub, 0o700); err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(dir, "one.yml"), named)
			write(t, filepath.Join(sub, "two.yml"), entering("Two"))
			write(t, filepath.Join(dir, "counts.yml"), counts)
			write(t, filepath.Join(dir, "bad.yml"), "title: [")
			write(t, filepath.Join(dir, "filter.yml"), "title: F\nlogsource: {product: m365}\nfilter:\n  rules: [one]\n  s: {UserId: nobody}\n  condition: not s\n")
			r, err := (&ruleFlags{dirs: repeated{list{dir}}}).read()
			if err != nil || len(r.refused) != 1 {
				t.Fatal(err, r.refused)
			}
			if unreadable := (sigma.Refusal{File: sub, Reason: "cannot be read"}); !r.breaks(unreadable) {
				t.Error("a folder within that cannot be read breaks nothing")
			}
			before := r.set
			c.change(dir)
			refused, problems := r.again()
			if all := fmt.Sprint(problems); (c.breaks == "") != (len(problems) == 0) || !strings.Contains(all, c.breaks) {
				t.Errorf("problems %v, want %q", problems, c.breaks)
			}
			if len(refused) != c.refused {
				t.Errorf("refused %v, want %d", refused, c.refused)
			}
			if kept := r.set == before; kept != (c.breaks != "") {
				t.Errorf("the rules were kept: %v", kept)
			}
		})
	}
}
