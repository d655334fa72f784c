package auditfile

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestAWindowStaysSmallAndInOrder(t *testing.T) {
	var text strings.Builder
	for i := range 1 << 20 {
		text.WriteByte('a' + byte(i%26))
	}
	w := &window{r: iotest.HalfReader(strings.NewReader(text.String())), line: 1}
	var got strings.Builder
	for {
		c, ok := w.at(0)
		if !ok {
			break
		}
		got.WriteByte(c)
		w.drop(1)
		w.at(900) // positions count from what is not dropped
	}
	if got.String() != text.String() {
		t.Error("bytes are missing or out of order")
	}
	if cap(w.buf) > 4*readSize {
		t.Errorf("%d bytes are held", cap(w.buf))
	}
}

func TestAReaderThatGivesNothingEnds(t *testing.T) {
	w := &window{r: idle{}}
	if w.more() || !errors.Is(w.err, io.ErrNoProgress) {
		t.Errorf("ends with %v", w.err)
	}
}

type idle struct{}

func (idle) Read([]byte) (int, error) { return 0, nil }
