package evidence

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"aupd/internal/aup"
)

const (
	// maxIndicators bounds the indicators of one document: a report about a
	// botnet lists some hundred.
	maxIndicators = 1000
	// maxToken is the longest stretch without white space that is looked at:
	// URLs end at 2083 in the widest browser.
	maxToken = 4096
)

// indicators finds what can be looked up or blocked, in the text and in the
// headers of the originals, each with its role.
func (b *builder) indicators() {
	c := b.newCast()
	for i := 1; i < len(b.doc.Messages); i++ {
		c.header(i)
	}
	for i := range b.doc.Parts[:b.meant] {
		p := &b.doc.Parts[i]
		if p.Alternative {
			continue
		}
		if t, ok := tableOf(p.Text); ok && p.Kind == aup.PartAttachment {
			c.table(p, t)
			continue
		}
		segments := p.Segments
		if segments == nil {
			segments = []aup.Segment{{Range: aup.Range{End: len(p.Text)}, Voice: aup.VoiceOwn}}
		}
		for _, s := range segments {
			c.segment(p, s)
		}
		for _, l := range p.Links {
			c.link(p, l)
		}
	}
	c.facts()
	if c.full {
		b.problem("limit", "", "more indicators than are kept")
	}
}

// A cast gives the indicators of a document their roles.
type cast struct {
	b      *builder
	never  never
	own    map[string]bool // registrable domains of the reporter
	sentTo map[string]bool // domains that the report was sent to
	ref    time.Time       // the report's date, for times without a year
	seen   map[key]int     // the index in Document.Indicators
	full   bool
}

// A key tells one indicator from another: a log names the same address on
// every line.
type key struct {
	kind  aup.IndicatorKind
	value string
	part  aup.PartID
	role  aup.Role
}

func (b *builder) newCast() *cast {
	c := &cast{b: b, never: newNever(b.opt), own: map[string]bool{}, sentTo: map[string]bool{}, seen: map[key]int{}}
	m := b.doc.Messages[0]
	c.ref = m.Date
	for _, a := range append(m.From, m.ReplyTo...) {
		if _, domain, ok := strings.Cut(a.Addr, "@"); ok {
			if d := registrable(domain); d != "" && !freeMail[d] {
				c.own[d] = true
			}
		}
	}
	for _, a := range m.To {
		if _, domain, ok := strings.Cut(a.Addr, "@"); ok {
			c.sentTo[strings.ToLower(domain)] = true
		}
	}
	return c
}

// add keeps an indicator. Of one that was found in that part before, only a
// port and a time that are not known yet are taken.
func (c *cast) add(in aup.Indicator) {
	k := key{in.Kind, in.Value, in.Part, in.Role}
	if i, known := c.seen[k]; known {
		first := &c.b.doc.Indicators[i]
		if first.Port == 0 {
			first.Port = in.Port
		}
		if first.Time.IsZero() {
			first.Time = in.Time
		}
		return
	}
	if len(c.b.doc.Indicators) >= maxIndicators {
		c.full = true
		return
	}
	c.seen[k] = len(c.b.doc.Indicators)
	c.b.doc.Indicators = append(c.b.doc.Indicators, in)
}

// segment finds the indicators of one voice.
func (c *cast) segment(p *aup.Part, s aup.Segment) {
	text := p.Text[s.Start:s.End]
	f := refang(text)
	var hops map[netip.Addr]hop
	if s.Voice == aup.VoiceHeaders || p.Kind == aup.PartHeaders {
		hops = c.walk(parseFields([]byte(text)), p.Message)
	}
	var paths []pathed
	if c.b.isXARF(p.ID) && strings.HasPrefix(strings.TrimSpace(text), "{") {
		paths = jsonPaths(text)
	}
	passed := s.Voice == aup.VoiceForwardHeader && c.passedOn(s.Message)
	line := lineAt{}
	tokens(f.text, func(at, end int) {
		if c.full {
			return
		}
		line.move(f.text, at)
		page := aup.Indicator{}
		for _, h := range scan(f.text, at, end) {
			r := f.written(h.Range)
			in := aup.Indicator{Kind: h.kind, Value: h.value, Port: h.port, Part: p.ID, Range: aup.Range{Start: r.Start + s.Start, End: r.End + s.Start}}
			where := place{part: p, voice: s.Voice, line: line.text, at: h.Start - line.start, end: h.End - line.start, edited: f.edited(h.Range), hops: hops, path: pathAt(paths, r.Start), passed: passed}
			in.Role, in.Why = c.role(&in, where)
			switch {
			case in.Kind == aup.IndicatorURL:
				page = in
			case in.Kind == aup.IndicatorIP:
				in.Port = max(in.Port, portNear(where))
				in.Time = line.time(f.text, c.ref)
				if h, ok := hopOf(&in, hops); ok {
					in.Time = h.when
				}
			case where.words() && in.Role == aup.RoleMention && page.Role == aup.RoleSource && !c.never.has(&in):
				in.Role, in.Why = page.Role, page.Why // where the page lies
			}
			c.add(in)
		}
	})
}

// isXARF reports whether the part with that id is an X-ARF report.
func (b *builder) isXARF(id aup.PartID) bool {
	return slices.ContainsFunc(b.doc.Machine, func(m aup.Machine) bool { return m.Format == "xarf" && m.Part == id })
}

// link takes where an HTML link leads, which need not be what is shown.
func (c *cast) link(p *aup.Part, l aup.Link) {
	voice := aup.VoiceOwn
	for _, s := range p.Segments {
		if s.Start <= l.Start && l.Start < s.End {
			voice = s.Voice
		}
	}
	shown := strings.TrimSpace(p.Text[l.Start:l.End])
	if len(l.Href) > maxToken || strings.TrimRight(shown, "/") == strings.TrimRight(l.Href, "/") {
		return // what is shown is found in the text
	}
	href := refang(l.Href).text
	for _, h := range scan(href, 0, len(href)) {
		in := aup.Indicator{Kind: h.kind, Value: h.value, Port: h.port, Part: p.ID, Range: l.Range}
		// The words before the link say what it is.
		from := max(0, l.Start-maxToken)
		from += strings.LastIndexByte(p.Text[from:l.Start], '\n') + 1
		in.Role, in.Why = c.role(&in, place{part: p, voice: voice, line: p.Text[from:l.End], at: l.Start - from, end: l.End - from, href: true})
		c.add(in)
	}
}
