package ingest

import (
	"sync"
	"time"

	"ualstream/schemas"
)

// Ledger is what one partition of the ledger topic says, held in memory: what became of each blob that can still be
// listed, and the days' sums. Its tenants' collectors share it. The worker feeds it the partition before a collector
// starts (Take); the collectors add what Kafka has acknowledged (Apply). It is safe for concurrent use.
//
// A blob takes 40 to 75 bytes, as the map is filled: 1.6 million of them, eight days of a tenant of 50,000 people, took
// 84 MB, and 500 bytes more each while they were pending (BenchmarkLedgerMemory).
type Ledger struct {
	mu     sync.Mutex
	blobs  map[id]entry
	parked parking
	days   days
	forgot time.Time     // when it was last looked through
	ahead  time.Duration // how far this machine's clock is ahead of what a collector takes for sure
}

// slack is kept beyond a blob's expiry: the service has been seen to serve an hour longer than it says.
const slack = 2 * time.Hour

// NewLedger gives an empty ledger.
func NewLedger() *Ledger {
	return &Ledger{blobs: map[id]entry{}, parked: parking{}, days: newDays()}
}

// Take takes a message of the ledger topic, in the order of the topic; messages that it was given before change
// nothing. Entries about the deployment are passed over. A *schemas.VersionError says that nobody here knows what the
// entry promises: stop. Any other error says that the entry is damaged: it changes nothing, so that a blob that nothing
// else is known of is fetched again.
func (l *Ledger) Take(m schemas.Message) error {
	if schemas.IsDeployment(m) {
		return nil
	}
	if schemas.IsDay(m) {
		return l.takeDay(m)
	}
	b, err := schemas.BlobOf(m)
	if err == nil {
		l.Apply(b)
	}
	return err
}

func (l *Ledger) takeDay(m schemas.Message) error {
	d, err := schemas.DaySummary(m)
	if err == nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.days.take(d)
	}
	return err
}

// Apply takes note of what is acknowledged of a blob; one without a state is a tombstone. Stored takes the place of
// lost, and lost that of listed, whatever the order: what a process wrote that was slow to die takes nothing out of
// Kafka.
func (l *Ledger) Apply(b schemas.Blob) {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := idOfBlob(b)
	was := l.blobs[key]
	if b.State == "" {
		l.drop(key, was, b)
		return
	}
	if r := rankOf(b.State); r == unknown || r < was.rank() {
		return
	}
	number := was.day()
	if was.rank() == unknown {
		number = l.days.number(b.Tenant, b.ContentType, b.Day())
	}
	e := entryOf(b, number)
	e.until = max(e.until, was.until)
	if was.rank() == unknown && l.over(e) { // it was forgotten, and is read again
		return
	}
	if e != was {
		l.days.move(was, e)
	}
	l.parked.follow(key, b)
	l.blobs[key] = e
}

// drop forgets a blob as if it had never been listed, because so will a process that reads the topic from now on.
func (l *Ledger) drop(key id, was entry, b schemas.Blob) {
	l.days.move(was, entry{tag: was.day()})
	l.parked.follow(key, b)
	delete(l.blobs, key)
}

// over says whether a blob could not be listed any more when that was last looked at, and is in a sum that does not
// change.
func (l *Ledger) over(e entry) bool {
	return timeOf(e.until).Before(l.forgot) && l.days.fixed(e.day())
}

// Stored says whether the blob with that ledger key is known to be stored.
func (l *Ledger) Stored(key string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.blobs[idOfKey(key)].rank() == stored
}

// Records gives how many records a blob that is known to be stored had.
func (l *Ledger) Records(key string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return int(l.blobs[idOfKey(key)].records)
}

// settled says whether nothing is to be done for a blob that is listed with that expiry, which may be zero: it is
// stored, or it was lost at the time given or later. One that was lost before gets another try, and so does one that
// turns out to live longer.
func (l *Ledger) settled(key id, expires, retryLost time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.blobs[key]
	return e.rank() == stored || e.rank() == lost && !timeOf(e.at).Before(retryLost) && !e.outlived(expires)
}

// knows says whether the ledger has an entry of the blob.
func (l *Ledger) knows(key id) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.blobs[key].rank() != unknown
}

// recalls says whether the ledger has an entry of the blob that is to be written of, or has forgotten the one that it had.
// Written as pending again, such a blob would stay so, while its day counts what became of it.
func (l *Ledger) recalls(key id, b schemas.Blob) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.blobs[key].rank() != unknown || l.over(entryOf(b, l.days.number(b.Tenant, b.ContentType, b.Day())))
}

// until gives the latest time that was told of, with slack, until when the blob can be had; zero where none was.
func (l *Ledger) until(key id) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e, ok := l.blobs[key]; ok {
		return timeOf(e.until)
	}
	return time.Time{}
}

// forgetEvery is how often the ledger is looked through for what it can forget, however many ask: it may be the
// ledger of many tenants.
const forgetEvery = time.Hour

// Forget drops the blobs that can no longer be listed and are in a day's final sum, at most hourly, so that the ledger
// stays as small as eight days. It goes by sure, a time that has surely come, where this machine's clock says now.
func (l *Ledger) Forget(now, sure time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ahead = now.Sub(sure)
	if sure.Sub(l.forgot).Abs() < forgetEvery {
		return
	}
	l.forgot = sure
	l.thaw(sure)
	l.days.finish(sure)
	for key, e := range l.blobs {
		if e.rank() != listed && l.over(e) {
			delete(l.blobs, key)
		}
	}
	l.days.shrink(sure)
}
