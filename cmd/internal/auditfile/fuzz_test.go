package auditfile

import (
	"bufio"
	"bytes"
	"errors"
	"strings"
	"testing"
)

// FuzzEveryByteIsAccountedFor checks that, in a sequence of JSON values, what is neither in a record nor in what was
// reported as bad is whitespace, a comma or the bracket of an array.
func FuzzEveryByteIsAccountedFor(f *testing.F) {
	for _, seed := range []string{
		"{\"Id\":\"a\"}\n{\"Id\":\"b\"}\n", `[{"Id":"a"},{"Id":"b"`, "{\"a\":1,\"b\":{\"c\n{\"Id\":\"x\"}\n", "[\n  {\n    \"Id\": bad }\n  },\n  {}\n]",
		`[1,"x",null,{"a":[}]},{"Id":"a"}]`, "\xef\xbb\xbf{}\r\n\r\n]]}{", "{\"a\":\n{\"b\":1}\n{\"c\":2}", `{"a":"\"}`, "{}x\n{} {} ,{}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if _, known := foreignTo(text[:min(len(text), headSize)]); known || endsWithReturn(&window{r: bytes.NewReader(text)}) {
			t.Skip("not a sequence of JSON values, or with other line breaks")
		}
		if _, table := sniffHeader(&window{r: bytes.NewReader(text)}); table || isPacked(text) {
			t.Skip("not a sequence of JSON values")
		}
		account(t, text, MaxValue)
		if len(text) < overlongSample { // so that nothing over the limit is shortened
			account(t, text, 12)
		}
	})
}

// account reads the text and passes over it, part by part.
func account(t *testing.T, text []byte, limit int) {
	t.Helper()
	rest := text
	for r, err := range read(bytes.NewReader(text), reading{limit: limit}) {
		part := r.Body
		if bad := (*BadInput)(nil); errors.As(err, &bad) {
			part = bad.Bytes
		} else if err != nil {
			t.Fatal(err)
		}
		for !bytes.HasPrefix(rest, part) || bytes.HasPrefix(rest, utf8Mark) && !bytes.HasPrefix(part, utf8Mark) {
			next, ok := afterSyntax(rest)
			if !ok {
				t.Fatalf("%q does not come next: %q is left of %q", part, rest, text)
			}
			rest = next
		}
		rest = rest[len(part):]
	}
	for len(rest) > 0 {
		next, ok := afterSyntax(rest)
		if !ok {
			t.Fatalf("%q at the end is in no record and was not reported: %q", rest, text)
		}
		rest = next
	}
}

// afterSyntax passes one thing that may stand between values.
func afterSyntax(b []byte) ([]byte, bool) {
	if after, ok := bytes.CutPrefix(b, utf8Mark); ok {
		return after, true
	}
	if len(b) > 0 && strings.IndexByte(" \t\r\n,[]", b[0]) >= 0 {
		return b[1:], true
	}
	return b, false
}

// isPacked says whether the text would be read as something else than UTF-8 text.
func isPacked(b []byte) bool {
	if len(b) < 2 {
		return false
	}
	return b[0] == 0 || b[1] == 0 || b[0] == 0xff || b[0] == 0xfe || b[0] == 0x1f ||
		isTar(bufio.NewReader(bytes.NewReader(b)), b) || bytes.HasPrefix(b, []byte("PK"))
}

// FuzzRecords checks that no input makes reading panic or go on for ever, and that it ends when its caller does.
func FuzzRecords(f *testing.F) {
	for _, seed := range []string{
		"AuditData\n\"{\"\"Id\"\":\"\"a\"\"}\"\n", "#TYPE x\n\"a\";\"AuditData\"\n1;\"{}\"\n\"", `{"value":[{"Id":"a"}],"x":[{}],"value":[{}]}`,
		`{"AuditData":"{}"}`, "\xff\xfe{\x00}\x00", "\x1f\x8b\x08", "PK\x05\x06", `{"value":[{`, "sep=;\nx;_raw\n1;{}\n", "a,b\nc,d\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		total := 0
		for _, err := range Records(bytes.NewReader(text), "input") {
			if bad := (*BadInput)(nil); err != nil && !errors.As(err, &bad) {
				t.Fatalf("%v is given as the failure of a reader that cannot fail", err)
			}
			total++
		}
		if total > len(text)+1 {
			t.Fatalf("%d records of %d bytes", total, len(text))
		}
		stopped := 0
		for range Records(bytes.NewReader(text), "") {
			if stopped++; stopped > total/2 {
				break
			}
		}
	})
}

// FuzzLines checks that the records of JSON lines come out byte for byte, whatever bad line stands between them.
func FuzzLines(f *testing.F) {
	f.Add([]byte(`{"Id":"2","a":{"b`))
	f.Add([]byte(`{"a":[`))
	f.Add([]byte(`"`))
	f.Fuzz(func(t *testing.T, bad []byte) {
		if bytes.ContainsAny(bad, "\n\x00") || bytes.IndexByte(bad, '[') == 0 {
			t.Skip("not one line, or one that opens an array")
		}
		const before, after = `{"Id":"1","Operation":"x","n":[{}]}`, `{"Id":"3","s":"\n\" ]}"}`
		text := before + "\n" + string(bad) + "\n" + after + "\n" + after + "\n"
		var got []string
		for r, err := range Records(strings.NewReader(text), "") {
			if err == nil {
				got = append(got, string(r.Body))
			}
		}
		if n := len(got); n < 3 || got[0] != before || got[n-2] != after || got[n-1] != after {
			t.Fatalf("%q between the records gives %q", bad, got)
		}
	})
}
