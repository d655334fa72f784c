package cloudsim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// careful is a client that makes no mistake: it lists all seven days, follows every page, asks again for what passes by
// itself, and keeps its token to itself.
type careful struct {
	*client
	events  map[string]bool
	rejects map[string]bool
	lost    map[string]bool
	settled map[string]bool // blobs
	refusal map[string]int  // what it met
}

var errAbroad = errors.New("a foreign host")

// ask gets an answer, or gives the code of a loss. No more than three refusals in a row may be of the sort that passes.
func (c *careful) ask(address string) (body []byte, next, code string, err error) {
	if !strings.HasPrefix(address, c.cloud.URL()+"/") {
		return nil, "", "", errAbroad
	}
	for row := 0; row < spared; {
		reply, body, err := c.read(address, "identity")
		code := codeIn(body)
		c.refusal[fmt.Sprint(reply.StatusCode, code, err != nil)]++
		switch {
		case err != nil: // cut
		case reply.StatusCode == http.StatusOK:
			return body, reply.Header.Get("NextPageUri"), "", nil
		case reply.StatusCode == http.StatusUnauthorized:
			c.token = c.signIn(contoso)
		case code == "AF20022" || code == "AF20023":
			for _, kind := range contentTypes {
				c.post("subscriptions/start", "&contentType="+kind)
			}
			continue
		case code == "AF20050" || code == "AF20051":
			return nil, "", code, nil
		}
		row++
	}
	return nil, "", "", errors.New("refused too often: " + address)
}

func codeIn(body []byte) string {
	var got struct{ Error struct{ Code string } }
	_ = json.Unmarshal(body, &got)
	return got.Error.Code
}

// list gives the blobs of a window, from its beginning again where a page cannot be had.
func (c *careful) list(kind, window string) (blobs []listed) {
	c.t.Helper()
	for range 50 {
		blobs = nil
		next := c.cloud.URL() + "/api/v1.0/" + contoso + "/activity/feed/subscriptions/content?contentType=" + kind + window
		var err error
		for next != "" && err == nil {
			var body []byte
			if body, next, _, err = c.ask(next); err == nil {
				var page []listed
				err = json.Unmarshal(body, &page)
				blobs = append(blobs, page...)
			}
		}
		if err == nil {
			return blobs
		}
	}
	c.t.Fatalf("%s %s cannot be listed", kind, window)
	return nil
}

// collect is one round.
func (c *careful) collect() {
	c.t.Helper()
	now := c.clock.Now()
	for day := range 7 {
		from := now.AddDate(0, 0, day-7).Add(time.Second)
		window := "&startTime=" + from.Format("2006-01-02T15:04:05") + "&endTime=" + from.Add(24*time.Hour).Format("2006-01-02T15:04:05")
		for _, kind := range contentTypes {
			for _, b := range c.list(kind, window) {
				c.fetch(b)
			}
		}
	}
}

func (c *careful) fetch(b listed) {
	c.t.Helper()
	if c.settled[b.ContentID] {
		return
	}
	body, _, code, err := c.ask(b.ContentURI)
	if errors.Is(err, errAbroad) {
		return // another listing gives the right address
	}
	if err != nil {
		c.t.Fatal(err)
	}
	c.settled[b.ContentID] = true
	if code != "" || !c.split(body) {
		c.lost[b.ContentID] = true
	}
}

// split tells the records of a body apart and says whether it is an array to its end. Braces and quotes are balanced in
// all records of the simulation.
func (c *careful) split(body []byte) (whole bool) {
	if !bytes.HasPrefix(body, []byte{'['}) {
		return false
	}
	depth, start, quoted := 0, 0, false
	for i := 1; i < len(body); i++ {
		switch {
		case quoted && body[i] == '\\':
			i++
		case body[i] == '"':
			quoted = !quoted
		case quoted:
		case body[i] == '{' || body[i] == '[':
			if depth++; depth == 1 {
				start = i
			}
		case (body[i] == '}' || body[i] == ']') && depth > 0:
			if depth--; depth == 0 {
				c.record(body[start : i+1])
			}
		}
	}
	return depth == 0 && !quoted && bytes.HasSuffix(body, []byte{']'})
}

func (c *careful) record(body []byte) {
	var r struct{ Id string }
	if json.Unmarshal(body, &r) == nil && r.Id != "" {
		c.events[contoso+"/"+r.Id] = true
		return
	}
	c.rejects[string(body)] = true
}

func TestAClientThatMakesNoMistakeHasWhatIsReckoned(t *testing.T) {
	faults := AllFaults()
	delete(faults, SlowBody) // which only takes time
	c := &careful{
		client: start(t, Config{Faults: faults, FaultSeed: 3, PageSize: 5, LargeBlob: 200_000, Tenants: tenants()[:1]}),
		events: map[string]bool{}, rejects: map[string]bool{}, lost: map[string]bool{}, settled: map[string]bool{}, refusal: map[string]int{},
	}
	if err := c.cloud.Play(ended(t), past(6, 100)); err != nil {
		t.Fatal(err)
	}
	for _, wait := range []time.Duration{0, 0, time.Hour, 23 * time.Hour, 48 * time.Hour, 48 * time.Hour} {
		c.clock.move(wait)
		c.collect()
		c.collect() // what was missing from the first listing, or had a foreign address, is in the second or third
		c.collect()
	}
	k := c.cloud.Reckon()
	if !maps.Equal(c.events, k.Events) {
		t.Errorf("%d events, reckoned %d", len(c.events), len(k.Events))
	}
	if !maps.Equal(c.rejects, k.Rejects) {
		t.Errorf("%d rejects, reckoned %d", len(c.rejects), len(k.Rejects))
	}
	if lost := slices.Sorted(maps.Keys(k.Lost)); !slices.Equal(slices.Sorted(maps.Keys(c.lost)), lost) {
		t.Errorf("%d lost, reckoned %d", len(c.lost), len(lost))
	}
	if len(k.Unlisted) != 0 || len(k.Missing) == 0 || len(k.Rejects) == 0 || len(k.Events) < 600 {
		t.Errorf("%d unlisted, %d missing, %d rejects, %d events", len(k.Unlisted), len(k.Missing), len(k.Rejects), len(k.Events))
	}
	if requests, _ := c.cloud.Foreign(); requests != 0 {
		t.Errorf("%d requests went abroad", requests)
	}
	for _, met := range []string{"403AF429false", "429AF429false", "500AF50000false", "408false", "503false", "401false", "400AF20052false", "200true"} {
		if c.refusal[met] == 0 {
			t.Errorf("met no %s: %v", met, c.refusal)
		}
	}
	known := map[string]bool{}
	for _, r := range c.cloud.Offered() {
		known[r.Tenant+"/"+r.ID] = true
	}
	if len(known) != len(k.Events)+len(k.Missing)+len(k.Unlisted) {
		t.Errorf("%d records offered, %d + %d + %d reckoned", len(known), len(k.Events), len(k.Missing), len(k.Unlisted))
	}
}
