package main

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
)

// TestBatchesComeInTheOrderOfTheInput compares one core with many, and a file with a pipe,
// before each read of which all batches are finished.
func TestBatchesComeInTheOrderOfTheInput(t *testing.T) {
	var text strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&text, "{\"Id\":\"%d\",\"Operation\":\"New-InboxRule\",\"Pad\":\"%s\"}\n", i, strings.Repeat("x", i%1000))
		if i%500 == 7 {
			text.WriteString("garbage\n")
		}
		if i == 1500 {
			fmt.Fprintf(&text, "{\"Id\":\"long\",\"Operation\":\"New-InboxRule\",\"Pad\":\"%s\"}\n", strings.Repeat("x", unusual))
		}
	}
	if text.Len() < 4*batchSize+unusual {
		t.Fatalf("%d bytes are too few to fill batches", text.Len())
	}
	for _, args := range [][]string{{"normalize"}, {"detect", "--raw"}} {
		want, complaints := madeOf(t, text.String(), args)
		for _, cores := range []int{1, 4} {
			before := runtime.GOMAXPROCS(cores)
			got, problems := madeOf(t, text.String(), args)
			runtime.GOMAXPROCS(before)
			if got != want || problems != complaints {
				t.Errorf("%v on %d cores gives other output than on %d, or complains otherwise:\n%s", args, cores, before, problems)
			}
		}
		if piped, _ := filtered(t, text.String(), args...); piped != want {
			t.Errorf("%v of a pipe gives other output than of a file", args)
		}
	}
}

// madeOf gives the output and the complaints of a filter that reads a file, which nothing waits for between batches.
func madeOf(t *testing.T, text string, args []string) (output, complaints string) {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.WriteFile("in", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, problems bytes.Buffer
	e := &env{strings.NewReader(""), &out, &problems, func(string) string { return "" }}
	e.exitCode(e.dispatch(t.Context(), append(args, "in")))
	return out.String(), problems.String()
}

func TestThreatsOfPrettyEventsStandOnOneLine(t *testing.T) {
	event, _ := filtered(t, `{"Id":"1","Operation":"New-InboxRule","CreationTime":"2026-03-01T08:00:00"}`, "normalize")
	pretty := strings.ReplaceAll(event, `,"unmapped"`, ",\r\n  \"unmapped\"")
	if pretty == event {
		t.Fatalf("no line break was put into %s", event)
	}
	if threats, _ := filtered(t, pretty, "detect"); strings.Count(threats, "\n") != 1 || strings.Contains(threats, "\r") {
		t.Errorf("got %q, want one line", threats)
	}
}
