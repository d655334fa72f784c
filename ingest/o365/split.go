package o365

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

var bom = []byte("\ufeff")

const space = " \t\r\n"

// splitter tells the elements of a JSON array apart without demanding that they are JSON: it knows strings,
// escapes and brackets. It holds one element at a time.
type splitter struct {
	r      *bufio.Reader
	limit  int // of an element in memory
	opened bool
	state  lexer
	piece  piece
	key    []byte   // that the body's first record begins with
	queue  [][]byte // elements that were salvaged
	after  error    // what follows them; nil where the body goes on
}

func newSplitter(r io.Reader, limit int) *splitter {
	return &splitter{r: bufio.NewReaderSize(r, 64<<10), limit: limit}
}

// next gives the next element, trimmed, in a slice of the caller's own; io.EOF after the array's end; else a
// *BodyError or what the reader said. After a TooLarge it can be called again.
func (s *splitter) next() ([]byte, error) {
	if len(s.queue) > 0 {
		first := s.queue[0]
		s.queue = s.queue[1:]
		return first, nil
	}
	if s.after != nil {
		return nil, s.after
	}
	if !s.opened {
		if err := s.open(); err != nil {
			return nil, err
		}
	}
	c, err := s.skip(space + ",")
	if err != nil {
		return nil, s.ends(BreaksOff, err)
	}
	if c == ']' {
		return nil, s.close()
	}
	return s.element()
}

// open reads up to the array's first element. A byte order mark before it is tolerated.
func (s *splitter) open() error {
	if head, _ := s.r.Peek(len(bom)); bytes.Equal(head, bom) {
		s.discard(len(bom))
	}
	c, err := s.skip(space)
	if err != nil {
		return s.ends(Empty, err)
	}
	if c != '[' {
		return s.rest(NoArray)
	}
	s.discard(1)
	s.opened = true
	return nil
}

// close reads the array's end and makes sure that nothing stands after it.
func (s *splitter) close() error {
	s.discard(1)
	switch _, err := s.skip(space); {
	case err == nil:
		return s.rest(GoesOn)
	case errors.Is(err, io.EOF):
		return io.EOF
	default:
		return s.ends(BreaksOff, err)
	}
}

// element reads up to the comma or bracket that ends the element.
func (s *splitter) element() ([]byte, error) {
	s.state, s.piece = lexer{}, piece{limit: s.limit}
	for {
		chunk, err := s.chunk()
		if err != nil {
			return s.damaged(s.ends(BreaksOff, err))
		}
		n, ended := s.state.scan(chunk)
		s.piece.add(chunk[:n])
		s.discard(n)
		if ended {
			return s.whole(s.piece.take())
		}
	}
}

// rest takes all that is left as a fragment.
func (s *splitter) rest(kind BodyKind) error {
	s.piece = piece{limit: MaxFragment}
	for {
		chunk, err := s.chunk()
		if err != nil {
			return s.ends(kind, err)
		}
		s.piece.add(chunk)
		s.discard(len(chunk))
	}
}

// ends turns the reader's end into a *BodyError with the bytes that were being read.
func (s *splitter) ends(kind BodyKind, err error) error {
	if !cut(err) {
		return err
	}
	bad := s.piece.bad(kind)
	if err != io.EOF { //nolint:errorlint // a wrapped EOF is trouble, not the end
		bad.Err = err
	}
	return bad
}

// skip passes over the bytes in set and gives the first other one, which stays unread.
func (s *splitter) skip(set string) (byte, error) {
	s.piece = piece{}
	for {
		chunk, err := s.chunk()
		if err != nil {
			return 0, err
		}
		rest := bytes.TrimLeft(chunk, set)
		s.discard(len(chunk) - len(rest))
		if len(rest) > 0 {
			return rest[0], nil
		}
	}
}

// chunk gives what has arrived, at least a byte. It stays unread until it is discarded.
func (s *splitter) chunk() ([]byte, error) {
	if _, err := s.r.Peek(1); err != nil {
		return nil, err
	}
	return s.r.Peek(s.r.Buffered())
}

// discard passes over n bytes that have been peeked at; that cannot fail.
func (s *splitter) discard(n int) { _, _ = s.r.Discard(n) }
