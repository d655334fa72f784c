package o365

import (
	"log/slog"
	"sync"
	"time"
)

// strays tells of blobs whose address leads away from the configured host: the first, and then one every few
// minutes.
type strays struct {
	log *slog.Logger

	mu    sync.Mutex
	said  time.Time
	since int // that were not told since
}

// tell is told of a blob and of why its address is not followed, which names the host and no more.
func (s *strays) tell(blob string, why error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.since++
	if !s.said.IsZero() && time.Since(s.said) < sayAgainIn {
		s.log.Debug("fetching a blob by its contentId", "blob", blob, "error", why)
		return
	}
	s.log.Warn("the address of a blob is not followed, it is fetched by its contentId instead",
		"blob", blob, "error", why, "blobs", s.since)
	s.said, s.since = time.Now(), 0
}
