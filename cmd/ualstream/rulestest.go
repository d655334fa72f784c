package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"ualstream/detect"
	"ualstream/detect/sigma"
)

// test runs the cases beside the files of rules.
func (r *ruleFlags) test(e *env, dirs []string) error {
	if err := r.only("test", dirs); err != nil {
		return err
	}
	set, err := r.use(e)
	if err != nil {
		return err
	}
	t := tester{engine: detect.New(detect.Options{Rules: set}), out: e.stdout}
	for _, file := range filesOf(set) {
		if err := t.file(file); err != nil {
			return err
		}
	}
	if _, err := fmt.Fprintf(e.stdout, "%d cases, %d failed\n", t.ran, t.failed); err != nil {
		return err
	}
	if t.failed > 0 {
		return errors.New("some rules do not find what they should")
	}
	return nil
}

// filesOf gives the files that hold rules or correlations.
func filesOf(set *sigma.Set) (files []string) {
	for _, rule := range set.Rules() {
		files = append(files, rule.File)
	}
	for _, c := range set.Correlations() {
		files = append(files, c.File)
	}
	slices.Sort(files)
	return slices.Compact(files)
}

// tester runs cases.
type tester struct {
	engine      *detect.Engine
	out         io.Writer
	ran, failed int
}

// file runs the cases of a file of rules.
func (t *tester) file(rules string) error {
	path := strings.TrimSuffix(rules, filepath.Ext(rules)) + ".cases.jsonl"
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		fmt.Fprintf(t.out, "%s: no cases: there is no %s\n", rules, filepath.Base(path))
		return nil
	}
	if err != nil {
		return err
	}
	cases, err := detect.ReadCases(data)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	for _, c := range cases {
		t.ran++
		if wrong := t.wrong(c, rules); wrong != "" {
			t.failed++
			fmt.Fprintf(t.out, "FAIL %s: %q: %s\n", path, c.Name, printable(wrong))
		}
	}
	return nil
}

// wrong says what is wrong with a case; "" is nothing.
func (t *tester) wrong(c detect.Case, rules string) string {
	hit, err := t.engine.Try(c, rules, func(record []byte) ([]byte, error) { return appendEvent(nil, record) })
	switch {
	case err != nil:
		return err.Error()
	case hit && !*c.Hit:
		return "a hit, and there should be none: " + c.Why
	case !hit && *c.Hit:
		return "no hit, and there should be one: " + c.Why
	}
	return ""
}
