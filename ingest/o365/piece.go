package o365

import (
	"bytes"
	"crypto/sha256"
	"hash"
)

// piece gathers bytes up to a limit, and counts and hashes the rest.
type piece struct {
	limit int
	kept  []byte
	size  int64
	sum   hash.Hash // of all bytes, once they are more than the limit
}

func (p *piece) add(b []byte) {
	p.size += int64(len(b))
	if p.sum == nil && p.size > int64(p.limit) {
		p.sum = sha256.New()
		p.sum.Write(p.kept)
		p.kept = append(p.kept, b[:p.limit-len(p.kept)]...)
		p.kept = bytes.Clone(p.kept[:min(len(p.kept), MaxFragment)])
	}
	if p.sum != nil {
		p.sum.Write(b)
		return
	}
	p.kept = append(p.kept, b...)
}

// take gives the gathered element.
func (p *piece) take() ([]byte, error) {
	if p.sum != nil {
		return nil, p.bad(TooLarge)
	}
	return bytes.TrimRight(p.kept, space), nil
}

// bad gives the gathered bytes as a fragment.
func (p *piece) bad(kind BodyKind) *BodyError {
	e := &BodyError{Kind: kind, Size: p.size, Fragment: p.kept[:min(len(p.kept), MaxFragment)]}
	if p.sum != nil {
		p.sum.Sum(e.Sum[:0])
	} else {
		e.Sum = sha256.Sum256(p.kept)
	}
	return e
}
