package cloudsim

import (
	"net/http"
	"regexp"
	"strings"
)

// sensitiveType is one kind of sensitive information that DLP rules look for.
type sensitiveType struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

var sensitiveTypes = []sensitiveType{
	{"50842eb7-edc8-4019-85dd-5a5c1f2bb085", "CreditCardNumber"},
	{"e7dc4711-11b7-4cb0-b88b-2c394a771f0e", "IBAN"},
	{"a44669fe-0d48-453d-a9b1-2cc83f2cba77", "SocialSecurityNumber"},
}

var languageForm = regexp.MustCompile(`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*(;q=[01](\.[0-9]{1,3})?)?$`)

// sensitiveTypes lists the kinds, in at most one language; the simulation speaks en-US whatever it is asked for.
func (c *Cloud) sensitiveTypes(w http.ResponseWriter, r *call) error {
	language := strings.TrimSpace(r.Header.Get("Accept-Language"))
	switch {
	case strings.Contains(language, ","):
		return fail("AF20053")
	case language != "" && !languageForm.MatchString(language):
		return fail("AF20054")
	}
	reply(w, http.StatusOK, sensitiveTypes)
	return nil
}
