package kafka

import (
	"bytes"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/segmentio/kafka-go/compress"
)

func TestBatchesAreCompressedInSmallBlocks(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 1))
	for _, size := range []int{0, 1, 100, 64 << 10, 1<<20 + 1} { // one after the other, by the same writer as a rule
		var text strings.Builder
		for text.Len() < size {
			text.WriteByte("abc "[dice.IntN(4)])
		}
		var frame bytes.Buffer
		w := compress.Lz4.Codec().NewWriter(&frame)
		if _, err := io.WriteString(w, text.String()); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		const block64K = 4 << 4 // in the frame's sixth byte, as the LZ4 frame format has it
		if b := frame.Bytes(); b[5] != block64K {
			t.Errorf("%d bytes: the block's size is %#x, want %#x", size, b[5], block64K)
		}
		got, err := io.ReadAll(compress.Lz4.Codec().NewReader(&frame))
		if err != nil || string(got) != text.String() {
			t.Errorf("%d bytes come back as %d others (error: %v)", size, len(got), err)
		}
	}
}
