package publish

import (
	"io"

	"ualstream/schemas"
)

// NewText gives a sink that writes a readable line for each message to w.
func NewText(w io.Writer) Sink { return lines{w, "text", appendText} }

func appendText(dst []byte, m schemas.Message) []byte { return append(dst, m.Key...) }
