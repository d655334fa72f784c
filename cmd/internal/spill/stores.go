package spill

// Stores are the stores of one owner: made one by one, and given up together. They are not safe for use by several
// goroutines.
type Stores struct {
	Config
	all []*Store
}

// New gives one more store, which is empty.
func (s *Stores) New() *Store {
	made := New(s.Config)
	s.all = append(s.all, made)
	return made
}

// Size gives the groups on disk and the bytes that they take, of all stores.
func (s *Stores) Size() (groups int, bytes int64) {
	for _, store := range s.all {
		g, b := store.Size()
		groups, bytes = groups+g, bytes+b
	}
	return groups, bytes
}

// Close gives up what the stores hold, and their files.
func (s *Stores) Close() {
	for _, store := range s.all {
		store.Close()
	}
	s.all = nil
}
