package kafka

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofrs/flock"
	"github.com/twmb/franz-go/pkg/kfake"

	"ualstream/schemas"
)

func TestFolderIsPrivateAndLocked(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "broker")
	embed(t, dir)
	for name, want := range map[string]os.FileMode{".": 0o700, "password": 0o600, "address": 0o600, "lock": 0o600} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %04o, want %04o", name, got, want)
		}
	}
	if _, err := StartEmbedded(Embedded{Dir: dir}); err == nil || !strings.Contains(err.Error(), "another ualstream") || !strings.Contains(err.Error(), dir) {
		t.Errorf("second start: error %v, want one that names the folder", err)
	}
}

func TestFolderOpenToOthersIsRefused(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	want := "chmod 700 " + dir
	if _, err := StartEmbedded(Embedded{Dir: dir}); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("StartEmbedded: error %v, want one that says %q", err, want)
	}
	if _, err := EmbeddedConfig(dir); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("EmbeddedConfig: error %v, want one that says %q", err, want)
	}
}

func TestFolderIsFreeAfterAFailedStart(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "broker")
	if err := os.MkdirAll(filepath.Join(dir, "password"), 0o700); err != nil { // a folder where a file should be
		t.Fatal(err)
	}
	if _, err := StartEmbedded(Embedded{Dir: dir}); err == nil {
		t.Fatal("it started without a password")
	}
	lock := flock.New(filepath.Join(dir, "lock"))
	if free, err := lock.TryLock(); !free || err != nil {
		t.Errorf("the folder is still locked (%v)", err)
	}
	_ = lock.Close()
}

func TestEmbeddedBrokerIsFoundAndNeedsItsPassword(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "broker")
	if _, err := EmbeddedConfig(dir); err == nil {
		t.Error("EmbeddedConfig of a folder that does not exist gave no error")
	}
	b := embed(t, dir)
	cfg, err := EmbeddedConfig(dir)
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Brokers[0] != b.Config().Brokers[0] || !strings.HasPrefix(cfg.Brokers[0], "127.0.0.1:") {
		t.Errorf("found at %v, want %v on the loopback address", cfg.Brokers, b.Config().Brokers)
	}
	if err := join(t, cfg).Ping(within(t)); err != nil {
		t.Error(err)
	}
	cfg.SASL = &SASL{Mechanism: cfg.SASL.Mechanism, Username: cfg.SASL.Username, Password: "guess"}
	var refused *AuthError
	if err := join(t, cfg).Ping(within(t)); !errors.As(err, &refused) {
		t.Errorf("wrong password: error %v, want an *AuthError", err)
	}
	cfg.SASL = nil
	ctx, cancel := context.WithTimeout(within(t), 2*time.Second)
	defer cancel()
	if err := join(t, cfg).Ping(ctx); err == nil {
		t.Error("it let a client in without a login")
	}
}

func TestPasswordIsInNoLog(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "broker")
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	b, err := StartEmbedded(Embedded{Dir: dir, Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	cfg := b.Config()
	cfg.Logger = log
	c := join(t, cfg)
	err = c.Prepare(within(t))
	log.Info("settings", "sasl", cfg.SASL, "value", *cfg.SASL)
	b.Close()
	if err != nil || strings.Contains(out.String(), cfg.SASL.Password) {
		t.Errorf("error %v, log:\n%s", err, out.String())
	}
}

func TestEmbeddedBrokerKeepsPortPasswordAndData(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "broker")
	first := embed(t, dir)
	cfg := first.Config()
	cfg.Prefix = "kept"
	c := join(t, cfg)
	if err := c.Prepare(within(t)); err != nil {
		t.Fatal(err)
	}
	produce(t, c, numbered(schemas.TopicEvents, 0, 500))
	seen := newTally()
	stop := start(t, c, copying(seen))
	seen.wait(t, 500)
	stop()
	first.Close()

	second := embed(t, dir)
	if got := second.Config(); got.Brokers[0] != cfg.Brokers[0] || *got.SASL != *cfg.SASL {
		t.Errorf("restarted at %v, want %v and the same login", got.Brokers, cfg.Brokers)
	}
	c = join(t, cfg)
	if err := c.Prepare(within(t)); err != nil {
		t.Fatal(err)
	}
	if got := read(t, c, schemas.TopicEvents); len(got) != 500 {
		t.Errorf("%d messages after the restart, want 500", len(got))
	}
	if got := lag(t, c, "copy"); got != 0 {
		t.Errorf("lag %d after the restart, want 0: offsets are kept too", got)
	}
}

func TestNothingIsLostWhenTheBrokerRestarts(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "broker")
	b := restartable(t, dir)
	c := join(t, b.Config())
	c.session = time.Second
	if err := c.Prepare(within(t)); err != nil {
		t.Fatal(err)
	}
	seen, acknowledged := newTally(), newTally()
	stop := start(t, c, copying(seen))
	const writers, calls, size = 4, 9, 25
	const total = writers * calls * size
	var writing sync.WaitGroup
	for w := range writers {
		writing.Go(func() {
			for n := range calls {
				msgs := numbered(schemas.TopicEvents, (w*calls+n)*size, size)
				if _, err := c.Produce(within(t), msgs); err != nil {
					t.Error(err)
					return
				}
				acknowledged.add(msgs...)
			}
		})
	}
	for i := range 2 {
		acknowledged.wait(t, (i+1)*total/3)
		seen.wait(t, (i+1)*total/8)
		b.Close()
		b = restartable(t, dir)
	}
	writing.Wait()
	seen.wait(t, total)
	stop()
	for _, topic := range []schemas.Topic{schemas.TopicEvents, schemas.TopicThreats} {
		stored := newTally()
		stored.add(read(t, c, topic)...)
		if stored.distinct() != total {
			t.Errorf("%s: %d different messages, want %d", topic, stored.distinct(), total)
		}
	}
}

// restartable is embed with a broker that allows short sessions: a member whose connection broke while it joined
// is a ghost in its group until its session ends, and the test waits for that.
func restartable(t *testing.T, dir string) *Broker {
	t.Helper()
	f, err := openFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	b, err := startIn(f, []kfake.Opt{kfake.NumBrokers(1), kfake.GroupMinSessionTimeout(time.Second)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

func TestEachStartOfABrokerHasTransactionalIDsOfItsOwn(t *testing.T) {
	dir := t.TempDir() + "/broker"
	ids := map[string]bool{}
	for range 3 {
		b := embed(t, dir)
		outside, err := EmbeddedConfig(dir)
		if err != nil {
			t.Fatal(err)
		}
		cfg := b.Config()
		id, err := cfg.transactionalID("m365.detect.m365.events.0")
		if there, _ := outside.transactionalID("m365.detect.m365.events.0"); err != nil || id != there {
			t.Errorf("%q, elsewhere %q, %v", id, there, err)
		}
		ids[id] = true
		b.Close()
	}
	if len(ids) != 3 {
		t.Errorf("three starts had the ids %v", ids)
	}
	if err := os.WriteFile(dir+"/boot", []byte("x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := StartEmbedded(Embedded{Dir: dir}); err == nil || !strings.Contains(err.Error(), dir+"/boot") {
		t.Errorf("error %v, want one that names the damaged file", err)
	}
	other := Config{}
	if id, err := other.transactionalID("name"); id != "name" || err != nil {
		t.Errorf("on other brokers: %q, %v", id, err)
	}
}

// A broker that stops ends what is open: nobody has to wait for it, nobody can commit it afterwards, and a kill soon
// after the next start does not bring it to light.
func TestTransactionThatWasOpenWhenTheBrokerStoppedIsVoidForGood(t *testing.T) {
	dir := t.TempDir() + "/broker"
	b := embed(t, dir)
	c := join(t, b.Config())
	if err := c.Prepare(within(t)); err != nil {
		t.Fatal(err)
	}
	p := began(t, c, "p")
	open(t, p, numbered(schemas.TopicEvents, 0, 30))
	b.Close()
	killed := t.TempDir() + "/killed" // as it would be left if the broker were killed just after its next start
	b = embed(t, dir)
	if err := os.CopyFS(killed, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if err := p.current(); err == nil {
		t.Error("the producer does not see that the broker was started anew")
	}
	if err := p.end(within(t), true); err == nil {
		t.Error("what was open when the broker stopped could be committed")
	}
	onlyTheNewOne(t, c)
	b.Close()

	if err := os.Chmod(killed, 0o700); err != nil {
		t.Fatal(err)
	}
	c = join(t, embed(t, killed).Config())
	c.cfg.Prefix = p.c.cfg.Prefix
	onlyTheNewOne(t, join(t, c.cfg))
}

// onlyTheNewOne commits a transaction and checks that its messages are all that there is.
func onlyTheNewOne(t *testing.T, c *Cluster) {
	t.Helper()
	if err := c.Prepare(within(t)); err != nil {
		t.Fatal(err)
	}
	p := began(t, c, "p")
	open(t, p, numbered(schemas.TopicEvents, 100, 30))
	end(t, p, true)
	settled(t, c, schemas.TopicEvents)
	if got := keys(read(t, c, schemas.TopicEvents)); len(got) != 30 || got[0] != "record-000100" {
		t.Errorf("%d messages from %v on, want the 30 that were committed", len(got), got[:min(1, len(got))])
	}
}
