package cloudsim

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestContentBecomesListableLongAfterItsTime(t *testing.T) {
	c := struck(t, LateListing)
	hours, days := 0, 0
	for range 50 {
		c.offer("Audit.General", 0, `{"Id":"a"}`)
	}
	for _, b := range c.cloud.shelf.blobs {
		switch age := noon.Sub(b.created); {
		case age >= time.Hour && age <= 5*time.Hour:
			hours++
		case age >= 24*time.Hour && age <= 5*24*time.Hour:
			days++
		default:
			t.Errorf("contentCreated %s", b.created)
		}
	}
	if hours < 10 || days < 5 {
		t.Errorf("%d are hours old, %d days", hours, days)
	}
	c.offer("Audit.General", -6*24*time.Hour, `{"Id":"old"}`)
	if last := c.cloud.shelf.blobs[50]; noon.Sub(last.created) != 6*24*time.Hour {
		t.Errorf("what expires soon became older: %s", last.created)
	}
}

func TestRecordsAreDaysOlderThanTheirContent(t *testing.T) {
	c := struck(t, LateRecords)
	id := c.offer("Audit.General", 0, `{"CreationTime":"2026-03-14T11:59:00","Id":"a","x":[1]}`, `{"CreationTime":7,"Id":"b"}`, `{"Id":"c"}`)
	var got []struct{ CreationTime, Id any }
	c.get("audit/"+id).into(t, &got)
	then, err := time.Parse("2006-01-02T15:04:05", fmt.Sprint(got[0].CreationTime))
	if age := noon.Sub(then); err != nil || age < 2*24*time.Hour || age > 7*24*time.Hour {
		t.Errorf("%v, error %v", got[0], err)
	}
	if got[1].CreationTime != 7.0 || got[2].Id != "c" {
		t.Errorf("others are %v", got[1:])
	}
	if r := c.cloud.Offered()[0]; !r.Created.Equal(then) || !r.ContentCreated.Equal(noon) {
		t.Errorf("offered %+v", r)
	}
}

func TestRecordsComeAgainInOtherContent(t *testing.T) {
	c := struck(t, Redelivered)
	for i := range 30 {
		c.offer("Audit.General", 0, fmt.Sprintf(`{"Id":"a%d"}`, i), fmt.Sprintf(`{"Id":"b%d"}`, i))
	}
	when := map[string]int{}
	for range 6 * 24 * 12 {
		c.clock.move(5 * time.Minute)
		c.cloud.deliverDue(c.clock.Now())
	}
	for _, b := range c.cloud.shelf.blobs[30:] {
		switch late := b.created.Sub(noon); {
		case late <= 20*time.Second:
			when["seconds"]++
		case late <= 5*time.Minute:
			when["minutes"]++
		default:
			when["hours or days"]++
		}
	}
	if len(when) != 3 || len(c.cloud.shelf.blobs) != 60 || len(c.cloud.pending) != 0 {
		t.Errorf("%v again of %d, %d are to come", when, len(c.cloud.shelf.blobs), len(c.cloud.pending))
	}
	again := map[string]int{}
	for _, r := range c.cloud.Offered() {
		again[r.ID]++
	}
	for id, n := range again {
		if n > 2 {
			t.Errorf("%s is there %d times", id, n)
		}
	}
}

func TestARecordIsObtainableIfAnyBlobHasIt(t *testing.T) {
	c := start(t, Config{Faults: Faults{Redelivered: 1}})
	first := c.offer("Audit.General", 0, `{"Id":"a"}`)
	c.cloud.shelf.byID[first].refusal = "AF20051"
	c.walk("Audit.General", times(0, 24*time.Hour))
	if k := c.cloud.Reckon(); k.Missing[contoso+"/a"] != Gone || k.Lost[first] != Gone {
		t.Fatalf("before the second blob was listed: %+v", k)
	}
	c.clock.move(6 * 24 * time.Hour)
	c.token = c.signIn(contoso)
	for day := range 6 {
		c.walk("Audit.General", times(time.Duration(day)*24*time.Hour, time.Duration(day+1)*24*time.Hour))
	}
	if k := c.cloud.Reckon(); !k.Events[contoso+"/a"] || len(k.Missing) != 0 || k.Lost[first] != Gone {
		t.Errorf("after: %+v", k)
	}
}

func TestWhatSpoilsABodyLeavesTheCallersRecordsAlone(t *testing.T) {
	c := struck(t, CorruptBlob)
	shared := []byte(`{"Id":"a"}{"Id":"b"}`)
	for range 30 {
		if _, err := c.cloud.Offer(contoso, "Audit.General", c.clock.Now(), shared[:10], shared[10:]); err != nil {
			t.Fatal(err)
		}
	}
	if string(shared) != `{"Id":"a"}{"Id":"b"}` {
		t.Errorf("they are %s now", shared)
	}
}

func TestBodiesAreCorruptForGood(t *testing.T) {
	c := struck(t, CorruptBlob)
	kinds := map[string]int{}
	for i := range 30 {
		name := fmt.Sprintf("%d-%%d", i)
		var records []string
		for j := range 4 {
			records = append(records, fmt.Sprintf(`{"Id":"`+name+`"}`, j))
		}
		id := c.offer("Audit.General", -time.Minute, records...)
		body := string(c.get("audit/" + id).body)
		if again := string(c.get("audit/" + id).body); again != body {
			t.Fatalf("first %q, then %q", body, again)
		}
		k := c.cloud.Reckon()
		var fates []Fate
		for _, r := range c.cloud.Offered()[4*i:] {
			fates = append(fates, r.Fate)
			if whole := strings.Contains(body, fmt.Sprintf(`{"Id":"%s"}`, r.ID)); whole != (r.Fate == Obtainable) || whole != k.Events[contoso+"/"+r.ID] {
				t.Errorf("%s is %s in %q", r.ID, r.Fate, body)
			}
			if r.Fate == Unreadable && !slices.ContainsFunc(slices.Collect(maps.Keys(k.Rejects)), func(b string) bool { return strings.Contains(b, r.ID) }) {
				t.Errorf("%s is not among the rejects", r.ID)
			}
		}
		switch {
		case k.Lost[id] == Broken && strings.HasPrefix(body, "<html>"):
			kinds["garbage"]++
		case k.Lost[id] == Broken && fates[3] == Broken:
			kinds["breaks off"]++
		case k.Lost[id] == "" && slices.Contains(fates, Unreadable):
			kinds["a record is no JSON"]++
		default:
			t.Errorf("%v in %q, lost %q", fates, body, k.Lost[id])
		}
		for _, r := range c.cloud.Served() {
			if r.ContentID == id && !strings.Contains(body, r.ID) {
				t.Errorf("%s was not served in %q", r.ID, body)
			}
		}
		if json.Valid([]byte(body)) {
			t.Errorf("readable: %q", body)
		}
	}
	if len(kinds) != 3 {
		t.Errorf("kinds %v", kinds)
	}
}

func TestBytesOfATestsOwnStayAsTheyAre(t *testing.T) {
	c := struck(t, CorruptBlob, LateRecords, Reordered)
	const body = `[{"Id":"a","CreationTime":"2026-03-14T11:00:00"}, {"Id":"b"}]`
	id, err := c.cloud.OfferBody(contoso, "Audit.General", noon.Add(-time.Minute), []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	if got := c.get("audit/" + id); string(got.body) != body {
		t.Errorf("%s", got.body)
	}
}
