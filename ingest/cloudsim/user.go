package cloudsim

import (
	"fmt"
	"strings"
)

// user is a person with an account. Addresses come from the blocks reserved for documentation.
type user struct {
	name    string
	upn     string
	oid     string // Entra object ID
	puid    string // what Exchange and SharePoint know the person by
	sid     string
	mailbox string // GUID
	home    string // IPv4
	home6   string
	device  device
	session string
	admin   bool
}

// device is what a person works on.
type device struct{ os, browser, agent, name, id string }

var devices = []device{
	{os: "Windows10", browser: "Edge", agent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0"},
	{os: "Windows10", browser: "Chrome", agent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"},
	{os: "MacOs", browser: "Safari", agent: "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15"},
	{os: "Ios", browser: "Mobile Safari", agent: "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1"},
	{os: "Windows10", browser: "Firefox", agent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0"},
}

var (
	firstNames = strings.Fields("Ana Bruno Chiara David Elif Farid Greta Hugo Ines Jonas Katja Luca Mara Nils Olga Paul " +
		"Quirin Rosa Sven Tara Udo Vera Wim Xenia Yusuf Zoe")
	lastNames = strings.Fields("Albers Brandt Costa Dietrich Ekström Fischer García Horvat Ivanova Jansen Keller Lindqvist " +
		"Moreau Novák Okafor Petrov Quintero Rossi Schmidt Tanaka Unger Visser Weber Yilmaz Zimmer")
)

// newUser gives a tenant's n-th person; the first is its administrator.
func newUser(d dice, domain string, n int) *user {
	first, last := firstNames[n%len(firstNames)], lastNames[(n+n/len(firstNames))%len(lastNames)]
	alias := ascii.Replace(strings.ToLower(first + "." + last))
	if round := n / (len(firstNames) * len(lastNames)); round > 0 {
		alias += fmt.Sprint(round + 1)
	}
	own := pick(d, devices)
	own.id, own.name = d.guid(), fmt.Sprintf("PC-%05d", d.IntN(100000))
	return &user{
		name: first + " " + last, upn: alias + "@" + domain, oid: d.guid(), mailbox: d.guid(), session: d.guid(),
		puid:   fmt.Sprintf("10032%011X", d.Uint64()&0xfffffffffff),
		sid:    fmt.Sprintf("S-1-5-21-%d-%d-%d-%d", d.Uint32(), d.Uint32(), d.Uint32(), d.between(1000, 1<<26)),
		home:   fmt.Sprintf("198.51.100.%d", d.between(1, 254)),
		home6:  fmt.Sprintf("2001:db8:%x:%x::%x", d.between(1, 0xffff), d.between(1, 0xffff), d.between(1, 0xffff)),
		device: own, admin: n == 0,
	}
}

var ascii = strings.NewReplacer("ö", "o", "í", "i", "á", "a", "ü", "u")

// alias is the part of the address before the @.
func (u *user) alias() string { name, _, _ := strings.Cut(u.upn, "@"); return name }

// org is a tenant with its people.
type org struct {
	id     string
	domain string
	people []*user
}

func newOrg(seed uint64, t Tenant) *org {
	o := &org{id: t.ID, domain: t.Domain}
	d := newDice(seed, t.ID, "people")
	for n := range t.Users {
		o.people = append(o.people, newUser(d, t.Domain, n))
	}
	return o
}

// person gives the n-th person, counting round in a small organisation.
func (o *org) person(n int) *user { return o.people[n%len(o.people)] }

// site is the organisation's SharePoint address.
func (o *org) site() string {
	name, _, _ := strings.Cut(o.domain, ".")
	return "https://" + name + ".sharepoint.example"
}
