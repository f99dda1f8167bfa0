package web

import (
	"fmt"
	"html/template"
	"slices"
	"strconv"
	"strings"
	"time"

	"aupd/internal/aup"

	"github.com/dustin/go-humanize"
)

// funcs are the templates' own words.
func (c *Console) funcs() template.FuncMap {
	return template.FuncMap{
		"ago":    func(t time.Time) string { return ago(t, c.Now()) },
		"passed": func(t time.Time) string { return passed(t, c.Now()) },
		"until":  func(t time.Time) string { return due(t, c.Now()) },
		"stamp":  func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 MST") },
		"iso":    func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"bytes":  func(n int64) string { return humanize.IBytes(uint64(max(n, 0))) },
		"title": func(id aup.ClauseID) string {
			clause, _ := c.Policy().Clause(id)
			return clause.Title
		},
		"addrs": func(as []aup.Address) string {
			s := make([]string, len(as))
			for i, a := range as {
				s[i] = straight(a.String())
			}
			return strings.Join(s, ", ")
		},
		"outcome": outcomeWord, "did": actWord, "short": shorten, "straight": straight, "span": span, "count": thousands, "total": total, "percent": percent, "ages": ages,
		"fate": func(f aup.Fate) string { return strings.ReplaceAll(string(f), "-", " ") },
		"has":  func(list []string, s string) bool { return slices.Contains(list, s) },
		"join": strings.Join,
		"dict": func(kv ...any) map[string]any {
			m := make(map[string]any, len(kv)/2)
			for i := 0; i+1 < len(kv); i += 2 {
				m[kv[i].(string)] = kv[i+1]
			}
			return m
		},
	}
}

// outcomeWord is what an operator calls an outcome.
func outcomeWord(o aup.Outcome) string {
	switch o {
	case aup.OutcomeViolation:
		return "violation"
	case aup.OutcomeException:
		return "permitted"
	case aup.OutcomeNone:
		return "no violation"
	case aup.OutcomeReview:
		return "needs a look"
	}
	return string(o)
}

// actWord is what was done, as the history tells it.
func actWord(k aup.EventKind) string {
	switch k {
	case aup.EventSeen:
		return "seen again"
	case aup.EventNoted:
		return "noted"
	case aup.EventPrioritised:
		return "priority set"
	case aup.EventLinked:
		return "put into a case"
	case aup.EventUnlinked:
		return "taken out of its case"
	case aup.EventWaiting:
		return "set to wait"
	case aup.EventUndone:
		return "undone"
	case aup.EventOpened:
		return "opened the sealed content"
	}
	return string(k)
}

// ago says how long ago t was, in one unit.
func ago(t, now time.Time) string {
	if d := now.Sub(t); d >= 0 {
		if d < time.Minute {
			return "now"
		}
		return span(d)
	}
	return "in " + span(t.Sub(now))
}

// passed says within a sentence how long ago t was.
func passed(t, now time.Time) string {
	switch s := ago(t, now); {
	case s == "now":
		return "just now"
	case t.After(now):
		return s
	default:
		return s + " ago"
	}
}

// due says how far away a deadline is.
func due(t, now time.Time) string {
	if d := t.Sub(now); d >= 0 {
		return "in " + span(d)
	}
	return span(now.Sub(t)) + " late"
}

// span says how long d is, in its largest unit.
func span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return strconv.Itoa(int(d/time.Second)) + " s"
	case d < time.Hour:
		return strconv.Itoa(int(d/time.Minute)) + " min"
	case d < 48*time.Hour:
		return strconv.Itoa(int(d/time.Hour)) + " h"
	}
	return strconv.Itoa(int(d/(24*time.Hour))) + " d"
}

func thousands(n int) string { return humanize.Comma(int64(n)) }

// percent says which share part is of whole; a dash of nothing.
func percent(part, whole int) string {
	if whole == 0 {
		return "–"
	}
	return fmt.Sprintf("%d %%", (part*100+whole/2)/whole)
}

// inPercent writes a score.
func inPercent(s float64) string { return fmt.Sprintf("%d %%", int(s*100+0.5)) }

// atGlance is how many characters are read at a glance.
const atGlance = 110

// shorten returns s on one line, cut to what is read at a glance.
func shorten(s string) string {
	const most = atGlance
	r := []rune(strings.Join(strings.Fields(s[:min(len(s), 4*most)]), " "))
	if len(r) <= most {
		return straight(strings.ToValidUTF8(string(r), ""))
	}
	return straight(string(r[:most-1])) + "…"
}

// straight returns s with a dot for each character that turns the text around
// it: by one of those a name such as "invoice" + U+202E + "gpj.exe" reads as a
// picture's. Right-to-left scripts need none of them.
func straight(s string) string {
	return strings.Map(func(c rune) rune {
		if '\u202a' <= c && c <= '\u202e' || '\u2066' <= c && c <= '\u2069' {
			return '·'
		}
		return c
	}, s)
}
