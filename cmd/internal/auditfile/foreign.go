package auditfile

import "bytes"

// foreign lists how files begin that responders have at hand and that hold no audit records as text. Where one of
// them is given, one sentence says so, instead of one for each of the lines that its bytes happen to have.
var foreign = []struct{ magic, reason string }{
	{"\x89PNG\r\n", "a PNG image"},
	{"\xff\xd8\xff", "a JPEG image"},
	{"%PDF-", "a PDF document"},
	{"ElfFile\x00", "a Windows event log (EVTX), which no audit record of Microsoft 365 stands in"},
	{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document: save its table as CSV"},
	{"SQLite f", "an SQLite database: export its table as JSON lines"},
	{"PAR1", "a Parquet file: export it as JSON lines"},
	{"\x28\xb5\x2f\xfd", "packed with zstd: unpack it first"},
	{"\xfd7zXZ\x00", "packed with xz: unpack it first"},
	{"BZh", "packed with bzip2: unpack it first"},
	{"7z\xbc\xaf\x27\x1c", "packed with 7-Zip: unpack it first"},
	{"Rar!\x1a\x07", "packed with RAR: unpack it first"},
	{"<!DOC", "an HTML or XML document: was a page saved instead of the export?"},
	{"<html", "an HTML document: was a page saved instead of the export?"},
	{"<?xml", "an XML document"},
}

// foreignTo says what the text that begins so is, where it is known to be none.
func foreignTo(head []byte) (reason string, ok bool) {
	head = bytes.TrimLeft(bytes.TrimPrefix(head, utf8Mark), " \t\r\n")
	for _, f := range foreign {
		if n := len(f.magic); len(head) >= n && bytes.EqualFold(head[:n], []byte(f.magic)) {
			return "no audit log: " + f.reason, true
		}
	}
	return "", false
}
