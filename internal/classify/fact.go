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

// originFacts returns what the messages that doc passes on are, and the report
// itself, as far as their headers and links say so.
func originFacts(v *vocabulary, doc *aup.Document, origins []origin) []fact {
	var out []fact
	seen := make(map[string]bool)
	add := func(name string, p *aup.Part, r aup.Range) {
		if p != nil && !seen[name] && r.Start >= 0 && r.Start < r.End && r.End <= len(p.Text) {
			seen[name] = true
			out = append(out, fact{name, p.ID, r.Start, r.End, p.Text[r.Start:r.End]})
		}
	}
	for i := range origins {
		for _, name := range origins[i].facts(v, i > 0) {
			add(name, origins[i].part, origins[i].shown)
		}
	}
	for i := range doc.Parts {
		p := &doc.Parts[i]
		for _, l := range p.Links {
			if p.Message > 0 && elsewhere(p.Text, l) {
				add("original/link-elsewhere", p, l.Range)
			}
		}
	}
	return out
}

// facts returns the names of what o is. The report itself is seldom what is passed
// on: of it only what makes it a list's or a sender's to many is stated.
func (o *origin) facts(v *vocabulary, passedOn bool) []string {
	var out []string
	add := func(name string, is bool) {
		if is {
			out = append(out, name)
		}
	}
	if !passedOn {
		add("mail/list", o.list())
		add("mail/issue", o.issue())
		return out
	}
	add("original", true)
	subject := strings.ToLower(o.m.Subject)
	add("original/reply", answers(o.m) || strings.HasPrefix(subject, "re:") || strings.HasPrefix(subject, "aw:"))
	add("original/list", o.list() || !o.marked() && (strings.HasPrefix(subject, "[") || strings.Contains(subject, "re: [")))
	add("original/conversation", o.converses())
	add("original/homeward", o.homeward())
	add("original/issue", o.issue())
	add("original/shouts", shouts(o.m.Subject))
	add("original/posing", o.posing(v))
	add("original/marked", o.marked())
	add("original/undisclosed", o.undisclosed())
	return out
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
