package main

import (
	"flag"

	"ualstream/ingest/cloudsim"
	"ualstream/schemas"
)

// simulation is what the flags of simulate say.
type simulation struct {
	listen, dir, faults, states string
	tenants, users              int
	unsubscribed                bool
	perSecond                   float64
	largeMegabytes              int64
	cloud                       cloudsim.Config
}

// simulation reads the flags.
func (e *env) simulation(args []string) (*simulation, error) {
	s, fs := &simulation{}, newFlags("simulate")
	s.define(fs)
	if err := e.noOperands(fs, simulateUsage, args); err != nil {
		return nil, err
	}
	switch {
	case s.tenants < 1:
		return nil, wrongUse(seeHelp(fs), "--tenant-count %d: want one at least", s.tenants)
	case s.cloud.Quota < 0 || s.cloud.Latency < 0 || s.largeMegabytes < 1:
		return nil, wrongUse(seeHelp(fs), "--quota and --latency cannot be negative, and --large-blob is one megabyte at least")
	}
	var err error
	if s.cloud.Faults, err = cloudsim.ParseFaults(s.faults); err != nil {
		return nil, wrongUse("'ualstream help simulate' says what each fault does", "--faults: %v", err)
	}
	s.cloud.LargeBlob = s.largeMegabytes * 1_000_000
	subscribed := schemas.ContentTypes
	if s.unsubscribed {
		subscribed = nil
	}
	s.cloud.Tenants = simulatedTenants(s.cloud.Seed, s.tenants, s.users, subscribed)
	if err := putInStates(s.cloud.Tenants, s.states); err != nil {
		return nil, wrongUse("'ualstream help simulate' says what each state is", "--states: %v", err)
	}
	return s, nil
}

// define names the flags and what holds where they are left out.
func (s *simulation) define(fs *flag.FlagSet) {
	fs.StringVar(&s.listen, "listen", "127.0.0.1:8443", "")
	fs.StringVar(&s.cloud.Host, "name", "", "")
	fs.StringVar(&s.dir, "dir", "simulated-tenant", "")
	fs.IntVar(&s.tenants, "tenant-count", 1, "")
	fs.IntVar(&s.users, "users", 25, "")
	fs.Float64Var(&s.perSecond, "per-second", 3, "")
	fs.Uint64Var(&s.cloud.Seed, "seed", 1, "")
	fs.BoolVar(&s.unsubscribed, "no-subscriptions", false, "")
	fs.StringVar(&s.states, "states", "", "")
	fs.StringVar(&s.faults, "faults", "", "")
	fs.Uint64Var(&s.cloud.FaultSeed, "fault-seed", 1, "")
	fs.Int64Var(&s.largeMegabytes, "large-blob", 100, "")
	fs.IntVar(&s.cloud.Quota, "quota", 0, "")
	fs.DurationVar(&s.cloud.Latency, "latency", 0, "")
	fs.DurationVar(&s.cloud.Skew, "skew", 0, "")
}

// listed are the tenants that a client's configuration names: none that it is to connect first, because a worker starts
// the subscriptions of those that it is given.
func (s *simulation) listed() []cloudsim.Tenant {
	if s.unsubscribed {
		return nil
	}
	return s.cloud.Tenants
}

// startCloud starts a simulation that answers on addr.
func startCloud(addr string, c cloudsim.Config) (*cloudsim.Cloud, error) {
	if len(c.Tenants) == 0 {
		c.Tenants = simulatedTenants(c.Seed, 1, 0, schemas.ContentTypes)
	}
	cloud, err := cloudsim.New(c)
	if err != nil {
		return nil, err
	}
	return cloud, cloud.Start(addr)
}
