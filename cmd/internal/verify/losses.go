package verify

import (
	"slices"
	"strings"
	"time"

	"ualstream/schemas"
)

// apart is how far lost blobs may be from each other to be told as one loss.
const apart = time.Hour

// lossesOf groups lost blobs of one feed: those that were lost for the same reason and stand next to each other.
func lossesOf(blobs []schemas.Blob) []Loss {
	losses := []Loss{}
	slices.SortFunc(blobs, func(a, b schemas.Blob) int {
		if d := strings.Compare(a.Reason, b.Reason); d != 0 {
			return d
		}
		if d := a.Created.Compare(b.Created); d != 0 {
			return d
		}
		return strings.Compare(a.ContentID, b.ContentID)
	})
	for _, b := range blobs {
		if n := len(losses) - 1; n < 0 || losses[n].Reason != b.Reason || b.Created.Sub(losses[n].To) > apart {
			losses = append(losses, Loss{From: b.Created.UTC(), Reason: b.Reason})
		}
		l := &losses[len(losses)-1]
		l.To = b.Created.UTC()
		l.Blobs++
		l.Records += max(0, b.Records)
		l.ContentIDs = append(l.ContentIDs, b.ContentID)
	}
	byTime(losses)
	return losses
}

func byTime(losses []Loss) {
	slices.SortStableFunc(losses, func(a, b Loss) int { return a.From.Compare(b.From) })
}

// expired is why a pending blob is lost that nobody has written off.
const expired = "it expired while it was pending"

// gone is why nothing more is known of the losses of a day.
const gone = "the entries of this day are gone, its summary counts them"
