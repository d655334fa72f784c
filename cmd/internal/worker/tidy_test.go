package worker

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"ualstream/schemas"
)

// fates gives what the topic says last of blobs, by their IDs: a state, or "" for a tombstone.
func (k *kept) fates() map[string]schemas.BlobState {
	k.t.Helper()
	by, _ := k.newest()
	out := map[string]schemas.BlobState{}
	for _, m := range by {
		if schemas.IsDay(m) || schemas.IsDeployment(m) {
			continue
		}
		b, err := schemas.BlobOf(m)
		if err != nil {
			k.t.Fatal(err)
		}
		out[b.ContentID] = b.State
	}
	return out
}

func (k *kept) tidies(now time.Time) {
	k.t.Helper()
	if err := k.tidy(k.t.Context(), now); err != nil {
		k.t.Fatal(err)
	}
}

func TestEntriesGetTombstonesOnceTheirDayIsFinal(t *testing.T) {
	k, now := newKept(t), time.Now()
	long, recent, waiting := now.Add(-20*aDay), now.Add(-14*aDay), now.Add(-40*aDay)
	k.writes(
		keptBlob("long over", schemas.BlobStored, long), keptBlob("long lost", schemas.BlobLost, long),
		keptBlob("expired lately", schemas.BlobStored, recent), // not so long that nobody may still be at it
		keptBlob("new", schemas.BlobStored, now.Add(-time.Hour)),
		keptBlob("beside a pending one", schemas.BlobStored, waiting),
	)
	undated := keptBlob("undated", schemas.BlobStored, long) // contentCreated could not be read
	undated.Created = time.Time{}
	k.writes(undated)
	pending := keptBlob("pending", schemas.BlobListed, waiting)
	pending.Expires = now.Add(aDay) // as a blob that was offered again
	k.writes(pending)
	k.reads()
	k.tidies(now)
	want := map[string]schemas.BlobState{
		"long over": "", "long lost": "", "undated": "", "expired lately": schemas.BlobStored, "new": schemas.BlobStored,
		"beside a pending one": schemas.BlobStored, "pending": schemas.BlobListed,
	}
	if got := k.fates(); !maps.Equal(got, want) {
		t.Errorf("after tidying %v, want %v", got, want)
	}
	if d := k.day(long); !d.Final || d.Stored != 2 || d.Lost != 1 || d.Records != 14 {
		t.Errorf("the day of what is gone is %+v", d)
	}
	_, n := k.newest()
	k.tidies(now)
	if _, again := k.newest(); again != n {
		t.Errorf("tidying again wrote %d entries more", again-n)
	}
	next := newKeeperLike(k)
	next.reads()
	if d := next.ledger.Days(now); len(d) != 0 {
		t.Errorf("the next owner would write the days %+v: tombstones must not change them", d)
	}
}

// newKeeperLike gives the partition's next owner.
func newKeeperLike(k *kept) *kept { return &kept{k.w.newKeeper(k.partition), k.t, k.log} }

func TestStoredIsWrittenAgainOverWhatASlowProcessWrote(t *testing.T) {
	k, now := newKept(t), time.Now()
	at := now.Add(-2 * aDay)
	k.writes(keptBlob("listed late", schemas.BlobStored, at), keptBlob("lost late", schemas.BlobStored, at),
		keptBlob("pending", schemas.BlobListed, at), keptBlob("lost", schemas.BlobLost, at), keptBlob("fine", schemas.BlobStored, at))
	k.reads()
	k.writes(keptBlob("listed late", schemas.BlobListed, at), keptBlob("lost late", schemas.BlobLost, at))
	gone := keptBlob("compacted", schemas.BlobListed, at) // of which only this process knows that it is stored
	k.ledger.Apply(keptBlob("compacted", schemas.BlobStored, at))
	k.writes(gone)

	k.tidies(now)
	want := map[string]schemas.BlobState{
		"listed late": schemas.BlobStored, "lost late": schemas.BlobStored, "compacted": schemas.BlobStored,
		"pending": schemas.BlobListed, "lost": schemas.BlobLost, "fine": schemas.BlobStored,
	}
	if got := k.fates(); !maps.Equal(got, want) {
		t.Errorf("after tidying %v, want %v", got, want)
	}
	by, n := k.newest()
	if b, err := schemas.BlobOf(by[gone.Key()]); err != nil || b.Records != 7 {
		t.Errorf("what compaction took is written again as %+v (error: %v), want its records", b, err)
	}
	b, err := schemas.BlobOf(by[keptBlob("listed late", "", at).Key()])
	if err != nil || b.Records != 7 || b.Offsets[3] != 41 || b.URI != "" {
		t.Errorf("written again as %+v (error: %v), want what it was", b, err)
	}
	k.tidies(now)
	if _, again := k.newest(); again != n {
		t.Errorf("tidying again wrote %d entries more", again-n)
	}
}

// What another process stored meanwhile is not fetched again by this one.
func TestTidyingLearnsWhatASlowProcessStored(t *testing.T) {
	k, now := newKept(t), time.Now()
	late := keptBlob("late", schemas.BlobListed, now)
	k.writes(late)
	k.reads()
	k.writes(keptBlob("late", schemas.BlobStored, now))
	if k.ledger.Stored(late.Key()) {
		t.Fatal("it is known already, and the test shows nothing")
	}
	k.tidies(now)
	if !k.ledger.Stored(late.Key()) {
		t.Error("it is not known to be stored")
	}
}

func TestManyTombstonesAreWrittenInParts(t *testing.T) {
	k, now := newKept(t), time.Now()
	long := now.Add(-20 * aDay)
	var entries []schemas.Message
	for i := range 2_500 {
		m, err := keptBlob(fmt.Sprint("blob ", i), schemas.BlobStored, long).Message()
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, m)
	}
	if _, err := k.w.cluster.Produce(t.Context(), entries); err != nil {
		t.Fatal(err)
	}
	k.reads()
	k.buryAtOnce = 1_000
	k.tidies(now)
	for id, state := range k.fates() {
		if state != "" {
			t.Fatalf("%s is still %s", id, state)
		}
	}
}
