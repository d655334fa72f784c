package cloudsim

import (
	"reflect"
	"testing"
	"time"
)

func TestAReckoningGrowsAsContentIsListedAndServed(t *testing.T) {
	c := start(t, Config{})
	const damaged = `{"Id":"b",,}`
	mixed := c.offer("Audit.General", -time.Minute, `{"Id":"a"}`, damaged, `{"Operation":"no id"}`, `7`)
	broken, err := c.cloud.OfferBody(contoso, "Audit.General", noon.Add(-time.Minute), []byte(`[{"Id":"c"},{"Id":"d`))
	if err != nil {
		t.Fatal(err)
	}
	empty, err := c.cloud.OfferBody(contoso, "Audit.General", noon.Add(-time.Minute), nil)
	if err != nil {
		t.Fatal(err)
	}
	nothing := Reckoning{map[string]bool{}, map[string]Fate{}, map[string]bool{contoso + "/a": true, contoso + "/c": true}, map[string]bool{}, map[string]Fate{}}
	if got := c.cloud.Reckon(); !reflect.DeepEqual(got, nothing) {
		t.Errorf("before any listing: %+v", got)
	}
	c.walk("Audit.General", "")
	listed := Reckoning{
		Events: map[string]bool{contoso + "/a": true, contoso + "/c": true}, Missing: map[string]Fate{}, Unlisted: map[string]bool{},
		Rejects: map[string]bool{damaged: true, `{"Operation":"no id"}`: true, `7`: true}, Lost: map[string]Fate{broken: Broken, empty: Broken},
	}
	if got := c.cloud.Reckon(); !reflect.DeepEqual(got, listed) {
		t.Errorf("once listed: %+v", got)
	}
	c.get("audit/" + mixed)
	c.clock.move(life)
	listed.Events, listed.Missing = map[string]bool{contoso + "/a": true}, map[string]Fate{contoso + "/c": Gone}
	listed.Lost = map[string]Fate{broken: Gone, empty: Gone}
	if got := c.cloud.Reckon(); !reflect.DeepEqual(got, listed) {
		t.Errorf("once what was not served has expired: %+v", got)
	}
}

func TestWhatStandsAfterAnArrayBreaksIt(t *testing.T) {
	c := start(t, Config{})
	for body, want := range map[string]Fate{
		`[{"Id":"a"}]` + "\n": "", `[]`: "", `[{"Id":"a"}] x`: Broken, `[{"Id":"a"},]`: Broken, `{"Id":"a"}`: Broken, `[{"Id":"a"}`: Broken,
	} {
		id, err := c.cloud.OfferBody(contoso, "Audit.General", noon.Add(-time.Minute), []byte(body))
		if err != nil {
			t.Fatal(err)
		}
		c.walk("Audit.General", "")
		if got := c.cloud.Reckon().Lost[id]; got != want {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
}
