package worker

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestAWriteMayFinishShortlyAfterIngestWasToldToStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told, tell := context.WithCancel(t.Context())
		write, done := graceful(told)
		defer done()
		tell()
		<-time.After(storeGrace - time.Millisecond) // of the bubble's clock
		synctest.Wait()
		if write.Err() != nil {
			t.Error("the write was broken off")
		}
		<-time.After(2 * time.Millisecond)
		synctest.Wait()
		if write.Err() == nil {
			t.Error("the write holds up the stop for ever")
		}
	})
}
