package identity

import (
	"bytes"
	"iter"
)

// merge makes one run of the two newest while they are of like size, so that there are few runs to look into and each
// entry is rewritten a few times in its life: log2(runKeys / youngKeys).
func (s *Store) merge(horizon int64) error {
	for len(s.runs) > 1 {
		old, young := s.runs[len(s.runs)-2], s.runs[len(s.runs)-1]
		if old.keys >= 2*young.keys && young.keys > 0 || old.keys+young.keys > s.maxRun {
			return nil
		}
		merged, err := s.join(old, young, horizon)
		if err != nil {
			return err
		}
		s.runs = append(s.runs[:len(s.runs)-2], merged)
		for _, r := range []*run{old, young} {
			_ = r.remove() // what stays is found inside another run, and removed, at the next start
		}
	}
	return nil
}

// join writes the run of two neighbours, without what was received before the horizon.
func (s *Store) join(old, young *run, horizon int64) (*run, error) {
	var bad error
	whole := span{old.from, young.next, young.last}
	merged, err := writeRun(s.dir, s.binding, whole, old.keys+young.keys, func(yield func(Key, seen) bool) {
		both(old.all(&bad), young.all(&bad), func(k Key, v seen) bool { return v.last < horizon || yield(k, v) })
	})
	if err == nil && bad != nil {
		_ = merged.remove()
		return nil, bad
	}
	return merged, err
}

// both gives the entries of two sorted runs; of a key that both have, the younger's, which was made knowing the older's.
func both(old, young iter.Seq2[Key, seen], yield func(Key, seen) bool) {
	next, stop := iter.Pull2(old)
	defer stop()
	k, v, ok := next()
	more := true
	young(func(yk Key, yv seen) bool {
		for ok && bytes.Compare(k[:], yk[:]) < 0 {
			if more = yield(k, v); !more {
				return false
			}
			k, v, ok = next()
		}
		if ok && k == yk {
			k, v, ok = next()
		}
		more = yield(yk, yv)
		return more
	})
	for ; ok && more; k, v, ok = next() {
		more = yield(k, v)
	}
}
