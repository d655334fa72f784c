package cloudsim

import (
	"math"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestFaultsAreParsed(t *testing.T) {
	changed := AllFaults()
	changed[CutBody], changed[SlowBody] = 0, 1
	for list, want := range map[string]Faults{
		"": {}, " , ": {}, "cut-body": {CutBody: usual[CutBody]}, "cut-body=0.25, throttle-403=1": {CutBody: 0.25, Throttle403: 1},
		"all": AllFaults(), "all,cut-body=0,slow-body=1": changed,
	} {
		if got, err := ParseFaults(list); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %v, %v", list, got, err)
		}
	}
}

func TestFaultsThatCannotBeParsedAreExplained(t *testing.T) {
	for list, want := range map[string]string{
		"cut":            `no fault "cut": choose from all, af50000, af50005,`,
		"all,cut-bdoy=1": `no fault "cut-bdoy": choose from all, `,
		"cut-body=often": `fault cut-body: probability "often": want a number from 0 to 1`,
		"cut-body=":      `fault cut-body: probability ""`,
		"cut-body=1.01":  `fault cut-body: probability 1.01: want`,
		"cut-body=-1":    `fault cut-body: probability -1: want`,
		"cut-body=NaN":   `fault cut-body: probability NaN: want`,
		"all=0.5":        `all takes no probability`,
		"=1":             `no fault ""`,
	} {
		if _, err := ParseFaults(list); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", list, err)
		}
	}
	for _, faults := range []Faults{{"nothing": 0}, {CutBody: math.Inf(1)}} {
		if _, err := New(Config{Faults: faults}); err == nil {
			t.Errorf("a cloud with %v", faults)
		}
	}
}

func TestWhatAFaultStrikesFollowsFromTheSeed(t *testing.T) {
	statuses := func(seed uint64) (out []int) {
		c := start(t, Config{Faults: Faults{InternalError: 0.3, Unavailable: 0.3}, FaultSeed: seed})
		for range 40 {
			out = append(out, c.get("subscriptions/list").status)
		}
		return out
	}
	first := statuses(1)
	if !reflect.DeepEqual(first, statuses(1)) {
		t.Error("the same seed gave other faults")
	}
	if reflect.DeepEqual(first, statuses(2)) {
		t.Error("another seed gave the same faults")
	}
}

func TestOfFourAskingsInARowOneIsSpared(t *testing.T) {
	certain := AllFaults()
	for name := range certain {
		certain[name] = 1
	}
	for _, lasts := range []string{TokenRevoked, Unsubscribed, Disabled, Expired, Vanished, SlowBody, CorruptBlob, LargeBlob} {
		delete(certain, lasts)
	}
	c := start(t, Config{Faults: certain})
	id := c.offer("Audit.General", -2*time.Hour, `{"Id":"a"}`)
	for _, address := range []string{c.feed("audit/" + id), c.feed("subscriptions/list"), c.feed("subscriptions/content", "&contentType=Audit.General")} {
		row := 0
		for range 3 * spared {
			if row++; c.do(http.MethodGet, address, nil).status == http.StatusOK {
				row = 0
			}
			if row >= spared {
				t.Fatalf("%s was refused %d times in a row", address, row)
			}
		}
	}
}

func TestWithoutFaultsNothingChanges(t *testing.T) {
	never := AllFaults()
	for name := range never {
		never[name] = 0
	}
	seen := func(faults Faults) (out []any) {
		c := start(t, Config{Faults: faults, PageSize: 10})
		if err := c.cloud.Play(ended(t), past(3, 120)); err != nil {
			t.Fatal(err)
		}
		blobs, pages := c.walk("Audit.Exchange", "")
		for _, b := range blobs {
			got := c.get("audit/" + b.ContentID)
			out = append(out, b.ContentID, b.Created, got.status, string(got.body), got.header)
		}
		if len(blobs) < 11 || pages != (len(blobs)+9)/10 {
			t.Fatalf("%d blobs on %d pages", len(blobs), pages)
		}
		requests, _ := c.cloud.Foreign()
		return append(out, requests)
	}
	if !reflect.DeepEqual(seen(nil), seen(never)) {
		t.Error("faults that never happen change something")
	}
}

func TestTallyForgetsWhatWasNotAskedForInALongTime(t *testing.T) {
	var asked tally
	if asked.next("often")+asked.next("once") != 0 {
		t.Fatal("counted before it began")
	}
	for i := range 3 * maxTally {
		asked.next(time.Duration(i).String())
		if i%1000 == 0 {
			asked.next("often")
		}
	}
	if got := asked.next("often"); got != 3*maxTally/1000+1 {
		t.Errorf("asked for %d times", got)
	}
	if got := asked.next("once"); got != 0 {
		t.Errorf("remembers %d askings", got)
	}
	if most := 2 * maxTally; len(asked.young)+len(asked.old) > most {
		t.Errorf("holds %d things", len(asked.young)+len(asked.old))
	}
}
