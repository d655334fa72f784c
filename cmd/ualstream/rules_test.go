package main

import (
	"strings"
	"testing"

	"ualstream/detect"
)

func TestHelpOfRulesNamesEveryDerivedField(t *testing.T) {
	_, after, _ := strings.Cut(rulesUsage, "    derived.")
	named, _, _ := strings.Cut(after, "\n\n")
	got := strings.Join(strings.FieldsFunc(named, func(c rune) bool { return strings.ContainsRune(", \n", c) }), " ")
	if want := strings.ReplaceAll(strings.Join(detect.DerivedFields(), " "), "derived.", ""); got != want {
		t.Errorf("the help names   %s\nand there are   %s", got, want)
	}
}
