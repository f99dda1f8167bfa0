package evidence

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
	"time"

	"aupd/internal/aup"
)

// A hop is an address of a Received chain (RFC 5321, 4.4) with its role.
type hop struct {
	addr  netip.Addr
	role  aup.Role
	why   string
	when  time.Time
	order int
}

// A received is what one Received field says.
type received struct {
	from, by string
	addr     netip.Addr // of the client, as the server saw it
	when     time.Time
}

// maxHops bounds the Received fields that are read: servers refuse mail after
// 100 (RFC 5321, 6.3, asks for at least that).
const maxHops = 100

// walk follows the Received chain of the message with that index, from its end
// to the first hop that the reporter's own infrastructure did not add: the
// client that hop names is where the message came from. What stands below was
// written by that client or further off, and may be forged.
func (c *cast) walk(fields []field, message int) map[netip.Addr]hop {
	hops := map[netip.Addr]hop{}
	own := c.receivers(message)
	found := false
	n := 0
	for _, f := range fields {
		if !strings.EqualFold(f.name, "Received") || n >= maxHops {
			continue
		}
		r := readReceived(f.value)
		n++
		if n == 1 && registrable(r.by) != "" {
			// The last server to write a line is the one that the mail lay on.
			own[registrable(r.by)] = true
		}
		if !r.addr.IsValid() {
			continue
		}
		h := hop{addr: r.addr, when: r.when, order: n}
		switch {
		case found:
			h.role, h.why = aup.RoleMention, "below the first hop that can be trusted: may be forged"
		case notPublic(r.addr.String()) || own[registrable(r.from)] || c.never.addr(r.addr):
			h.role, h.why = aup.RoleRelay, "a hop of the receiving side"
		default:
			h.role, h.why, found = aup.RoleSource, "the first hop that the receiving side did not add", true
		}
		if _, known := hops[h.addr]; !known {
			hops[h.addr] = h
		}
	}
	return hops
}

// receivers returns the domains of whoever received the message: the
// reporter's, and those that it was sent to.
func (c *cast) receivers(message int) map[string]bool {
	own := map[string]bool{}
	for d := range c.own {
		own[d] = true
	}
	for _, d := range c.b.opt.OwnDomains {
		own[registrable(d)] = true
	}
	if message > 0 {
		for _, f := range c.b.doc.Messages[message].Header {
			if strings.EqualFold(f.Name, "Delivered-To") || strings.EqualFold(f.Name, "X-Original-To") {
				if _, d, ok := strings.Cut(f.Value, "@"); ok && registrable(d) != "" {
					own[registrable(strings.Trim(d, "<> "))] = true
				}
			}
		}
	}
	delete(own, "")
	return own
}

// readReceived reads "from HELO (NAME [ADDR]) by HOST …; DATE" as servers write
// it.
func readReceived(s string) received {
	s = s[:min(len(s), 2000)]
	var r received
	stamp, date := s, ""
	if i := strings.LastIndexByte(s, ';'); i >= 0 {
		stamp, date = s[:i], s[i+1:]
	}
	r.when, _ = parseDate(date)
	client := stamp
	if i := strings.Index(" "+stamp, " by "); i >= 0 {
		client = stamp[:max(i-1, 0)]
		if words := strings.Fields(stamp[i+3-1:]); len(words) > 0 {
			r.by = strings.ToLower(strings.Trim(words[0], "[]()<>;,"))
		}
	}
	if !strings.HasPrefix(strings.ToLower(strings.TrimSpace(client)), "from") {
		return r
	}
	r.addr, r.from = readClient(client)
	return r
}

// readClient reads the part of a Received field between "from" and "by". An
// address in brackets was seen by the server; the name beside it was looked up
// by it, while the word after "from" is what the client said.
func readClient(s string) (addr netip.Addr, name string) {
	_, in, bracketed := strings.Cut(s, "(")
	for _, where := range []string{in, s} {
		for _, w := range strings.FieldsFunc(where, func(r rune) bool { return r <= ' ' || strings.ContainsRune("()[]<>;,=", r) }) {
			h, ok := scanIP(w)
			if ok && h.kind == aup.IndicatorIP && !addr.IsValid() {
				addr = netip.MustParseAddr(h.value)
			} else if d, isName := domainName(w); isName && name == "" && (bracketed || !addr.IsValid()) {
				name = d
			}
		}
		if addr.IsValid() {
			break
		}
	}
	return addr, name
}

// ordered returns hops from the last server to the first.
func ordered(hops map[netip.Addr]hop) []hop {
	list := make([]hop, 0, len(hops))
	for _, h := range hops {
		list = append(list, h)
	}
	slices.SortFunc(list, func(a, b hop) int { return cmp.Compare(a.order, b.order) })
	return list
}
