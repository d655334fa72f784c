package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestKafkaIsEnteredByEachOfItsDoors runs the command against the secured listeners of a real Kafka. The kafka
// package's tests say which variables name them.
func TestKafkaIsEnteredByEachOfItsDoors(t *testing.T) {
	folder := os.Getenv("UALSTREAM_TEST_CERTIFICATES")
	if folder == "" {
		t.Skip("UALSTREAM_TEST_CERTIFICATES is unset: no real Kafka with TLS to enter")
	}
	file := func(name string) string { return filepath.Join(folder, name) }
	user, password, _ := strings.Cut(os.Getenv("UALSTREAM_TEST_SASL_LOGIN"), ":")
	secret, wrong := filepath.Join(t.TempDir(), "password"), filepath.Join(t.TempDir(), "wrong")
	for name, text := range map[string]string{secret: password, wrong: "not-" + password} {
		if err := os.WriteFile(name, []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	trust := []string{"--kafka-ca-file", file("ca.crt")}
	login := func(mechanism, passwordFile string) []string {
		return append([]string{"--sasl-mechanism", mechanism, "--sasl-username", user, "--sasl-password-file", passwordFile}, trust...)
	}
	for _, test := range []struct {
		name, brokers, refused string
		args                   []string
	}{
		{"TLS", "UALSTREAM_TEST_TLS_BROKERS", "", trust},
		{"TLS of an unknown CA", "UALSTREAM_TEST_TLS_BROKERS", "check the CA", []string{"--kafka-tls"}},
		{"client certificate", "UALSTREAM_TEST_MTLS_BROKERS", "", append([]string{"--kafka-cert-file", file("client.crt"), "--kafka-key-file", file("client.key")}, trust...)},
		{"no client certificate", "UALSTREAM_TEST_MTLS_BROKERS", "check the client certificate", trust},
		{"PLAIN", "UALSTREAM_TEST_SASL_BROKERS", "", login("plain", secret)},
		{"SCRAM-SHA-256", "UALSTREAM_TEST_SASL_BROKERS", "", login("scram-sha-256", secret)},
		{"SCRAM-SHA-512", "UALSTREAM_TEST_SASL_BROKERS", "", login("SCRAM-SHA-512", secret)},
		{"wrong password", "UALSTREAM_TEST_SASL_BROKERS", "check user name, password", login("SCRAM-SHA-512", wrong)},
	} {
		t.Run(test.name, func(t *testing.T) {
			prefix := "test-" + time.Now().Format("150405.000000000")
			p := begin(t, append([]string{"run", "--brokers", os.Getenv(test.brokers), "--prefix", prefix, "--stages", "detect", "--http", "127.0.0.1:0"}, test.args...)...)
			if test.refused != "" {
				p.until(p.stderr, test.refused)
				_ = p.cmd.Wait() // the exit code says it
				if code := p.cmd.ProcessState.ExitCode(); code != exitMisuse {
					t.Errorf("exit code %d, want %d", code, exitMisuse)
				}
				return
			}
			p.until(p.stderr, "topics created")
			if code, stderr := p.end(syscall.SIGTERM); code != exitDone || strings.Contains(stderr, password) {
				t.Errorf("exit code %d: %s", code, stderr)
			}
		})
	}
}
