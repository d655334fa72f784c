package kafka

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
)

// Embedded says what broker to embed.
type Embedded struct {
	// Dir is the folder that keeps topics, records and offsets; empty for a broker in memory that nobody else
	// can find. It is made, with mode 0700, if it is missing.
	Dir    string
	Logger *slog.Logger // the broker's own troubles; nil for silence
}

// Broker is a broker in this process, for trying and testing: one node, without replicas. It listens on the
// loopback address only.
type Broker struct {
	cfg     Config
	cluster *kfake.Cluster
	folder  *folder // nil in memory
	log     *slog.Logger
	ending  ending
	absence absence
	stop    context.CancelFunc
	closing sync.Once
}

// StartEmbedded starts a broker. With a folder it survives restarts, keeps its port where it is free, and lets in
// only who can read the folder: the password is made at the first start and stays there. What it acknowledged is
// on disk. A second start on the same folder is refused, as is a folder that others can read.
func StartEmbedded(e Embedded) (*Broker, error) {
	if e.Logger == nil {
		e.Logger = slog.New(slog.DiscardHandler)
	}
	options := []kfake.Opt{kfake.NumBrokers(1), kfake.ClusterID(rand.Text()), kfake.WithLogger(brokerLog{e.Logger}),
		kfake.GroupMinSessionTimeout(time.Second)}
	b, err := startAt(e.Dir, options)
	if err != nil {
		return nil, err
	}
	b.log = e.Logger
	b.absence.watch(b)
	ctx, stop := context.WithCancel(context.Background())
	b.stop = stop
	go b.absence.end(ctx, b)
	return b, nil
}

func startAt(dir string, options []kfake.Opt) (*Broker, error) {
	if dir == "" {
		return listen(nil, 0, Config{}, options)
	}
	f, err := openFolder(dir)
	if err != nil {
		return nil, err
	}
	b, err := startIn(f, options)
	if err != nil {
		f.close()
	}
	return b, err
}

// startIn starts a broker on a folder that is locked.
func startIn(f *folder, options []kfake.Opt) (*Broker, error) {
	login, err := f.login()
	if err != nil {
		return nil, err
	}
	if err := f.raiseBoot(); err != nil {
		return nil, err
	}
	options = append(options, kfake.DataDir(f.path("data")), kfake.SyncWrites(),
		kfake.EnableSASL(), kfake.Superuser(login.Mechanism, login.Username, login.Password))
	b, err := listen(f, f.port(), Config{SASL: login, folder: f.dir}, options)
	if err != nil {
		return nil, err
	}
	if err := f.setAddress(b.cfg.Brokers[0]); err != nil {
		b.cluster.Close()
		return nil, err
	}
	return b, nil
}

func listen(f *folder, port int, cfg Config, options []kfake.Opt) (*Broker, error) {
	open := func(network, _ string) (net.Listener, error) {
		ln, err := net.Listen(network, net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil && port != 0 { // another program has it now
			return net.Listen(network, "127.0.0.1:0")
		}
		return ln, err
	}
	cluster, err := kfake.NewCluster(append(options, kfake.ListenFn(open))...)
	if err != nil {
		return nil, fmt.Errorf("start the embedded broker: %w", err)
	}
	cfg.Brokers = cluster.ListenAddrs()
	b := &Broker{cfg: cfg, cluster: cluster, folder: f, log: slog.New(slog.DiscardHandler), stop: func() {}}
	if f != nil {
		b.ending.watch(b)
	}
	return b, nil
}

// Config says how to connect to the broker. Prefix and the rest are the caller's to set.
func (b *Broker) Config() Config { return b.cfg }

// Close stops the broker and gives the folder back. Close the clusters that use it first, or they wait for it. What they
// have open is aborted.
func (b *Broker) Close() { b.closing.Do(b.close) }

func (b *Broker) close() {
	b.stop()
	if b.folder == nil {
		b.cluster.Close()
		return
	}
	if err := b.ending.end(b.cfg); err != nil {
		b.log.Warn("embedded broker: a transaction may be open while it is stopped", "error", err)
	}
	b.cluster.Close()
	b.folder.close()
}

// EmbeddedConfig says how another process connects to the broker that runs on the folder.
func EmbeddedConfig(dir string) (Config, error) {
	f := &folder{dir: dir}
	if err := f.check(); err != nil {
		return Config{}, err
	}
	address, err := f.read("address")
	if err != nil {
		return Config{}, fmt.Errorf("no embedded broker has run on %s: start one with --embedded: %w", dir, err)
	}
	login, err := f.login()
	if err != nil {
		return Config{}, err
	}
	return Config{Brokers: []string{address}, SASL: login, folder: dir}, nil
}

// brokerLog passes the broker's warnings and errors on, without the line that it logs for each request.
type brokerLog struct{ log *slog.Logger }

// Logf is kfake's logging interface.
func (l brokerLog) Logf(level kfake.LogLevel, format string, args ...any) {
	if level != kfake.LogLevelError && level != kfake.LogLevelWarn {
		return
	}
	to := slog.LevelDebug // it warns of each connection that a client closes
	if level == kfake.LogLevelError {
		to = slog.LevelWarn
	}
	l.log.Log(context.Background(), to, "embedded broker: "+strings.TrimSpace(fmt.Sprintf(format, args...)))
}
