package classify

import (
	"slices"
	"sort"
	"strings"

	"aupd/internal/aup"

	"golang.org/x/net/publicsuffix"
)

// An origin is what a message of the document is beside its words: how it
// travelled, where its links lead, and whether it is a piece of a conversation.
// Who sends what nobody asked for writes any words that they like; a site of
// their own that the links lead back to, a list that hands the mail on, and an
// answer to what somebody else wrote are not had that easily.
type origin struct {
	m     *aup.Message
	sites []string // of its sender: those of From, Sender, Reply-To and Return-Path
	part  *aup.Part
	shown aup.Range // what of part shows it, its beginning
	links int       // that were looked at
	home  int       // of these lead to a site of its sender
	// lines of its text, those that quote, and those that quote what quotes
	lines, quoted, deeper int
	footer                int // the last line that names a list's address, 0 for none
}

// mostLinks is how many links of a message are looked at: the first ones tell.
const mostLinks = 60

// originsOf returns the origin of each of doc's messages.
func originsOf(doc *aup.Document) []origin {
	out := make([]origin, len(doc.Messages))
	for i := range doc.Messages {
		out[i].m = &doc.Messages[i]
		out[i].sites = sitesOf(&doc.Messages[i])
	}
	for i := range doc.Parts {
		p := &doc.Parts[i]
		if p.Kind == aup.PartMachine || p.Kind == aup.PartAttachment || p.Kind == aup.PartHeaders {
			continue
		}
		for _, s := range segments(p) {
			if o := at(out, p, s); o != nil {
				o.read(p, s)
			}
		}
		for _, l := range p.Links {
			if o := within(out, p, l.Start); o != nil {
				o.link(l.Href)
			}
		}
	}
	for _, in := range doc.Indicators {
		if p, ok := doc.Part(in.Part); ok && in.Kind == aup.IndicatorURL && len(p.Links) == 0 {
			if o := within(out, p, in.Start); o != nil {
				o.link(in.Value)
			}
		}
	}
	return out
}

// at returns the origin of the message that segment s of p is of.
func at(origins []origin, p *aup.Part, s aup.Segment) *origin {
	n := p.Message
	if s.Message > 0 {
		n = s.Message
	}
	if n < 0 || n >= len(origins) {
		return nil
	}
	return &origins[n]
}

// answers reports whether the header of m says what it answers, as programs write it.
// People who pass a message on put Re: in front of a subject as well.
func answers(m *aup.Message) bool { return len(m.InReplyTo)+len(m.References) > 0 }

// within returns the origin of the message that stands at offset i of p.
func within(origins []origin, p *aup.Part, i int) *origin {
	all := segments(p)
	n := sort.Search(len(all), func(n int) bool { return all[n].End > i })
	if n == len(all) || all[n].Start > i {
		return nil
	}
	return at(origins, p, all[n])
}

// read counts the lines of a stretch of the message's text.
func (o *origin) read(p *aup.Part, s aup.Segment) {
	r := aup.Range{Start: max(s.Start, 0), End: min(s.End, len(p.Text))}
	if r.Start >= r.End {
		return
	}
	text := p.Text[r.Start:r.End]
	if o.part == nil {
		line := firstLine(text)
		o.part, o.shown = p, aup.Range{Start: r.Start + line.Start, End: r.Start + line.End}
	}
	if p.Kind == aup.PartSubject || p.Alternative || s.Voice == aup.VoiceForwardHeader || s.Voice == aup.VoiceHeaders {
		return
	}
	listed := listAddress(text)
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if strings.Trim(line, "> ") == "" {
			continue
		}
		o.lines++
		if listed && listAddress(line) {
			o.footer = o.lines
		}
		if rest, ok := strings.CutPrefix(line, ">"); ok {
			o.quoted++
			if strings.HasPrefix(strings.TrimSpace(rest), ">") {
				o.deeper++
			}
		}
	}
}

// link counts a link of the message.
func (o *origin) link(href string) {
	if to := registered(site(href)); to != "" && o.links < mostLinks {
		o.links++
		if slices.Contains(o.sites, to) {
			o.home++
		}
	}
}

// sitesOf returns the sites that m names as its sender's.
func sitesOf(m *aup.Message) []string {
	var out []string
	add := func(addr string) {
		s := registered(strings.Trim(addr[strings.LastIndexByte(addr, '@')+1:], "<> "))
		if s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	for _, list := range [][]aup.Address{m.From, m.Sender, m.ReplyTo} {
		for _, a := range list {
			add(a.Addr)
		}
	}
	add(m.ReturnPath)
	return out
}

// registered returns the part of a host that somebody registered, empty for
// what is no host of a public name.
func registered(host string) string {
	d, err := publicsuffix.EffectiveTLDPlusOne(strings.ToLower(strings.TrimSuffix(host, ".")))
	if err != nil {
		return ""
	}
	return d
}
