package classify

import (
	"strings"

	"aupd/internal/aup"
)

// A fact is something that a machine-made part of the document states.
type fact struct {
	name  string
	part  aup.PartID
	start int
	end   int
	text  string
}

func (f fact) span(r *rule) aup.Span {
	return aup.Span{Part: f.part, Start: f.start, End: f.end, Text: f.text, Reason: r.Reason, Rule: r.Group}
}

// machineFacts returns what doc's machine reports and header state, each named
// format/type, and format alone.
func machineFacts(doc *aup.Document) []fact {
	var out []fact
	add := func(name string, part aup.PartID, words string) {
		f := fact{name: strings.ToLower(name), part: part}
		p, ok := doc.Part(part)
		if !ok {
			if p, ok = doc.Part(aup.SubjectPart); !ok {
				return
			}
			f.part = p.ID
		}
		f.end = min(len(p.Text), 200)
		if i := strings.Index(strings.ToLower(p.Text), strings.ToLower(words)); words != "" && i >= 0 {
			f.start, f.end = i, i+len(words)
		}
		if f.end > len(p.Text) {
			f.end = len(p.Text)
		}
		f.text = strings.ToValidUTF8(p.Text[f.start:f.end], "")
		if len(f.text) == f.end-f.start {
			out = append(out, f)
		}
	}
	for _, m := range doc.Machine {
		add(m.Format, m.Part, m.Type)
		if m.Type != "" {
			add(m.Format+"/"+m.Type, m.Part, m.Type)
			add(m.Format+"/"+strings.ToLower(m.Type[strings.LastIndexByte(m.Type, '/')+1:]), m.Part, m.Type)
		}
	}
	return out
}

// originalFacts returns what the messages that doc passes on are, as far as
// their headers and links say so.
func originalFacts(doc *aup.Document) []fact {
	var out []fact
	seen := make(map[string]bool)
	add := func(name string, p *aup.Part, r aup.Range) {
		if !seen[name] && r.Start >= 0 && r.Start < r.End && r.End <= len(p.Text) {
			seen[name] = true
			out = append(out, fact{name, p.ID, r.Start, r.End, p.Text[r.Start:r.End]})
		}
	}
	for i := range doc.Parts {
		p := &doc.Parts[i]
		whole := firstLine(p.Text)
		for _, s := range segments(p) {
			if s.Voice == aup.VoiceForwardHeader && s.Message > 0 && s.Message < len(doc.Messages) {
				about(&doc.Messages[s.Message], p, s.Range, add)
			}
		}
		if p.Message == 0 || p.Message >= len(doc.Messages) {
			continue
		}
		about(&doc.Messages[p.Message], p, whole, add)
		for _, l := range p.Links {
			if elsewhere(p.Text, l) {
				add("original/link-elsewhere", p, l.Range)
			}
		}
	}
	return out
}

// about states what m is, with r of p to show for it.
func about(m *aup.Message, p *aup.Part, r aup.Range, add func(string, *aup.Part, aup.Range)) {
	add("original", p, r)
	subject := strings.ToLower(m.Subject)
	if len(m.InReplyTo) > 0 || len(m.References) > 0 || strings.HasPrefix(subject, "re:") || strings.HasPrefix(subject, "aw:") {
		add("original/reply", p, r)
	}
	for _, f := range m.Header {
		switch strings.ToLower(f.Name) {
		case "list-id", "list-post", "x-mailman-version", "x-beenthere", "mailing-list":
			add("original/list", p, r)
		}
	}
	if strings.HasPrefix(m.Subject, "[") || strings.Contains(subject, "re: [") {
		add("original/list", p, r)
	}
}

// firstLine returns the range of the first line that is not empty.
func firstLine(s string) aup.Range {
	start := len(s) - len(strings.TrimLeft(s, " \t\r\n"))
	if n := strings.IndexByte(s[start:], '\n'); n >= 0 {
		return aup.Range{Start: start, End: start + n}
	}
	return aup.Range{Start: start, End: len(s)}
}

// elsewhere reports whether a link shows the address of another site than the
// one it leads to.
func elsewhere(text string, l aup.Link) bool {
	if l.Start < 0 || l.End > len(text) || l.Start >= l.End {
		return false
	}
	shown, to := site(strings.TrimSpace(text[l.Start:l.End])), site(l.Href)
	return shown != "" && to != "" && shown != to && !strings.HasSuffix(to, "."+shown) && !strings.HasSuffix(shown, "."+to)
}

// site returns the host of a web address, empty for other text.
func site(s string) string {
	s = strings.ToLower(s)
	rest, ok := strings.CutPrefix(s, "https://")
	if !ok {
		if rest, ok = strings.CutPrefix(s, "http://"); !ok && !strings.HasPrefix(s, "www.") {
			return ""
		}
	}
	if i := strings.IndexAny(rest, "/?#: "); i >= 0 {
		rest = rest[:i]
	}
	return strings.TrimPrefix(rest, "www.")
}
