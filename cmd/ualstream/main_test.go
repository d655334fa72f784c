package main

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"ualstream": main})
}

// TestScripts runs the command as its users do. Each script is one habit, told in prose.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("GORACE", "atexit_sleep_ms=0") // a race-enabled process sleeps a second before it ends
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"encode": encode, "repeat": repeat},
	})
}

// encode writes a file's text in another form: encode FORM FILE NEW.
func encode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: encode utf16le|utf16be|latin1|gzip|zip FILE NEW")
	}
	var b bytes.Buffer
	var w io.WriteCloser
	switch args[0] {
	case "utf16le":
		w = transform.NewWriter(&b, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder())
	case "utf16be":
		w = transform.NewWriter(&b, unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder())
	case "latin1":
		w = transform.NewWriter(&b, charmap.ISO8859_1.NewEncoder())
	case "gzip":
		w = gzip.NewWriter(&b)
	case "zip":
		z := zip.NewWriter(&b)
		member, err := z.Create(args[1])
		ts.Check(err)
		w = struct {
			io.Writer
			io.Closer
		}{member, z}
	default:
		ts.Fatalf("no form %q", args[0])
	}
	_, err := io.WriteString(w, ts.ReadFile(args[1]))
	ts.Check(errors.Join(err, w.Close()))
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), b.Bytes(), 0o600))
}

// repeat writes a file's text many times over: repeat N FILE NEW.
func repeat(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: repeat N FILE NEW")
	}
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte(strings.Repeat(ts.ReadFile(args[1]), n)), 0o600))
}
