package evidence

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"aupd/internal/aup"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// A hit is an indicator in a refanged text.
type hit struct {
	aup.Range
	kind  aup.IndicatorKind
	value string
	port  uint16
}

// scan returns the indicators of the token s[at:end].
func scan(s string, at, end int) []hit {
	if end-at < shortestCode && !parted(s[at:max(at, end-1)]) {
		return nil // most are the last word of a sentence
	}
	front := ".,;:!?-_*=#&/[~"
	if t := s[at:end]; strings.IndexByte(t, ':') >= 0 {
		if i := strings.Index(t, "://"); i > 0 {
			return scanURL(s, at, end, at+i)
		}
		if i := strings.Index(t, "]:"); i > 0 {
			front = ".,;!?-_*=#&/~" // "[2001:db8::1]:80"
		}
	}
	for at < end && strings.IndexByte(front, s[at]) >= 0 {
		at++
	}
	for at < end && strings.IndexByte(".,;:!?-_*=#&~%]", s[end-1]) >= 0 {
		end--
	}
	if end-at < shortestCode && !parted(s[at:end]) {
		return nil
	}
	// "SRC=203.0.113.1", "a@b.example,c@d.example": the pieces count.
	if i := listMark(s[at:end]); i >= 0 && !strings.Contains(s[at:at+i], "/") {
		return append(scanPiece(s, at, at+i), scanPieces(s, at+i+1, end)...)
	}
	return scanPiece(s, at, end)
}

// parted reports whether s has a dot or a colon.
func parted(s string) bool { return strings.IndexByte(s, '.') >= 0 || strings.IndexByte(s, ':') >= 0 }

// listMark returns where the first of what parts lists stands in s, -1 without.
func listMark(s string) int {
	for i := range len(s) {
		if c := s[i]; c == ',' || c == ';' || c == '=' {
			return i
		}
	}
	return -1
}

// mostColons bounds the colons behind a label: an IPv6 address has seven.
const mostColons = 20

// maxPieces bounds what is taken out of one stretch without white space.
const maxPieces = 50

func scanPieces(s string, at, end int) []hit {
	var out []hit
	for n := 0; at < end && n < maxPieces; n++ {
		i := listMark(s[at:end])
		if i < 0 {
			i = end - at
		}
		out = append(out, scanPiece(s, at, at+i)...)
		at += i + 1
	}
	return out
}

// scanPiece reads s[at:end], which has no list in it.
func scanPiece(s string, at, end int) []hit {
	t := s[at:end]
	if len(t) < 4 {
		return nil
	}
	if h, ok := scanIP(t); ok {
		h.Start, h.End = h.Start+at, h.End+at
		return []hit{h}
	}
	if kind, value, ok := scanCode(t); ok {
		return []hit{{aup.Range{Start: at, End: end}, kind, value, 0}}
	}
	if len(t) > 7 && strings.EqualFold(t[:7], "mailto:") {
		return scanPiece(s, at+7, end)
	}
	if strings.Contains(t, "@") {
		addr, _, _ := strings.Cut(t, "?")
		addr = strings.TrimRight(addr, ".:/]")
		if value, ok := mailAddress(addr); ok {
			return []hit{{aup.Range{Start: at, End: at + len(addr)}, aup.IndicatorEmail, value, 0}}
		}
		if i := strings.LastIndex(t, "@["); i >= 0 {
			return scanPiece(s, at+i+1, end) // "a@[192.0.2.1]"
		}
		return nil
	}
	// A label without a space behind it: "IP:203.0.113.1". Each is one more search.
	if i := strings.IndexByte(t, ':'); i > 0 && !strings.Contains(t[:i], ".") {
		if strings.Count(t, ":") > mostColons {
			return nil
		}
		return scanPiece(s, at+i+1, end)
	}
	return scanHost(s, at, end)
}

// scanHost reads a domain, with a port or a path behind it.
func scanHost(s string, at, end int) []hit {
	host, rest := s[at:end], ""
	for i := range len(host) {
		if c := host[i]; c == ':' || c == '/' || c == '?' {
			host, rest = host[:i], host[i:]
			break
		}
	}
	domain, ok := domainName(host)
	if !ok || rest == "" && likeFile(host) {
		return nil
	}
	kind := aup.IndicatorDomain
	if isMailServer(domain) {
		kind = aup.IndicatorMailServer
	}
	hits := []hit{{aup.Range{Start: at, End: at + len(host)}, kind, domain, 0}}
	if i := strings.IndexByte(rest, '/'); i >= 0 && len(rest) > i+1 {
		hits = append([]hit{{aup.Range{Start: at, End: end}, aup.IndicatorURL, "http://" + domain + rest, 0}}, hits...)
	}
	return hits
}

// scanURL reads the URL whose scheme ends at colon, and its host.
func scanURL(s string, at, end, colon int) []hit {
	start := colon
	for start > at && isWord(s[start-1]) && s[start-1] != '_' {
		start--
	}
	name := strings.ToLower(s[start:colon])
	end = start + len(strings.TrimRight(s[start:end], ".,;:!?*_]"))
	authority := s[min(colon+3, end):end]
	if i := strings.IndexAny(authority, "/?#"); i >= 0 {
		authority = authority[:i]
	}
	host := authority[strings.LastIndexByte(authority, '@')+1:]
	at = colon + 3 + len(authority) - len(host)
	h, ok := urlHost(host)
	if !ok {
		return nil
	}
	h.Start, h.End = h.Start+at, h.End+at
	if !urlSchemes[name] {
		return []hit{h} // "meow://": written so that nobody follows it, or of a program
	}
	rest := s[min(colon+3+len(authority), end):end]
	if link := unwrapped(h.value, rest); link != "" {
		return scanWithin(link, aup.Range{Start: start, End: end})
	}
	shown := h.value
	if strings.Contains(shown, ":") {
		shown = "[" + shown + "]"
	}
	if h.port > 0 {
		shown += ":" + strconv.Itoa(int(h.port))
	}
	return []hit{{aup.Range{Start: start, End: end}, aup.IndicatorURL, name + "://" + shown + rest, h.port}, h}
}

// urlHost reads the host of a URL, with a port, as browsers read it.
func urlHost(s string) (hit, bool) {
	if h, ok := scanIP(s); ok && h.kind == aup.IndicatorIP {
		return h, true
	}
	bare, port, _ := strings.Cut(s, ":")
	h := hit{aup.Range{End: len(bare)}, aup.IndicatorIP, "", portOf(port)}
	bare = unescapePercent(bare)
	if a, ok := looseIPv4(bare); ok {
		h.value = a.String()
		return h, true
	}
	domain, ok := domainName(bare)
	h.kind, h.value = aup.IndicatorDomain, domain
	return h, ok
}

// scanWithin reads a link that stands within another, in that range.
func scanWithin(link string, r aup.Range) []hit {
	i := strings.Index(link, "://")
	hits := scanURL(link, 0, len(link), i)
	for n := range hits {
		hits[n].Range = r
	}
	return hits
}

var urlSchemes = map[string]bool{"http": true, "https": true, "ftp": true, "ftps": true, "sftp": true, "ssh": true, "tcp": true, "udp": true, "smtp": true, "rdp": true, "ws": true, "wss": true,
	"telnet": true, "smb": true, "ldap": true, "ldaps": true, "imap": true, "imaps": true, "vnc": true, "irc": true, "socks5": true, "git": true}

// domainName returns s as a domain name in its ASCII form, when it is one
// below a public suffix.
func domainName(s string) (string, bool) {
	s = strings.TrimSuffix(s, ".")
	dot := strings.LastIndexByte(s, '.')
	if dot <= 0 || len(s) > 253 || s[0] == '-' || s[0] == '.' {
		return "", false
	}
	ascii := true
	for _, c := range []byte(s) {
		if c >= utf8.RuneSelf {
			ascii = false
		} else if !isWord(c) && c != '.' {
			return "", false
		}
	}
	top := s[dot+1:]
	// "as said before.The next": a sentence without its space.
	if ascii && len(top) > 1 && 'A' <= top[0] && top[0] <= 'Z' && 'a' <= top[1] && top[1] <= 'z' && 'a' <= s[dot-1] && s[dot-1] <= 'z' {
		return "", false
	}
	s = strings.ToLower(s)
	if !ascii {
		var err error
		if s, err = idna.Lookup.ToASCII(s); err != nil {
			return "", false
		}
	}
	if strings.Contains(s, "..") || !isTop(s[strings.LastIndexByte(s, '.')+1:]) || registrable(s) == "" {
		return "", false
	}
	return s, true
}

// registrable returns the domain below the public suffix that s lies in; empty
// for a public suffix itself.
func registrable(s string) string {
	d, err := publicsuffix.EffectiveTLDPlusOne(strings.ToLower(strings.TrimSuffix(s, ".")))
	if err != nil {
		return ""
	}
	return d
}

// fileEndings are top-level domains that end far more file names than domains.
var fileEndings = map[string]bool{"zip": true, "mov": true, "py": true, "sh": true, "md": true, "ps": true, "so": true, "pl": true, "rs": true}

// likeFile reports whether a name of two labels ends like a file.
func likeFile(s string) bool {
	dot := strings.LastIndexByte(s, '.')
	return fileEndings[strings.ToLower(s[dot+1:])] && strings.IndexByte(s, '.') == dot
}

// isMailServer reports whether the first label is what mail servers are called.
func isMailServer(domain string) bool {
	label, rest, _ := strings.Cut(domain, ".")
	label = strings.TrimRight(label, "0123456789-")
	switch label {
	case "mx", "mail", "smtp", "mta", "relay", "outbound", "mout", "mailout", "mailer", "out":
		return strings.Contains(rest, ".")
	}
	return false
}

// mailAddress returns an address in its usual form: the domain in lower case
// and ASCII.
func mailAddress(s string) (string, bool) {
	i := strings.LastIndexByte(s, '@')
	if i <= 0 || i > 64 || strings.ContainsAny(s[:i], "@:/\\<>()[],; ") || s[0] == '.' {
		return "", false
	}
	domain, ok := domainName(s[i+1:])
	if !ok {
		return "", false
	}
	return s[:i] + "@" + domain, true
}
