package evidence

import (
	"net/netip"
	"strings"
	"unicode/utf8"

	"aupd/internal/aup"
)

// A place is where an indicator stands: a line of the refanged text.
type place struct {
	part    *aup.Part
	voice   aup.Voice
	line    string
	at, end int    // in line
	edited  bool   // it was disarmed as written
	column  string // of a table
	path    string // within JSON
	passed  bool   // in the header of a forward that was itself one
	hops    map[netip.Addr]hop
	href    bool // where a link leads, not what is shown
}

// words reports whether the place is in the reporter's own words.
func (w place) words() bool { return w.voice == aup.VoiceOwn && w.part.Message == 0 }

// before returns the words of the line before the indicator, in lower case:
// the last ones only, as a word further off says something else.
func (w place) before() string {
	at := min(max(w.at, 0), len(w.line))
	return strings.ToLower(w.line[max(0, at-cueReach):at])
}

// cueReach is how far before an indicator a word may stand that gives it its
// role.
const cueReach = 60

const (
	neverWhy = "named as never a source"
	pageWhy  = "the page that the report names"
)

// role says what part an indicator plays, and why.
func (c *cast) role(in *aup.Indicator, w place) (aup.Role, string) {
	role, why := c.cue(in, w)
	if role != aup.RoleSource && role != aup.RoleRelay {
		if role == aup.RoleMention && c.isOwn(in) {
			return aup.RoleReporter, "of the reporter's own domain"
		}
		return role, why
	}
	switch {
	case c.isOwn(in):
		return aup.RoleReporter, "of the reporter's own domain"
	case why == pageWhy && c.never.famous[registrable(hostOf(in))]:
		return aup.RoleMention, "named in the report"
	case in.Kind == aup.IndicatorDomain && c.sentTo[in.Value]:
		return aup.RoleMention, "the domain that the report was sent to"
	case c.never.has(in):
		return aup.RoleMention, neverWhy
	case in.Kind == aup.IndicatorIP && notPublic(in.Value):
		return aup.RoleMention, "no public address"
	}
	return role, why
}

func (c *cast) isOwn(in *aup.Indicator) bool {
	d := hostOf(in)
	return d != "" && c.own[registrable(d)]
}

// hostOf returns the domain that an indicator names; empty for others.
func hostOf(in *aup.Indicator) string {
	switch in.Kind {
	case aup.IndicatorDomain, aup.IndicatorMailServer:
		return in.Value
	case aup.IndicatorEmail:
		_, d, _ := strings.Cut(in.Value, "@")
		return d
	case aup.IndicatorURL:
		_, d, _ := strings.Cut(in.Value, "://")
		if i := strings.IndexAny(d, "/?#:"); i >= 0 && d[0] != '[' {
			d = d[:i]
		}
		return d
	}
	return ""
}

func notPublic(ip string) bool {
	a, err := netip.ParseAddr(ip)
	return err == nil && (!a.IsGlobalUnicast() || a.IsPrivate())
}

// cue gives the role by the voice, and within it by the words before.
func (c *cast) cue(in *aup.Indicator, w place) (aup.Role, string) {
	if h, ok := hopOf(in, w.hops); ok {
		return h.role, h.why
	}
	switch {
	case w.column != "":
		return columnCue(w.column)
	case w.path != "":
		return xarfCue(w.path)
	case w.part.Kind == aup.PartMachine || w.part.Kind == aup.PartAttachment || w.voice == aup.VoiceLog:
		return machineCue(in, w)
	case w.voice == aup.VoiceHeaders || w.part.Kind == aup.PartHeaders:
		return fieldCue(in, w)
	case w.voice == aup.VoiceSignature:
		return aup.RoleReporter, "in the signature"
	case w.voice == aup.VoiceForwardHeader && w.passed:
		return aup.RoleRelay, passedWhy
	case w.voice == aup.VoiceForwardHeader:
		return fieldCue(in, w)
	case w.voice == aup.VoiceForward || w.part.Message > 0 && w.voice == aup.VoiceOwn:
		return originalCue(in)
	case w.voice == aup.VoiceOwn:
		return ownCue(in, w)
	}
	return aup.RoleMention, "in quoted text"
}

func hopOf(in *aup.Indicator, hops map[netip.Addr]hop) (hop, bool) {
	if in.Kind != aup.IndicatorIP || hops == nil {
		return hop{}, false
	}
	a, err := netip.ParseAddr(in.Value)
	h, ok := hops[a]
	return h, err == nil && ok
}

// originalCue is for what stands in the reported message itself.
func originalCue(in *aup.Indicator) (aup.Role, string) {
	switch in.Kind {
	case aup.IndicatorURL:
		return aup.RoleSource, "the reported message leads there"
	case aup.IndicatorWallet:
		return aup.RoleSource, "the reported message asks for money there"
	case aup.IndicatorEmail:
		return aup.RoleMention, "in the reported message"
	}
	return aup.RoleMention, "in the reported message"
}

// fieldCue is for header fields: the name of the field says it.
func fieldCue(in *aup.Indicator, w place) (aup.Role, string) {
	name, ok := fieldName(strings.TrimLeft(w.line, "> \t*|"))
	if !ok {
		return aup.RoleMention, "in a header"
	}
	if in.Kind == aup.IndicatorEmail || in.Kind == aup.IndicatorIP {
		field := labels[name]
		switch {
		case field == "from" || field == "reply-to" || name == "return-path" || name == "sender" || name == "x-sender" || name == "envelope-from":
			return aup.RoleSource, "the " + name + " of the reported message"
		case field == "to" || field == "cc" || name == "delivered-to" || name == "x-original-to" || name == "envelope-to":
			return aup.RoleTarget, "the reported message was sent there"
		case name == "x-originating-ip" || name == "x-sender-ip" || name == "x-source-ip":
			return aup.RoleSource, "the " + name + " of the reported message"
		}
	}
	return aup.RoleMention, "in a header"
}

var machineCues = cues(aup.RoleSource, "src", "source", "source-ip", "sourceip", "source_ip", "src_ip", "srcip", "from", "from-ip", "rhost", "client", "attacker", "attacking", "offender", "offending", "remote", "remote_addr",
	"user from", "rip", "reported-domain", "reported-uri", "original-mail-from", "abuser", "sender", "url", "uri", "ip", "ip-address", "address", "domain",
	"[client", "ban", "host", "addr", "peer", "ip_address", "dns_name").and(aup.RoleTarget, "dst", "dest", "destination", "destination_ip", "destinationip", "dst_ip", "dstip", "target", "victim", "to", "lip", "local", "original-rcpt-to", "rcpt", "server", "our", "final-recipient", "original-recipient", "recipient").
	and(aup.RoleReporter, "reporter", "reported-from", "reporting-mta", "reporterinfo", "reporterorg", "reporterorgemail", "reportercontactemail", "contact", "submitter", "reporting", "user-agent", "schema", "schema-url", "xmlns").
	and(aup.RoleMention, "version", "attachment")

// machineCue is for log lines and machines' reports: the name of the value
// says it, and a log without names is about who came.
func machineCue(in *aup.Indicator, w place) (aup.Role, string) {
	if word, role, ok := machineCues.last(w.before()); ok {
		return role, "after “" + word + "”"
	}
	switch {
	case in.Kind == aup.IndicatorIP || in.Kind == aup.IndicatorCIDR:
		return aup.RoleSource, "the address in a log"
	case in.Kind == aup.IndicatorURL && w.part.Kind != aup.PartAttachment && w.voice != aup.VoiceLog:
		return aup.RoleSource, "in a machine's report"
	}
	return aup.RoleMention, "in a log"
}

var ownCues = cues(aup.RoleSource, "from", "von", "de", "da", "van", "od", "от", "från", "source", "attacker", "attacking", "offending", "abusive", "malicious", "phishing", "spam", "spammer", "scam", "fraud",
	"fraudulent", "site", "website", "page", "url", "link", "host", "hosted", "hosting", "hosts", "ip", "address", "adresse", "adres", "dirección", "domain", "domäne", "domaine", "dominio", "account", "user", "sender", "server", "tenant", "tenancy", "subdomain", "subdomäne", "subdominio", "subdomínio", "sous-domaine", "blog", "shop", "store", "storefront", "boutique", "loja", "tienda", "negozio", "winkel", "sklep", "where", "malware", "download", "downloads", "payload", "wallet", "pay",
	"hash", "md5", "sha1", "sha256", "sha-256", "resolves", "at", "via", "by", "using", "uses", "absender", "expéditeur", "remitente", "mittente", "отправитель", "来自", "发件人", "から").
	and(aup.RoleTarget, "our", "my", "unser", "unsere", "unserer", "unserem", "mein", "meine", "meiner", "meinem", "notre", "mon", "ma", "nuestro", "nuestra", "mi", "nostro", "nostra", "onze", "ons", "mijn", "nasz", "nasze", "наш", "vårt", "vår", "against", "gegen", "contre", "contra", "target", "targets", "targeting", "victim", "to", "impersonates", "imitates", "pretends", "copies", "copied", "copying", "clones", "cloned").
	and(aup.RoleReporter, "contact", "reach", "call", "phone", "kontakt", "regards", "reply", "respond", "answer").
	and(aup.RoleMention, "policy", "terms", "see", "lawful", "e.g", "not", "version", "real", "genuine", "legitimate", "official", "echte", "vrai", "fingerprint", "pgp-key", "keyserver")

// ownCue is for the reporter's own words.
func ownCue(in *aup.Indicator, w place) (aup.Role, string) {
	word, role, ok := ownCues.last(w.before())
	switch {
	case in.Kind == aup.IndicatorWallet && role == aup.RoleTarget:
		return aup.RoleSource, "money is asked for there"
	case ok:
		return role, "after “" + word + "”"
	case w.edited:
		return aup.RoleSource, "written so that nobody follows it"
	case in.Kind == aup.IndicatorFileHash || in.Kind == aup.IndicatorWallet:
		return aup.RoleSource, "named in the report"
	case in.Kind == aup.IndicatorIP || in.Kind == aup.IndicatorCIDR:
		return aup.RoleSource, "the address in the report"
	case strings.TrimSpace(w.line) == strings.TrimSpace(w.line[min(w.at, len(w.line)):min(max(w.end, w.at), len(w.line))]):
		return aup.RoleSource, "on a line of its own"
	case in.Kind == aup.IndicatorURL && !w.href:
		return aup.RoleSource, pageWhy
	}
	return aup.RoleMention, "named in the report"
}

// towards are words before "to" that say otherwise than that it was hit.
var towards = cues(aup.RoleSource, "link", "links", "linked", "linking", "leads", "lead", "leading", "redirect", "redirects", "redirecting", "redirected", "points", "pointing", "goes", "resolves", "connects", "beacons", "talks", "phones", "uploads", "pay", "payable", "paid").
	and(aup.RoleReporter, "write", "reply", "respond", "answer", "mail", "email")

// nearTarget is how many words may stand from the word that names a target to
// the address: "our new mail server at 192.0.2.1".
const nearTarget = 5

type cueWords map[string]aup.Role

func cues(role aup.Role, words ...string) cueWords { return cueWords{}.and(role, words...) }

func (c cueWords) and(role aup.Role, words ...string) cueWords {
	for _, w := range words {
		c[w] = role
	}
	return c
}

// cueBreaks holds what stands between cues.
var cueBreaks = func() (breaks [utf8.RuneSelf]bool) {
	for c := range breaks {
		breaks[c] = c <= ' ' || strings.ContainsRune(`:=,;"'()[]{}<>|`, rune(c))
	}
	return breaks
}()

// last returns the cue that stands last in s, as it is the nearest one.
func (c cueWords) last(s string) (string, aup.Role, bool) {
	words := strings.FieldsFunc(s, func(r rune) bool { return r < utf8.RuneSelf && cueBreaks[r] })
	for i := len(words) - 1; i >= 0; i-- {
		w := strings.TrimRight(words[i], ".!?")
		if role, ok := c[w]; ok {
			if role == aup.RoleTarget && len(words)-i > nearTarget {
				continue // "our customers got mail that leads them to …"
			}
			if w == "to" && i > 0 && towards[words[i-1]] != "" {
				return words[i-1] + " to", towards[words[i-1]], true
			}
			if role == aup.RoleSource && i > 0 && c[words[i-1]] == aup.RoleTarget && words[i-1] != "to" {
				return words[i-1], aup.RoleTarget, true // "our server …"
			}
			return w, role, true
		}
		if w != words[i] && i < len(words)-1 {
			break // the sentence before
		}
	}
	return "", "", false
}

// portNear reads the port that a log names behind the address.
func portNear(w place) uint16 {
	after := w.line[min(max(w.end, 0), len(w.line)):]
	after = strings.ToLower(after[:min(len(after), 80)])
	for _, word := range []string{"port ", "spt=", "port=", "port: "} {
		if _, rest, ok := strings.Cut(after, word); ok {
			n := 0
			for n < len(rest) && rest[n] >= '0' && rest[n] <= '9' {
				n++
			}
			return portOf(rest[:n])
		}
	}
	return 0
}
