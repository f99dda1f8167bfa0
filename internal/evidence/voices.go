package evidence

import (
	"regexp"
	"strings"

	"aupd/internal/aup"
)

// voices says of every part that holds a person's text whose words it is, line
// by line. A line has one voice; neighbours that share it are one segment.
func (b *builder) voices() {
	policy := b.opt.PolicyText.shingles()
	// Parts are added to no more, messages are: an inline forward is one.
	for i := range b.doc.Parts[:b.meant] {
		p := &b.doc.Parts[i]
		if p.Kind != aup.PartText && p.Kind != aup.PartHTML {
			continue
		}
		t := &text{part: p, lines: cutLines(p.Text), forwarded: isForward(b.doc.Messages[p.Message].Subject)}
		t.read(b, policy)
		p.Segments = t.segments()
	}
}

// A text is a part on its way through voices.
type text struct {
	part      *aup.Part
	lines     []textLine
	forwarded bool // the subject says that the message is a forward
	noBlock   int  // no header block begins above this line, but below a marker
}

// A textLine is a line without its end.
type textLine struct {
	start, end int // in the part's text; end includes the line feed
	text       string
	voice      aup.Voice
	message    int
}

func cutLines(s string) []textLine {
	var out []textLine
	for at := 0; at < len(s); {
		end := strings.IndexByte(s[at:], '\n')
		if end < 0 {
			end = len(s) - at - 1
		}
		out = append(out, textLine{start: at, end: at + end + 1, text: strings.TrimRight(s[at:at+end+1], "\r\n"), voice: aup.VoiceOwn})
		at += end + 1
	}
	return out
}

// read gives each line its voice, from the surest signs to the weakest.
func (t *text) read(b *builder, policy map[string]bool) {
	m := b.markup[t.part.ID]
	t.forwards(b)
	t.within(m.quotes, aup.VoiceQuote)
	t.quotes()
	t.pasted()
	t.within(m.signatures, aup.VoiceSignature)
	t.signature()
	t.paragraphs(policy)
	t.closing()
}

// within gives the writer's own lines that lie whole in one of the ranges, which
// are in order, the voice.
func (t *text) within(ranges []aup.Range, v aup.Voice) {
	i := 0
	for _, r := range ranges {
		for i < len(t.lines) && t.lines[i].start < r.Start {
			i++
		}
		for ; i < len(t.lines) && t.lines[i].start+len(t.lines[i].text) <= r.End; i++ {
			if t.own(i) {
				t.set(i, i+1, v, 0)
			}
		}
	}
}

// own reports whether line i has been given no other voice yet.
func (t *text) own(i int) bool { return t.lines[i].voice == aup.VoiceOwn }

func (t *text) blank(i int) bool { return strings.TrimSpace(t.lines[i].text) == "" }

func (t *text) set(from, to int, v aup.Voice, message int) {
	for i := from; i < to; i++ {
		t.lines[i].voice, t.lines[i].message = v, message
	}
}

// attribution is the line above a quotation: "On … wrote:" as clients write it.
var attribution = regexp.MustCompile(`(?i)^\s*(>\s*)*(on|am|le|el|em|il|op|dnia|w dniu|den|il giorno|pe|dne|på|στις)\b.{4,200}(wrote|schrieb|écrit|a écrit|escribió|escreveu|ha scritto|schreef|napisał\(?a?\)?|skrev|kirjoitti|napsal\(?a?\)?|a scris|írta|έγραψε)\s*:?\s*$|^.{4,160}(написал\(?а?\)?|пишет|wrote|yazdı|şunu yazdı|写道|寫道|のメール|のメッセージ|작성|كتب)\s*[:：]\s*$`)

// longestAttribution bounds the line above a quotation: names and addresses of
// a list may be in it.
const longestAttribution = 300

// opening is what an attribution begins with.
var opening = regexp.MustCompile(`(?i)^\s*(on|am|le|el|em|il|op|dnia|w dniu|den|il giorno|pe|dne|på|στις)\s`)

// quotes marks what is quoted from earlier mail: lines that begin with ">", and
// the line above them, or above what HTML marks as quoted, that says whose they
// are.
func (t *text) quotes() {
	for i := range t.lines {
		if t.own(i) && isQuoted(t.lines[i].text) {
			t.set(i, i+1, aup.VoiceQuote, 0)
		}
	}
	for i := range t.lines {
		l := t.lines[i].text
		if !t.own(i) || t.blank(i) || len(l) > longestAttribution || !t.quotedBelow(i) {
			continue
		}
		switch {
		case attribution.MatchString(l):
			t.set(i, i+1, aup.VoiceQuote, 0)
			if folded := i > 0 && t.own(i-1) && !opening.MatchString(l) && opening.MatchString(t.lines[i-1].text); folded {
				t.set(i-1, i, aup.VoiceQuote, 0)
			}
		case i > 0 && t.own(i-1) && !t.blank(i-1) && len(t.lines[i-1].text) < longestAttribution && attribution.MatchString(t.lines[i-1].text+" "+l):
			t.set(i-1, i+1, aup.VoiceQuote, 0)
		}
	}
}

// quotedBelow reports whether a quotation follows line i.
func (t *text) quotedBelow(i int) bool {
	for j := i + 1; j < len(t.lines) && j <= i+3; j++ {
		if t.lines[j].voice == aup.VoiceQuote {
			return true
		}
		if !t.blank(j) {
			return false
		}
	}
	return false
}

// shingle is how many words make a shingle: few enough to stand in one line of
// a quotation, many enough not to stand elsewhere by chance.
const shingle = 5

// A PolicyText is the policy's own text, by which its quotations are recognised.
// It is made once and used for every message; nil recognises nothing. It is safe
// for concurrent use.
type PolicyText struct {
	runs map[string]bool // every five words of it in a row
}

// NewPolicyText returns the policy text that consists of these sentences.
func NewPolicyText(sentences ...string) *PolicyText {
	p := &PolicyText{make(map[string]bool)}
	for _, s := range sentences {
		eachShingle(s, func(sh string) { p.runs[sh] = true })
	}
	return p
}

func (p *PolicyText) shingles() map[string]bool {
	if p == nil {
		return nil
	}
	return p.runs
}

func eachShingle(s string, f func(string)) {
	words := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r <= 127
	})
	all := strings.Join(words, " ")
	start, end := 0, -1
	for i, w := range words {
		if end += 1 + len(w); i >= shingle-1 {
			f(all[start:end])
			start += len(words[i-shingle+1]) + 1
		}
	}
}

// quotes reports whether more than one in share of the shingles of s stand in
// the policy.
func quotes(s string, policy map[string]bool, share int) bool {
	if len(policy) == 0 {
		return false
	}
	n, found := 0, 0
	eachShingle(s, func(sh string) {
		n++
		if policy[sh] {
			found++
		}
	})
	return n >= 3 && found*share > n
}

// segments returns the lines' voices as segments that cover the text whole;
// nil when all of it is the writer's own.
func (t *text) segments() []aup.Segment {
	var out []aup.Segment
	for i, l := range t.lines {
		v, m := l.voice, l.message
		if t.blank(i) && len(out) > 0 {
			v, m = out[len(out)-1].Voice, out[len(out)-1].Message // an empty line is nobody's
		}
		if n := len(out) - 1; n >= 0 && out[n].Voice == v && out[n].Message == m {
			out[n].End = l.end
			continue
		}
		out = append(out, aup.Segment{Range: aup.Range{Start: l.start, End: l.end}, Voice: v, Message: m})
	}
	if len(out) == 1 && out[0].Voice == aup.VoiceOwn {
		return nil
	}
	return out
}
