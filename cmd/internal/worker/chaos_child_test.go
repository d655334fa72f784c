package worker_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"ualstream/cmd/internal/kafka"
	"ualstream/cmd/internal/worker"
	"ualstream/schemas"
)

// chaosEnv has this test program be one of the processes of TestChaos instead of running its tests.
const chaosEnv = "UALSTREAM_TEST_CHAOS"

// chaosChild says what such a process is: an embedded broker, or a worker.
type chaosChild struct {
	Broker       string   // folder of the embedded broker, which runs elsewhere unless there are no stages
	Brokers      []string // in place of it
	Prefix       string
	Stages       []string
	State        string
	CloudURL, CA string
	Tenants      []string
}

// chaosSession is how soon a silent worker's partitions go to others.
const chaosSession = 3 * time.Second

func runChaosChild(config string) {
	var c chaosChild
	if err := json.Unmarshal([]byte(config), &c); err != nil {
		panic(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	fmt.Println("listens") // to signals
	run := c.work
	if len(c.Stages) == 0 {
		run = c.serve
	}
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "ended:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func (c *chaosChild) logger() *slog.Logger { return slog.New(slog.NewTextHandler(os.Stderr, nil)) }

// serve is the broker.
func (c *chaosChild) serve(ctx context.Context) error {
	broker, err := kafka.StartEmbedded(kafka.Embedded{Dir: c.Broker, Logger: c.logger()})
	if err != nil {
		return err
	}
	defer broker.Close()
	fmt.Println("ready", broker.Config().Brokers[0])
	go obey(func(string, string) {})
	<-ctx.Done()
	return nil
}

// work is a worker.
func (c *chaosChild) work(ctx context.Context) error {
	w := newWire(func(what, id string) { fmt.Println(what, id) })
	go obey(w.order)
	k, err := c.kafka()
	if err != nil {
		return err
	}
	k.Logger, k.Dial = c.logger(), w.dial
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(c.CA))
	o := options(k.Logger, c.CloudURL, &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}, k)
	o.Stages, o.State, o.HTTP, o.Quota = c.Stages, c.State, "127.0.0.1:0", 60_000
	o.Tenants = nil
	for _, id := range c.Tenants {
		o.Tenants = append(o.Tenants, schemas.Tenant{ID: id, ContentTypes: schemas.ContentTypes})
	}
	if o.Rules, err = newChaosRules(); err != nil {
		return err
	}
	one, err := worker.New(o)
	if err != nil {
		return err
	}
	return one.Run(ctx)
}

// kafka says how to reach the brokers.
func (c *chaosChild) kafka() (k kafka.Config, err error) {
	k.Brokers = c.Brokers
	if c.Broker != "" {
		k, err = kafka.EmbeddedConfig(c.Broker)
	}
	k.Prefix, k.Session, k.Partitions = c.Prefix, chaosSession, 6
	return k, err
}

// obey follows the orders that come in lines, and ends the process when nobody is there any more to give them.
func obey(order func(what, how string)) {
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		what, how, _ := strings.Cut(lines.Text(), " ")
		order(what, how)
	}
	os.Exit(2)
}

// order follows an order of the test.
func (w *wire) order(what, how string) {
	switch what {
	case "cut", "mute":
		switched := func(on bool) {
			w.set(func() { w.cut, w.mute = on && what == "cut", on && what == "mute" })
			w.sever()
		}
		d, err := time.ParseDuration(how)
		if err != nil {
			panic(err)
		}
		if what == "mute" {
			w.set(func() { w.mute = true })
		} else {
			switched(true)
		}
		time.AfterFunc(d, func() { switched(false) })
	case "freeze":
		at := freeze{}
		if _, err := fmt.Sscanf(how, "%s %d %t %t %q", &at.order, &at.key, &at.sent, &at.stall, &at.of); err != nil {
			panic(err)
		}
		w.set(func() { w.freeze = &at })
	case "unfreeze":
		w.set(func() { w.freeze = nil })
		fmt.Println("unfrozen", how)
	case "lose":
		var l loss
		if _, err := fmt.Sscanf(how, "%d %d %q", &l.key, &l.left, &l.of); err != nil {
			panic(err)
		}
		w.set(func() { w.lose = l })
	case "delay":
		w.set(func() { w.late = late{wanted: true, of: how} })
	case "hold":
		w.set(func() { w.holding = true })
		go func() {
			w.held()
			fmt.Println("held", how)
		}()
	case "release":
		w.set(func() { w.holding = false })
	default:
		panic("unknown order " + what)
	}
}
