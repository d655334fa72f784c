package o365

import (
	"compress/flate"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
)

// BodyKind says what is wrong with a blob's body.
type BodyKind string

// The kinds of bad bodies.
const (
	Empty     BodyKind = "is empty"
	NoArray   BodyKind = "is no array"
	BreaksOff BodyKind = "breaks off"
	GoesOn    BodyKind = "goes on after its end"
	TooLarge  BodyKind = "holds a record that is too large" // about one record: the others follow
)

const (
	// MaxFragment bounds BodyError.Fragment.
	MaxFragment = 1 << 20
	// maxRecord bounds a record in memory. Real ones have kilobytes; Kafka takes 8 MiB.
	maxRecord = 64 << 20
)

// BodyError says that a blob's body arrived and is not an array of records. Failures of the connection are
// other errors.
type BodyError struct {
	Kind     BodyKind
	Fragment []byte   // the bytes that belong to no record, the first MaxFragment of them; of TooLarge, the record's
	Size     int64    // how many bytes that are
	Sum      [32]byte // SHA-256 of all of them
	Err      error    // what ended the body, where it was cut on its way
}

func (e *BodyError) Error() string {
	s := fmt.Sprintf("the body %s", e.Kind)
	if e.Size > 0 {
		s += fmt.Sprintf(" (%d bytes, sha256 %x)", e.Size, e.Sum)
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *BodyError) Unwrap() error { return e.Err }

// cut says whether a read ended because the body ended too early or cannot be unpacked, rather than because the
// connection failed.
func cut(err error) bool {
	for _, end := range []error{io.EOF, io.ErrUnexpectedEOF, gzip.ErrHeader, gzip.ErrChecksum} {
		if errors.Is(err, end) {
			return true
		}
	}
	_, corrupt := errors.AsType[flate.CorruptInputError](err)
	return corrupt
}
