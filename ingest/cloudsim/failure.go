package cloudsim

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
)

// errUnauthorized stands for a token that is missing, expired, forged or meant for another resource.
var errUnauthorized = errors.New("authorization denied")

// failure is an error of the Management API.
type failure struct {
	status int
	code   string
	text   string
	wait   int // seconds of Retry-After; 0 sends none
}

func (f *failure) Error() string { return f.code + ": " + f.text }

// gateway is the error of what stands before the API, by its status. It knows nothing of the API's form.
type gateway int

func (g gateway) Error() string {
	return fmt.Sprintf("gateway: %d %s", int(g), http.StatusText(int(g)))
}

// failures are the API's error codes: HTTP status and text. Microsoft's reference gives the texts of most and the status
// of few. 401 of AF10001 and 400 of AF20024, AF20051 and AF20055 have been seen; the rest are 400 by their likeness,
// but for content that is not there, which clients report as 404, for throttling, which the reference prints with 403,
// and for internal errors.
var failures = map[string]struct {
	status int
	text   string
}{
	"AF10001": {http.StatusUnauthorized, "The permission set (%s) sent in the request does not include the expected permission."},
	"AF20001": {http.StatusBadRequest, "Missing parameter: %s."},
	"AF20002": {http.StatusBadRequest, "Invalid parameter type: %s. Expected type: %s."},
	"AF20003": {http.StatusBadRequest, "Expiration %s provided is set to past date and time."},
	"AF20010": {http.StatusBadRequest, "The tenant ID passed in the URL (%s) does not match the tenant ID passed in the access token (%s)."},
	"AF20011": {http.StatusBadRequest, "Specified tenant ID (%s) does not exist in the system or has been deleted."},
	"AF20013": {http.StatusBadRequest, "The tenant ID passed in the URL (%s) is not a valid GUID."},
	"AF20020": {http.StatusBadRequest, "The specified content type is not valid."},
	"AF20021": {http.StatusBadRequest, "The webhook endpoint (%s) could not be validated. %s"},
	"AF20022": {http.StatusBadRequest, "No subscription found for the specified content type."},
	"AF20023": {http.StatusBadRequest, "The subscription was disabled."},
	"AF20024": {http.StatusBadRequest, "The subscription is already enabled. No property change."},
	"AF20030": {http.StatusBadRequest, "Start time and end time must both be specified (or both omitted) and must be less than or equal to " +
		"24 hours apart, with the start time no more than 7 days in the past."},
	"AF20031": {http.StatusBadRequest, "Invalid nextPage Input: %s."},
	"AF20050": {http.StatusNotFound, "The specified content (%s) does not exist."},
	"AF20051": {http.StatusBadRequest, "Content requested with the key %s has already expired. Content older than 7 days cannot be retrieved."},
	"AF20052": {http.StatusBadRequest, "Content ID %s in the URL is invalid."},
	"AF20053": {http.StatusBadRequest, "Only one language may be present in the Accept-Language header."},
	"AF20054": {http.StatusBadRequest, "Invalid syntax in Accept-Language header."},
	"AF20055": {http.StatusBadRequest, "Start time and end time must both be specified (or both omitted) and must be less than or equal to " +
		"24 hours apart, with the start time prior to end time and start time no more than 7 days in the past."},
	"AF429":   {http.StatusForbidden, "Too many requests. Method=%s, PublisherId=%s."},
	"AF50000": {http.StatusInternalServerError, "An internal error occurred. Retry the request."},
	"AF50005": {http.StatusInternalServerError, "An internal error occurred. Retry the request."},
	"AF50006": {http.StatusInternalServerError, "An internal error occurred. Retry the request."},
}

func fail(code string, args ...any) *failure {
	f := failures[code]
	return &failure{status: f.status, code: code, text: fmt.Sprintf(f.text, args...)}
}

// refused writes an operation's error the way the API does.
func refused(w http.ResponseWriter, err error) {
	var f *failure
	var g gateway
	switch {
	case errors.As(err, &f):
		if f.wait > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(f.wait))
		}
		reply(w, f.status, map[string]any{"error": map[string]string{"code": f.code, "message": f.text}})
	case errors.As(err, &g):
		g.write(w)
	case errors.Is(err, errUnauthorized):
		reply(w, http.StatusUnauthorized, map[string]string{"Message": "Authorization has been denied for this request."})
	default:
		refused(w, fail("AF50000"))
	}
}

func (g gateway) write(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(int(g))
	_, _ = fmt.Fprintf(w, "<html><head><title>%[1]d %[2]s</title></head>\r\n<body><center><h1>%[1]d %[2]s</h1></center></body></html>\r\n",
		int(g), http.StatusText(int(g))) // the client is gone
}
