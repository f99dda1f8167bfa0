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
