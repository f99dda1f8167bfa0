package evidence

import (
	"net/netip"
	"strings"

	"aupd/internal/aup"
)

// famous are domains that reports name all the time and that no report is
// about: sites that links of every newsletter lead to, formats, black lists,
// offices. What their users do has addresses of its own.
var famous = set(
	"w3.org", "schema.org", "xmlsoap.org", "ietf.org", "rfc-editor.org", "iana.org", "icann.org", "abuse.net", "x-arf.org", "xarf.org",
	"google.com", "gstatic.com", "youtube.com", "facebook.com", "instagram.com", "twitter.com", "x.com", "linkedin.com", "wikipedia.org",
	"microsoft.com", "office.com", "windows.com", "live.com", "apple.com", "amazon.com", "paypal.com", "mozilla.org", "adobe.com",
	"spamcop.net", "spamhaus.org", "abuseipdb.com", "blocklist.de", "virustotal.com", "projecthoneypot.org", "netcraft.com", "shadowserver.org",
	"urlscan.io", "phishtank.com", "abuse.ch", "fail2ban.org", "arin.net", "ripe.net", "apnic.net", "lacnic.net", "afrinic.net", "europa.eu",
	"aka.ms", "digicert.com", "letsencrypt.org", "githubusercontent.com", "cloudflare.com", "archive.org", "acns.net", "pgp.mit.edu", "openpgp.org", "abusehub.nl",
)

// shared are famous domains under which anybody keeps pages: the domain is
// never the source, a page on it may be.
var shared = map[string]bool{
	"google.com": true, "youtube.com": true, "facebook.com": true, "instagram.com": true, "twitter.com": true, "x.com": true, "linkedin.com": true,
	"microsoft.com": true, "office.com": true, "live.com": true, "githubusercontent.com": true, "archive.org": true, "amazon.com": true, "adobe.com": true,
}

// freeMail are domains that a reporter's address lies in and that are not
// theirs.
var freeMail = set("gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "msn.com", "yahoo.com", "yahoo.co.uk", "yahoo.co.jp", "ymail.com", "aol.com",
	"icloud.com", "me.com", "mac.com", "gmx.de", "gmx.net", "gmx.com", "web.de", "t-online.de", "freenet.de", "mail.ru", "yandex.ru", "yandex.com", "proton.me",
	"protonmail.com", "orange.fr", "free.fr", "laposte.net", "wanadoo.fr", "libero.it", "virgilio.it", "qq.com", "163.com", "126.com", "sina.com", "naver.com",
	"daum.net", "wp.pl", "o2.pl", "onet.pl", "interia.pl", "seznam.cz", "ziggo.nl", "kpnmail.nl", "comcast.net", "verizon.net", "att.net", "uol.com.br", "bol.com.br", "terra.com.br", "zoho.com", "fastmail.com", "tutanota.com")

func set(words ...string) map[string]bool {
	m := make(map[string]bool, len(words))
	for _, w := range words {
		m[w] = true
	}
	return m
}

// A never is what cannot be a source of abuse.
type never struct {
	domains  map[string]bool // with all that lies below them
	famous   map[string]bool
	emails   map[string]bool
	prefixes []netip.Prefix
}

func newNever(opt Options) never {
	n := never{domains: map[string]bool{}, famous: famous, emails: map[string]bool{}}
	for _, s := range append(append([]string{}, opt.Never...), opt.OwnDomains...) {
		s = strings.ToLower(strings.TrimPrefix(strings.TrimSpace(s), "*."))
		if p, err := netip.ParsePrefix(s); err == nil {
			n.prefixes = append(n.prefixes, p)
		} else if a, err := netip.ParseAddr(s); err == nil {
			n.prefixes = append(n.prefixes, netip.PrefixFrom(a, a.BitLen()))
		} else if strings.Contains(s, "@") {
			n.emails[s] = true
		} else if s != "" {
			n.domains[strings.TrimSuffix(s, ".")] = true
		}
	}
	return n
}

// has reports whether in can be no source.
func (n never) has(in *aup.Indicator) bool {
	switch in.Kind {
	case aup.IndicatorIP:
		a, err := netip.ParseAddr(in.Value)
		return err == nil && n.addr(a)
	case aup.IndicatorCIDR:
		p, err := netip.ParsePrefix(in.Value)
		return err == nil && n.prefix(p)
	case aup.IndicatorEmail:
		return n.email(in.Value)
	}
	host := hostOf(in)
	return host != "" && (below(host, n.domains) || n.isFamous(host, in.Kind == aup.IndicatorURL))
}

func (n never) isFamous(host string, page bool) bool {
	d := registrable(host)
	return n.famous[d] && (!page || !shared[d])
}

func (n never) email(addr string) bool {
	_, domain, _ := strings.Cut(strings.ToLower(addr), "@")
	return n.emails[strings.ToLower(addr)] || below(domain, n.domains)
}

func (n never) addr(a netip.Addr) bool {
	for _, p := range n.prefixes {
		if p.Contains(a.Unmap()) {
			return true
		}
	}
	return false
}

func (n never) prefix(q netip.Prefix) bool {
	for _, p := range n.prefixes {
		if p.Overlaps(q) {
			return true
		}
	}
	return false
}

// below reports whether host is one of the domains or lies below one.
func below(host string, domains map[string]bool) bool {
	for host != "" {
		if domains[host] {
			return true
		}
		_, rest, ok := strings.Cut(host, ".")
		if !ok {
			return false
		}
		host = rest
	}
	return false
}
