package cloudsim

import "slices"

// silent are the states that keep records out of the audit log.
var silent = map[State]func(record) bool{
	AuditingOff: func(record) bool { return true },
	// Off by default for every logon type: https://learn.microsoft.com/purview/audit-mailboxes. The record of a search
	// names the workload, too.
	NoMailboxActions: func(r record) bool {
		return slices.Contains([]any{"Move", "SearchQueryInitiatedExchange"}, r.get("Operation"))
	},
	// Mail, clicked links and files in Defender's eyes (documented in the schema of the Management API).
	NoDefender: func(r record) bool {
		return slices.Contains([]any{detectedMailRecord, detectedFileRecord}, r.get("RecordType"))
	},
}

// recorded leaves out what a tenant's states keep out of the log.
func (c *Cloud) recorded(tenant string, records []record) []record {
	for state, silences := range silent {
		if c.in(tenant, state) {
			records = slices.DeleteFunc(records, silences)
		}
	}
	return records
}
