package search

import (
	"context"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"aupd/internal/aup"
)

// The fields of a report that words are looked for in, in the order in which
// snippets are shown.
const (
	fieldSubject   = "subject"
	fieldWords     = "words" // the reporter's
	fieldNote      = "note"
	fieldOriginal  = "original"
	fieldFrom      = "from"
	fieldIndicator = "indicator" // values as they are, and the domains above them
)

var textFields = []string{fieldSubject, fieldWords, fieldNote, fieldOriginal, fieldFrom}

// sealedMark stands before the names of the fields of a sealed report. Who is
// not cleared for those searches the other fields alone: neither what they find
// nor its order, which goes by how rare a word is, tells of a sealed report.
const sealedMark = "sealed_"

// maxField bounds the text of one field: what stands further back is a log or
// an attachment, and is found by its indicators.
const maxField = 256 << 10

// A text is what a report says, by field.
type text struct {
	fields     map[string]string
	indicators []string
	sealed     bool
}

// text reads what a report says.
func (ix *Index) text(ctx context.Context, id aup.ReportID) (text, error) {
	r, err := ix.store.Report(ctx, id)
	if err != nil {
		return text{}, err
	}
	doc, err := ix.store.Document(ctx, id)
	if err != nil {
		return text{}, err
	}
	page, err := ix.store.Events(ctx, aup.EventQuery{Report: id})
	if err != nil {
		return text{}, err
	}
	b := make(map[string]*strings.Builder)
	add := func(field, s string) {
		if b[field] == nil {
			b[field] = new(strings.Builder)
		}
		if left := maxField - b[field].Len(); left > 0 && s != "" {
			b[field].WriteString(strings.ToValidUTF8(s[:min(left, len(s))], "") + "\n")
		}
	}
	add(fieldSubject, r.Subject)
	add(fieldFrom, r.From)
	for _, m := range doc.Messages[min(1, len(doc.Messages)):] {
		add(fieldOriginal, m.Subject)
		for _, a := range m.From {
			add(fieldOriginal, a.String())
		}
	}
	for i := range doc.Parts {
		addPart(&doc.Parts[i], add)
	}
	for _, e := range page.Events {
		if e.Kind == aup.EventNoted && e.Action != nil {
			add(fieldNote, e.Action.Reason)
		}
	}
	t := text{fields: make(map[string]string, len(b)), indicators: indicators(r.Traces), sealed: r.Sealed}
	for f, s := range b {
		t.fields[f] = s.String()
	}
	return t, nil
}

// addPart adds the text of a part to the field that it belongs to.
func addPart(p *aup.Part, add func(field, s string)) {
	if p.Kind == aup.PartSubject || p.Alternative {
		return
	}
	if p.Message > 0 {
		add(fieldOriginal, p.Text)
		return
	}
	if len(p.Segments) == 0 {
		add(fieldWords, p.Text)
	}
	for _, s := range p.Segments {
		switch s.Voice {
		case aup.VoicePolicy, aup.VoiceDisclaimer: // it stands in every other report
		case aup.VoiceForward, aup.VoiceForwardHeader, aup.VoiceHeaders, aup.VoiceLog:
			add(fieldOriginal, p.Text[s.Start:s.End])
		default:
			add(fieldWords, p.Text[s.Start:s.End])
		}
	}
}

func (t text) document() map[string]any {
	mark := ""
	if t.sealed {
		mark = sealedMark
	}
	doc := map[string]any{mark + fieldIndicator: t.indicators}
	for f, s := range t.fields {
		doc[mark+f] = s
	}
	return doc
}

// indicators returns what traces are found by: each value, and for a host every
// domain that it lies in.
func indicators(traces []aup.Trace) []string {
	var out []string
	for _, t := range traces {
		value := strings.ToLower(t.Value)
		out = append(out, value)
		host := value
		switch t.Kind {
		case aup.IndicatorURL:
			u, err := url.Parse(value)
			if err != nil {
				continue
			}
			host = u.Hostname()
		case aup.IndicatorEmail:
			_, host, _ = strings.Cut(value, "@")
		case aup.IndicatorDomain, aup.IndicatorMailServer:
		default:
			continue
		}
		if _, err := netip.ParseAddr(host); err == nil {
			out = append(out, host)
			continue
		}
		for rest := host; rest != ""; {
			out = append(out, rest)
			_, rest, _ = strings.Cut(rest, ".")
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
