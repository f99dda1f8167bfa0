package evidence

import (
	"regexp"
	"strings"

	"aupd/internal/aup"
)

// mailFields are the fields that a pasted header has; the value says of those
// that people do not write by hand that they are telling.
var mailFields = map[string]bool{
	"received": true, "return-path": true, "message-id": true, "dkim-signature": true, "authentication-results": true, "envelope-to": true, "delivered-to": true,
	"x-originating-ip": true, "mime-version": true, "content-type": false, "content-transfer-encoding": true, "reply-to": false, "from": false, "to": false, "subject": false, "date": false,
	"cc": false, "sender": false, "received-spf": true, "in-reply-to": true, "references": false,
}

// mailField reports whether l is a header field that mail software writes, and
// whether it is a telling one.
func mailField(l string) (is, telling bool) {
	const longestName = 40
	i := strings.IndexByte(l[:min(len(l), longestName)], ':')
	if i <= 0 || strings.TrimSpace(l[i+1:]) == "" && i+1 < len(l) {
		return false, false
	}
	name := strings.TrimRight(l[:i], " ")
	if telling, is = lookUp(mailFields, name); is {
		return true, telling
	}
	for _, prefix := range [...]string{"x-", "arc-", "list-"} {
		if len(name) > len(prefix)+2 && strings.EqualFold(name[:len(prefix)], prefix) && !strings.Contains(name, " ") {
			return true, true
		}
	}
	return false, false
}

// logFront is how lines that programs write begin: a time at the front with an
// address or a process behind it, a web server's line.
var logFront = regexp.MustCompile(`(?i)^\W*((mon|tue|wed|thu|fri|sat|sun)\w* )?((jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\w* +\d{1,2},? +(\d{4} +)?\d{1,2}:\d\d(:\d\d)?|\d{4}-\d\d-\d\d[T ]\d\d:\d\d|\d\d[/.]\w{2,3}[/.]\d{2,4}[: ]\d\d:\d\d|\[?\d{10}(\.\d+)?\]?).*?(\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}|[0-9a-f]{1,4}:[0-9a-f:]{4,}|\w\[\d+\]|sshd|kernel|port \d+|\bGET\b|\bPOST\b)|^\d{1,3}(\.\d{1,3}){3} \S+ \S+ \[`)

// logInside is what stands in a line of a packet filter, or of a web server.
var logInside = regexp.MustCompile(`(?i)\b(SRC|DST)=\d|\bDPT=\d|"(GET|POST|HEAD|PUT) [^"]* HTTP/`)

// isLog reports whether l is a line of a log.
func isLog(l string) bool {
	const longest = 2000
	l = l[:min(len(l), longest)]
	front, inside := opensLog(l), strings.IndexByte(l, '=') >= 0 || strings.IndexByte(l, '"') >= 0
	return (front || inside) && mayLog(l) && (front && logFront.MatchString(l) || inside && logInside.MatchString(l))
}

// logWords begin, in three letters, the days and months of logFront.
var logWords = set("mon", "tue", "wed", "thu", "fri", "sat", "sun", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

// opensLog reports whether l begins as a line of a log does. It may say so of
// other lines.
func opensLog(l string) bool {
	if !isASCII(l) {
		return true
	}
	at := 0
	for at < len(l) && (!isWord(l[at]) || l[at] == '-') {
		at++
	}
	if at == len(l) || isDigit(l[at]) {
		return at < len(l)
	}
	known, _ := lookUp(logWords, l[at:min(at+3, len(l))])
	return known
}

// mayLog reports whether l has what every line of a log has: five digits, among
// them a time, ten in a row, or what stands before an address or a version. Most
// lines have not, and expressions are slow.
func mayLog(l string) bool {
	const fewest, epoch = 5, 10
	digits := 0
	for i := range len(l) {
		if isDigit(l[i]) {
			digits++
		}
	}
	if digits < fewest {
		return false
	}
	run, telling := 0, false
	for i := range len(l) {
		switch c := l[i]; {
		case isDigit(c):
			run++
			telling = telling || run == epoch
			continue
		case c == ':' && run > 0 && i+2 < len(l) && isDigit(l[i+1]) && isDigit(l[i+2]), c == '=' && i+1 < len(l) && isDigit(l[i+1]), c == '/' && i > 4 && strings.EqualFold(l[i-4:i], "http"):
			telling = true
		}
		run = 0
	}
	return telling
}

// isRow reports whether l is a row of a table of incidents: an address among
// columns.
func isRow(l string) bool {
	const longest = 1000
	l = l[:min(len(l), longest)]
	if !mayAddress(l) {
		return false
	}
	columns := max(strings.Count(l, "\t"), strings.Count(l, "|"), strings.Count(l, ";"), strings.Count(l, ","), strings.Count(l, "  "))
	if columns < 2 {
		return false
	}
	for w := range strings.FieldsFuncSeq(l, func(r rune) bool { return r <= ' ' || r == '|' || r == ';' || r == ',' || r == '"' }) {
		if h, ok := scanIP(w); ok && h.kind == aup.IndicatorIP && len(w) >= 7 {
			return true
		}
	}
	return false
}

// mayAddress reports whether l has what every address has: three dots with a
// digit on either side, two colons in a row, or six.
func mayAddress(l string) bool {
	if colons := strings.Count(l, ":"); colons >= 6 || colons >= 2 && strings.Contains(l, "::") {
		return true
	}
	if strings.Count(l, ".") < 3 {
		return false // as most lines
	}
	dots := 0
	for i := 1; i+1 < len(l); i++ {
		if l[i] == '.' && isDigit(l[i-1]) && isDigit(l[i+1]) {
			dots++
		}
	}
	return dots >= 3
}

// pasted marks header fields, log lines and rows that were pasted into the text.
func (t *text) pasted() {
	for i := 0; i < len(t.lines); i++ {
		if !t.own(i) || t.blank(i) {
			continue
		}
		if n, ok := t.headerRun(i); ok {
			t.set(i, i+n, aup.VoiceHeaders, 0)
			i += n - 1
			continue
		} else if n > 1 {
			i += n - 1 // fields, and too few of them
			continue
		}
		if isLog(t.lines[i].text) {
			t.set(i, i+1, aup.VoiceLog, 0)
		}
	}
	t.rows()
}

// rows marks two rows of a table and more.
func (t *text) rows() {
	for i := 0; i < len(t.lines); {
		j := i
		for j < len(t.lines) && t.own(j) && isRow(t.lines[j].text) {
			j++
		}
		if j-i >= 2 {
			t.set(i, j, aup.VoiceLog, 0)
		}
		i = max(j, i+1)
	}
}

// headerRun returns how many lines from i on are header fields: at least two
// fields with one that people do not write by hand, folded lines among them.
func (t *text) headerRun(i int) (n int, ok bool) {
	fields, sure := 0, false
	for ; i+n < len(t.lines) && t.own(i+n); n++ {
		l := t.lines[i+n].text
		if fields > 0 && isFolded(l) {
			continue
		}
		is, telling := mailField(l)
		if !is {
			break
		}
		fields++
		sure = sure || telling
	}
	return n, sure && fields >= 2
}
