package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"ualstream/cmd/internal/kafka"
	"ualstream/cmd/internal/replay"
	"ualstream/cmd/internal/verify"
	"ualstream/schemas"
)

// typed runs a command in this process.
func typed(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, problems bytes.Buffer
	e := &env{&bytes.Buffer{}, &out, &problems, func(string) string { return "" }}
	code = e.exitCode(e.dispatch(t.Context(), args))
	return code, out.String(), problems.String()
}

// lastLine gives the last line of a text.
func lastLine(text string) string {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	return lines[len(lines)-1]
}

func TestVerifyOfASimulatedTenant(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	tenant, data := filepath.Join(dir, "tenant"), filepath.Join(dir, "broker")
	cloud := begin(t, "simulate", "--listen", "127.0.0.1:0", "--dir", tenant)
	cloud.until(cloud.stderr, "config.yaml")
	config := filepath.Join(tenant, "config.yaml")
	worker := begin(t, "run", "--embedded", "--data", data, "--config", config, "--sinks", "json", "--http", "127.0.0.1:0")
	worker.until(worker.stdout, `"class_uid":`)
	event := worker.until(worker.stdout, `"class_uid":`)
	where := []string{"--embedded", "--data", data, "--config", config}

	deep := append([]string{"verify", "--json", "--deep"}, where...)
	var r verify.Report
	code, out, problems := typed(t, deep...)
	for end := time.Now().Add(time.Minute); code != exitDone && time.Now().Before(end); { // the worker has only begun to list
		code, out, problems = typed(t, deep...)
	}
	if err := json.Unmarshal([]byte(out), &r); err != nil || code != exitDone || problems != "" || r.Missing != 0 || len(r.Tenants) != 1 ||
		r.Records.Read == 0 || len(r.Deep.Listings) != 4 || r.Deep.Listings[0].Blobs == 0 {
		t.Fatalf("exit code %d, %v: %s%s", code, err, out, problems)
	}
	code, out, problems = typed(t, append([]string{"verify", "--tenant", "CONTOSO.example"}, where...)...)
	if code != exitDone || !strings.HasPrefix(lastLine(out), "complete") || !strings.Contains(out, "\ncontoso.example  5f8a1c3e-7b24") || problems != "" {
		t.Errorf("exit code %d: %s%s", code, out, problems)
	}
	code, out, problems = typed(t, append([]string{"verify", "--tenant", "fabrikam.example"}, where...)...)
	if code != exitMisuse || out != "" || !strings.Contains(problems, `error: tenant "fabrikam.example" is neither in`) ||
		!strings.Contains(problems, "hint: known are 5f8a1c3e-7b24") {
		t.Errorf("exit code %d: %s%s", code, out, problems)
	}
	export := filepath.Join(dir, "export.json")
	record := gjson.Get(event, "unmapped").Raw
	more := strings.Replace(record, gjson.Get(record, "Id").Str, "never-came", 1)
	if err := os.WriteFile(export, []byte(record+"\n"+more+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, problems = typed(t, append([]string{"verify", "--against", export}, where...)...)
	if code != exitFailed || !strings.Contains(out, "never-came") || lastLine(out) != "1 missing" ||
		!strings.Contains(problems, "error: not everything is there: what is missing is named above") {
		t.Errorf("exit code %d: %s%s", code, out, problems)
	}
}

func TestReplayOfAnEmbeddedBroker(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "broker")
	broker, err := kafka.StartEmbedded(kafka.Embedded{Dir: data})
	if err != nil {
		t.Fatal(err)
	}
	defer broker.Close()
	cluster, err := kafka.Connect(broker.Config())
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	if err := cluster.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	var rejects []schemas.Message
	for key, body := range map[string]string{"a": `{"Id":"a","Operation":"Send"}`, "x:0": `{"Id":"b`} {
		m := schemas.Raw{Tenant: tenant, Source: "Audit.General", Body: []byte(body)}.Message()
		m.Topic, m.Key = schemas.TopicRejects, []byte(key)
		m.SetHeader(schemas.HeaderStage, "normalize")
		m.SetHeader(schemas.HeaderReason, "an older version could not read it")
		rejects = append(rejects, m)
	}
	if _, err := cluster.Produce(t.Context(), rejects); err != nil {
		t.Fatal(err)
	}
	args := []string{"replay", "--rejects", "--embedded", "--data", data}
	for i, want := range []string{
		"       2 rejects\n       1 would be written as events\n       1 fail again: not valid JSON\n",
		"       2 rejects\n       1 written as events\n       1 fail again: not valid JSON\n",
		"       2 rejects\n       0 written as events\n       1 are events already, or were rejected twice\n       1 fail again: not valid JSON\n",
	} {
		more := []string{"--dry-run"}
		code, out, problems := typed(t, append(args, more[:max(0, 1-i)]...)...)
		if code != exitDone || out != want || problems != "" {
			t.Errorf("run %d: exit code %d: %s%s", i, code, out, problems)
		}
	}
	code, out, _ := typed(t, append(args, "--json", "--since", "1d")...)
	var r replay.Report
	if err := json.Unmarshal([]byte(out), &r); err != nil || code != exitDone || fmt.Sprint(r) != "{false 2 0 1 map[not valid JSON:1] 0 0}" {
		t.Errorf("exit code %d, %v: %s", code, err, out)
	}
}
