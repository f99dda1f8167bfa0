package evidence

import (
	"regexp"
	"slices"
	"strings"

	"aupd/internal/aup"
)

// forwardSubject is how clients mark the subject of a forward.
var forwardSubject = regexp.MustCompile(`(?i)^\s*(\[[^\]]*\]\s*)?((re|aw|sv|antw)\s*:\s*)*(fwd?|wg|tr|rv|enc|i|doorst|pd|vb|vs|vl|ynt|ilet|转发|轉寄|전달|転送|пересл|preposl|továbbítás|πρθ)\s*[:：]`)

func isForward(subject string) bool { return hasColon(subject) && forwardSubject.MatchString(subject) }

// hasColon reports whether s has a colon, be it a wide one.
func hasColon(s string) bool {
	return strings.IndexByte(s, ':') >= 0 || strings.Contains(s, "：")
}

// endMarker ends a message forwarded by mutt and its kin.
var endMarker = regexp.MustCompile(`(?i)^[\s>]*-{2,}\s*end (of )?forwarded message\s*-*\s*$`)

// A block is the header block of an inline forward.
type block struct {
	from, to  int  // its lines
	english   bool // its labels are
	announced bool // a client's own line says that this is a forward
	quoted    bool // it stands behind ">"
	whole     bool // it is a header as servers write it, pasted with its trace fields
	values    map[string]string
}

// forwards marks every message that is forwarded within the text, and makes it
// a message of the document.
func (t *text) forwards(b *builder) {
	parent := t.part.Message
	reply := isReply(b.doc.Messages[parent].Subject) && !t.forwarded
	for i := 0; i < len(t.lines); {
		bl, ok := t.block(i)
		if !ok {
			i++
			continue
		}
		if reply && !bl.announced && !bl.whole {
			// Earlier mail below a reply, as Outlook quotes it.
			t.set(i, len(t.lines), aup.VoiceQuote, 0)
			return
		}
		n := t.addForward(b, bl, parent)
		if n < 0 {
			return
		}
		end, closed := t.forwardEnd(bl)
		t.set(i, bl.to, aup.VoiceForwardHeader, n)
		t.trace(bl)
		t.set(bl.to, end, aup.VoiceForward, n)
		if closed {
			t.set(end, end+1, aup.VoiceForwardHeader, n)
			end++
			parent = t.part.Message
		} else {
			parent = n // what is forwarded further down lies in this message
		}
		i = end
	}
}

// forwardEnd returns the line behind the message that bl heads: the next
// header block, the marker that closes it, or the end of the quotation that it
// stands in. closed says that it is a closing marker.
func (t *text) forwardEnd(bl block) (end int, closed bool) {
	for end = bl.to; end < len(t.lines); end++ {
		l := t.lines[end].text
		if bl.quoted && !t.blank(end) && !isQuoted(l) {
			return end, false
		}
		if strings.Contains(l, "--") && endMarker.MatchString(l) {
			return end, true
		}
		if _, next := t.block(end); next {
			return end, false
		}
	}
	return end, false
}

func isQuoted(l string) bool {
	for l != "" && (l[0] == ' ' || l[0] == '\t') {
		l = l[1:]
	}
	return l != "" && l[0] == '>'
}

var replySubject = regexp.MustCompile(`(?i)^\s*(\[[^\]]*\]\s*)?(re|aw|sv|antw|odp|回复|回覆|답장|رد|ynt|на|отв)\s*[:：]`)

func isReply(subject string) bool { return hasColon(subject) && replySubject.MatchString(subject) }

const (
	// maxBlock bounds the lines of a header block: long To fields fold.
	maxBlock = 60
	// maxBlockValue bounds one value of it.
	maxBlockValue = 4000
)

// block reads the header block that begins at line i: fields below a marker, or
// three fields and more that name a sender and a date or subject.
func (t *text) block(i int) (block, bool) {
	at, marked := i, false
	forward, original := markerOf(t.lines[i].text)
	if i < t.noBlock && !forward && !original {
		return block{}, false
	}
	if bl, ok := t.wholeHeader(i); ok {
		return bl, true
	}
	bl := block{from: i, announced: forward}
	if forward || original || isRule(t.lines[i].text) {
		marked = forward || original
		for at++; at < len(t.lines) && at <= i+3 && strings.Trim(t.lines[at].text, "> \t") == ""; at++ {
		}
	}
	if at == len(t.lines) || !hasColon(t.lines[at].text) {
		return bl, false
	}
	bl.quoted = isQuoted(t.lines[at].text)
	bl.values, bl.to = t.fields(at, marked, maxBlock)
	sender := bl.values["from"] != ""
	about := bl.values["date"] != "" || bl.values["subject"] != ""
	if sender && about && (marked || len(bl.values) >= 3) {
		name, _ := fieldName(strings.TrimLeft(t.lines[at].text, "> \t*|"))
		bl.english = name == "from" || name == "subject" || labels[name] == ""
		return bl, true
	}
	// A run of fields that lacks one lacks it from any of its lines on.
	t.noBlock = max(t.noBlock, bl.to)
	return bl, false
}

// fields reads the fields in the lines from at on, at most so many, nil when there
// are none, and returns the line behind them.
func (t *text) fields(at int, marked bool, most int) (values map[string]string, end int) {
	last, other := "", false
	for from := at; at < len(t.lines) && at < from+most; at++ {
		raw := t.lines[at].text
		l := strings.TrimLeft(raw, "> \t*|")
		name, value, found := cutField(l)
		field, known := lookUp(labels, name)
		switch {
		case found && known:
			if values == nil {
				values = make(map[string]string)
			}
			if last, other = field, false; values[field] == "" {
				values[field] = value
			}
		case marked && strings.TrimSpace(l) == "" && t.labelled(at+1) && values != nil: // each field is a paragraph
		case found && (len(values) > 0 || marked) && plainName.MatchString(name):
			last, other = "", true
		case other && isFolded(raw):
		case last != "" && strings.TrimSpace(l) != "" && len(values[last]) < maxBlockValue && (raw[0] == ' ' || raw[0] == '\t' || values[last] == "" || t.wrapped(at)):
			values[last] = strings.TrimSpace(values[last] + " " + strings.TrimSpace(l))
		default:
			return values, at
		}
	}
	return values, at
}

// labelled reports whether line at is a field that clients write.
func (t *text) labelled(at int) bool {
	if at >= len(t.lines) {
		return false
	}
	name, _, found := cutField(strings.TrimLeft(t.lines[at].text, "> \t*|"))
	_, known := lookUp(labels, name)
	return found && known
}

// wrapped reports whether line at goes on with the field above it, which a
// client wrapped without folding it: another field follows soon.
func (t *text) wrapped(at int) bool {
	const most = 3 // lines of names in a To field
	for i := at + 1; i < len(t.lines) && i <= at+most && !t.blank(i); i++ {
		name, _, found := cutField(strings.TrimLeft(t.lines[i].text, "> \t*|"))
		if found {
			field, _ := lookUp(labels, name)
			return field != ""
		}
	}
	return false
}

// isFolded reports whether l goes on with the field above it (RFC 5322, 2.2.3).
func isFolded(l string) bool {
	return l != "" && (l[0] == ' ' || l[0] == '\t') && strings.TrimSpace(l) != ""
}

// plainName is the name of a field that mail software may write.
var plainName = regexp.MustCompile(`(?i)^[a-z][a-z0-9_-]{1,60}$`)

// fieldName returns the name of the field that a line is, in lower case.
func fieldName(l string) (name string, ok bool) {
	name, _, ok = cutField(l)
	return strings.ToLower(name), ok
}

// cutField cuts a line into a field's name, as it is written, and its value.
func cutField(l string) (name, value string, ok bool) {
	const longestName = 60
	head := l[:min(len(l), longestName+len("："))]
	i := strings.IndexByte(head, ':')
	if wide := strings.Index(head, "："); wide >= 0 && (i < 0 || wide < i) {
		i = wide
	}
	if i <= 0 || i > longestName {
		return "", "", false
	}
	if strings.HasPrefix(l[i:], "://") {
		return "", "", false
	}
	name, value = l[:i], l[i:]
	if isASCII(l) { // as most, and searched for less
		name, value = strings.Trim(name, "*_ \t"), strings.TrimRight(strings.TrimLeft(value, ":* \t"), "* \t")
	} else {
		name, value = strings.Trim(name, "*_ \t"+unseen), strings.TrimRight(strings.TrimLeft(value, ":：* \t"+unseen), "* \t"+unseen)
	}
	return strings.TrimSpace(name), strings.TrimSpace(value), true
}

// unseen are the characters that say in which direction a line is read, which
// clients put around the names of fields, and others without a width.
const unseen = "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"

// addForward makes a message of a header block and returns its index, -1 when
// the document has all the messages it may have.
func (t *text) addForward(b *builder, bl block, parent int) int {
	if len(b.doc.Messages) >= maxMessages {
		b.problem("limit", t.part.ID, "more forwarded messages than are kept")
		return -1
	}
	m := aup.Message{
		Parent: parent, Via: aup.ViaInline, Path: t.part.ID, Subject: bl.values["subject"],
		From: parseAddresses(mailto(bl.values["from"])), ReplyTo: parseAddresses(mailto(bl.values["reply-to"])),
		To: parseAddresses(mailto(bl.values["to"])), Cc: parseAddresses(mailto(bl.values["cc"])),
	}
	if d := bl.values["date"]; d != "" {
		if when, ok := clientDate(d, bl.english); ok {
			m.Date = when
		} else {
			m.DateText = d
		}
	}
	if t.part.Alternative {
		// The other form of the text has most likely given it.
		if i := slices.IndexFunc(b.doc.Messages, func(o aup.Message) bool { return sameForward(&o, &m) }); i > 0 {
			return i
		}
	}
	return b.addMessage(m, origin{})
}

func sameForward(a, b *aup.Message) bool {
	return a.Via == aup.ViaInline && b.Via == aup.ViaInline && a.Subject == b.Subject && a.Date.Equal(b.Date) && slices.Equal(a.From, b.From)
}

// mailto takes out what clients put beside an address: "[mailto:a@b]".
func mailto(s string) string {
	return mailtos.Replace(s)
}

var mailtos = strings.NewReplacer("[mailto:", "<", "<mailto:", "<", "]", ">", "＜", "<", "＞", ">")
