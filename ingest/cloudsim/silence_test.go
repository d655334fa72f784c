package cloudsim

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// told plays a day in a state and gives how often each operation and record type is in what a client then fetches.
func told(t *testing.T, s ...State) map[string]int {
	c := start(t, Config{})
	c.put(s...)
	if err := c.cloud.Play(ended(t), past(2, 1200)); err != nil {
		t.Fatal(err)
	}
	out := map[string]int{}
	for _, kind := range contentTypes {
		blobs, _ := c.walk(kind, times(-24*time.Hour+time.Second, time.Second))
		for _, b := range blobs {
			var records []struct {
				Operation  string
				RecordType int
			}
			c.do(http.MethodGet, b.ContentURI+"?PublisherIdentifier="+publisher, nil).into(t, &records)
			for _, r := range records {
				out[r.Operation]++
				out[fmt.Sprint(r.RecordType)]++
			}
		}
	}
	return out
}

func TestSomeStatesKeepRecordsOutOfTheLog(t *testing.T) {
	mailbox, defender := []string{"Move", "SearchQueryInitiatedExchange", "101"}, []string{"28", "47", "TIMailData", "AtpDetection"}
	all := told(t)
	for _, name := range append(mailbox, defender...) {
		if all[name] == 0 {
			t.Errorf("the day has no %s", name)
		}
	}
	for state, absent := range map[State][]string{NoMailboxActions: mailbox, NoDefender: defender} {
		got := told(t, state)
		for _, name := range absent {
			if got[name] > 0 {
				t.Errorf("%s: %d of %s", state, got[name], name)
			}
			delete(all, name)
		}
		for _, name := range []string{"MailItemsAccessed", "MoveToDeletedItems", "UserLoggedIn", "AlertTriggered", "DlpRuleMatch"} {
			if got[name] != all[name] || got[name] == 0 {
				t.Errorf("%s: %d of %s, want %d", state, got[name], name, all[name])
			}
		}
	}
	if got := told(t, AuditingOff); len(got) > 0 {
		t.Errorf("auditing is off and yet there are %v", got)
	}
}

func TestTheStoryWaitsForASubscription(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := New(Config{Tenants: tenants()[1:]})
		if err != nil {
			t.Fatal(err)
		}
		day := DemoDay()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- c.Play(ctx, day) }()
		<-time.After(time.Minute)
		c.mu.Lock()
		for _, kind := range contentTypes {
			c.tenants[0].start(kind, time.Now())
		}
		c.mu.Unlock()
		subscribed := time.Now()
		<-time.After(2 * time.Second)
		if n := len(c.Offered()); n == 0 {
			t.Error("nothing within two seconds")
		}
		<-time.After(prelude + 12*day.StoryStep)
		synctest.Wait()
		for _, want := range []struct {
			operation string
			step      int
		}{{"UserLoginFailed", 0}, {"New-InboxRule", 3}, {"Remove-InboxRule", 10}} {
			at, found := subscribed.Add(prelude+time.Duration(want.step)*day.StoryStep).Truncate(time.Second), false
			for _, r := range c.Offered() {
				found = found || r.Operation == want.operation && r.Created.Truncate(time.Second).Equal(at)
			}
			if !found {
				t.Errorf("no %s at %s", want.operation, at)
			}
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
