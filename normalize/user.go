package normalize

import "strings"

// user is somebody as a record names them.
type user struct {
	name, uid string
	typed     bool // the record says of what type they are
	typeID    int64
	caption   string
}

// nobody stands where OCSF demands a name and the record has none.
const nobody = "Unknown"

// doer gives who did it.
func (r *record) doer() user {
	u := user{name: r.who, typed: true}
	if key := r.userKey.text(); key != "Not Available" {
		u.uid = key
	}
	u.typeID, u.caption = userType(r.userType.text())
	return u
}

// userType gives the type of user for a UserType. The values come from the schema of the Management Activity API;
// some sources write the name for the number. Exchange calls people Admin (2) who run a cmdlet on their own
// mailbox, so the word is kept and no claim of an administrator is made.
func userType(s string) (id int64, caption string) {
	var space [32]byte
	switch string(lower(space[:0], s)) {
	case "", "unknown":
		return 0, "Unknown"
	case "0", "regular":
		return 1, "User"
	case "4", "system":
		return 3, "System"
	case "5", "application", "6", "serviceprincipal":
		return 4, "Service"
	}
	names := [...]string{1: "Reserved", 2: "Admin", 3: "DCAdmin", 7: "CustomPolicy", 8: "SystemPolicy",
		9: "PartnerTechnician", 10: "Guest"}
	if n, ok := digits(s); ok && n < len(names) && names[n] != "" {
		return other, names[n]
	}
	return other, s
}

// user writes somebody as an attribute of the event that stands at path.
func (e *event) user(name, path string, u user) {
	e.object(name)
	switch at := bare(u.name); {
	case isEmail(at):
		e.str("email_addr", at)
		e.observe(path, ".email_addr", mailAddress, at)
	case u.name == "" && u.uid == "":
		u.name = nobody
	default:
		e.observe(path, ".name", userName, u.name)
	}
	e.str("name", u.name)
	if u.typed {
		e.id("type_id", u.typeID, "type", u.caption)
	}
	e.str("uid", u.uid)
	e.close('}')
	e.observe(path, ".uid", userUID, u.uid)
}

// actor writes who did it, in which session and with which application.
func (e *event) actor() {
	u, sessionID, appID := e.r.doer(), e.r.session(), e.r.app()
	appName := orElse(e.r.appDisplayName.text(), e.r.appAccessContext.get("ClientAppName").text())
	known := u.name != "" || u.uid != ""
	if !known && sessionID == "" && appID == "" && appName == "" && e.act.class != &fileHosting {
		return
	}
	e.object("actor")
	e.str("app_name", appName)
	e.str("app_uid", appID)
	if sessionID != "" {
		e.object("session")
		e.str("uid", sessionID)
		e.close('}')
	}
	if known || e.act.class == &fileHosting {
		e.user("user", "actor.user", u)
	}
	e.close('}')
	e.observe("actor", ".session.uid", session, sessionID)
	e.observe("actor", ".app_uid", app, appID)
}

// session gives the session that it was done in.
func (r *record) session() string {
	return orElse(r.sessionID.text(), r.appAccessContext.get("AADSessionId").text(),
		property(r.deviceProperties, "SessionId").text())
}

// app gives the ID of the application that it was done with.
func (r *record) app() string {
	return orElse(r.applicationID.text(), r.clientAppID.text(), r.appID.text(),
		r.appAccessContext.get("ClientAppId").text())
}

// agent gives the client's own description of itself.
func (r *record) agent() string {
	if s := r.userAgent.text(); s != "" {
		return s
	}
	if s := r.extended.get("UserAgent").text(); s != "" {
		return s
	}
	if s := nested(r.extended.get("additionalDetails")).get("User-Agent").text(); s != "" {
		return s
	}
	return r.clientInfo.text()
}

// isEmail says whether a text is a mail address as OCSF understands it: one @, a dot in the domain, and none of
// the characters that only quoted addresses may have. Of a guest's name the #EXT# is part.
func isEmail(s string) bool {
	at := strings.IndexByte(s, '@')
	if at <= 0 || len(s) > 320 {
		return false
	}
	for i := range at {
		if !isAlnum(s[i]) && strings.IndexByte("!#$%&'*+-/=?^_`{|}~.", s[i]) < 0 {
			return false
		}
	}
	domain := s[at+1:]
	for i := range len(domain) {
		if !isAlnum(domain[i]) && domain[i] != '-' && domain[i] != '.' {
			return false
		}
	}
	dot := strings.IndexByte(domain, '.')
	return dot > 0 && dot < len(domain)-1
}

func isAlnum(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}
