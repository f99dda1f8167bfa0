package evidence

import "strings"

// wrappers are the gateways and pages that stand before a link, by their host or
// what it ends with, each with the parameter in which the link itself is. Who
// reads mail behind one finds every link so.
var wrappers = []struct{ host, name string }{
	{".safelinks.protection.outlook.com", "url"}, {".google.com", "q"}, {".google.com", "url"}, {"urldefense.proofpoint.com", "u"},
	{"linkprotect.cudasvc.com", "a"}, {".fireeye.com", "u"}, {"l.facebook.com", "u"}, {"lm.facebook.com", "u"}, {"l.instagram.com", "u"},
	{"www.youtube.com", "q"}, {"deref-gmx.net", "redirecturl"}, {"deref-gmx.com", "redirecturl"}, {"deref-web.de", "redirecturl"}, {"deref-mail.com", "redirecturl"},
	{"slack-redir.net", "url"}, {"steamcommunity.com", "url"}, {"steamcommunity.com", "u"}, {"t.umblr.com", "z"}, {"duckduckgo.com", "uddg"}, {"vk.com", "to"}, {"away.vk.com", "to"},
}

// unwrapped returns the link that stands within another, rest of which follows
// the host; empty when none does.
func unwrapped(host, rest string) string {
	if host == "urldefense.com" || host == "urldefense.us" {
		_, link, _ := strings.Cut(rest, "/v3/__")
		link, _, _ = strings.Cut(link, "__;")
		return webLink(link)
	}
	if host == "secure-web.cisco.com" {
		return webLink(unescapePercent(rest[strings.LastIndexByte(rest, '/')+1:]))
	}
	_, query, _ := strings.Cut(rest, "?")
	for _, w := range wrappers {
		if host != w.host && (w.host[0] != '.' || !strings.HasSuffix(host, w.host)) {
			continue
		}
		for one := range strings.SplitSeq(query, "&") {
			name, value, _ := strings.Cut(strings.TrimPrefix(one, "amp;"), "=")
			if !strings.EqualFold(name, w.name) {
				continue
			}
			if strings.HasPrefix(w.host, "urldefense") {
				value = proofpoint.Replace(value)
			}
			if link := webLink(unescapePercent(value)); link != "" {
				return link
			}
		}
	}
	return ""
}

// proofpoint turns what the second version of that gateway writes into percent
// signs and slashes.
var proofpoint = strings.NewReplacer("-", "%", "_", "/")

// webLink returns s when it is a link of the web.
func webLink(s string) string {
	const longest = len("https://")
	if low := strings.ToLower(s[:min(len(s), longest)]); strings.HasPrefix(low, "http://") || strings.HasPrefix(low, "https://") {
		return strings.ToValidUTF8(s, "\ufffd")
	}
	return ""
}
