package detect

import (
	"slices"
	"strings"

	"github.com/tidwall/gjson"
)

// domains are those of a tenant. An address in one of them, or in a sub-domain, is the tenant's own.
type domains []string

// domainsOf gives the domains of the tenant: those that are configured and those that the event shows. The
// organization's name, contoso.onmicrosoft.com, stands for contoso.com as well. Who did it shows a domain unless they
// may be from elsewhere: a guest, a partner, Microsoft, or somebody with an address that anybody can get.
func (r *reader) domainsOf() domains {
	var own domains
	if r.domains != nil {
		for _, configured := range r.domains(r.get("metadata.tenant_uid").String()) {
			own = own.with(configured)
		}
	}
	rec := r.get("unmapped")
	for _, name := range []gjson.Result{
		rec.Get("OrganizationName"), rec.Get("UserDomain"), rec.Get("MailboxOwnerUPN"), rec.Get("EffectiveOrganization"),
	} {
		own = own.with(name.Str)
	}
	if isOfTheTenant(record{rec}) {
		own = own.with(rec.Get("UserId").Str)
	}
	return own
}

// isOfTheTenant says whether the user who did it is surely one of the tenant's own (UserType 0 and 2 of the Management
// Activity API schema; ExternalAccess is true for Microsoft and delegated administrators).
func isOfTheTenant(r record) bool {
	switch lower(r.text("UserType")) {
	case "", "0", "2", "regular", "admin":
	default:
		return false
	}
	user := lower(r.text("UserId"))
	return !strings.EqualFold(r.text("ExternalAccess"), "true") && !strings.Contains(user, guestMark) && !slices.Contains(public, domainOf(user))
}

// public are domains in which anybody can have an address.
var public = []string{
	"gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "msn.com", "yahoo.com", "icloud.com", "me.com",
	"aol.com", "gmx.de", "gmx.net", "gmx.com", "web.de", "mail.ru", "yandex.ru", "yandex.com", "protonmail.com", "proton.me",
	"zoho.com", "mail.com", "qq.com", "163.com", "126.com", "tutanota.com",
}

// initial are the endings of the domains that tenants begin with in Microsoft's clouds.
var initial = []string{".onmicrosoft.com", ".onmicrosoft.us", ".onmicrosoft.de", ".partner.onmschina.cn"}

// with adds the domain of an address or a domain.
func (d domains) with(name string) domains {
	name = domainOf(lower(strings.TrimSpace(name)))
	if !strings.Contains(name, ".") {
		return d
	}
	for _, ending := range initial {
		if begin, ok := strings.CutSuffix(name, ending); ok {
			begin = strings.TrimSuffix(begin, ".mail")
			return append(d, name, begin+ending, begin+".mail"+ending, begin+".com")
		}
	}
	return append(d, name)
}

// domainOf gives what stands behind an address's @, or the whole text where there is none.
func domainOf(address string) string { return address[strings.LastIndexByte(address, '@')+1:] }

// has says whether an address, in lower case, is the tenant's own. Of a guest the address they were invited by counts.
func (d domains) has(address string) bool {
	domain := domainOf(address)
	return slices.ContainsFunc(d, func(own string) bool {
		own = lower(own)
		return domain == own || strings.HasSuffix(domain, "."+own)
	})
}

// guestMark stands in the name of a guest: ana_fabrikam.example#EXT#@contoso.onmicrosoft.com.
const guestMark = "#ext#"

// addresses calls yield with each mail address in a text, in lower case: smtp:a@b.c, "Name" [SMTP:a@b.c], a@b.c;d@e.f.
func addresses(text string, yield func(address string)) {
	text = lower(text)
	for at := strings.IndexByte(text, '@'); at >= 0; {
		begin, end := at, at+1
		for begin > 0 && isLocal(text[begin-1]) {
			begin--
		}
		for end < len(text) && isDomain(text[end]) {
			end++
		}
		address := strings.TrimRight(text[begin:end], ".-")
		if domain := domainOf(address); begin < at && strings.Contains(strings.Trim(domain, "."), ".") {
			yield(invited(address))
		}
		next := strings.IndexByte(text[at+1:], '@')
		if next < 0 {
			return
		}
		at += 1 + next
	}
}

// invited gives the address by which a guest was invited, and any other as it is.
func invited(address string) string {
	local, _, isGuest := strings.Cut(address, guestMark)
	at := strings.LastIndexByte(local, '_')
	if !isGuest || at <= 0 {
		return address
	}
	return local[:at] + "@" + local[at+1:]
}

func isLocal(c byte) bool {
	return isDomain(c) || strings.IndexByte("!#$%&'*+/=?^_`{|}~", c) >= 0 || c >= 0x80
}

func isDomain(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || c == '-' || c == '.' || c >= 0x80
}
