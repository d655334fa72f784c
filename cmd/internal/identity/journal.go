package identity

import (
	"encoding/binary"
	"fmt"
	"io"
	"os"
)

// journal is the file of the newest keys: a head, then a part for each batch with its entries and the span up to
// there, so that keys and watermark are written together. A part that is cut or damaged ends it: what follows is read
// from the partition again. Parts are not forced to disk one by one, for the same reason.
type journal struct {
	file *os.File
	size int64 // of the parts that are whole; what is beyond is overwritten
}

// newJournal makes an empty journal that follows on s, in place of any other. It says where the store begins, so that
// a run that is missing is missed.
func newJournal(path string, b Binding, s span) (*journal, error) {
	head := appendHead(nil, b, span{s.next, s.next, s.last})
	head = appendChecksum(binary.BigEndian.AppendUint64(head, uint64(s.from)))
	err := replaceFile(path, func(w io.Writer) error {
		_, err := w.Write(head)
		return err
	})
	if err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	return &journal{file, int64(len(head))}, err
}

// journaled is what a journal says.
type journaled struct {
	span
	begins int64 // where the whole store does
	known  map[Key]seen
}

// openJournal reads what is left of a journal.
func openJournal(path string, b Binding) (*journal, journaled, error) {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, journaled{}, damaged("its journal cannot be read: %v", err)
	}
	j := &journal{file: file}
	found, err := j.load(b)
	if err == nil {
		err = file.Truncate(j.size) // what is beyond must not follow on what is written next
	}
	if err != nil {
		_ = file.Close()
	}
	return j, found, err
}

func (j *journal) load(b Binding) (found journaled, err error) {
	text, err := io.ReadAll(j.file)
	if err != nil {
		return found, damaged("its journal cannot be read: %v", err)
	}
	s, rest, err := takeHead(text, b)
	if err != nil {
		return found, err
	}
	j.size = int64(len(text) - len(rest) + 8 + 4)
	if len(rest) < 8+4 {
		return found, damaged("its journal ends in its head")
	}
	if _, ok := checked(text[:j.size]); !ok {
		return found, damaged("its journal's head has a wrong checksum")
	}
	found = journaled{s, int64(binary.BigEndian.Uint64(rest)), map[Key]seen{}}
	for rest = text[j.size:]; ; {
		part, size := takePart(rest)
		if part == nil {
			return found, nil
		}
		found.span = takeSpan(part)
		found.from = s.from
		for e := part[spanSize:]; len(e) >= entrySize; e = e[entrySize:] {
			k, v := entryAt(e)
			found.known[k] = v
		}
		rest, j.size = rest[size:], j.size+int64(size)
	}
}

// takePart gives the next part without its length and checksum, and its size with them; nil where none is whole.
func takePart(b []byte) (part []byte, size int) {
	if len(b) < 4 {
		return nil, 0
	}
	size = int(binary.BigEndian.Uint32(b))
	if size < 4+spanSize+4 || size > len(b) {
		return nil, 0
	}
	body, ok := checked(b[:size])
	if !ok {
		return nil, 0
	}
	return body[4:], size
}

// append writes a part. After an error it can be called again.
func (j *journal) append(s span, entries []byte) error {
	part := make([]byte, 0, 4+spanSize+len(entries)+4)
	part = binary.BigEndian.AppendUint32(part, uint32(cap(part)))
	part = appendChecksum(append(appendSpan(part, s), entries...))
	if _, err := j.file.WriteAt(part, j.size); err != nil {
		return fmt.Errorf("write the identity store's journal: %w", err)
	}
	j.size += int64(len(part))
	return nil
}

func (j *journal) close() error { return j.file.Close() }
