package o365

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
)

// One record that is damaged in its middle, a string without its end for instance, makes all that follows look
// like a part of it. The salvage finds the records behind the damage: where a comma is followed by an object
// that begins with the same key as the body's first record, is valid JSON and has an Id, a CreationTime and an Operation,
// as the API's common schema wants. Text inside a string cannot pass for one, because its quotes are escaped, and the
// objects inside a record lack what the schema wants.

// usualKeys are the keys that records begin with, for bodies whose first record is the damaged one.
var usualKeys = [][]byte{[]byte(`"CreationTime"`), []byte(`"Id"`)}

// whole gives an element, unless it is several that damage has joined.
func (s *splitter) whole(element []byte, err error) ([]byte, error) {
	if s.key == nil {
		s.key = firstKey(element)
	}
	if err != nil || candidate(element, 0, s.keys()) < 0 || json.Valid(element) {
		return element, err
	}
	pieces, rest := salvage(element, s.keys())
	if len(pieces) == 0 {
		return element, nil
	}
	if rest = bytes.Trim(rest, space+","); len(rest) > 0 {
		pieces = append(pieces, rest)
	}
	s.queue = pieces[1:]
	return pieces[0], nil
}

// damaged gives what can be salvaged of the element that the body breaks off in. Where the salvage leaves
// nothing but the array's end, the body was whole and one of its records was not.
func (s *splitter) damaged(err error) ([]byte, error) {
	bad, ok := errors.AsType[*BodyError](err)
	if !ok || s.piece.sum != nil {
		return nil, err
	}
	pieces, rest := salvage(s.piece.kept, s.keys())
	if len(pieces) == 0 {
		return nil, err
	}
	rest = bytes.Trim(rest, space+",")
	s.piece = piece{limit: s.limit}
	s.piece.add(rest)
	left := s.piece.bad(bad.Kind)
	left.Err = bad.Err
	s.after = left
	if bad.Err == nil && string(rest) == "]" {
		s.after = io.EOF
	}
	s.queue = pieces[1:]
	return pieces[0], nil
}

// keys are the keys that a record of this body may begin with.
func (s *splitter) keys() [][]byte {
	if s.key == nil {
		return usualKeys
	}
	return [][]byte{s.key}
}

// firstKey gives the first key of a valid object, quotes included, or nil.
func firstKey(element []byte) []byte {
	if !bytes.HasPrefix(element, []byte("{")) || !json.Valid(element) {
		return nil
	}
	rest := bytes.TrimLeft(element[1:], space)
	if end := bytes.IndexByte(rest[min(1, len(rest)):], '"'); end > 0 {
		return bytes.Clone(rest[:end+2])
	}
	return nil
}

// salvage cuts bytes with damage in them into the records that can be told apart and the pieces between them.
// rest is what follows the last record. Without a record it gives nothing and leaves rest as it was.
func salvage(b []byte, keys [][]byte) (pieces [][]byte, rest []byte) {
	budget := 8 * len(b) // hostile input could have each candidate run to the end
	for at := 0; budget > 0; {
		start := candidate(b, at, keys)
		if start < 0 {
			break
		}
		end, cost := object(b[start:])
		budget -= cost
		at = start + 1
		if end == 0 || !isRecord(b[start:start+end]) {
			continue
		}
		if damaged := bytes.Trim(b[:start], space+","); len(damaged) > 0 {
			pieces = append(pieces, slices.Clip(damaged))
		}
		pieces = append(pieces, slices.Clip(b[start:start+end]))
		b, at = b[start+end:], 0
	}
	return pieces, b
}

// candidate gives where the next object begins that stands behind a comma and has one of the keys first, or -1.
func candidate(b []byte, from int, keys [][]byte) int {
	for i := from; i < len(b); i++ {
		next := bytes.IndexByte(b[i:], '{')
		if next < 0 {
			return -1
		}
		i += next
		inside := bytes.TrimLeft(b[i+1:], space)
		behind := bytes.HasSuffix(bytes.TrimRight(b[:i], space), []byte(","))
		if behind && slices.ContainsFunc(keys, func(k []byte) bool { return bytes.HasPrefix(inside, k) }) {
			return i
		}
	}
	return -1
}

// object gives the length of the object that b begins with, 0 where it has no end, and how much was looked at.
func object(b []byte) (length, cost int) {
	var l lexer
	for i := range b {
		l.scan(b[i : i+1])
		if l.depth == 0 {
			return i + 1, i + 1
		}
	}
	return 0, len(b)
}

func isRecord(b []byte) bool {
	var record map[string]json.RawMessage
	if json.Unmarshal(b, &record) != nil {
		return false
	}
	id := record["Id"]
	return len(id) > len(`""`) && id[0] == '"' && record["CreationTime"] != nil && record["Operation"] != nil
}
