package normalize

import (
	"net/netip"
	"strings"
)

// endpoint is where something was done from. The zero endpoint says that the record does not tell.
type endpoint struct {
	ip   string // in its usual form: an IPv4 address mapped into IPv6 is an IPv4 address
	port int    // 0 where there is none
	host string // a name where there is no address
}

// endpoint gives where the record says that it was done from: the first of its fields that holds an address,
// else the first that holds a name.
func (r *record) endpoint() endpoint {
	var named endpoint
	for _, v := range [...]value{r.clientIP, r.clientIPAddress, r.actorIPAddress, r.actorIP, r.senderIP, r.userIP} {
		if v.empty() {
			continue
		}
		at := parseAddress(v.text())
		if at.ip != "" {
			return at
		}
		if named.host == "" {
			named = at
		}
	}
	return named
}

// parseAddress reads a client address in the forms that audit records have: 192.0.2.1, 192.0.2.1:443,
// 192.0.2.1-443, [192.0.2.1]:443, 2001:db8::1, [2001:db8::1]:443, ::ffff:192.0.2.1, ffff:192.0.2.1 and names. Of
// several with commas between them, as proxies write them, it is the first, which is the client's.
func parseAddress(s string) endpoint {
	s, _, _ = strings.Cut(s, ",")
	s = strings.TrimSpace(s)
	if ip, ok := parseIP(s); ok {
		return endpoint{ip: ip}
	}
	if inner, port, ok := cutPort(s); ok {
		if ip, ok := parseIP(inner); ok {
			return endpoint{ip: ip, port: port}
		}
		// A hyphen and a number are part of a name: DC-01.
		if colon := s[len(inner)] == ':'; colon && port > 0 && isHost(unbracket(inner)) {
			return endpoint{host: unbracket(inner), port: port}
		}
	}
	if s = unbracket(s); isHost(s) {
		return endpoint{host: s}
	}
	return endpoint{}
}

// unbracket takes the brackets from around an address or a name.
func unbracket(s string) string {
	if n := len(s); n > 2 && s[0] == '[' && s[n-1] == ']' {
		return s[1 : n-1]
	}
	return s
}

// parseIP reads an address and gives its usual form, without an IPv6 zone: a zone has a meaning on its own host
// only.
func parseIP(s string) (string, bool) {
	s = unbracket(s)
	a, err := netip.ParseAddr(s)
	if err != nil {
		if rest, ok := strings.CutPrefix(s, "ffff:"); ok {
			a, err = netip.ParseAddr(rest) // an IPv4 address mapped into IPv6 that lost its colons
		}
		if err != nil {
			return "", false
		}
	}
	if a.Is4() && len(s) <= len("255.255.255.255") && s[0] != 'f' {
		return s, true // ParseAddr takes no other spelling of it
	}
	return a.Unmap().WithZone("").String(), true
}

// cutPort parts an address or a name from the port behind it, which is 0 where the number is no port. An IPv6 address
// with a port behind a colon has brackets, or ends as an IPv4 address does.
func cutPort(s string) (host string, port int, ok bool) {
	i := strings.LastIndexAny(s, ":-")
	if i <= 0 {
		return "", 0, false
	}
	host = s[:i]
	if s[i] == ':' && strings.IndexByte(host, ':') >= 0 && strings.IndexByte(host, '.') < 0 && host[len(host)-1] != ']' {
		return "", 0, false
	}
	if port, ok = digits(s[i+1:]); port > 65535 {
		port = 0
	}
	return host, port, ok
}

// isHost says whether a text is a host's name: labels of letters, digits, hyphens and underscores, parted by
// dots, with a letter in it. The words that services write where they know no address are none.
func isHost(s string) bool {
	switch strings.ToLower(s) {
	case "unknown", "null", "none", "undefined", "na", "not-available", "notavailable":
		return false
	}
	letter := false
	for i := range len(s) {
		c := s[i] | 0x20
		switch {
		case 'a' <= c && c <= 'z':
			letter = true
		case '0' <= s[i] && s[i] <= '9', s[i] == '-', s[i] == '_':
		case s[i] == '.' && i > 0 && s[i-1] != '.':
		default:
			return false
		}
	}
	return letter && len(s) <= 253
}

// source writes src_endpoint and http_request where the class has them. File Hosting Activity demands an
// endpoint: where the record tells no address it is the service that reported.
func (e *event) source() {
	c := e.act.class
	if c.endpoint {
		e.endpoint("src_endpoint", "src_endpoint")
	}
	if c == &baseEvent && e.from.ip != "" {
		e.object("device")
		e.str("ip", e.from.ip)
		e.id("type_id", 0, "type", "Unknown")
		e.close('}')
		e.observe("device", ".ip", ipAddress, e.from.ip)
	}
	if agent := e.r.agent(); agent != "" && c.request {
		e.object("http_request")
		e.str("user_agent", agent)
		e.close('}')
		e.observe("http_request", ".user_agent", userAgent, agent)
	}
}

// endpoint writes where it was done from as an endpoint that stands at a path of the event.
func (e *event) endpoint(name, path string) {
	from := e.from
	if from == (endpoint{}) && e.act.class != &fileHosting {
		return
	}
	e.object(name)
	e.str("hostname", from.host)
	e.str("ip", from.ip)
	if from.port > 0 {
		e.int("port", int64(from.port))
	}
	if from == (endpoint{}) {
		e.str("svc_name", orElse(e.r.service, "Microsoft 365"))
	}
	e.close('}')
	e.observe(path, ".ip", ipAddress, from.ip)
	e.observe(path, ".hostname", hostname, from.host)
}
