package cloudsim

import (
	"html/template"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// consent is a request for an administrator's consent.
// https://learn.microsoft.com/entra/identity-platform/v2-admin-consent
type consent struct {
	App      string
	Roles    []string
	Tenants  []Tenant // in whose name it can be given; several where the address names none
	Done     string   // what came of it; "" before
	redirect *url.URL // nil where no redirect_uri is given
}

// adminConsent is the page on which an administrator lets the app into a tenant: shown to GET, accepted by POST. Entra
// asks who somebody is first; here it is whoever opens the page. The scope that version 2 wants is not insisted on.
func (c *Cloud) adminConsent(w http.ResponseWriter, r *http.Request) {
	asked, refused := c.consentAsked(r)
	switch {
	case refused != nil:
		page(w, http.StatusBadRequest, refusedPage, refused)
	case r.Method != http.MethodPost:
		page(w, http.StatusOK, consentPage, asked)
	case r.PostFormValue("cancel") != "":
		asked.end(w, r, "No consent was given.", url.Values{"error": {"access_denied"}, "error_description": {"AADSTS65004: User declined to consent to access the app."}})
	default:
		c.consented(w, r, asked)
	}
}

// consentAsked reads the request. What is wrong with it is shown to whoever asks, never sent to redirect_uri.
func (c *Cloud) consentAsked(r *http.Request) (*consent, *refusal) {
	q := r.URL.Query()
	tenants, refused := c.consenting(r)
	id := q.Get("client_id")
	switch {
	case refused != nil:
		return nil, refused
	case id == "":
		return nil, refuse("invalid_request", 900144, "The request must contain the following parameter: 'client_id'.")
	case !strings.EqualFold(id, c.cfg.ClientID):
		return nil, unknownApp(id, r.PathValue("tenant"))
	}
	asked := &consent{App: c.cfg.ClientID, Tenants: tenants, Roles: slices.Clone(c.cfg.Roles)}
	if len(tenants) == 1 {
		asked.Roles = c.rolesIn(tenants[0].ID)
	}
	if text := q.Get("redirect_uri"); text != "" {
		if asked.redirect = redirectTo(text); asked.redirect == nil {
			return nil, refuse("invalid_request", 50011, "The redirect URI '"+text+"' does not match those of the application '"+id+"'.")
		}
	}
	return asked, nil
}

// consenting gives the tenants that a request can be for.
func (c *Cloud) consenting(r *http.Request) ([]Tenant, *refusal) {
	if name := r.PathValue("tenant"); name != "common" && name != "organizations" {
		t, refused := c.loginTenant(r)
		if refused != nil {
			return nil, refused
		}
		return []Tenant{{ID: t.ID, Domain: t.Domain}}, nil
	}
	return slices.DeleteFunc(c.Tenants(), func(t Tenant) bool { return t.States.has(WrongCloud) }), nil
}

// redirectTo gives an address that an app may have registered, or nil: Entra takes https, and http on the own machine.
// Which ones the simulated app has registered is not asked.
func redirectTo(text string) *url.URL {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil {
		return nil
	}
	if own := slices.Contains([]string{"localhost", "127.0.0.1"}, u.Hostname()); u.Scheme == "https" || u.Scheme == "http" && own {
		return u
	}
	return nil
}

// consented lets the app into the tenant that was chosen.
func (c *Cloud) consented(w http.ResponseWriter, r *http.Request, asked *consent) {
	chosen := r.PostFormValue("tenant")
	i := slices.IndexFunc(asked.Tenants, func(t Tenant) bool { return t.ID == chosen || chosen == "" && len(asked.Tenants) == 1 })
	if i < 0 {
		page(w, http.StatusBadRequest, refusedPage, unknownTenant(chosen))
		return
	}
	t := asked.Tenants[i]
	c.mu.Lock()
	state := c.tenant(t.ID)
	state.enter(slices.DeleteFunc(slices.Clone(state.States), func(s State) bool { return s == NoConsent }))
	c.mu.Unlock()
	asked.end(w, r, "Consent is given for "+t.Domain+".", url.Values{"admin_consent": {"True"}, "tenant": {t.ID}})
}

// end sends the answer to redirect_uri, or says it where there is none.
func (a *consent) end(w http.ResponseWriter, r *http.Request, text string, answer url.Values) {
	if a.redirect == nil {
		a.Done = text
		page(w, http.StatusOK, consentPage, a)
		return
	}
	query := a.redirect.Query()
	maps.Copy(query, answer)
	for _, name := range []string{"state", "scope"} {
		if v := r.URL.Query().Get(name); v != "" {
			query.Set(name, v)
		}
	}
	to := *a.redirect
	to.RawQuery = query.Encode()
	http.Redirect(w, r, to.String(), http.StatusFound)
}

// page writes a page for a person.
func page(w http.ResponseWriter, status int, p *template.Template, data any) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = p.Execute(w, data) // the client is gone
}

const pageHead = `<!DOCTYPE html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Simulated Microsoft Entra</title>
<body style="font-family: sans-serif; max-width: 40em; margin: 3em auto">
<p>Simulated Microsoft Entra</p>
`

var consentPage = template.Must(template.New("consent").Parse(pageHead + `{{if .Done}}<h1>{{.Done}}</h1>
<p>You can close this window.</p>
{{else}}<h1>Permissions requested</h1>
<p>The app {{.App}} asks for your organization's consent to:</p>
<ul>{{range .Roles}}
<li>Office 365 Management APIs: {{.}}</li>{{end}}
</ul>
<form method="post">{{range .Tenants}}
<button name="tenant" value="{{.ID}}">Accept for {{.Domain}}</button>{{end}}
<button name="cancel" value="cancel">Cancel</button>
</form>
{{end}}`))

var refusedPage = template.Must(template.New("refused").Parse(pageHead + `<h1>Sorry, we cannot sign you in</h1>
<p>{{.Description}}</p>
`))
