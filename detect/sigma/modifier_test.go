package sigma

import "testing"

func TestWildcardsAndEscapes(t *testing.T) {
	check(t, []matchCase{
		{"?", one(`A: 'prog?.exe'`), record{"A": "progB.exe"}, true},
		{"? is one", one(`A: 'prog?.exe'`), record{"A": "prog.exe"}, false},
		{"? is one character, not one byte", one(`A: 'prog?.exe'`), record{"A": "progÄ.exe"}, true},
		{"*", one(`A: 'antivirus_V*.exe'`), record{"A": "Antivirus_V21.2.1.exe"}, true},
		{"* may be nothing", one(`A: 'antivirus_V*.exe'`), record{"A": "antivirus_V.exe"}, true},
		{"* goes over lines", one(`A: 'a*b'`), record{"A": "a\nb"}, true},
		{"ends do not overlap", one(`A: 'ab*ba'`), record{"A": "aba"}, false},
		{"the last part is at the end", one(`A: '*a?'`), record{"A": "axab"}, true},
		{"two stars", one(`A: '*a*b*'`), record{"A": "xbxaxbx"}, true},
		{"in order", one(`A: '*a*b*'`), record{"A": "xbxax"}, false},
		{"? after *", one(`A: '*?b'`), record{"A": "b"}, false},
		{"single backslash", one(`A: 'C:\x'`), record{"A": `C:\x`}, true},
		{"double backslash is one", one(`A: 'C:\\x'`), record{"A": `C:\x`}, true},
		{`\* is a star`, one(`A: 'a\*'`), record{"A": "a*"}, true},
		{`\* is no wildcard`, one(`A: 'a\*'`), record{"A": "ab"}, false},
		{`\? is a question mark`, one(`A: 'a\?'`), record{"A": "a?"}, true},
		{`\\* is a backslash and a wildcard`, one(`A: 'a\\*'`), record{"A": `a\bc`}, true},
		{`\\* wants the backslash`, one(`A: 'a\\*'`), record{"A": `abc`}, false},
		{`\\\* is a backslash and a star`, one(`A: 'a\\\*'`), record{"A": `a\*`}, true},
		{`\\\* is no wildcard`, one(`A: 'a\\\*'`), record{"A": `a\bc`}, false},
		{"three backslashes are two", one(`A: 'a\\\b'`), record{"A": `a\\b`}, true},
		{"four backslashes are two", one(`A: 'a\\\\b'`), record{"A": `a\\b`}, true},
		{"a backslash at the end", one(`A: 'a\'`), record{"A": `a\`}, true},
		{"endswith a backslash and a name", one(`A|endswith: '\cmd.exe'`), record{"A": `C:\CMD.exe`}, true},
		{"contains at a backslash", one(`A|contains: '\Temp\'`), record{"A": `C:\temp\x`}, true},
	})
}

func TestTextModifiers(t *testing.T) {
	check(t, []matchCase{
		{"startswith", one(`A|startswith: adm`), record{"A": "ADMIN"}, true},
		{"startswith, elsewhere", one(`A|startswith: adm`), record{"A": "xadm"}, false},
		{"endswith", one(`A|endswith: adm`), record{"A": "xADM"}, true},
		{"endswith, elsewhere", one(`A|endswith: adm`), record{"A": "admx"}, false},
		{"contains", one(`A|contains: adm`), record{"A": "xadmx"}, true},
		{"contains with wildcards", one(`A|contains: 'a?m*x'`), record{"A": "..ADM..X.."}, true},
		{"cased", one(`A|cased: Adm`), record{"A": "Adm"}, true},
		{"cased, other case", one(`A|cased: Adm`), record{"A": "adm"}, false},
		{"contains, cased", one(`A|contains|cased: Adm`), record{"A": "xAdmx"}, true},
		{"cased, contains, other case", one(`A|cased|contains: Adm`), record{"A": "xadmx"}, false},
		{"neq", one(`A|neq: x`), record{"A": "y"}, true},
		{"neq, equal", one(`A|neq: x`), record{"A": "X"}, false},
		{"neq is the complement: a missing field is different", one(`A|neq: x`), record{}, true},
		{"neq of several", one(`A|neq: [x, y]`), record{"A": "y"}, false},
		{"neq, number", one(`A|neq: 5`), record{"A": 5}, false},
		{"contains, neq", one(`A|contains|neq: x`), record{"A": "axa"}, false},
		{"windash", one(`A|windash|contains: ' -s '`), record{"A": "cmd /s x"}, true},
		{"windash, en dash", one(`A|windash|contains: ' -s '`), record{"A": "cmd –S x"}, true},
		{"windash, em dash", one(`A|windash|contains: ' /s '`), record{"A": "cmd —s x"}, true},
		{"windash, horizontal bar", one(`A|contains|windash: ' -s '`), record{"A": "cmd ―s x"}, true},
		{"windash, each dash by itself", one(`A|windash: '-a -b'`), record{"A": "/a —b"}, true},
		{"windash wants a dash", one(`A|windash|contains: ' -s '`), record{"A": "cmd +s x"}, false},
		{"windash, all", one(`A|windash|contains|all: ['-a', '-b']`), record{"A": "/b –a"}, true},
	})
}

func TestEncodings(t *testing.T) {
	check(t, []matchCase{
		{"base64", one(`A|base64|contains: 'foobar'`), record{"A": "x Zm9vYmFy y"}, true},
		{"base64 has padding", one(`A|base64: 'foob'`), record{"A": "Zm9vYg=="}, true},
		{"base64offset 0", one(`A|base64offset|contains: 'http://'`), record{"A": "aHR0cDovL3g="}, true},
		{"base64offset 1", one(`A|base64offset|contains: 'http://'`), record{"A": "eGh0dHA6Ly94"}, true},
		{"base64offset 2", one(`A|base64offset|contains: 'http://'`), record{"A": "eHhodHRwOi8veA=="}, true},
		{"base64offset, none", one(`A|base64offset|contains: 'http://'`), record{"A": "ZnRwOi8v"}, false},
		{"wide, base64", one(`A|wide|base64: 'cmd'`), record{"A": "YwBtAGQA"}, true},
		{"utf16le is wide", one(`A|utf16le|base64: 'cmd'`), record{"A": "YwBtAGQA"}, true},
		{"utf16be", one(`A|utf16be|base64: 'cmd'`), record{"A": "AGMAbQBk"}, true},
		{"utf16 has a mark", one(`A|utf16|base64: 'cmd'`), record{"A": "//5jAG0AZAA="}, true},
		{"wide, base64offset, contains", one(`A|wide|base64offset|contains: 'ping'`), record{"A": "AHAAaQBuAGcA"}, true},
		{"wide alone", one(`A|wide|contains: 'cmd'`), record{"A": "x\x00c\x00m\x00d\x00"}, true},
		{"windash, base64", one(`A|windash|base64: '-a'`), record{"A": "L2E="}, true},
		{"wide of a character beyond 16 bits", one(`A|wide|base64: '😀'`), record{"A": "PdgA3g=="}, true},
	})
}

func TestRegularExpressions(t *testing.T) {
	check(t, []matchCase{
		{"anywhere", one(`A|re: 'b+'`), record{"A": "abbc"}, true},
		{"case-sensitive", one(`A|re: 'B+'`), record{"A": "abbc"}, false},
		{"i", one(`A|re|i: 'B+'`), record{"A": "abbc"}, true},
		{"anchors", one(`A|re: '^b+$'`), record{"A": "abbc"}, false},
		{"m", one(`A|re|m: '^b$'`), record{"A": "a\nb\nc"}, true},
		{"without m", one(`A|re: '^b$'`), record{"A": "a\nb\nc"}, false},
		{"s", one(`A|re|s: 'a.b'`), record{"A": "a\nb"}, true},
		{"without s", one(`A|re: 'a.b'`), record{"A": "a\nb"}, false},
		{"all flags", one(`A|re|i|m|s: '^B.C$'`), record{"A": "a\nb\nc"}, true},
		{"alternation", one(`A|re: 'x|(y|z){2,3}'`), record{"A": "azya"}, true},
		{"classes", one(`A|re: '^[a-c][^a-c]$'`), record{"A": "bd"}, true},
		{"several, any", one(`A|re: ['x', 'y']`), record{"A": "y"}, true},
		{"several, all", one(`A|re|all: ['x', 'y']`), record{"A": "y"}, false},
		{"backslashes are its own", one(`A|re: '\\x\*'`), record{"A": `\x*`}, true},
		{"a number", one(`A|re: 46`), record{"A": 4624}, true},
		{"startswith", one(`A|re|startswith: 'a|b'`), record{"A": "xb"}, false},
		{"endswith", one(`A|re|endswith: 'a|b'`), record{"A": "xb"}, true},
		{"contains", one(`A|re|contains: 'a|b'`), record{"A": "xbx"}, true},
		{"$ before a line feed at the end", one(`A|re: 'b$'`), record{"A": "ab\n"}, true},
		{"$ before one line feed only", one(`A|re: 'b$'`), record{"A": "ab\n\n"}, false},
		{`\z is the very end`, one(`A|re: 'b\z'`), record{"A": "ab\n"}, false},
		{"neq", one(`A|re|neq: 'b'`), record{"A": "abc"}, false},
	})
}

func TestNetworks(t *testing.T) {
	check(t, []matchCase{
		{"v4", one(`A|cidr: 192.0.2.0/24`), record{"A": "192.0.2.77"}, true},
		{"v4, outside", one(`A|cidr: 192.0.2.0/24`), record{"A": "192.0.3.1"}, false},
		{"v6", one(`A|cidr: 2001:db8::/32`), record{"A": "2001:DB8:1::1"}, true},
		{"v6, outside", one(`A|cidr: 2001:db8::/32`), record{"A": "2001:db9::1"}, false},
		{"mapped v4", one(`A|cidr: 192.0.2.0/24`), record{"A": "::ffff:192.0.2.1"}, true},
		{"a mapped network", one(`A|cidr: '::ffff:192.0.2.0/120'`), record{"A": "192.0.2.1"}, true},
		{"a zone", one(`A|cidr: fe80::/10`), record{"A": "fe80::1%eth0"}, true},
		{"one address", one(`A|cidr: 192.0.2.1`), record{"A": "192.0.2.1"}, true},
		{"several", one(`A|cidr: [192.0.2.0/24, '2001:db8::/32']`), record{"A": "2001:db8::5"}, true},
		{"no address", one(`A|cidr: 0.0.0.0/0`), record{"A": "host.example"}, false},
		{"any v4 is no v6", one(`A|cidr: 0.0.0.0/0`), record{"A": "2001:db8::1"}, false},
		{"neq", one(`A|cidr|neq: 192.0.2.0/24`), record{"A": "192.0.2.1"}, false},
		{"with a port", one(`A|cidr: 192.0.2.0/24`), record{"A": "192.0.2.77:50412"}, true},
		{"with a port, outside", one(`A|cidr: 192.0.2.0/24`), record{"A": "192.0.3.77:50412"}, false},
		{"v6 with a port", one(`A|cidr: 2001:db8::/32`), record{"A": "[2001:db8::1]:443"}, true},
		{"an array", one(`A|cidr: 192.0.2.0/24`), record{"A": []any{"x", "192.0.2.9"}}, true},
	})
}

func TestComparisons(t *testing.T) {
	check(t, []matchCase{
		{"lt", one(`A|lt: 10`), record{"A": 9}, true},
		{"lt, equal", one(`A|lt: 10`), record{"A": 10}, false},
		{"lte", one(`A|lte: 10`), record{"A": "10"}, true},
		{"gt", one(`A|gt: 10`), record{"A": 10.5}, true},
		{"gt, equal", one(`A|gt: 10`), record{"A": 10}, false},
		{"gte", one(`A|gte: 10`), record{"A": "1e1"}, true},
		{"by value, not by text", one(`A|gt: 9`), record{"A": 10}, true},
		{"negative", one(`A|lt: -1.5`), record{"A": -2}, true},
		{"every digit counts", one(`A|gt: 9007199254740992`), record{"A": 9007199254740993}, true},
		{"text is no number", one(`A|lt: 10`), record{"A": "five"}, false},
		{"missing", one(`A|lt: 10`), record{}, false},
		{"a number in quotes", one(`A|lt: '10'`), record{"A": 9}, true},
		{"both ends", "sel:\n    A|gte: 5\n    A|lt: 8\ncondition: sel", record{"A": 8}, false},
	})
}

func TestPartsOfDates(t *testing.T) {
	check(t, []matchCase{
		{"minute", one(`A|minute: 5`), record{"A": "2026-01-02T23:05:59Z"}, true},
		{"hour as written, zone or not", one(`A|hour: 23`), record{"A": "2026-01-02T23:05:59.123+05:00"}, true},
		{"a blank for the T", one(`A|hour: 23`), record{"A": "2026-01-02 23:05"}, true},
		{"day", one(`A|day: 2`), record{"A": "2026-01-02"}, true},
		{"week", one(`A|week: 53`), record{"A": "2021-01-01T00:00:00"}, true},
		{"month", one(`A|month: [3, 1]`), record{"A": "2026-01-02"}, true},
		{"year", one(`A|year: 2026`), record{"A": "2026-01-02"}, true},
		{"year, other", one(`A|year: 2025`), record{"A": "2026-01-02"}, false},
		{"hour of a mere date", one(`A|hour: 0`), record{"A": "2026-01-02"}, false},
		{"with gte", one(`A|hour|gte: 22`), record{"A": "2026-01-02T23:05:59"}, true},
		{"with lt before", one(`A|lt|hour: 6`), record{"A": "2026-01-02T23:05:59"}, false},
		{"with neq", one(`A|hour|neq: 23`), record{"A": "2026-01-02T23:05:59"}, false},
		{"no date", one(`A|year: 2026`), record{"A": "2026"}, false},
		{"no such day", one(`A|year: 2026`), record{"A": "2026-02-30"}, false},
		{"no such hour", one(`A|minute: 5`), record{"A": "2026-01-02T24:05:59"}, false},
	})
}

func TestPlaceholders(t *testing.T) {
	check(t, []matchCase{
		{"values are patterns", one(`A|expand: '%Servers%'`), record{"A": "SRV17"}, true},
		{"any of the values", one(`A|expand: '%Servers%'`), record{"A": "db2"}, true},
		{"none of the values", one(`A|expand: '%Servers%'`), record{"A": "db22"}, false},
		{"without expand it is text", one(`A: '%Servers%'`), record{"A": "%servers%"}, true},
		{"within text, several", one(`A|expand: '%Admins%@%Servers%.x'`), record{"A": "bo@db1.x"}, true},
		{"an escaped sign", one(`A|expand: '\%plain%Admins%'`), record{"A": "%plainana"}, true},
		{"a sign alone", one(`A|expand: '100% %Admins%'`), record{"A": "100% bo"}, true},
		{"a backslash before", one(`A|expand: 'dom\\%Admins%'`), record{"A": `dom\ana`}, true},
		{"contains, expand", one(`A|contains|expand: '%Admins%'`), record{"A": "xanax"}, true},
		{"expand, contains", one(`A|expand|contains: '%Admins%'`), record{"A": "xanax"}, true},
		{"expand, all", one(`A|contains|expand|all: '%Admins%'`), record{"A": "xanax"}, false},
		{"expand, base64", one(`A|expand|base64: '%Admins%'`), record{"A": "YW5h"}, true},
		{"expand, cidr", one(`A|cidr|expand: '%Net%'`), record{"A": "192.0.2.1"}, true},
		{"expand, re: values are patterns", one(`A|re|expand: '^x-%Servers%$'`), record{"A": "x-srv.5"}, true},
		{"expand, re: what is special in them is text", one(`A|re|expand: '^%Odd%$'`), record{"A": "a.b*"}, true},
		{"expand, re: no special dot", one(`A|re|expand: '^%Odd%$'`), record{"A": "axb*"}, false},
		{"beside other values", one(`A|expand: ['%Admins%', eve]`), record{"A": "Eve"}, true},
	})
}

func TestReferencesToFields(t *testing.T) {
	check(t, []matchCase{
		{"equal", one(`A|fieldref: B`), record{"A": "x", "B": "X"}, true},
		{"different", one(`A|fieldref: B`), record{"A": "x", "B": "y"}, false},
		{"numbers", one(`A|fieldref: B`), record{"A": 1, "B": 1.0}, true},
		{"number and text", one(`A|fieldref: B`), record{"A": 1, "B": "1"}, true},
		{"any of the values", one(`A|fieldref: B`), record{"A": []any{"x", "y"}, "B": []any{"z", "y"}}, true},
		{"the other is missing", one(`A|fieldref: B`), record{"A": "x"}, false},
		{"both are missing", one(`A|fieldref: B`), record{}, false},
		{"both are null", one(`A|fieldref: B`), record{"A": nil, "B": nil}, false},
		{"startswith", one(`A|fieldref|startswith: B`), record{"A": "xyz", "B": "XY"}, true},
		{"endswith", one(`A|fieldref|endswith: B`), record{"A": "xyz", "B": "yz"}, true},
		{"endswith, other", one(`A|fieldref|endswith: B`), record{"A": "xyz", "B": "xy"}, false},
		{"contains", one(`A|fieldref|contains: B`), record{"A": "xyz", "B": "y"}, true},
		{"contains before", one(`A|contains|fieldref: B`), record{"A": "xyz", "B": "y"}, true},
		{"neq", one(`A|fieldref|neq: B`), record{"A": "x", "B": "y"}, true},
		{"neq, equal", one(`A|fieldref|neq: B`), record{"A": "x", "B": "x"}, false},
		{"cased", one(`A|fieldref|cased: B`), record{"A": "x", "B": "X"}, false},
		{"several fields", one(`A|fieldref: [B, C]`), record{"A": "x", "B": "y", "C": "x"}, true},
		{"wildcards are text", one(`A|fieldref: B`), record{"A": "xyz", "B": "x*"}, false},
	})
}
