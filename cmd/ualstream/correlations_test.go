package main

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/tidwall/gjson"
)

// guessed counts wrong passwords, whose rule is not told by itself.
const guessed = `title: Wrong password
name: wrong
logsource: {product: m365, service: audit}
detection:
  s: {Operation: UserLoginFailed}
  condition: s
---
title: Guessed
id: 00000000-0000-4000-8000-00000000c0a1
level: high
correlation:
  type: value_count
  rules: [wrong]
  group-by: [derived.address]
  timespan: 10m
  condition: {field: derived.actor, gte: 3}
`

// guesses are records of wrong passwords: a spray of four accounts from each of so many addresses, a minute between two
// guesses, and as many addresses that try two accounts only. They are long enough to fill batches.
func guesses(addresses int) (records []string) {
	padding := strings.Repeat("x", 1000)
	for user := range 4 {
		for a := range addresses {
			for kind := range 2 {
				if kind == 1 && user >= 2 {
					continue
				}
				records = append(records, fmt.Sprintf(`{"Id":"%d-%d-%d","OrganizationId":"11111111-1111-4111-8111-111111111111",`+
					`"CreationTime":"2026-03-%02dT08:%02d:00","Operation":"UserLoginFailed","Workload":"AzureActiveDirectory","RecordType":15,"UserType":0,`+
					`"UserId":"u%d@contoso.example","ClientIP":"198.51.%d.%d","Pad":"%s"}`, kind, a, user, 1+a%28, user, user, 100*kind+a/250, a%250, padding))
			}
		}
	}
	return records
}

// groups gives the findings by the first word that tells their groups, without updates.
func groups(t *testing.T, threats string) map[string]int {
	t.Helper()
	found := map[string]int{}
	for line := range strings.Lines(threats) {
		if gjson.Get(line, "type_uid").Int() == 200401 {
			found[gjson.Get(line, "evidences.0.data.fields.0.value").Str]++
		}
	}
	return found
}

func TestCorrelationsCountOverBatchesInTheOrderOfTheInput(t *testing.T) {
	rules := filepath.Join(t.TempDir(), "guessed.yml")
	if err := os.WriteFile(rules, []byte(guessed), 0o600); err != nil {
		t.Fatal(err)
	}
	const addresses = 400
	records := guesses(addresses)
	text := strings.Join(records, "\n")
	if len(text) < 4*batchSize {
		t.Fatalf("%d bytes are too few to fill batches", len(text))
	}
	args := []string{"detect", "--raw", "--builtin=false", "--rules", rules}
	sameThreats(t, text, args[2:]...)
	want, _ := madeOf(t, text, args)
	inOrder := groups(t, want)
	if len(inOrder) != addresses {
		t.Errorf("%d groups found, want %d", len(inOrder), addresses)
	}
	for _, cores := range []int{1, 4} {
		before := runtime.GOMAXPROCS(cores)
		got, _ := madeOf(t, text, args)
		runtime.GOMAXPROCS(before)
		if got != want {
			t.Errorf("on %d cores it gives other output than on %d", cores, before)
		}
	}

	rand.New(rand.NewPCG(1, 2)).Shuffle(len(records), func(i, j int) { records[i], records[j] = records[j], records[i] })
	shuffled, _ := madeOf(t, strings.Join(records, "\n"), args)
	if got := groups(t, shuffled); !maps.Equal(got, inOrder) {
		t.Errorf("shuffled records give %d groups, in order %d, or not each once", len(got), len(inOrder))
	}
}
