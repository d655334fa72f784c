package normalize

import "strings"

// How an action ended, by the numbers of OCSF's status_id.
const (
	statusUnknown = 0
	statusSuccess = 1
	statusFailure = 2
)

// status writes how it ended.
func (e *event) status() {
	r := &e.r
	e.statusID, e.ended = e.outcome()
	e.id("status_id", e.statusID, "status", e.ended)
	if e.act.class.finding {
		return
	}
	e.str("status_code", orElse(r.errorNumber.text(), r.errorCode.text()))
	e.str("status_detail", e.statusDetail())
}

// statusDetail gives why it ended so. ResultStatusDetail tells how the request ended: of a failed sign-in it may
// say Success, or Redirect, which is no reason.
func (e *event) statusDetail() string {
	detail := e.r.logonError.text()
	if detail != "" || e.act.class != &authentication {
		return detail
	}
	detail = e.r.extended.get("ResultStatusDetail").text()
	id, _ := result(detail)
	if e.statusID != statusSuccess && (id == statusSuccess || detail == "Redirect") {
		return ""
	}
	return detail
}

func (e *event) outcome() (id int64, caption string) {
	if e.act.class.finding {
		return findingStatus(e.r.status.text(), e.act.activity)
	}
	if e.act.class == &authentication {
		return e.r.logonResult()
	}
	return result(e.r.resultStatus.text())
}

// result reads ResultStatus, which every service spells in its own way. What is neither a success nor a failure
// keeps its own word.
func result(s string) (id int64, caption string) {
	var space [32]byte
	switch string(lower(space[:0], strings.TrimSpace(s))) {
	case "", "unknown":
		return statusUnknown, "Unknown"
	case "succeeded", "success", "successful", "true", "1", "ok", "completed", "passed":
		return statusSuccess, "Success"
	case "failed", "failure", "fail", "false", "0", "error", "denied", "unsuccessful":
		return statusFailure, "Failure"
	}
	return other, s
}

// logonResult says how a sign-in ended. ResultStatus does not tell: failed sign-ins carry "Success". The operation
// decides, after the codes of sign-ins that were interrupted and are neither.
func (r *record) logonResult() (id int64, caption string) {
	if isInterrupt(orElse(r.errorNumber.text(), r.errorCode.text()), r.logonError.text()) {
		return other, "Interrupted"
	}
	op := strings.Trim(r.op, " .\t\r\n")
	switch {
	case strings.EqualFold(op, "UserLoggedIn"):
		return statusSuccess, "Success"
	case strings.EqualFold(op, "UserLoginFailed"):
		return statusFailure, "Failure"
	case !r.loginStatus.empty():
		if r.loginStatus.text() == "0" {
			return statusSuccess, "Success"
		}
		return statusFailure, "Failure"
	}
	return result(r.resultStatus.text())
}

// isInterrupt says whether a sign-in stopped to ask the user for something. Microsoft's reference of AADSTS codes
// gives the numbers of the names.
func isInterrupt(code, name string) bool {
	switch name {
	case "UserStrongAuthClientAuthNRequired", "UserStrongAuthClientAuthNRequiredInterrupt",
		"UserStrongAuthEnrollmentRequired", "UserStrongAuthEnrollmentRequiredInterrupt", "CmsiInterrupt",
		"KmsiInterrupt", "SsoArtifactExpiredDueToConditionalAccess", "PasswordResetRegistrationRequiredInterrupt",
		"EntitlementGrantsNotFound", "InvalidReplyTo":
		return true
	}
	switch code {
	case "50011", "50072", "50074", "50076", "50079", "50105", "50125", "50140", "50199", "70044":
		return true
	}
	return false
}

// findingStatus says how far a finding is. One that has just been raised is new.
func findingStatus(s string, activity int64) (id int64, caption string) {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "":
		if activity == 1 {
			return 1, "New"
		}
		return 0, "Unknown"
	case "unknown":
		return 0, "Unknown"
	case "active", "new":
		return 1, "New"
	case "investigating", "inprogress", "in progress", "running":
		return 2, "In Progress"
	case "dismissed":
		return 3, "Suppressed"
	case "resolved", "closed":
		return 4, "Resolved"
	}
	return other, s
}
