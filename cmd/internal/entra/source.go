package entra

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"
)

// content is what a proof is made of, as the files hold it.
type content struct{ text, password string }

// source gives the proof that its files hold now, so that a rotated one needs no restart.
type source struct {
	read  func() (content, error)
	parse func(content) (proof, error)
	log   *slog.Logger

	mu      sync.Mutex
	seen    *content // read last, whether it was good or not
	trouble error    // what was wrong with it
	said    string   // the trouble that was logged last
	held    proof
	version int // of held; 0 is none
	warned  time.Time
}

// get gives the proof and the number of its version. Where the files hold nothing usable, the former proof stays in
// use and a log line says so: a rotation may be caught half-way.
func (s *source) get() (proof, int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.renew()
	if s.version == 0 {
		return proof{}, 0, err
	}
	s.complain(err)
	now := time.Now()
	if err := s.held.valid(now); err != nil {
		return proof{}, 0, err
	}
	s.warnOfExpiry(now)
	return s.held, s.version, nil
}

// renew reads the files and takes what they hold if it is new.
func (s *source) renew() error {
	c, err := s.read()
	if err != nil || s.seen != nil && *s.seen == c {
		return errors.Join(err, s.trouble)
	}
	p, err := s.parse(c)
	s.seen, s.trouble = &c, err
	if err != nil {
		return err
	}
	s.held, s.version = p, s.version+1
	if s.version > 1 {
		s.log.Info("what proves the app has changed, and the new one is in use", "file", p.file)
	}
	return nil
}

// complain logs a trouble once.
func (s *source) complain(err error) {
	text := ""
	if err != nil {
		text = err.Error()
	}
	if text != "" && text != s.said {
		s.log.Warn("what proves the app has changed and cannot be used, so the former one stays in use", "error", text)
	}
	s.said = text
}

// A certificate that expires within expirySoon is warned of every warnEvery.
const (
	expirySoon = 30 * 24 * time.Hour
	warnEvery  = 24 * time.Hour
)

func (s *source) warnOfExpiry(now time.Time) {
	expires := s.held.expires()
	if expires.IsZero() || expires.Sub(now) > expirySoon || !s.warned.IsZero() && now.Sub(s.warned) < warnEvery {
		return
	}
	s.warned = now
	s.log.Warn("the app's certificate expires soon: upload a new one to the app registration, and put it with its key into the file",
		"file", s.held.file, "expires", expires.UTC().Format(time.DateOnly))
}

// maxFile bounds what is read: no file with a credential is as large.
const maxFile = 1 << 20

// readFile reads a file that holds what, e.g. "the client secret".
func readFile(what, path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("read %s: %w", what, err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	switch {
	case err != nil:
		return "", fmt.Errorf("read %s: %w", what, err)
	case len(text) > maxFile:
		return "", fmt.Errorf("read %s: %s is larger than 1 MiB: it must hold nothing else", what, path)
	case strings.Trim(string(text), blank) == "":
		return "", fmt.Errorf("read %s: %s is empty", what, path)
	}
	return string(text), nil
}

// blank is what a line of text may be surrounded by; some editors begin a file with a byte order mark.
const blank = "\ufeff \t\r\n"
