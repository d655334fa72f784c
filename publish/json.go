package publish

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"ualstream/schemas"
)

// NewJSON gives a sink that writes each message's value to w, one a line. A line break that a record has
// between its tokens becomes a space, so that one line is one value. Rejects, whose values may be anything, are
// written as objects that hold the value in base64 (schemas/reject.schema.json).
func NewJSON(w io.Writer) Sink { return lines{w, "JSON", appendJSON} }

// lines is a sink that writes a line for each message.
type lines struct {
	w      io.Writer
	form   string
	append func(dst []byte, m schemas.Message) []byte
}

func (l lines) Deliver(ctx context.Context, messages []schemas.Message) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	var buf []byte
	for _, m := range messages {
		buf = append(l.append(buf, m), '\n')
	}
	if _, err := l.w.Write(buf); err != nil {
		return fmt.Errorf("write %d messages as %s: %w", len(messages), l.form, err)
	}
	return nil
}

func appendJSON(dst []byte, m schemas.Message) []byte {
	if m.Topic == schemas.TopicRejects {
		return append(dst, rejectJSON(m)...)
	}
	from := len(dst)
	dst = append(dst, m.Value...)
	for i := from; i < len(dst); i++ {
		if dst[i] == '\n' || dst[i] == '\r' {
			dst[i] = ' '
		}
	}
	return dst
}

// RejectVersion is the version of a reject written as JSON.
const RejectVersion = 1

func rejectJSON(m schemas.Message) []byte {
	b, _ := json.Marshal(struct { // strings and bytes: it cannot fail
		V         int    `json:"v"`
		Key       string `json:"key"`
		Tenant    string `json:"tenant,omitempty"`
		Source    string `json:"source,omitempty"`
		ContentID string `json:"content_id,omitempty"`
		Received  string `json:"received,omitempty"`
		Stage     string `json:"stage"`
		Reason    string `json:"reason"`
		Value     []byte `json:"value"`
	}{
		RejectVersion, string(m.Key), m.Header(schemas.HeaderTenant), m.Header(schemas.HeaderSource),
		m.Header(schemas.HeaderContentID), received(m), m.Header(schemas.HeaderStage), m.Header(schemas.HeaderReason),
		append([]byte{}, m.Value...),
	})
	return b
}

// received gives when the message's record was received.
func received(m schemas.Message) string {
	return or(m.Header(schemas.HeaderReceived), schemas.FormatTime(m.Time))
}
