package normalize_test

import (
	"bytes"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/tidwall/gjson"
	"golang.org/x/tools/txtar"

	"ualstream/normalize"
	"ualstream/schemas"
)

// envelope is what records carry beside what the golden cases need, so that their mean length is that of a tenant's
// export, some 1.3 kB.
const envelope = `,"OrganizationName":"contoso.onmicrosoft.example","OriginatingServer":"AM9PR01MB0000 (15.20.8500.000)",` +
	`"ExternalAccess":false,"AppPoolName":"MSExchangeAdminApiNetCore","RequestId":"7d1b9a3e-8c42-4a53-9a0c-4b8d0f1c2e3a",` +
	`"CorrelationID":"0b7e7c1e-52c3-4f0b-8d49-9a6f6b1f0d11","InterSystemsId":"3b2f7c1e-52c3-4f0b-8d49-9a6f6b1f0d12",` +
	`"IntraSystemId":"3b2f7c1e-52c3-4f0b-8d49-9a6f6b1f0d13","SupportTicketId":"","ActorContextId":` +
	`"11111111-2222-3333-4444-555555555555","TargetContextId":"11111111-2222-3333-4444-555555555555",` +
	`"TokenObjectId":"99999999-0000-4000-8000-000000000001","LogonUserSid":"S-1-5-21-1000000000-2000000000-300000000-4000",` +
	`"MailboxOwnerSid":"S-1-5-21-1000000000-2000000000-300000000-4000","InternalLogonType":0,"LogonType":0,` +
	`"ModifiedObjectResolvedName":"EURPR01A001.PROD.OUTLOOK.EXAMPLE/Microsoft Exchange Hosted Organizations/contoso/bob"}`

// mix gives records in about the shares that a tenant's day has: mostly services, sign-ins and reads.
func mix(b *testing.B) (records []schemas.Raw, bytesEach int64) {
	b.Helper()
	shares := map[string]int{"mailbox_service": 30, "mail_items_accessed": 15, "logon_success": 10, "logon_failure": 5,
		"file_downloaded": 8, "inbox_rule_outlook_empty": 6, "inbox_rule_new": 3, "account_update": 5, "role_member": 3,
		"folder_permission_mailbox": 3, "mail_hard_delete": 5, "team_members": 2, "alert_triggered": 3, "mailbox_forwarding": 2}
	total := 0
	for _, name := range must(filepath.Glob("testdata/*.txtar")) {
		record := bytes.TrimSpace(must(txtar.ParseFile(name)).Files[0].Data)
		record = append(record[:len(record)-1:len(record)-1], envelope...)
		for range shares[filepath.Base(name[:len(name)-len(".txtar")])] {
			records = append(records, rawOf(record))
			total += len(record)
		}
	}
	return records, int64(total / len(records))
}

func BenchmarkAppend(b *testing.B) {
	records, size := mix(b)
	b.SetBytes(size)
	b.ReportAllocs()
	var buf []byte
	for i := 0; b.Loop(); i++ {
		buf, _ = normalize.Append(buf[:0], records[i%len(records)])
	}
}

// BenchmarkValid is the floor: reading every byte of the same records once.
func BenchmarkValid(b *testing.B) {
	records, size := mix(b)
	b.SetBytes(size)
	for i := 0; b.Loop(); i++ {
		gjson.ValidBytes(records[i%len(records)].Body)
	}
}

// BenchmarkAppendRatio reports Append's throughput as a share of the floor's: the median of five pairs that were
// measured in turn, so that a busy machine slows both.
func BenchmarkAppendRatio(b *testing.B) {
	records, _ := mix(b)
	const rounds = 200
	var buf []byte
	var ratio float64
	for b.Loop() {
		var ratios []float64
		for range 5 {
			valid := measure(func() {
				for range rounds {
					for _, r := range records {
						gjson.ValidBytes(r.Body)
					}
				}
			})
			appended := measure(func() {
				for range rounds {
					for _, r := range records {
						buf, _ = normalize.Append(buf[:0], r)
					}
				}
			})
			ratios = append(ratios, float64(valid)/float64(appended))
		}
		slices.Sort(ratios)
		ratio = ratios[2]
	}
	b.ReportMetric(ratio, "of-floor")
	b.ReportMetric(0, "ns/op")
}

func measure(f func()) time.Duration {
	start := time.Now()
	f()
	return time.Since(start)
}
