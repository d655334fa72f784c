package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"ualstream/ingest/cloudsim"
)

// renewBefore is how long before its expiry a certificate authority is replaced.
const renewBefore = 30 * 24 * time.Hour

// keepAuthority gives the simulation's certificate authority that is kept in a folder. Where there is none, or it
// expires soon, it makes a new one and keeps that.
func keepAuthority(dir string, now time.Time) (*cloudsim.Authority, error) {
	certPath, keyPath := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "ca-key.pem")
	cert, certErr := os.ReadFile(certPath)
	key, keyErr := os.ReadFile(keyPath)
	switch err := errors.Join(certErr, keyErr); {
	case errors.Is(certErr, fs.ErrNotExist) || errors.Is(keyErr, fs.ErrNotExist):
	case err != nil:
		return nil, fmt.Errorf("certificate authority: %w", err)
	default:
		kept, err := cloudsim.ParseAuthority(cert, key)
		if err != nil {
			return nil, wrongUse(fmt.Sprintf("remove %s, and start the worker again after the simulation", keyPath), "%s: %v", certPath, err)
		}
		if now.Add(renewBefore).Before(kept.Expires()) {
			return kept, nil
		}
	}
	made, err := cloudsim.NewAuthority(now)
	if err != nil {
		return nil, err
	}
	if key, err = made.KeyPEM(); err != nil {
		return nil, err
	}
	return made, writeFiles(dir, map[string][]byte{certPath: made.CertPEM(), keyPath: key})
}
