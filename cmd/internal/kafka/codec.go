package kafka

import (
	"io"
	"sync"

	blocks "github.com/pierrec/lz4/v4"
	"github.com/segmentio/kafka-go/compress"
	"github.com/segmentio/kafka-go/compress/lz4"
)

func init() { compress.Codecs[compress.Lz4] = &codec{} }

// codec is kafka-go's lz4, written in blocks of 64 KiB, as Kafka's own clients do, instead of 4 MiB. Whoever writes or
// reads a batch holds a block, however small the batch is: most of the time would go into clearing memory.
type codec struct {
	lz4.Codec
	writers sync.Pool // of *blocks.Writer
}

// NewWriter gives a writer that must be closed.
func (c *codec) NewWriter(to io.Writer) io.WriteCloser {
	w, _ := c.writers.Get().(*blocks.Writer)
	if w == nil {
		w = blocks.NewWriter(nil)
		_ = w.Apply(blocks.BlockSizeOption(blocks.Block64Kb)) // it is one that there is
	}
	w.Reset(to)
	return &frame{w, &c.writers}
}

// frame is what one batch is compressed into.
type frame struct {
	*blocks.Writer
	back *sync.Pool
}

// Close writes the frame's end.
func (f *frame) Close() error {
	err := f.Writer.Close()
	f.Reset(nil)
	f.back.Put(f.Writer)
	return err
}
