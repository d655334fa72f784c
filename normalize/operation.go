package normalize

import (
	"bytes"
	"strings"
)

// action is what an operation means in OCSF: its class and activity, and what writes the class's own attributes.
type action struct {
	class    *class
	activity int64
	subject
	head string // the class's and activity's attributes, see class.head
}

// subject is what an event is about.
type subject struct {
	// describe writes the attributes that only the event's class has.
	describe func(*event)
	// mailbox names the mailbox that it was done to where the record has no MailboxOwnerUPN; nil where there is
	// none.
	mailbox func(*record) string
}

// to gives an action, yet without its head.
func to(c *class, activity int64, s subject) action {
	return action{class: c, activity: activity, subject: s}
}

// row gives the operations that share an action, parted by "|". They are compared without case, without white
// space around them and without the period that Entra ID puts at their end.
type row struct {
	action
	operations string
}

// The tables by operation, by the verb of a cmdlet with its hyphen, and by the beginning of an operation.
var (
	operations = index(table)
	cmdlets    = index(verbs)
	families   = split(prefixes)
)

// verbs are the beginnings of cmdlets that mean an activity of Entity Management, for the cmdlets that have no row.
var verbs = []row{
	{to(&entityManagement, 1, configuration), "new-|add-|install-|import-"},
	{to(&entityManagement, 2, configuration), "get-|test-|search-|export-"},
	{to(&entityManagement, 3, configuration), "set-|update-|write-|grant-|revoke-"},
	{to(&entityManagement, 4, configuration), "remove-|delete-|uninstall-|clear-"},
	{to(&entityManagement, 5, configuration), "move-"},
	{to(&entityManagement, 8, configuration), "enable-"},
	{to(&entityManagement, 9, configuration), "disable-"},
	{to(&entityManagement, 10, configuration), "start-"},
	{to(&entityManagement, 11, configuration), "stop-"},
	{to(&entityManagement, 12, configuration), "suspend-"},
	{to(&entityManagement, 13, configuration), "resume-"},
}

// prefixes are the beginnings, in lower case, of operations that come with many endings.
var prefixes = []row{
	{to(&authentication, 1, logon), "passwordlogon|foreignrealmindexlogon"},
	{to(&webResources, 5, search), "searchqueryinitiated|" +
		"sharepointsearchqueryinitiated|teamssearchqueryinitiated"},
}

// unknown is what an operation means that nobody has told of.
var unknown = action{class: &baseEvent, activity: other, subject: none, head: baseEvent.head(other)}

// meaning gives what an operation means; of an unknown one that it is a Base Event.
func meaning(operation string) action {
	var space [64]byte
	name := lower(space[:0], strings.TrimRight(strings.TrimSpace(operation), ". \t\r\n"))
	if a, ok := operations[string(name)]; ok {
		return a
	}
	for _, p := range families {
		if bytes.HasPrefix(name, []byte(p.operations)) {
			return p.action
		}
	}
	if i := bytes.IndexByte(name, '-'); i > 0 && isNoun(name[i+1:]) {
		if a, ok := cmdlets[string(name[:i+1])]; ok {
			return a
		}
	}
	return unknown
}

// isNoun says whether a cmdlet's noun is one word of letters and digits.
func isNoun(name []byte) bool {
	if len(name) == 0 {
		return false
	}
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

// index gives rows by each of their operations.
func index(rows []row) map[string]action {
	m := make(map[string]action, 4*len(rows))
	for _, r := range split(rows) {
		m[string(lower(nil, r.operations))] = r.action
	}
	return m
}

// split gives rows of one operation each, with their heads.
func split(rows []row) (one []row) {
	for _, r := range rows {
		r.head = r.class.head(r.activity)
		for op := range strings.SplitSeq(r.operations, "|") {
			one = append(one, row{r.action, op})
		}
	}
	return one
}

// none is the subject of events that have no attributes of their own.
var none = subject{describe: func(*event) {}}
