package classify

import (
	"slices"
	"strings"
	"unicode"

	"aupd/internal/aup"
)

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

// converses reports whether the message holds words of an earlier one, and not
// those alone. Where the whole message is quoted, it is so by who passes it on.
func (o *origin) converses() bool {
	quoted := o.quoted
	if 10*o.quoted > 9*o.lines {
		quoted = o.deeper
	}
	return quoted > 0 && 10*quoted <= 9*o.lines
}

// list reports whether the message came through a mailing list, by its header (RFC
// 2369, 2919) or by what the list wrote below it. For the report itself a list that
// it is addressed to is none: a support mailbox that several people read may be one.
func (o *origin) list() bool {
	found := o.footer > 0 && o.lines-o.footer < footerLines
	for _, f := range o.m.Header {
		switch strings.ToLower(f.Name) {
		case "list-id", "list-post", "x-mailman-version", "x-beenthere", "mailing-list", "x-mailing-list":
			if o.m.Parent < 0 && o.addressed(f.Value) {
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
		from := []zone{{where: headers, raw: a.Name, folded: fold(a.Name)}}
		z := &from[0]
		z.ends = z.folded.sentences()
		v.match(from)
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
