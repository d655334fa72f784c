package auditfile

import (
	"errors"
	"strings"
	"testing"
)

// limited reads as Records does, with a limit that a test can reach.
func limited(t *testing.T, input string, limit int) string {
	t.Helper()
	return transcript(t, read(strings.NewReader(input), reading{name: "in", unwrap: true, limit: limit}))
}

func TestARecordOverTheLimitIsBadAlone(t *testing.T) {
	long := `{"Id":"` + strings.Repeat("x", 200) + `"}`
	const reason = "209 bytes long, more than the 100 that are read: only the first 209 are given\n    "
	bad := ": BAD: " + reason + long + "\n"
	for name, c := range map[string]struct{ input, want string }{
		"line":    {one + long + "\n" + one, oneRead + "in: line 2" + bad + "in: line 3\n    {\"Id\":\"1\"}\n"},
		"element": {"[" + long + ",{}]", "in: line 1, element 1" + bad + "in: line 1, element 2\n    {}\n"},
		"garbage": {strings.Repeat("x", 209) + "\n" + one,
			"in: line 1: BAD: " + reason + strings.Repeat("x", 209) + "\nin: line 2\n    {\"Id\":\"1\"}\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := limited(t, c.input, 100); got != c.want {
				t.Errorf("got:\n%swant:\n%s", got, c.want)
			}
		})
	}
}

func TestALongLineIsNotHeld(t *testing.T) {
	length := 0
	for _, err := range read(&endless{left: 8 << 20}, reading{limit: 1 << 20}) {
		bad, ok := errors.AsType[*BadInput](err)
		if !ok {
			t.Fatalf("%v, want a BadInput", err)
		}
		length += len(bad.Bytes)
	}
	if length != overlongSample {
		t.Errorf("%d bytes were given, want %d", length, overlongSample)
	}
}

// endless is a line of so many bytes that is a string which does not end.
type endless struct{ left int }

func (e *endless) Read(p []byte) (int, error) {
	n := min(len(p), e.left)
	if n == 0 {
		return strings.NewReader("").Read(p)
	}
	copy(p[:n], strings.Repeat(`{"`, n/2+1))
	e.left -= n
	return n, nil
}

func TestTooDeepIsBadAlone(t *testing.T) {
	deep := `{"a":` + strings.Repeat("[", maxDepth) + strings.Repeat("]", maxDepth) + "}"
	want := "in: line 1: BAD: nested too deep\n    " + deep + "\nin: line 2\n    {\"Id\":\"1\"}\n"
	if got := limited(t, deep+"\n"+one, MaxRecord); got != want {
		t.Errorf("got:\n%swant:\n%s", got, want)
	}
}

func TestArraysThatOpenWithoutEnd(t *testing.T) {
	got := limited(t, strings.Repeat("[", 1<<20), MaxRecord)
	if n := strings.Count(got, "BAD"); n != 2 || !strings.Contains(got, "breaks off after element 1") {
		t.Errorf("%d are bad, want the rest of the line and the array: %.200s", n, got)
	}
}
