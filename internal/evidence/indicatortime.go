package evidence

import (
	"regexp"
	"strings"
	"time"
)

// stamps are the forms of time in logs, each with its layouts.
var stamps = []struct {
	shape   string // what every time of that form has in it: 0 for a digit, A and a for letters
	form    *regexp.Regexp
	layouts []string
}{
	{"0000-00-00", regexp.MustCompile(`\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d([.,]\d+)?( ?(Z|UTC|GMT|[+-]\d\d:?\d\d))?`), []string{
		time.RFC3339Nano, "2006-01-02T15:04:05Z0700", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05 -07:00",
		"2006-01-02 15:04:05 MST", "2006-01-02 15:04:05Z0700", "2006-01-02T15:04:05 MST", "2006-01-02 15:04:05", "2006-01-02T15:04:05"}},
	{"00/Aaa/0000:00:00:00", regexp.MustCompile(`\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d( [+-]\d{4})?`), []string{"02/Jan/2006:15:04:05 -0700", "02/Jan/2006:15:04:05"}},
	{"0 Aaa 0000 00:00AM", regexp.MustCompile(`\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d[AP]M [A-Z]{3,4}`), []string{"2 Jan 2006 03:04PM MST"}},
	{"0 Aaa 0000", regexp.MustCompile(`\d{1,2} [A-Z][a-z]{2} \d{4},? \d\d:\d\d(:\d\d)?( [+-]\d{4}| UTC| GMT)?`), []string{
		"2 Jan 2006 15:04:05 -0700", "2 Jan 2006 15:04:05 MST", "2 Jan 2006 15:04:05", "2 Jan 2006 15:04 -0700", "2 Jan 2006 15:04 MST", "2 Jan 2006 15:04"}},
	{"0 00:00:00", regexp.MustCompile(`[A-Z][a-z]{2} {1,2}\d{1,2} \d\d:\d\d:\d\d`), []string{"Jan 2 15:04:05"}},
}

// commas turns the comma before the fraction of a second into a point, and
// drops others.
var commas = strings.NewReplacer(", ", " ", ",", ".")

// timeIn returns the first time that a line names, in UTC; one without a zone
// is taken as UTC, one without a year as the last such day up to ref. The zero
// time when there is none.
func timeIn(line string, ref time.Time) time.Time {
	const longest = 500
	line = line[:min(len(line), longest)]
	if strings.Count(line, ":") < 1 || !strings.ContainsAny(line, "0123456789") {
		return time.Time{}
	}
	for _, s := range stamps {
		if !hasShape(line, s.shape) {
			continue
		}
		found := s.form.FindString(line)
		if strings.IndexByte(found, ',') >= 0 {
			found = commas.Replace(found)
		}
		if strings.Contains(found, "  ") {
			found = strings.Join(strings.Fields(found), " ")
		}
		for _, layout := range s.layouts {
			if !mayRead(layout, found) {
				continue
			}
			t, err := time.ParseInLocation(layout, found, time.UTC)
			if err != nil {
				continue
			}
			if t.Year() == 0 {
				return lastSuch(t, ref)
			}
			if t = zoned(t); plausible(t) {
				return t
			}
		}
	}
	return time.Time{}
}

// hasShape reports whether there is a stretch of s in which each character is
// of the kind that stands for it in shape. Most lines with a colon have no time,
// and an expression takes long to say so.
func hasShape(s, shape string) bool {
	for i := 0; i+len(shape) <= len(s); i++ {
		n := 0
		for n < len(shape) && ofKind(s[i+n], shape[n]) {
			n++
		}
		if n == len(shape) {
			return true
		}
	}
	return false
}

func ofKind(c, kind byte) bool {
	switch kind {
	case '0':
		return isDigit(c)
	case 'A':
		return 'A' <= c && c <= 'Z'
	case 'a':
		return 'a' <= c && c <= 'z'
	}
	return c == kind
}

// lastSuch gives t, which has no year, the year in which it was last before
// ref.
func lastSuch(t, ref time.Time) time.Time {
	if ref.IsZero() {
		return time.Time{}
	}
	const slack = 24 * time.Hour // clocks and zones differ
	t = t.AddDate(ref.Year(), 0, 0)
	if t.After(ref.Add(slack)) {
		t = t.AddDate(-1, 0, 0)
	}
	return t.UTC()
}

// A lineAt is the line around an offset that only grows.
type lineAt struct {
	start, end int
	text       string
	read       bool
	when       time.Time
}

func (l *lineAt) move(s string, at int) {
	if l.end > at && l.start <= at {
		return
	}
	l.start = max(0, at-maxToken)
	l.start += strings.LastIndexByte(s[l.start:at], '\n') + 1
	end := strings.IndexByte(s[at:min(len(s), at+maxToken)], '\n')
	if end < 0 {
		end = min(len(s), at+maxToken) - at
	}
	l.end, l.read = at+max(end, 1), false
	l.text = s[l.start:min(l.end, len(s))]
}

// time returns the time that the line names, or an indented one below it.
func (l *lineAt) time(s string, ref time.Time) time.Time {
	if l.read {
		return l.when
	}
	l.when, l.read = timeIn(l.text, ref), true
	below := s[min(l.end+1, len(s)):]
	if strings.HasPrefix(below, "  ") && l.when.IsZero() {
		below, _, _ = strings.Cut(below[:min(len(below), maxToken)], "\n")
		l.when = timeIn(below, ref)
	}
	return l.when
}
