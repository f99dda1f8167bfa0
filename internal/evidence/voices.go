package evidence

import (
	"regexp"
	"slices"
	"strings"

	"aupd/internal/aup"
)

// voices says of every part that holds a person's text whose words it is, line
// by line. A line has one voice; neighbours that share it are one segment.
func (b *builder) voices() {
	b.plain = make([]bool, b.meant)
	var lines []textLine // of one part after the other
	// Parts are added to no more, messages are: an inline forward is one.
	for i := range b.doc.Parts[:b.meant] {
		p := &b.doc.Parts[i]
		if p.Kind != aup.PartText && p.Kind != aup.PartHTML {
			continue
		}
		b.plain[i] = !tellingWords.in(p.Text)
		lines = cutLines(lines[:0], p.Text)
		t := &text{part: p, lines: lines, plain: b.plain[i], forwarded: isForward(b.doc.Messages[p.Message].Subject)}
		t.read(b)
		p.Segments = t.segments()
	}
}

// A text is a part on its way through voices.
type text struct {
	part      *aup.Part
	lines     []textLine
	forwarded bool // the subject says that the message is a forward
	plain     bool // it has no tellingWords
	noBlock   int  // no header block begins above this line, but below a marker
	noHeader  int  // no header pasted whole begins above this line
}

// A textLine is a line without its end.
type textLine struct {
	start, end int // in the part's text; end includes the line feed
	text       string
	blank      bool // it has no text
	voice      aup.Voice
	message    int
}

// cutLines appends the lines of s to out.
func cutLines(out []textLine, s string) []textLine {
	out = slices.Grow(out, strings.Count(s, "\n")+1)
	for at := 0; at < len(s); {
		end := len(s)
		if n := strings.IndexByte(s[at:], '\n'); n >= 0 {
			end = at + n + 1
		}
		l := s[at:end]
		for l != "" && (l[len(l)-1] == '\n' || l[len(l)-1] == '\r') {
			l = l[:len(l)-1]
		}
		out = append(out, textLine{start: at, end: end, text: l, blank: strings.TrimSpace(l) == "", voice: aup.VoiceOwn})
		at = end
	}
	return out
}

// read gives each line its voice, from the surest signs to the weakest.
func (t *text) read(b *builder) {
	m := b.markup[t.part.ID]
	t.forwards(b)
	t.within(m.quotes, aup.VoiceQuote)
	t.quotes()
	t.pasted()
	t.within(m.signatures, aup.VoiceSignature)
	t.signature()
	t.paragraphs(b.opt.PolicyText)
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

func (t *text) blank(i int) bool { return t.lines[i].blank }

func (t *text) set(from, to int, v aup.Voice, message int) {
	for i := from; i < to; i++ {
		t.lines[i].voice, t.lines[i].message = v, message
	}
}

// attribution is the line above a quotation: "On … wrote:" as clients write it.
var attribution = regexp.MustCompile(`(?i)^\s*(>\s*)*(on|am|le|el|em|il|op|dnia|w dniu|den|il giorno|pe|dne|på|στις)\b.{4,200}(wrote|schrieb|écrit|a écrit|escribió|escreveu|ha scritto|schreef|napisał\(?a?\)?|skrev|kirjoitti|napsal\(?a?\)?|a scris|írta|έγραψε)\s*:?\s*$|^.{4,160}(написал\(?а?\)?|пишет|wrote|yazdı|şunu yazdı|写道|寫道|のメール|のメッセージ|작성|كتب)\s*[:：]\s*$`)

// writes are the words for writing of every attribution.
var writes = newStems("wrote", "schrieb", "écrit", "escribió", "escreveu", "scritto", "schreef", "napisał", "skrev", "kirjoitti", "napsal", "scris", "írta", "έγραψε",
	"написал", "пишет", "yazdı", "写道", "寫道", "のメール", "のメッセージ", "작성", "كتب")

// isAttribution reports whether l is the line above a quotation.
func isAttribution(l string) bool {
	return writes.in(l) && attribution.MatchString(l)
}

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
		case isAttribution(l):
			t.set(i, i+1, aup.VoiceQuote, 0)
			if folded := i > 0 && t.own(i-1) && !opening.MatchString(l) && opening.MatchString(t.lines[i-1].text); folded {
				t.set(i-1, i, aup.VoiceQuote, 0)
			}
		case i > 0 && t.own(i-1) && !t.blank(i-1) && len(t.lines[i-1].text) < longestAttribution && isAttribution(t.lines[i-1].text+" "+l):
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
