package worker_test

import (
	"encoding/json"
	"errors"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "ualstream/"

// allowed says what each package may import of ours. "*" is everything; a missing package is an error, so that
// a new room is a decision and not an accident.
var allowed = map[string][]string{
	"schemas":                nil,
	"ingest/o365":            nil,
	"ingest/cloudsim":        nil, // shares no struct with the client: one misreading would pass every test
	"ingest":                 {"schemas", "ingest/o365"},
	"normalize":              {"schemas"},
	"detect":                 {"schemas", "detect/sigma"},
	"detect/sigma":           nil, // knows rules and events with fields, not whose
	"detect/rules":           nil, // files
	"publish":                {"schemas"},
	"publish/committed":      {"schemas"},
	"cmd/internal/kafka":     {"schemas", "publish/committed"},
	"cmd/internal/auditfile": nil, // knows files, not what a record means
	"cmd/internal/entra":     nil, // knows a login, not what it is for
	"cmd/internal/doctor":    {"schemas", "ingest/o365", "cmd/internal/kafka", "cmd/internal/entra", "cmd/internal/status"},
	"cmd/internal/status":    {"schemas", "cmd/internal/kafka"},
	"cmd/internal/verify":    {"schemas", "ingest/o365", "cmd/internal/kafka", "cmd/internal/auditfile"},
	"cmd/internal/replay":    {"schemas", "normalize", "publish", "cmd/internal/kafka", "cmd/internal/verify"},
	"cmd/internal/identity":  {"schemas"}, // knows offsets and keys, not Kafka
	"cmd/internal/spill":     nil,         // knows bytes by name
	"cmd/internal/worker":    {"schemas", "ingest", "ingest/o365", "normalize", "detect", "detect/sigma", "publish", "cmd/internal/kafka", "cmd/internal/identity", "cmd/internal/spill", "cmd/internal/entra", "cmd/internal/status"},
	"cmd/ualstream":          {"*"},
}

// pure packages do no I/O and read no clock, so that a replay gives what the first run gave.
var pure = []string{"normalize", "detect", "detect/sigma"}

type goPackage struct {
	ImportPath, Dir string
	GoFiles         []string
	Imports         []string
}

func packages(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Dir,GoFiles,Imports", module+"...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []goPackage
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatalf("decode go list: %v", err)
		}
		all = append(all, p)
	}
}

func TestPackagesImportOnlyWhatTheTableAllows(t *testing.T) {
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, module)
		may, known := allowed[name]
		if !known {
			t.Errorf("package %s is not in the import table: decide what it may import", name)
			continue
		}
		for _, imported := range p.Imports {
			ours, isOurs := strings.CutPrefix(imported, module)
			if isOurs && !slices.Contains(may, ours) && !slices.Contains(may, "*") {
				t.Errorf("package %s imports %s, which the table does not allow", name, ours)
			}
		}
	}
}

func TestOnlyTwoPackagesSpeakKafka(t *testing.T) {
	for _, p := range packages(t) {
		if p.ImportPath == module+"cmd/internal/kafka" || p.ImportPath == module+"publish/committed" {
			continue // the second is the reading half of the first, for other programs
		}
		for _, imported := range p.Imports {
			if strings.HasPrefix(imported, "github.com/segmentio/kafka-go") || strings.Contains(imported, "franz-go") {
				t.Errorf("package %s imports %s: only cmd/internal/kafka and what it shares with consumers speak Kafka", p.ImportPath, imported)
			}
		}
	}
}

func TestPureStagesDoNoIO(t *testing.T) {
	for _, p := range packages(t) {
		if !slices.Contains(pure, strings.TrimPrefix(p.ImportPath, module)) {
			continue
		}
		for _, imported := range p.Imports {
			if slices.Contains([]string{"os", "net", "net/http", "log", "log/slog", "context", "math/rand", "math/rand/v2"}, imported) {
				t.Errorf("package %s imports %s: it must be a pure function of its input", p.ImportPath, imported)
			}
		}
	}
}

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	for _, p := range packages(t) {
		comment := ""
		for _, name := range p.GoFiles {
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.ParseComments|parser.PackageClauseOnly)
			if err != nil {
				t.Fatalf("parse %s: %v", name, err)
			}
			comment += file.Doc.Text()
		}
		if strings.TrimSpace(comment) == "" {
			t.Errorf("package %s has no package comment", p.ImportPath)
		}
	}
}
