package evidence

import (
	"slices"
	"strings"

	"aupd/internal/aup"
)

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
