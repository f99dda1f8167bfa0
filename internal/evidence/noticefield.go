package evidence

import (
	"regexp"
	"strings"

	"aupd/internal/aup"
)

// noticeLabels are the names that notices give to what they know.
var noticeLabels = set("ip", "ip address", "ip-address", "source ip", "source", "attacker", "attacker ip", "offending ip", "infringement source", "infringer's ip address", "infringers ip address", "infringer's port", "port id", "port", "destination port", "source port", "protocol", "url", "infringement url",
	"domain", "hostname", "date", "time", "timestamp", "first seen", "last seen", "initial infringement timestamp", "recent infringement timestamp", "case id", "notice id", "report id", "incident", "ticket", "attack type", "type", "service", "category",
	"title", "work", "infringed work", "infringing filename", "infringing filesize", "logs", "jail", "failures", "attempts", "asn", "malware", "infection")

const (
	// mostNoticeFields bounds the fields of one notice: the longest have some
	// twenty.
	mostNoticeFields = 30
	// longestNoticeField bounds one value.
	longestNoticeField = 500
)

// noticeFields reads what a notice says in a form: lines of "Name: value", the
// elements of a copyright notice, Project Honey Pot's lists.
func noticeFields(texts []noticeText) []aup.Field {
	var out []aup.Field
	add := func(name, value string) {
		if value != "" && len(value) <= longestNoticeField && len(out) < mostNoticeFields {
			out = append(out, aup.Field{Name: name, Value: strings.ToValidUTF8(value, "")})
		}
	}
	for _, t := range texts {
		text := t.part.Text[:min(len(t.part.Text), maxNotice)]
		kind := ""
		for l := range strings.SplitSeq(text, "\n") {
			name, value, ok := cutField(strings.TrimLeft(l, "> \t*|-"))
			if known, _ := lookUp(noticeLabels, name); ok && known {
				add(strings.ToLower(name), value)
			}
			kind = honeyPotLine(kind, l, add)
		}
		if infringement.in(text) {
			for _, m := range acnsElement.FindAllStringSubmatch(text, mostNoticeFields) {
				add(strings.ToLower(m[1]), strings.TrimSpace(m[2]))
			}
		}
	}
	return out
}

// infringement begins the Automated Copyright Notice System's XML.
var infringement = newStems("<infringement")

// acnsElement is an element of the Automated Copyright Notice System's XML that
// says something about the incident.
var acnsElement = regexp.MustCompile(`<(ID|TimeStamp|IP_Address|DNS_Name|Port|Type|Title|FileName|FileSize|URL|Hash)\b[^>]*>([^<]+)</`)

// honeyPotHead is the head of a list of Project Honey Pot.
var honeyPotHead = regexp.MustCompile(`^(?:IPs Engaged In (.{3,60}) On Your Network|(Other Potentially Suspicious) IPs On Your Network):`)

// honeyPotLine takes a line of Project Honey Pot's report: an address below the
// head of a list, which is named by kind. It returns the kind of the next line.
func honeyPotLine(kind, l string, add func(name, value string)) string {
	if m := honeyPotHead.FindStringSubmatch(l); m != nil {
		return strings.ToLower(m[1] + m[2])
	}
	if kind != "" && l != "" && l[0] != ' ' {
		word, _, _ := strings.Cut(l, " ")
		h, ok := scanIP(word)
		if !ok {
			return ""
		}
		add(kind, h.value)
	}
	return kind
}
