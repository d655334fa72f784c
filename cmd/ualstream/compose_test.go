package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"

	"ualstream/cmd/internal/worker"
	"ualstream/ingest/cloudsim"
)

const root = "../.."

// compose reads docker-compose.yml as Docker does, with those variables set.
func compose(t *testing.T, variables types.Mapping) types.Services {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "docker-compose.yml"))
	if err != nil {
		t.Fatal(err)
	}
	project, err := loader.LoadWithContext(t.Context(), types.ConfigDetails{
		WorkingDir: root, Environment: variables,
		ConfigFiles: []types.ConfigFile{{Filename: "docker-compose.yml", Content: text}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return project.Services
}

func ours(s types.ServiceConfig) bool { return s.Build != nil }

func TestComposePublishesOnThisMachineAlone(t *testing.T) {
	for name, s := range compose(t, nil) {
		for _, p := range s.Ports {
			if p.HostIP != "127.0.0.1" {
				t.Errorf("%s publishes port %s on %q", name, p.Published, p.HostIP)
			}
		}
	}
}

func TestComposePinsTheImagesOfOthers(t *testing.T) {
	for name, s := range compose(t, nil) {
		_, tag, pinned := strings.Cut(s.Image, ":")
		if !ours(s) && (!pinned || tag == "latest") {
			t.Errorf("%s uses %s: name a version", name, s.Image)
		}
		if ours(s) {
			if _, err := os.Stat(filepath.Join(s.Build.Context, s.Build.Dockerfile)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// fromVolume replaces the folder that the containers share by the simulation's own files.
func fromVolume(t *testing.T, words []string) []string {
	t.Helper()
	dir := t.TempDir()
	cloud, err := startCloud("127.0.0.1:0", cloudsim.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer cloud.Close()
	if _, err := writeClientFiles(dir, cloud, cloud.Tenants()); err != nil {
		t.Fatal(err)
	}
	out := slices.Clone(words)
	for i := range out {
		if rest, ok := strings.CutPrefix(out[i], "/data/"); ok {
			out[i] = filepath.Join(dir, rest)
		}
	}
	return out
}

// optionsOf gives what a service of the compose file would run with.
func optionsOf(t *testing.T, s types.ServiceConfig) worker.Options {
	t.Helper()
	e := &env{&bytes.Buffer{}, &bytes.Buffer{}, t.Output(), func(name string) string {
		if v := s.Environment[name]; v != nil {
			return *v
		}
		return ""
	}}
	fs, c := newFlags("run"), &config{}
	c.kafkaFlags(fs)
	c.workerFlags(fs)
	if s.Command[0] != "run" {
		t.Fatalf("%s runs %q", s.Name, s.Command)
	}
	if err := e.configOnly(fs, c, runUsage, fromVolume(t, s.Command[1:])); err != nil {
		t.Fatalf("%s: %v", s.Name, err)
	}
	o, err := c.options(e)
	if err != nil {
		t.Fatalf("%s: %v", s.Name, err)
	}
	return o
}

func TestComposeRunsEachStageOnTheSimulatedTenant(t *testing.T) {
	services := compose(t, nil)
	for _, stage := range worker.Stages {
		o := optionsOf(t, services[stage])
		if !slices.Equal(o.Stages, []string{stage}) || !slices.Equal(o.Kafka.Brokers, []string{"kafka:19092"}) {
			t.Errorf("service %s runs stages %v on %v", stage, o.Stages, o.Kafka.Brokers)
		}
		if stage == worker.StageIngest && (len(o.Tenants) != 1 || o.Tenants[0].ID != cloudsim.DefaultTenant) {
			t.Errorf("ingest fetches %v, want the simulated tenant", o.Tenants)
		}
		if stage == worker.StagePublish && len(o.Sinks) != 1 {
			t.Errorf("publish has %d sinks, want one to look at", len(o.Sinks))
		}
	}
}

func TestComposeIsPointedAtARealTenantByThreeVariables(t *testing.T) {
	const tenant = "6c9a2e54-0d1b-4b7e-9f3a-2f6b8d7c5e41"
	services := compose(t, types.Mapping{
		"UALSTREAM_TENANTS": tenant, "UALSTREAM_CLIENT_ID": cloudsim.DefaultClientID, "UALSTREAM_CLIENT_SECRET": "s3cret",
	})
	ingest := services[worker.StageIngest]
	if strings.Contains(strings.Join(ingest.Command, " "), "/data") {
		t.Errorf("ingest still reads what the simulation writes: %q", ingest.Command)
	}
	o := optionsOf(t, ingest)
	if len(o.Tenants) != 1 || o.Tenants[0].ID != tenant || o.Microsoft.Endpoint != "https://manage.office.com" {
		t.Errorf("ingest fetches %v from %s", o.Tenants, o.Microsoft.Endpoint)
	}
}

func TestComposeCommandsAreOnesThatExist(t *testing.T) {
	for name, s := range compose(t, nil) {
		if !ours(s) {
			continue
		}
		commands := [][]string{s.Command}
		if s.HealthCheck == nil || s.HealthCheck.Test[1] != "/ualstream" {
			t.Errorf("%s has no health check of ours", name)
		} else {
			commands = append(commands, s.HealthCheck.Test[2:])
		}
		for _, words := range commands {
			out := &bytes.Buffer{}
			e := &env{&bytes.Buffer{}, out, out, func(string) string { return "" }}
			// With --help at its end a command reads its flags and does no more.
			if code := e.exitCode(e.dispatch(t.Context(), append(slices.Clone(words), "--help"))); code != 0 {
				t.Errorf("%s: %q: exit code %d: %s", name, words, code, out)
			}
		}
	}
}
