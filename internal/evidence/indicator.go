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
	b     *builder
	never never
	own   map[string]bool // registrable domains of the reporter
	ref   time.Time       // the report's date, for times without a year
	seen  map[key]int     // the index in Document.Indicators
	full  bool
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
	c := &cast{b: b, never: newNever(b.opt), own: map[string]bool{}, seen: map[key]int{}}
	m := b.doc.Messages[0]
	c.ref = m.Date
	for _, a := range append(m.From, m.ReplyTo...) {
		if _, domain, ok := strings.Cut(a.Addr, "@"); ok {
			if d := registrable(domain); d != "" && !freeMail[d] {
				c.own[d] = true
			}
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
	line := lineAt{}
	tokens(f.text, func(at, end int) {
		if c.full {
			return
		}
		line.move(f.text, at)
		for _, h := range scan(f.text, at, end) {
			r := f.written(h.Range)
			in := aup.Indicator{Kind: h.kind, Value: h.value, Port: h.port, Part: p.ID,
				Range: aup.Range{Start: r.Start + s.Start, End: r.End + s.Start}}
			where := place{part: p, voice: s.Voice, text: f.text, line: line.text, at: h.Start - line.start, end: h.End - line.start, edited: f.edited(h.Range), hops: hops, path: pathAt(paths, r.Start), passed: s.Voice == aup.VoiceForwardHeader && c.passedOn(s.Message)}
			in.Role, in.Why = c.role(&in, where)
			if in.Kind == aup.IndicatorIP {
				in.Port = max(in.Port, portNear(where))
				if h, ok := hopOf(&in, hops); ok {
					in.Time = h.when
				} else {
					in.Time = line.time(f.text, c.ref)
				}
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
	href := refang(l.Href).text
	if len(href) > maxToken {
		return
	}
	for _, h := range scan(href, 0, len(href)) {
		in := aup.Indicator{Kind: h.kind, Value: h.value, Port: h.port, Part: p.ID, Range: l.Range}
		// The words before the link say what it is.
		from := max(0, l.Start-maxToken)
		from += strings.LastIndexByte(p.Text[from:l.Start], '\n') + 1
		in.Role, in.Why = c.role(&in, place{part: p, voice: voice, line: p.Text[from:l.End], at: l.Start - from, end: l.End - from})
		c.add(in)
	}
}

// header takes the sender of an original and the hops of its header.
func (c *cast) header(i int) {
	m := &c.b.doc.Messages[i]
	if c.passedOn(i) {
		for _, a := range append(slices.Clone(m.From), m.To...) {
			c.address(m, a, aup.RoleRelay, passedWhy)
		}
		return
	}
	for _, a := range m.From {
		c.address(m, a, aup.RoleSource, "the sender of the reported message")
	}
	for _, a := range m.ReplyTo {
		c.address(m, a, aup.RoleSource, "answers to the reported message go there")
	}
	for _, a := range m.To {
		c.address(m, a, aup.RoleTarget, "the reported message was sent there")
	}
	raw := c.b.origins[i].header
	shown := slices.ContainsFunc(c.b.doc.Parts, func(p aup.Part) bool { return p.Message == i && p.Kind == aup.PartHeaders })
	if raw == nil || shown {
		return // inline, or its header is a part that is read with the others
	}
	fields := parseFields(raw)
	for _, h := range ordered(c.walk(fields, i)) {
		in := aup.Indicator{Kind: aup.IndicatorIP, Value: h.addr.String(), Role: h.role, Why: h.why, Time: h.when}
		if h.role == aup.RoleSource && c.never.addr(h.addr) {
			in.Role, in.Why = aup.RoleMention, neverWhy
		}
		c.add(in)
	}
}

const passedWhy = "passed the reported message on"

// passedOn reports whether message i, which was forwarded within the text, was
// a forward itself: its sender only handed on what somebody else had sent.
func (c *cast) passedOn(i int) bool {
	m := &c.b.doc.Messages[i]
	return m.Via == aup.ViaInline && isForward(m.Subject) && slices.ContainsFunc(c.b.doc.Messages, func(o aup.Message) bool { return o.Parent == i })
}

func (c *cast) address(m *aup.Message, a aup.Address, role aup.Role, why string) {
	value, ok := mailAddress(a.Addr)
	if !ok {
		return
	}
	in := aup.Indicator{Kind: aup.IndicatorEmail, Value: value, Role: role, Why: why}
	_, domain, _ := strings.Cut(value, "@")
	if role == aup.RoleSource || role == aup.RoleRelay {
		switch {
		case c.never.email(value):
			in.Role, in.Why = aup.RoleMention, neverWhy
		case m.Via == aup.ViaInline && c.own[registrable(domain)]:
			in.Role, in.Why = aup.RoleReporter, "of the reporter's own domain"
		}
	}
	c.add(in)
}

// A lineAt is the line around an offset that only grows.
type lineAt struct {
	start, end int
	text       string
	read       bool
	when       time.Time
}

func (l *lineAt) move(s string, at int) {
	if l.end > at && l.start <= at {
		return
	}
	l.start = max(0, at-maxToken)
	l.start += strings.LastIndexByte(s[l.start:at], '\n') + 1
	end := strings.IndexByte(s[at:min(len(s), at+maxToken)], '\n')
	if end < 0 {
		end = min(len(s), at+maxToken) - at
	}
	l.end, l.read = at+max(end, 1), false
	l.text = s[l.start:min(l.end, len(s))]
}

// time returns the time that the line names, or an indented one below it.
func (l *lineAt) time(s string, ref time.Time) time.Time {
	if l.read {
		return l.when
	}
	l.when, l.read = timeIn(l.text, ref), true
	below := s[min(l.end+1, len(s)):]
	if strings.HasPrefix(below, "  ") && l.when.IsZero() {
		below, _, _ = strings.Cut(below[:min(len(below), maxToken)], "\n")
		l.when = timeIn(below, ref)
	}
	return l.when
}
