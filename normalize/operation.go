package normalize

import "strings"

// action is what an operation means in OCSF: its class and activity, and what writes the class's own attributes.
type action struct {
	class    *class
	activity int64
	subject
}

// subject is what an event is about.
type subject struct {
	// describe writes the attributes that only the event's class has.
	describe func(*event)
	// mailbox names the mailbox that it was done to where the record has no MailboxOwnerUPN; nil where there is
	// none.
	mailbox func(*record) string
}

// row gives the operations that share an action, parted by "|". They are compared without case, without white
// space around them and without the period that Entra ID puts at their end.
type row struct {
	action
	operations string
}

// operations is the table by operation.
var operations = index(table)

// verbs are the cmdlets' verbs that mean an activity of Entity Management, for the cmdlets that have no row.
var verbs = []struct {
	prefix   string
	activity int64
}{
	{"new-", 1}, {"add-", 1}, {"install-", 1}, {"import-", 1}, {"get-", 2}, {"test-", 2}, {"search-", 2}, {"export-", 2},
	{"set-", 3}, {"update-", 3}, {"write-", 3}, {"grant-", 3}, {"revoke-", 3}, {"remove-", 4}, {"delete-", 4},
	{"uninstall-", 4}, {"clear-", 4}, {"move-", 5}, {"enable-", 8}, {"disable-", 9}, {"start-", 10}, {"stop-", 11},
	{"suspend-", 12}, {"resume-", 13},
}

// meaning gives what an operation means; of an unknown one that it is a Base Event.
func meaning(operation string) action {
	var space [64]byte
	name := lower(space[:0], strings.TrimRight(strings.TrimSpace(operation), ". \t\r\n"))
	if a, ok := operations[string(name)]; ok {
		return a
	}
	for _, p := range prefixes {
		if len(name) >= len(p.operations) && string(name[:len(p.operations)]) == p.operations {
			return p.action
		}
	}
	return cmdlet(name)
}

// cmdlet gives what a cmdlet that has no row means, by its verb.
func cmdlet(name []byte) action {
	for _, v := range verbs {
		n := len(v.prefix)
		if len(name) > n && string(name[:n]) == v.prefix && isNoun(name[n:]) {
			return action{&entityManagement, v.activity, configuration}
		}
	}
	return action{&baseEvent, other, none}
}

// isNoun says whether a cmdlet's noun is one word of letters and digits.
func isNoun(name []byte) bool {
	for _, c := range name {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// lower appends a text in lower case; only ASCII letters have two cases in Microsoft's operations.
func lower(dst []byte, s string) []byte {
	for i := range len(s) {
		c := s[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst
}

func index(rows []row) map[string]action {
	m := make(map[string]action, 4*len(rows))
	for _, r := range rows {
		for op := range strings.SplitSeq(r.operations, "|") {
			m[string(lower(nil, op))] = r.action
		}
	}
	return m
}

// none is the subject of events that have no attributes of their own.
var none = subject{describe: func(*event) {}}
