package o365

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestAnswersAndWhatToDoAboutThem(t *testing.T) {
	afs := func(code string) string { return `{"error":{"code":"` + code + `","message":"Some words."}}` }
	for name, c := range map[string]struct {
		status int
		body   string
		action Action
		code   string
	}{
		"no permission, though 401":     {401, afs("AF10001"), Stop, "AF10001"},
		"parameter missing":             {400, afs("AF20001"), Stop, "AF20001"},
		"parameter of wrong type":       {400, afs("AF20002"), Stop, "AF20002"},
		"webhook expired":               {400, afs("AF20003"), Stop, "AF20003"},
		"another tenant":                {403, afs("AF20010"), Stop, "AF20010"},
		"no such tenant":                {404, afs("AF20011"), Stop, "AF20011"},
		"tenant set up wrongly":         {400, afs("AF20012"), Stop, "AF20012"},
		"tenant no GUID":                {400, afs("AF20013"), Stop, "AF20013"},
		"no such content type":          {400, afs("AF20020"), Stop, "AF20020"},
		"webhook not validated":         {400, afs("AF20021"), Stop, "AF20021"},
		"no subscription":               {400, afs("AF20022"), Subscribe, "AF20022"},
		"no subscription, as 404":       {404, afs("AF20022"), Subscribe, "AF20022"},
		"subscription disabled":         {400, afs("AF20023"), Subscribe, "AF20023"},
		"window":                        {400, afs("AF20030"), Window, "AF20030"},
		"page token":                    {400, afs("AF20031"), Relist, "AF20031"},
		"no content":                    {404, afs("AF20050"), Lost, "AF20050"},
		"expired":                       {400, afs("AF20051"), Lost, "AF20051"},
		"content id":                    {400, afs("AF20052"), Lost, "AF20052"},
		"languages":                     {400, afs("AF20053"), Stop, "AF20053"},
		"language":                      {400, afs("AF20054"), Stop, "AF20054"},
		"window ends before it starts":  {400, afs("AF20055"), Window, "AF20055"},
		"throttled as 403":              {403, afs("AF429"), Throttle, "AF429"},
		"throttled as 429":              {429, afs("AF429"), Throttle, "AF429"},
		"throttled without a code":      {429, ``, Throttle, ""},
		"internal":                      {500, afs("AF50000"), Retry, "AF50000"},
		"internal, 5":                   {500, afs("AF50005"), Retry, "AF50005"},
		"internal, 6, though 400":       {400, afs("AF50006"), Retry, "AF50006"},
		"timeout":                       {408, ``, Retry, ""},
		"unavailable":                   {503, `<html>busy</html>`, Retry, ""},
		"bad gateway":                   {502, ``, Retry, ""},
		"token":                         {401, `{"Message":"Authorization has been denied for this request."}`, Renew, ""},
		"token, empty":                  {401, ``, Renew, ""},
		"forbidden":                     {403, `{}`, Stop, ""},
		"nothing there":                 {404, ``, Lost, ""},
		"unknown code, client":          {400, afs("AF29999"), Stop, "AF29999"},
		"unknown code, server":          {500, afs("AF29999"), Retry, "AF29999"},
		"single quotes":                 {403, `{'error':{'code':'AF429','message':'Too many requests. Method=GetBlob, PublisherId={x}'}}`, Throttle, "AF429"},
		"single quotes around a window": {400, `{ 'error': { 'code' : 'AF20055', 'message': 'x' } }`, Window, "AF20055"},
		"a message that is an object":   {400, `{"error":{"code":"AF20022","message":{"lang":"en","value":"x"}}}`, Subscribe, "AF20022"},
		"code in loose text":            {400, `Error AF20051: the content expired`, Lost, "AF20051"},
		"byte order mark":               {400, "\ufeff" + afs("AF20051"), Lost, "AF20051"},
		"cut":                           {400, `{"error":{"code":"AF20023","mess`, Subscribe, "AF20023"},
	} {
		t.Run(name, func(t *testing.T) {
			e := errorOf("op", "", answer(c.status, c.body))
			if e.Action() != c.action || e.Code != c.code || e.Status != c.status {
				t.Errorf("%v: action %s code %q, want %s %q", e, e.Action(), e.Code, c.action, c.code)
			}
		})
	}
}

func TestEveryCodeHasAReason(t *testing.T) {
	for i, r := range rules {
		if r.why == "" {
			t.Errorf("%s has no reason", r.code)
		}
		if first, _ := byCode(strings.ToLower(r.code)); first != rules[i] {
			t.Errorf("%s is there twice, or not found without case", r.code)
		}
	}
}

func TestAuditingThatWasNeverEnabledIsNamed(t *testing.T) {
	e := errorOf("op", "", answer(500, `{"error":{"code":"StartSubscription [TenantId=`+tenant+`,ContentType=Audit.Exchange] failed. Exception",
		"message":"Microsoft.Office.Compliance.Audit.DataServiceException: Tenant `+tenant+` does not exist.\r\n   at `+strings.Repeat("Frame ", 1000)+`"}}`))
	if e.Action() != Stop || !strings.Contains(e.Error(), "auditing was never enabled") {
		t.Errorf("action %s, error %v", e.Action(), e)
	}
	if len(e.Message) > 2*maxMessage || strings.ContainsAny(e.Error(), "\r\n") {
		t.Errorf("message of %d bytes: %q", len(e.Message), e.Error())
	}
}

func TestRetryAfterIsSecondsOrADate(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for v, want := range map[string]time.Duration{
		"": 0, "7": 7 * time.Second, "-7": 0, "soon": 0, "99999999999999": maxWait, "1e3": 0,
		"Sun, 01 Mar 2026 12:00:30 GMT": 30 * time.Second,
		"Sun, 01 Mar 2026 11:00:00 GMT": 0,
		"Sun, 01 Mar 2037 11:00:00 GMT": maxWait,
	} {
		if got := retryAfter(http.Header{"Retry-After": {v}}, now); got != want {
			t.Errorf("%q: %s, want %s", v, got, want)
		}
	}
}

func TestErrorsSayWhatFailedAndNoSecret(t *testing.T) {
	c, srv := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		reply(w, 400, `{"error":{"code":"AF20051","message":"Content requested has already expired."}}`)
	})
	_, errs := fetched(t.Context(), c, Blob{ID: "blob-1", URI: srv.URL + "/audit/x?signature=hush"})
	var e *Error
	if len(errs) != 1 || !errors.As(errs[0], &e) {
		t.Fatal(errs)
	}
	want := "fetch blob blob-1: status 400 AF20051 Content requested has already expired. (the content has expired: it is older than 7 days)"
	if errs[0].Error() != want {
		t.Errorf("got  %q\nwant %q", errs[0], want)
	}
}

func answer(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: readCloser{strings.NewReader(body)}}
}

type readCloser struct{ *strings.Reader }

func (readCloser) Close() error { return nil }
