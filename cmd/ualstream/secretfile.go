package main

import (
	"log/slog"
	"os"
	"strings"
)

// secretFile reads a file that holds a secret alone, and warns where everybody may do so. The flag names the file,
// and what names the secret in messages: "the client secret". Neither an error nor a log line shows the secret.
func secretFile(flagName, what, path string, log *slog.Logger) (string, error) {
	hint := "--" + flagName + " names a file that holds the secret alone"
	text, err := os.ReadFile(path)
	if err != nil {
		return "", wrongUse(hint, "read %s: %v", what, err)
	}
	secret := strings.Trim(string(text), "\ufeff \t\r\n") // some editors begin a file with a byte order mark
	if secret == "" {
		return "", wrongUse(hint, "read %s: %s is empty", what, path)
	}
	warnReadable(what, path, log)
	return secret, nil
}

// warnReadable warns where everybody on this machine may read a file with a secret in it.
func warnReadable(what, path string, log *slog.Logger) {
	if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o004 != 0 {
		log.Warn("everybody on this machine may read "+what+": chmod 600 mends it", "file", path)
	}
}
