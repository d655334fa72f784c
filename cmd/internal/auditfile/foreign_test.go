package auditfile

import (
	"os"
	"strings"
	"testing"
)

func TestWhatIsNoAuditLogIsNamedOnce(t *testing.T) {
	lines := strings.Repeat("\nx\x00", 100)
	for input, want := range map[string]string{
		"\x89PNG\r\n\x1a\n":                "a PNG image",
		"ElfFile\x00":                      "Windows event log",
		"\x28\xb5\x2f\xfd":                 "packed with zstd",
		"BZh91AY":                          "packed with bzip2",
		"\r\n<!doctype html>\n":            "was a page saved",
		"\xef\xbb\xbf<?xml version=":       "an XML document",
		"PAR1":                             "a Parquet file",
		"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "an old Office document",
	} {
		got := transcript(t, Records(strings.NewReader(input+lines), "in"))
		if strings.Count(got, "BAD") != 1 || !strings.HasPrefix(got, "in: BAD: no audit log: ") || !strings.Contains(got, want) {
			t.Errorf("%q gives:\n%swant %q once", input, got, want)
		}
	}
}

func TestAFolderFailsToBeReadAndIsNotBadToo(t *testing.T) {
	f, err := os.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got := transcript(t, Records(f, "in")); strings.Contains(got, "BAD") || !strings.HasPrefix(got, "FAILED: read in: ") {
		t.Errorf("got:\n%s", got)
	}
}

func TestALongHeaderIsNotRepeatedWhole(t *testing.T) {
	got := transcript(t, Records(strings.NewReader(strings.Repeat("column,", 1000)+"last\n1,2\n"), "in"))
	complaint, _, _ := strings.Cut(got, "\n")
	if !strings.HasSuffix(complaint, "column, …") || len(complaint) > 300 {
		t.Errorf("got:\n%s", complaint)
	}
}
