package o365

import (
	"net/http"
	"strings"
)

// Action says what to do about an answer that is no success.
type Action string

// The actions.
const (
	Retry     Action = "retry"     // the service's trouble: ask again later; the client does so itself
	Throttle  Action = "throttle"  // too many requests: ask again later; the client does so itself
	Renew     Action = "renew"     // the token is not accepted: the client renews it once
	Subscribe Action = "subscribe" // start the subscription, then ask again
	Window    Action = "window"    // fix the window, then list again
	Relist    Action = "relist"    // list the window again from its first page
	Lost      Action = "lost"      // the content can no longer be had
	Stop      Action = "stop"      // a person must change the configuration first
)

type rule struct {
	code   string
	action Action
	why    string
}

// auditingOff stands in the stack trace that a start is answered with where unified auditing was never enabled.
const auditingOff = "DataServiceException: Tenant"

// codeEnabled answers a start that changes nothing. Microsoft's table of errors omits it.
const codeEnabled = "AF20024"

// rules is the API's table of errors with what each asks of a client.
var rules = []rule{
	{"AF10001", Stop, "the app lacks the permission: grant ActivityFeed.Read (for DLP.All also ActivityFeed.ReadDlp) and admin consent"},
	{"AF20001", Stop, "a parameter is missing"},
	{"AF20002", Stop, "a parameter has the wrong type"},
	{"AF20003", Stop, "the webhook's expiration is in the past"},
	{"AF20010", Stop, "the token is of another tenant: check the tenant and the credential's tenant"},
	{"AF20011", Stop, "the tenant does not exist or was deleted: check the tenant"},
	{"AF20012", Stop, "the tenant is configured wrongly on Microsoft's side"},
	{"AF20013", Stop, "the tenant is no GUID: check the tenant"},
	{"AF20020", Stop, "the content type is not known"},
	{"AF20021", Stop, "the webhook could not be validated"},
	{"AF20022", Subscribe, "there is no subscription for the content type"},
	{"AF20023", Subscribe, "the subscription was disabled by an administrator"},
	{codeEnabled, Stop, "the subscription is already enabled"},
	{"AF20030", Window, "the window is wider than 24 hours or starts more than 7 days back: check the clock"},
	{"AF20031", Relist, "the page's token is no longer valid"},
	{"AF20050", Lost, "the content does not exist"},
	{"AF20051", Lost, "the content has expired: it is older than 7 days"},
	{"AF20052", Lost, "the content id is not valid"},
	{"AF20053", Stop, "more than one language was asked for"},
	{"AF20054", Stop, "the language has the wrong form"},
	{"AF20055", Window, "the window is wider than 24 hours, starts more than 7 days back, or ends before it starts: check the clock"},
	{"AF429", Throttle, "too many requests for the tenant and publisher"}, // comes with 403 as well as 429
}

func byCode(code string) (rule, bool) {
	for _, r := range rules {
		if strings.EqualFold(r.code, code) {
			return r, true
		}
	}
	if strings.HasPrefix(strings.ToUpper(code), "AF500") { // AF50000, AF50005, AF50006: internal errors
		return rule{code, Retry, "an internal error of the service"}, true
	}
	return rule{}, false
}

func byStatus(status int) rule {
	switch {
	case status == http.StatusUnauthorized:
		return rule{"", Renew, "the token is missing, expired or meant for another host"}
	case status == http.StatusTooManyRequests:
		return rule{"", Throttle, "too many requests"}
	case status == http.StatusRequestTimeout || status >= 500:
		return rule{"", Retry, "the service is in trouble"}
	case status == http.StatusNotFound || status == http.StatusGone:
		return rule{"", Lost, "there is nothing at this address"}
	case status >= 300 && status < 400:
		return rule{"", Stop, "a redirect, which is not followed because it would carry the token away"}
	default:
		return rule{"", Stop, ""}
	}
}
