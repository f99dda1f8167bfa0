package evidence

import (
	"strings"

	"aupd/internal/aup"
)

// A noticer is a program or office whose notices have a known form.
type noticer struct {
	format string
	kind   string   // Machine.Type; empty for the words that were found
	words  []string // in lower case, in the text or the subject
	from   string   // in the domain of the sender
}

var noticers = []noticer{
	{format: "fail2ban", words: []string{"fail2ban"}},
	{format: "blocklist", words: []string{"blocklist.de", "abuseipdb", "badips", "was listed on", "was listed by"}},
	{format: "honeypot", words: []string{"project honey pot", "project honeypot", "honeypot"}},
	{format: "notice", kind: "webiron", words: []string{"webiron"}, from: "webiron.com"},
	{format: "notice", kind: "spamcop", words: []string{"[ spamcop v"}, from: "spamcop.net"},
	{format: "notice", kind: "shadowserver", from: "shadowserver.org"},
	{format: "notice", kind: "netcraft", from: "netcraft.com"},
	{format: "notice", kind: "clean-mx", words: []string{"[clean-mx-"}, from: "clean-mx.de"},
	{format: "notice", kind: "copyright", words: []string{"- ----begin acns", "- ---start acns", "<infringement xmlns", "notice of claimed infringement"}, from: "ip-echelon.com"},
}

// noticeWords are those of all noticers, tellingWords those of secrecy as well:
// most texts have none of either, which is found out once.
var (
	noticeWords  = newStems(allNoticeWords()...)
	tellingWords = newStems(append(allNoticeWords(), secrecyWords...)...)
)

func allNoticeWords() (all []string) {
	for _, n := range noticers {
		all = append(all, n.words...)
	}
	return all
}

// maxNotice bounds the text that a notice is recognised by: it says at the
// beginning who it is from.
const maxNotice = 20_000

// notices tells the notices of well-known programs by their sender or words.
func (b *builder) notices() {
	domain := ""
	if from := b.doc.Messages[0].From; len(from) > 0 {
		domain = domainOf(from[0].Addr)
	}
	texts := b.noticeTexts()
	for _, n := range noticers {
		if m, ok := n.match(texts, domain); ok {
			b.doc.Machine = append(b.doc.Machine, m)
		}
	}
}

// A noticeText is a part with its beginning, in lower case if it has any of
// noticeWords, empty if not.
type noticeText struct {
	part *aup.Part
	low  string
}

// noticeTexts returns the texts that a notice can be recognised by, the subject
// last.
func (b *builder) noticeTexts() []noticeText {
	var out, subject []noticeText
	for i := range b.doc.Parts {
		p := &b.doc.Parts[i]
		if p.Message != 0 || p.Kind == aup.PartAttachment || p.Kind == aup.PartMachine || p.Alternative {
			continue
		}
		t := noticeText{part: p}
		plain := i < len(b.plain) && b.plain[i]
		if head := p.Text[:min(len(p.Text), maxNotice)]; !plain && noticeWords.in(head) {
			t.low = strings.ToLower(head)
		}
		if p.Kind == aup.PartSubject {
			subject = append(subject, t)
			continue
		}
		out = append(out, t)
	}
	return append(out, subject...)
}

func (n noticer) match(texts []noticeText, domain string) (aup.Machine, bool) {
	for _, t := range texts {
		for _, w := range n.words {
			if strings.Contains(t.low, w) {
				m := aup.Machine{Format: n.format, Type: n.kind, Part: t.part.ID, Fields: noticeFields(texts)}
				if m.Type == "" {
					m.Type = w
				}
				return m, true
			}
		}
	}
	if n.from != "" && n.from == domain && len(texts) > 0 {
		return aup.Machine{Format: n.format, Type: n.kind, Part: texts[0].part.ID, Fields: noticeFields(texts)}, true
	}
	return aup.Machine{}, false
}
