package kafka

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// folder is where an embedded broker lives: data/, and beside it the files lock, password, address and boot.
type folder struct {
	dir  string
	lock *flock.Flock
}

// openFolder makes the folder if need be, checks who can read it, and locks it: two brokers on one folder would
// destroy each other's records, and the broker itself does not notice.
func openFolder(dir string) (*folder, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the embedded broker's folder: %w", err)
	}
	f := &folder{dir: dir}
	if err := f.check(); err != nil {
		return nil, err
	}
	f.lock = flock.New(f.path("lock"), flock.SetPermissions(0o600))
	locked, err := f.lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock the embedded broker's folder: %w", err)
	}
	if !locked {
		return nil, fmt.Errorf("another ualstream runs its embedded broker on %s: stop it, or choose another folder", dir)
	}
	return f, nil
}

func (f *folder) path(name string) string { return filepath.Join(f.dir, name) }

func (f *folder) close() { _ = f.lock.Close() } // the lock goes with the process at the latest

// check refuses a folder that others may enter: the records in it are personal data.
func (f *folder) check() error {
	info, err := os.Stat(f.dir)
	if err != nil {
		return fmt.Errorf("embedded broker: %w", err)
	}
	if !info.IsDir() {
		return fmt.Errorf("embedded broker: %s is not a folder", f.dir)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return fmt.Errorf("embedded broker: others may enter %s (mode %04o), and audit records are personal data: chmod 700 %s",
			f.dir, mode, f.dir)
	}
	return nil
}

// login gives the broker's user, with a password that is made the first time.
func (f *folder) login() (*SASL, error) {
	password, err := f.read("password")
	if errors.Is(err, fs.ErrNotExist) && f.lock != nil {
		password = rand.Text()
		err = f.write("password", password)
	}
	if err != nil {
		return nil, fmt.Errorf("embedded broker's password: %w", err)
	}
	if password == "" {
		return nil, fmt.Errorf("embedded broker's password: %s is empty: delete it and start again", f.path("password"))
	}
	return &SASL{Mechanism: "SCRAM-SHA-256", Username: "ualstream", Password: password}, nil
}

// port gives the port of the last run, or 0.
func (f *folder) port() int {
	address, _ := f.read("address")
	_, p, _ := net.SplitHostPort(address)
	port, _ := strconv.Atoi(p)
	return port
}

func (f *folder) setAddress(address string) error {
	if err := f.write("address", address); err != nil {
		return fmt.Errorf("embedded broker's address: %w", err)
	}
	return nil
}

// boot gives the number of the broker's last start; the first is 1.
func (f *folder) boot() (int, error) {
	text, err := f.read("boot")
	if err != nil {
		return 0, fmt.Errorf("number of the embedded broker's last start: %w", err)
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("number of the embedded broker's last start: %s holds %q: write a number there that is higher than any before, such as %d",
			f.path("boot"), text, time.Now().Unix())
	}
	return n, nil
}

// raiseBoot counts a start. The folder must be locked.
func (f *folder) raiseBoot() error {
	n, err := f.boot()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := f.write("boot", strconv.Itoa(n+1)); err != nil {
		return fmt.Errorf("number of the embedded broker's start: %w", err)
	}
	return nil
}

func (f *folder) read(name string) (string, error) {
	b, err := os.ReadFile(f.path(name))
	return strings.TrimSpace(string(b)), err
}

// write replaces a file in one step, so that nobody reads half of it.
func (f *folder) write(name, content string) error {
	part := f.path(name + ".part")
	if err := os.WriteFile(part, []byte(content+"\n"), 0o600); err != nil {
		return err
	}
	return os.Rename(part, f.path(name))
}
