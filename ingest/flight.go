package ingest

import "sync"

// flight is the set of blobs that are queued or being fetched.
type flight struct {
	mu    sync.Mutex
	blobs map[id]*passage
}

// passage is one blob's time in flight.
type passage struct {
	noted chan struct{} // closed once the ledger has an entry of the blob, or when it leaves
	once  sync.Once
}

// enter puts the blob in flight, and says whether it was not; noted is closed in either case once the ledger knows of
// the blob, or it is not in flight any more.
func (f *flight) enter(key id) (noted <-chan struct{}, first bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	p := f.blobs[key]
	if p != nil {
		return p.noted, false
	}
	p = &passage{noted: make(chan struct{})}
	f.blobs[key] = p
	return p.noted, true
}

// note tells who waits for it that the ledger knows of the blob.
func (f *flight) note(key id) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if p := f.blobs[key]; p != nil {
		p.once.Do(func() { close(p.noted) })
	}
}

func (f *flight) leave(key id) {
	f.note(key)
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.blobs, key)
}
