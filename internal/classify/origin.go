package classify

import (
	"slices"
	"strings"
	"unicode"

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

// within returns the origin of the message that stands at offset i of p.
func within(origins []origin, p *aup.Part, i int) *origin {
	for _, s := range segments(p) {
		if s.Start <= i && i < s.End {
			return at(origins, p, s)
		}
	}
	return nil
}

// read counts the lines of a stretch of the message's text.
func (o *origin) read(p *aup.Part, s aup.Segment) {
	r := aup.Range{Start: max(s.Start, 0), End: min(s.End, len(p.Text))}
	if r.Start >= r.End {
		return
	}
	if o.part == nil {
		line := firstLine(p.Text[r.Start:r.End])
		o.part, o.shown = p, aup.Range{Start: r.Start + line.Start, End: r.Start + line.End}
	}
	if p.Kind == aup.PartSubject || p.Alternative || s.Voice == aup.VoiceForwardHeader || s.Voice == aup.VoiceHeaders {
		return
	}
	for line := range strings.Lines(p.Text[r.Start:r.End]) {
		line = strings.TrimSpace(line)
		if strings.Trim(line, "> ") == "" {
			continue
		}
		o.lines++
		if listAddress(line) {
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

// homeward reports whether a link leads to a site of the sender's own, and
// nothing that could be verified says that the sender is another one.
func (o *origin) homeward() bool {
	return o.home > 0 && !slices.ContainsFunc(o.m.Auth, func(a aup.AuthResult) bool { return a.Result == "fail" })
}

// An issue of a newsletter is a page long, and has links throughout to what its
// sender publishes. An advertisement has few lines, or links to one shop.
const (
	issueLinks = 4
	issueLines = 40
)

// issue reports whether the message looks like an issue of a newsletter whose
// sender stands by it.
func (o *origin) issue() bool {
	return o.homeward() && o.home >= issueLinks && o.lines >= issueLines
}

// answers reports whether the message holds words of an earlier one, and not
// those alone. Where the whole message is quoted, it is so by who passes it on.
func (o *origin) answers() bool {
	quoted := o.quoted
	if 10*o.quoted > 9*o.lines {
		quoted = o.deeper
	}
	return quoted > 0 && 10*quoted <= 9*o.lines
}

// list reports whether the message came through a mailing list (RFC 2369, 2919).
// So does
// what such a list writes below every message. A list that it is addressed to is
// none: a mailbox that several people read may be one.
func (o *origin) list() bool {
	found := o.footer > 0 && o.lines-o.footer < footerLines
	for _, f := range o.m.Header {
		switch strings.ToLower(f.Name) {
		case "list-id", "list-post", "x-mailman-version", "x-beenthere", "mailing-list", "x-mailing-list":
			if o.addressed(f.Value) {
				return false
			}
			found = true
		case "precedence":
			found = found || strings.EqualFold(strings.TrimSpace(f.Value), "list")
		}
	}
	return found
}

// addressed reports whether a list's field names a mailbox that the message is
// addressed to, as an address or as a List-Id, which has no @.
func (o *origin) addressed(value string) bool {
	value = strings.ToLower(value)
	return slices.ContainsFunc(o.m.To, func(a aup.Address) bool {
		addr := strings.ToLower(a.Addr)
		return addr != "" && (strings.Contains(value, addr) || strings.Contains(value, strings.Replace(addr, "@", ".", 1)))
	})
}

// posing reports whether the sender calls themselves by the name of a known sender
// and writes from a domain that does not have that name.
func (o *origin) posing(v *vocabulary) bool {
	brand := v.concept("brand")
	return slices.ContainsFunc(o.m.From, func(a aup.Address) bool {
		domain := strings.ToLower(a.Addr[strings.LastIndexByte(a.Addr, '@')+1:])
		z := zone{where: headers, raw: a.Name, folded: fold(a.Name)}
		z.ends = z.folded.sentences()
		z.match(v)
		return domain != "" && slices.ContainsFunc(z.hits, func(h hit) bool {
			name := strings.ReplaceAll(z.folded.text[h.start:h.end], " ", "")
			return h.concept == brand && !strings.Contains(domain, name)
		})
	})
}

// marked reports whether a filter on the way marked the message as spam, in its
// subject or in a field that says yes.
func (o *origin) marked() bool {
	subject := strings.ToLower(o.m.Subject)
	for _, mark := range []string{"[spam]", "[spam?]", "*spam*", "{spam}", "{spam?}"} {
		if strings.Contains(subject, mark) {
			return true
		}
	}
	return slices.ContainsFunc(o.m.Header, func(f aup.Field) bool {
		name, value := strings.ToLower(f.Name), strings.ToLower(strings.TrimSpace(f.Value))
		return (strings.HasSuffix(name, "spam-flag") || strings.HasSuffix(name, "spam-status")) && strings.HasPrefix(value, "yes")
	})
}

// undisclosed reports whether the message hides whom else it went to, in the place
// where its recipient should stand.
func (o *origin) undisclosed() bool {
	return slices.ContainsFunc(o.m.To, func(a aup.Address) bool {
		return strings.Contains(strings.ToLower(a.String()), "undisclosed")
	})
}

// shouts reports whether a subject is in capitals or ends in a row of signs.
func shouts(subject string) bool {
	upper, lower := 0, 0
	for _, r := range subject {
		switch {
		case unicode.IsUpper(r):
			upper++
		case unicode.IsLower(r):
			lower++
		}
	}
	return upper >= 10 && upper > 2*lower || strings.Contains(subject, "!!") || strings.Contains(subject, "$$")
}
