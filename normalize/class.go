package normalize

// class is an OCSF event class, as far as events of it differ.
type class struct {
	uid            int64
	category, name string
	activities     []string // captions by activity_id
	host           bool     // actor is legal under the profile host alone
	endpoint       bool     // it has src_endpoint
	request        bool     // it has http_request
	finding        bool     // status_id says how far a finding is, not how an action ended
}

// other is the activity_id that has no caption but the record's own Operation.
const other = 99

// The classes of OCSF 1.8.0 that records become. schema.ocsf.io names their activities.
var (
	baseEvent = class{uid: 0, category: "Uncategorized", name: "Base Event", host: true}

	detectionFinding = class{uid: 2004, category: "Findings", name: "Detection Finding", host: true, finding: true,
		activities: []string{"Unknown", "Create", "Update", "Close"}}
	dataFinding = class{uid: 2006, category: "Findings", name: "Data Security Finding", endpoint: true, finding: true,
		activities: []string{"Unknown", "Create", "Update", "Close", "Suppressed"}}

	accountChange = class{uid: 3001, category: iam, name: "Account Change", endpoint: true, request: true,
		activities: []string{"Unknown", "Create", "Enable", "Password Change", "Password Reset", "Disable", "Delete",
			"Attach Policy", "Detach Policy", "Lock", "MFA Factor Enable", "MFA Factor Disable", "Unlock"}}
	authentication = class{uid: 3002, category: iam, name: "Authentication", endpoint: true, request: true,
		activities: []string{"Unknown", "Logon", "Logoff"}}
	entityManagement = class{uid: 3004, category: iam, name: "Entity Management", endpoint: true, request: true,
		activities: []string{"Unknown", "Create", "Read", "Update", "Delete", "Move", "Enroll", "Unenroll", "Enable",
			"Disable", "Activate", "Deactivate", "Suspend", "Resume"}}
	userAccess = class{uid: 3005, category: iam, name: "User Access Management", endpoint: true, request: true,
		activities: []string{"Unknown", "Assign Privileges", "Revoke Privileges"}}
	groupManagement = class{uid: 3006, category: iam, name: "Group Management", endpoint: true, request: true,
		activities: []string{"Unknown", "Assign Privileges", "Revoke Privileges", "Add User", "Remove User", "Delete",
			"Create", "Add Subgroup", "Remove Subgroup"}}

	emailActivity = class{uid: 4009, category: "Network Activity", name: "Email Activity", host: true, endpoint: true,
		activities: []string{"Unknown", "Send", "Receive", "Scan", "Trace", "MTA Relay"}}

	webResources = class{uid: 6001, category: application, name: "Web Resources Activity", host: true, endpoint: true,
		request: true, activities: []string{"Unknown", "Create", "Read", "Update", "Delete", "Search", "Import",
			"Export", "Share"}}
	fileHosting = class{uid: 6006, category: application, name: "File Hosting Activity", endpoint: true, request: true,
		activities: []string{"Unknown", "Upload", "Download", "Update", "Delete", "Rename", "Copy", "Move", "Restore",
			"Preview", "Lock", "Unlock", "Share", "Unshare", "Open", "Sync", "Unsync", "Access Check"}}
)

const (
	iam         = "Identity & Access Management"
	application = "Application Activity"
)

// head gives the attributes that say what kind of event it is, as JSON. Of the activity other, activity_name stands
// last and is left open: it is the record's own Operation.
func (c *class) head(activity int64) string {
	caption := "Other"
	if activity != other {
		caption = c.activities[activity]
	}
	e := encoder{buf: []byte("{")}
	e.id("category_uid", c.uid/1000, "category_name", c.category)
	e.id("class_uid", c.uid, "class_name", c.name)
	e.int("type_uid", c.uid*100+activity)
	e.str("type_name", c.name+": "+caption)
	e.int("activity_id", activity)
	if activity != other {
		e.str("activity_name", caption)
	}
	return string(e.buf[1:])
}

// classify writes what kind of event it is.
func (e *event) classify() {
	e.verbatim(e.act.head)
	if e.act.activity == other {
		e.str("activity_name", orElse(e.r.op, "Other"))
	}
}

// orElse gives the first text that says something.
func orElse(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
