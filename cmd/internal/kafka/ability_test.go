package kafka

import (
	"errors"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"ualstream/schemas"
)

func TestKafkaThatIsTooOldForTheGuaranteeIsRefused(t *testing.T) {
	b := embed(t, "")
	b.cluster.ControlKey(int16(kmsg.ApiVersions), func(req kmsg.Request) (kmsg.Response, error, bool) {
		b.cluster.KeepControl()
		res := req.ResponseKind().(*kmsg.ApiVersionsResponse)
		for key := range int16(40) {
			newest := int16(12)
			switch kmsg.Key(key) {
			case kmsg.TxnOffsetCommit:
				newest = 2
			case kmsg.OffsetFetch:
				newest = 7
			case kmsg.EndTxn:
				continue
			}
			res.ApiKeys = append(res.ApiKeys, kmsg.ApiVersionsResponseApiKey{ApiKey: key, MaxVersion: newest})
		}
		return res, nil, true
	})
	c := join(t, b.Config())
	fresh := c.dial()
	defer fresh.close()
	err := c.able(within(t), fresh)
	old, ok := errors.AsType[*TooOldError](err)
	if !ok || len(old.Lacks) != 2 || !strings.Contains(err.Error(), "TxnOffsetCommit version 3") || !strings.Contains(err.Error(), "--guarantee at-least-once") {
		t.Errorf("error %v, want one that names the two requests and the way out", err)
	}
	c.cfg.Guarantee = AtLeastOnce
	if err := c.able(within(t), fresh); err != nil {
		t.Errorf("at-least-once: %v", err)
	}
}

func TestTroubleWithTransactionsIsTold(t *testing.T) {
	for _, test := range []struct {
		key  kmsg.Key
		err  *kerr.Error
		want string
	}{
		{kmsg.InitProducerID, kerr.TransactionalIDAuthorizationFailed, "may not write under the transactional.ids that begin with"},
		{kmsg.InitProducerID, kerr.InvalidTransactionTimeout, "transaction.max.timeout.ms must be at least 30000"},
		{kmsg.OffsetFetch, kerr.UnstableOffsetCommit, "a transaction of this group hangs"},
		{kmsg.EndTxn, kerr.ProducerFenced, "another worker took this partition over"},
		{kmsg.EndTxn, kerr.ConcurrentTransactions, "end the transaction"},
	} {
		t.Run(test.err.Message, func(t *testing.T) {
			t.Parallel()
			b, c, log := told(t)
			produce(t, c, numbered(schemas.TopicEvents, 0, 30))
			fault := b.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{test.key}, Err: test.err, Count: -1})
			seen := newTally()
			stop := start(t, c, copying(seen))
			log.await(t, "retrying", test.want)
			fault.Remove()
			seen.wait(t, 30)
			stop()
			once(t, c, 30, threats)
		})
	}
}
