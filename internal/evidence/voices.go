package evidence

import (
	"regexp"
	"strings"

	"aupd/internal/aup"
)

// voices says of every part that holds a person's text whose words it is, line
// by line. A line has one voice; neighbours that share it are one segment.
func (b *builder) voices() {
	policy := shingles(b.opt.PolicyText)
	// Parts are added to no more, messages are: an inline forward is one.
	for i := range b.doc.Parts {
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
	t.forwards(b)
	t.quotes()
	t.pasted()
	t.signature()
	t.paragraphs(policy)
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

// quotes marks what is quoted from earlier mail: lines that begin with ">", and
// the line above them that says whose they are.
func (t *text) quotes() {
	for i := range t.lines {
		l := strings.TrimLeft(t.lines[i].text, " \t")
		if !t.own(i) {
			continue
		}
		if strings.HasPrefix(l, ">") {
			t.set(i, i+1, aup.VoiceQuote, 0)
			continue
		}
		if attribution.MatchString(t.lines[i].text) && t.quotedBelow(i) {
			t.set(i, i+1, aup.VoiceQuote, 0)
		}
	}
}

// quotedBelow reports whether a quotation follows line i.
func (t *text) quotedBelow(i int) bool {
	for j := i + 1; j < len(t.lines) && j <= i+3; j++ {
		if strings.HasPrefix(strings.TrimLeft(t.lines[j].text, " \t"), ">") {
			return true
		}
		if !t.blank(j) {
			return false
		}
	}
	return false
}

var (
	// mailField is a header field that only mail software writes.
	mailField = regexp.MustCompile(`(?i)^(received|return-path|delivered-to|message-id|dkim-signature|authentication-results|x-[a-z0-9-]{3,}|mime-version|content-type|reply-to|envelope-to|arc-[a-z-]+|list-[a-z]+|from|to|subject|date|cc|sender)\s*:\s*\S`)
	// telling is one that people do not write by hand.
	telling = regexp.MustCompile(`(?i)^(received|return-path|message-id|dkim-signature|authentication-results|x-[a-z0-9-]{3,}|envelope-to)\s*:`)
	// logLine is what programs write: a time at the front of the line with an
	// address or a process in it, a web server's line, a packet filter's.
	logLine = regexp.MustCompile(`(?i)^\W*((mon|tue|wed|thu|fri|sat|sun)\w* )?((jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\w* +\d{1,2},? +(\d{4} +)?\d{1,2}:\d\d(:\d\d)?|\d{4}-\d\d-\d\d[T ]\d\d:\d\d|\d\d[/.]\w{2,3}[/.]\d{2,4}[: ]\d\d:\d\d|\[?\d{10}(\.\d+)?\]?).*(\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}|[0-9a-f]{1,4}:[0-9a-f:]{4,}|\w\[\d+\]|sshd|kernel|port \d+|\bGET\b|\bPOST\b)|^\d{1,3}(\.\d{1,3}){3} \S+ \S+ \[|\b(SRC|DST)=\d|\bDPT=\d|"(GET|POST|HEAD|PUT) [^"]* HTTP/`)
)

// pasted marks header fields and log lines that were pasted into the text.
func (t *text) pasted() {
	for i := 0; i < len(t.lines); i++ {
		if !t.own(i) {
			continue
		}
		if n, ok := t.headerRun(i); ok {
			t.set(i, i+n, aup.VoiceHeaders, 0)
			i += n - 1
			continue
		}
		if logLine.MatchString(t.lines[i].text) {
			t.set(i, i+1, aup.VoiceLog, 0)
		}
	}
}

// headerRun returns how many lines from i on are header fields: at least three
// fields with one that people do not write by hand, folded lines among them.
func (t *text) headerRun(i int) (n int, ok bool) {
	fields, sure := 0, false
	for ; i+n < len(t.lines) && t.own(i+n); n++ {
		l := t.lines[i+n].text
		folded := fields > 0 && (strings.HasPrefix(l, " ") || strings.HasPrefix(l, "\t")) && strings.TrimSpace(l) != ""
		if folded {
			continue
		}
		if !mailField.MatchString(l) {
			break
		}
		fields++
		sure = sure || telling.MatchString(l)
	}
	return n, sure && fields >= 2
}

var (
	delimiter = regexp.MustCompile(`^-- ?$`)
	sentFrom  = regexp.MustCompile(`(?i)^(sent from my|sent from outlook|get outlook for|von meinem .{2,20} gesendet|envoyé de mon|enviado desde mi|enviado do meu|inviato da|verzonden vanaf mijn|wysłane z|отправлено с|iPhoneから送信|从我的|나의 .{2,20}에서 보냄)`)
)

// signature marks what stands below the signature delimiter (RFC 3676, 4.3),
// and the line that a mobile client adds.
func (t *text) signature() {
	for i := range t.lines {
		if !t.own(i) {
			continue
		}
		if sentFrom.MatchString(t.lines[i].text) {
			t.set(i, i+1, aup.VoiceSignature, 0)
		}
		if delimiter.MatchString(t.lines[i].text) {
			for j := i; j < len(t.lines) && t.own(j); j++ {
				t.set(j, j+1, aup.VoiceSignature, 0)
			}
		}
	}
}

var legalese = regexp.MustCompile(`(?i)(this (e-?mail|message|communication)( and any (files|attachments))?.{0,80}(confidential|privileged|intended (solely|only))|intended (solely|only) for the (use|addressee|named|person|individual)|if you (are not|have received this).{0,40}(intended recipient|in error)|diese e-?mail enthält vertrauliche|ce (message|courriel).{0,60}confidentiel|este (mensaje|correo|e-?mail).{0,60}confidencial|questo messaggio.{0,60}riservat|dit (bericht|e-?mailbericht).{0,60}vertrouwelijk|настоящее сообщение.{0,60}конфиденциальн)`)

// paragraphs marks the disclaimers and the quotations of the policy among the
// paragraphs of the writer's own.
func (t *text) paragraphs(policy map[string]bool) {
	for i := 0; i < len(t.lines); {
		j := i
		var words strings.Builder
		for ; j < len(t.lines) && t.own(j) && !t.blank(j); j++ {
			words.WriteString(t.lines[j].text)
			words.WriteByte(' ')
		}
		switch {
		case j == i:
			j++
		case legalese.MatchString(words.String()):
			t.set(i, j, aup.VoiceDisclaimer, 0)
		case quotes(words.String(), policy):
			t.set(i, j, aup.VoicePolicy, 0)
		}
		i = j
	}
}

// shingle is how many words make a shingle: few enough to stand in one line of
// a quotation, many enough not to stand elsewhere by chance.
const shingle = 5

// shingles returns every run of five words of the texts.
func shingles(texts []string) map[string]bool {
	set := make(map[string]bool)
	for _, s := range texts {
		eachShingle(s, func(sh string) { set[sh] = true })
	}
	return set
}

func eachShingle(s string, f func(string)) {
	words := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r <= 127
	})
	for i := 0; i+shingle <= len(words); i++ {
		f(strings.Join(words[i:i+shingle], " "))
	}
}

// quotes reports whether more than half of s stands in the policy.
func quotes(s string, policy map[string]bool) bool {
	n, found := 0, 0
	eachShingle(s, func(sh string) {
		n++
		if policy[sh] {
			found++
		}
	})
	return n >= 3 && found*2 > n
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
