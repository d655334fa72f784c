package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestEveryCommandExplainsItself(t *testing.T) {
	for _, c := range commands() {
		t.Run(c.name, func(t *testing.T) {
			texts := map[string]string{}
			for _, args := range [][]string{{"help", c.name}, {c.name, "--help"}, {c.name, "-h"}} {
				var out, problems bytes.Buffer
				e := &env{strings.NewReader(""), &out, &problems, func(string) string { return "" }}
				if code := e.exitCode(e.dispatch(t.Context(), args)); code != exitDone || problems.Len() > 0 {
					t.Errorf("%v exits with %d: %s", args, code, problems.String())
				}
				texts[strings.Join(args, " ")] = out.String()
			}
			for how, text := range texts {
				if text != c.usage {
					t.Errorf("%q shows another text than the command's", how)
				}
			}
			_, example, found := strings.Cut(c.usage, "\nExample:\n")
			if !found || !strings.Contains(example, "$ ") || !strings.Contains(example, "ualstream "+c.name) {
				t.Errorf("the text does not end with an example:\n%s", c.usage)
			}
			if !strings.Contains(c.usage, "Usage:\n    ualstream "+c.name) {
				t.Errorf("the text has no usage:\n%s", c.usage)
			}
			if c.brief == "" || !strings.Contains(usage(), c.brief) {
				t.Error("the list of commands does not say what it is for")
			}
		})
	}
}

func TestNearest(t *testing.T) {
	names := []string{"detect", "demo", "normalize", "run", "version"}
	for word, want := range map[string]string{
		"detct": "detect", "normalise": "normalize", "RUN": "run", "runs": "run", "demon": "demo",
		"versions": "version", "x": "", "": "", "frobnicate": "", "status": "",
	} {
		if got := nearest(word, names); got != want {
			t.Errorf("nearest to %q is %q, want %q", word, got, want)
		}
	}
}
