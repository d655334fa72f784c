package auditfile

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	one      = "{\"Id\":\"1\"}\n"
	two      = "AuditData\n\"{\"\"Id\"\":\"\"2\"\"}\"\n"
	oneRead  = "in: line 1\n    {\"Id\":\"1\"}\n"
	anything = "\x00\xff\x80"
)

func gzipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// zipped packs members given as name, content, name, content and so on.
func zipped(t *testing.T, members ...string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(members); i += 2 {
		m, err := w.Create(members[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(m, members[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// tarred packs members given as name, content, name, content and so on.
func tarred(t *testing.T, members ...string) string {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for i := 0; i < len(members); i += 2 {
		if err := w.WriteHeader(&tar.Header{Name: members[i], Mode: 0o600, Size: int64(len(members[i+1]))}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, members[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestArchives(t *testing.T) {
	spool := t.TempDir()
	t.Setenv("TMPDIR", spool)
	members := zipped(t, "a/one.jsonl", one, "a/", "", "__MACOSX/._one", anything, "a/._one", anything, ".DS_Store", anything, "two.csv.gz", gzipped(t, two),
		"inner.zip", zipped(t, "three.json", `[{"Id":"3"}]`), "empty.json", "", "bad.gz", "\x1f\x8b no gzip")
	membersRead := `in/a/one.jsonl: line 1
    {"Id":"1"}
in/two.csv.gz: row 2 (line 2)
    {"Id":"2"}
in/inner.zip/three.json: line 1, element 1
    {"Id":"3"}
in/bad.gz: BAD: gzip cannot be unpacked: gzip: invalid header
    ` + "\n"
	deep := one
	for range maxNested + 1 {
		deep = gzipped(t, deep)
	}
	encrypted := []byte(zipped(t, "secret.json", one))
	central := bytes.Index(encrypted, []byte("PK\x01\x02"))
	encrypted[central+8] |= 1 // general purpose flags of the central directory's entry

	for name, c := range map[string]struct{ input, want string }{
		"gzip":               {gzipped(t, one), oneRead},
		"gzip, two members":  {gzipped(t, one) + gzipped(t, "{}"), oneRead + "in: line 2\n    {}\n"},
		"gzip in gzip":       {gzipped(t, gzipped(t, one)), oneRead},
		"gzip, one too many": {deep, "in: BAD: more than 4 archives in one another\n    \n"},
		"gzip, cut": {gzipped(t, one)[:28], // the text is whole, what checks it is not
			oneRead + "in: line 2: BAD: breaks off: unexpected EOF\n    \n"},
		"zip":        {members, membersRead},
		"zip, empty": {zipped(t), ""},
		"zip, a workbook": {zipped(t, "[Content_Types].xml", "<x/>", "xl/workbook.xml", "<x/>"),
			"in: BAD: no audit log: an Office document: save its table as CSV\n    \n"},
		"tar in gzip": {gzipped(t, tarred(t, "a/one.jsonl", one, "._x", anything, "in.zip", zipped(t, "two.csv", two))),
			"in/a/one.jsonl: line 1\n    {\"Id\":\"1\"}\nin/in.zip/two.csv: row 2 (line 2)\n    {\"Id\":\"2\"}\n"},
		"tar, cut": {tarred(t, "one.jsonl", one, "two", one)[:1100],
			"in/one.jsonl: line 1\n    {\"Id\":\"1\"}\nin: BAD: tar breaks off: unexpected EOF\n    \n"},
		"zip, names that steer a terminal": {zipped(t, "../\x1b[2J", one), strings.Replace(oneRead, "in", "in/../\ufffd[2J", 1)},
		"zip, cut":                         {members[:200], "in: BAD: zip cannot be unpacked: zip: not a valid zip file\n    \n"},
		"zip, encrypted":                   {string(encrypted), "in/secret.json: BAD: encrypted: unpack it with its password first\n    \n"},
		"zip in gzip":                      {gzipped(t, zipped(t, "x", one)), strings.Replace(oneRead, "in", "in/x", 1)},
	} {
		t.Run(name, func(t *testing.T) {
			if got := transcript(t, Records(strings.NewReader(c.input), "in")); got != c.want {
				t.Errorf("from a stream:\n%swant:\n%s", got, c.want)
			}
			if left, err := os.ReadDir(spool); err != nil || len(left) > 0 {
				t.Errorf("files are left behind: %v %v", left, err)
			}
			path := filepath.Join(t.TempDir(), "in")
			if err := os.WriteFile(path, []byte(c.input), 0o600); err != nil {
				t.Fatal(err)
			}
			f, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if got := transcript(t, Records(f, "in")); got != c.want {
				t.Errorf("from a file:\n%swant:\n%s", got, c.want)
			}
		})
	}
}
