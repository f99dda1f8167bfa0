package evidence

import (
	"fmt"
	"net/mail"
	"strings"
	"time"

	"aupd/internal/aup"
)

// maxAddresses bounds the addresses kept of one field.
const maxAddresses = 100

// parseAddresses reads the value of an address field (RFC 5322, 3.4) as
// senders write it: raw or encoded names with commas in quotes, comments,
// groups, addresses without brackets or with too many. What has no address
// keeps its name. The value is raw, as [field] holds it.
func parseAddresses(value string) []aup.Address {
	var list []aup.Address
	var g guesser
	for value != "" && len(list) < maxAddresses {
		var one string
		one, value = cutAddress(value)
		if a := g.address(one); a != (aup.Address{}) {
			list = append(list, a)
		}
	}
	return list
}

// cutAddress cuts s at the next comma or semicolon, or behind the next group
// name, outside of quotes, comments and brackets.
func cutAddress(s string) (one, rest string) {
	quoted, angle, depth := false, false, 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\':
			i++
		case c == '"' && depth == 0:
			quoted = !quoted
		case quoted:
		case c == '(':
			depth++
		case c == ')':
			depth = max(depth-1, 0)
		case depth > 0:
		case c == '<':
			angle = true
		case c == '>':
			angle = false
		case (c == ',' || c == ';') && !angle:
			return s[:i], s[i+1:]
		case c == ':' && !angle && !strings.Contains(s[:i], "@"):
			return "", s[i+1:]
		}
	}
	// An unclosed quote or bracket must not swallow the other addresses.
	if i := strings.IndexByte(s, ','); i >= 0 && (quoted || angle || depth > 0) {
		return s[:i], s[i+1:]
	}
	return s, ""
}

func (g *guesser) address(s string) aup.Address {
	s = strings.TrimSpace(s)
	if i := strings.LastIndexByte(s, '<'); i >= 0 {
		addr := s[i+1:]
		if j := strings.IndexByte(addr, '>'); j >= 0 {
			addr = addr[:j]
		}
		return aup.Address{Name: g.displayName(s[:i]), Addr: g.addrSpec(addr)}
	}
	bare, comment := cutComment(s)
	if !strings.Contains(bare, "@") {
		return aup.Address{Name: g.displayName(s)}
	}
	return aup.Address{Name: g.displayName(comment), Addr: g.addrSpec(bare)}
}

// cutComment returns s without its first comment, and the comment's text.
// Comments nest (RFC 5322, 3.2.2).
func cutComment(s string) (bare, comment string) {
	before, rest, ok := strings.Cut(s, "(")
	if !ok {
		return s, ""
	}
	depth := 1
	for i := range len(rest) {
		switch rest[i] {
		case '(':
			depth++
		case ')':
			depth--
		}
		if depth == 0 {
			return before + rest[i+1:], rest[:i]
		}
	}
	return before, rest
}

// displayName returns the text of a display name: quotes go, encoded words are
// decoded, white space is one space.
func (g *guesser) displayName(s string) string {
	s = strings.TrimSpace(s)
	if strings.HasPrefix(s, `"`) {
		s = unquote(s)
	}
	return line(strings.Trim(g.header(s), `"`))
}

// addrSpec returns an address without the white space that folding or fraud
// put into it.
func addrSpec(s string) string {
	var g guesser
	return g.addrSpec(s)
}

func (g *guesser) addrSpec(s string) string {
	s, _ = cutComment(s)
	return strings.Join(strings.Fields(cleanText(g.header(s))), "")
}

// line returns s on one line, each run of white space and controls as one
// space.
func line(s string) string {
	if !ragged(s) {
		return s
	}
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f || r == 0xa0 }), " ")
}

// ragged reports whether line has anything to do on s.
func ragged(s string) bool {
	space := true // at the beginning
	for i := range len(s) {
		c := s[i]
		if c < ' ' || c == 0x7f || c == 0xc2 || c == ' ' && space {
			return true
		}
		space = c == ' '
	}
	return space && s != ""
}

// dateLayouts are the forms of date that RFC 5322 does not know and mail has.
var dateLayouts = []string{
	time.RFC3339, time.ANSIC, time.UnixDate, "Mon, 2 Jan 2006 15:04:05", "2 Jan 2006 15:04:05", "Mon Jan 2 15:04:05 2006 -0700",
	"2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05", "2006-01-02T15:04:05", "Mon, 2 Jan 2006 15:04:05 -07:00",
	"Mon, 2 Jan 06 15:04:05 -0700", "Mon, 2 Jan 2006 15:04 -0700", "Mon, 2 Jan 2006 15:04:05 MST", "Monday, 2 January 2006 15:04:05 -0700",
}

// parseDate reads a Date field; a date without a zone is taken as UTC. The
// result is in UTC.
func parseDate(s string) (time.Time, bool) {
	if s = line(s); strings.IndexByte(s, ':') < 0 {
		return time.Time{}, false // no time of day, which all forms have
	}
	usual := numericZone(s)
	// The library tries its forms one by one; most dates have this one.
	if t, err := time.Parse("Mon, 2 Jan 2006 15:04:05 -0700", usual); err == nil {
		return t.UTC(), plausible(t)
	}
	if mayRead("Mon, 2 Jan", usual) || mayRead("2 Jan", usual) {
		if t, err := mail.ParseDate(usual); err == nil {
			return t.UTC(), plausible(t)
		}
	}
	s, _ = cutComment(s)
	s = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(s), " GMT+00:00"))
	for _, layout := range dateLayouts {
		if !mayRead(layout, s) {
			continue
		}
		if t, err := time.ParseInLocation(layout, s, time.UTC); err == nil {
			return zoned(t), plausible(t)
		}
	}
	return time.Time{}, false
}

// mayRead reports whether s begins as what is written in that layout. It may say
// so of others; the library copies s to say that it is none.
func mayRead(layout, s string) bool {
	const day, date = len("Mon"), len("2006-01-02")
	switch {
	case s == "" || isDigit(layout[0]) != isDigit(s[0]):
		return false
	case strings.HasPrefix(layout, "Mon") && layout[day] != 'd':
		return len(s) > day && s[day] == layout[day]
	case strings.HasPrefix(layout, "2006-01-02"):
		return len(s) > date && s[date] == layout[date]
	}
	return true
}

// numericZone writes a zone of letters at the end of s as digits (RFC 5322,
// 4.3): the library takes it for that of the machine or makes up one without an
// offset.
func numericZone(s string) string {
	s, _ = cutComment(s)
	s = strings.TrimSpace(s)
	at := strings.LastIndexByte(s, ' ') + 1
	zone := strings.ToLower(s[at:])
	if len(zone) == 0 || len(zone) > 5 || strings.Trim(zone, "abcdefghijklmnopqrstuvwxyz") != "" {
		return s
	}
	hours := zones[zone]
	if zone == "cst" {
		hours = -6 // what it means in a header
	}
	return fmt.Sprintf("%s%+03d00", s[:at], hours)
}

// zoned returns t in UTC, for a zone of letters within it, which was read as if
// it had no offset.
func zoned(t time.Time) time.Time {
	if name, offset := t.Zone(); offset == 0 {
		t = t.Add(time.Duration(-zones[strings.ToLower(name)]) * time.Hour)
	}
	return t.UTC()
}

// plausible reports whether t can be written as JSON and meant by a sender.
func plausible(t time.Time) bool { return t.Year() > 1970 && t.Year() < 2200 }
