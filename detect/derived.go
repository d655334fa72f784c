package detect

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/tidwall/gjson"

	"ualstream/detect/sigma"
)

// derivation gives the values of a derived field; none: the event lacks the field.
type derivation struct {
	kind sigma.Kind
	of   func(*reader) []string
}

// derived are the fields that no record has and rules may ask for, in either view, as derived.NAME. They are computed
// when they are asked for. Addresses and account names are in lower case.
var derived = map[string]derivation{
	// account: the user whose account or mailbox it is about: of a change in the directory whom it was done to.
	"account": {sigma.String, func(r *reader) []string { return some(r.account()) }},
	// actor: who did it: their address, else the name or ID that the record gives them. Absent where it says nobody.
	"actor": {sigma.String, func(r *reader) []string { return some(r.actorName()) }},
	// actor_id: the object ID of the account that did it, where the record has it; else as actor. Sign-ins that
	// failed may lack the name and have the ID.
	"actor_id": {sigma.String, func(r *reader) []string { return some(r.actorID()) }},
	// address: the client's IP address in its usual form, without port. Absent where the record has none that says
	// anything, such as 0.0.0.0 or ::1, so that a correlation never counts unknown places as one.
	"address": {sigma.String, func(r *reader) []string { return some(r.address()) }},
	// error_code: the number of a sign-in's error, as 50126; 0 or absent where there is none.
	"error_code": {sigma.String, func(r *reader) []string { return some(r.get("status_code").String()) }},
	// external_recipients: the addresses outside the tenant's domains to which the record forwards, redirects, delegates
	// or sends. A guest counts as the address they were invited by.
	"external_recipients": {sigma.String, (*reader).externalRecipients},
	// folder: the last element of the path of each folder it is about; of the folders that something goes to where it
	// goes somewhere.
	"folder": {sigma.String, (*reader).folders},
	// mailbox: the mailbox it was done to.
	"mailbox": {sigma.String, func(r *reader) []string { return some(r.mailbox()) }},
	// noise: whether it is what services do by the thousand. Noise raises no finding anyway.
	"noise": {sigma.Bool, func(r *reader) []string { return truth(r.noise(r)) }},
	// recipient_count: the number of recipients of a mail.
	"recipient_count": {sigma.Number, func(r *reader) []string { return some(recipientCount(record{r.get("unmapped")})) }},
	// rule_name: the name of the inbox, sweep, transport or journal rule.
	"rule_name": {sigma.String, func(r *reader) []string { return some(r.ruleName()) }},
	// session: the sign-in session it was done in.
	"session": {sigma.String, func(r *reader) []string { return some(r.get("actor.session.uid").Str) }},
	// throwaway_rule_name: of a rule with a name, whether the name has at most two letters, no letter or digit at all,
	// or one character over and over.
	"throwaway_rule_name": {sigma.Bool, func(r *reader) []string {
		if name := strings.TrimSpace(r.ruleName()); name != "" {
			return truth(isThrowaway(name))
		}
		return nil
	}},
	// user_agent: what the client calls itself.
	"user_agent": {sigma.String, func(r *reader) []string { return some(r.get("http_request.user_agent").Str) }},
}

// DerivedFields gives the names of the derived fields, with derived. before them, in lexical order.
func DerivedFields() []string {
	var names []string
	for name := range derived {
		names = append(names, "derived."+name)
	}
	slices.Sort(names)
	return names
}

// derivedField gives the lookup for derived.NAME, or nil.
func derivedField(name string) lookup {
	short, ok := strings.CutPrefix(name, "derived.")
	d, known := derived[short]
	if !ok || !known {
		return nil
	}
	return d
}

func (d derivation) values(r *reader, dst []sigma.Value) ([]sigma.Value, bool) {
	texts := d.of(r)
	for _, t := range texts {
		dst = append(dst, sigma.Value{Kind: d.kind, Text: t})
	}
	return dst, len(texts) > 0
}

func some(text string) []string {
	if text == "" {
		return nil
	}
	return []string{text}
}

func truth(holds bool) []string {
	if holds {
		return []string{"true"}
	}
	return []string{"false"}
}

// isNobody says whether a name is that of no account.
func isNobody(name string) bool {
	switch lower(name) {
	case "", "not available", "unknown", "-", "<null>":
		return true
	}
	return false
}

// Types of the identities in Actor (Management Activity API schema, IdentityType): a claim, which holds the object
// ID, and a user principal name.
const (
	claim = 0
	upn   = 5
)

// identity gives the first identity of that type among the record's Actor that is wanted.
func (r *reader) identity(kind int64, wanted func(id string) bool) string {
	found := ""
	r.get("unmapped.Actor").ForEach(func(_, a gjson.Result) bool {
		if id := a.Get("ID").String(); a.Get("Type").Int() == kind && wanted(id) {
			found = id
		}
		return found == ""
	})
	return found
}

func (r *reader) actorName() string {
	for _, name := range []string{
		r.get("actor.user.email_addr").Str, r.identity(upn, func(string) bool { return true }), r.get("actor.user.name").Str,
		r.get("actor.user.uid").Str, r.get("actor.app_name").Str, r.get("actor.app_uid").Str,
	} {
		if !isNobody(name) {
			return strings.ToLower(name)
		}
	}
	return ""
}

func (r *reader) actorID() string {
	key := r.get("unmapped.UserKey").String()
	for _, id := range []string{
		r.get("unmapped.TokenObjectId").String(), key, r.identity(claim, isGUID), prefixedGUID(r.get("unmapped.Actor")),
	} {
		if isGUID(id) {
			return strings.ToLower(id)
		}
	}
	return r.actorName()
}

// prefixedGUID gives the object ID that stands among a list's identities as User_… or ServicePrincipal_….
func prefixedGUID(list gjson.Result) string {
	found := ""
	list.ForEach(func(_, a gjson.Result) bool {
		if kind, id, ok := strings.Cut(a.Get("ID").String(), "_"); ok && (kind == "User" || kind == "ServicePrincipal") {
			found = id
		}
		return found == ""
	})
	return found
}

func isGUID(s string) bool {
	if len(s) != 36 || s == "00000000-0000-0000-0000-000000000000" {
		return false
	}
	for i, c := range []byte(s) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if hex := '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f'; dash != (c == '-') || !dash && !hex {
			return false
		}
	}
	return true
}

// mailbox gives the mailbox that the event names.
func (r *reader) mailbox() string {
	return strings.ToLower(r.get(`metadata.tags.#(name=="mailbox").value`).Str)
}

// account gives the account that normalizing found, or where that is no address whom a change was done to.
func (r *reader) account() string {
	for _, path := range []string{`metadata.tags.#(name=="account").value`, "unmapped.Target.#(Type==5).ID", "unmapped.ObjectId"} {
		if name := r.get(path).Str; strings.Contains(name, "@") {
			return strings.ToLower(name)
		}
	}
	return r.actorName()
}

func (r *reader) address() string {
	ip, err := netip.ParseAddr(r.get("src_endpoint.ip").Str)
	if err != nil || ip.IsUnspecified() || ip.IsLoopback() {
		return ""
	}
	return ip.String()
}

// ruleName gives the name of the mail rule that the event is about; normalizing knows where it stands.
func (r *reader) ruleName() string {
	if policy := r.get("entity.policy"); strings.HasSuffix(policy.Get("type").Str, " Rule") {
		return policy.Get("name").Str
	}
	return ""
}

// isThrowaway says whether a name was typed to be rid of the question.
func isThrowaway(name string) bool {
	runes := []rune(name)
	meaningful, same := false, true
	for _, c := range runes {
		meaningful = meaningful || unicode.IsLetter(c) || unicode.IsDigit(c)
		same = same && unicode.ToLower(c) == unicode.ToLower(runes[0])
	}
	return len(runes) <= 2 || !meaningful || same
}

// folders gives the names of the folders that something goes to, or else of those it is about.
func (r *reader) folders() []string {
	var paths []string
	parameters(r.get("unmapped.Parameters"), func(name, v string) bool {
		if among(folderParameters, name) {
			paths = append(paths, v)
		}
		return true
	})
	for _, path := range folderPaths {
		if len(paths) > 0 {
			break
		}
		for _, p := range r.get(path).Array() {
			paths = append(paths, p.String())
		}
	}
	for i, p := range paths {
		if folderID.MatchString(p) {
			continue
		}
		p = strings.TrimRight(strings.TrimSpace(p), `\/`)
		paths[i] = strings.TrimSpace(p[strings.LastIndexAny(p, `\/:`)+1:])
	}
	return paths
}

// Where folders stand: parameters of cmdlets, and attributes of records, those that something goes to first.
var (
	folderParameters = []string{"MoveToFolder", "CopyToFolder", "DestinationFolder"}
	folderPaths      = []string{
		"unmapped.DestFolder.Path", "unmapped.Folder.Path", "unmapped.Item.ParentFolder.Path", "unmapped.Folders.#.Path",
	}
)

// folderID is a folder's ID, which stands in place of a path now and then. It is base64 and may have slashes in it.
var folderID = regexp.MustCompile(`^[A-Za-z0-9+/_=-]{60,}$`)
