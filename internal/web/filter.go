package web

import (
	"net/url"
	"regexp"
	"strings"
	"time"

	"aupd/internal/aup"
)

// toDo is the query of the queue that nothing was asked of.
const toDo = "order:queue"

// A filter is a query as it was written, and what it says.
type filter struct {
	Text  string // in the filter language
	Query aup.Query
	Since string // the age or time as written, empty for none
	Error string // what cannot be read in it
}

// choices are the filters that have a field of their own in the form.
var choices = []string{"state", "outcome", "clause", "severity", "mailbox", "since", "order"}

// readFilter reads the query of a form. Its box holds the query in the filter
// language, its fields some of the filters again. was is the box as the page
// was made: changed, it says everything; unchanged, the fields say what they
// are about.
func readFilter(f url.Values, otherwise string, now time.Time) filter {
	text := otherwise
	if f.Has("q") {
		text = strings.TrimSpace(f.Get("q"))
	}
	if f.Has("was") && strings.TrimSpace(f.Get("was")) == text {
		for _, name := range choices {
			if f.Has(name) && f.Get(name) != wordOf(text, name) {
				text = replaceWord(text, name, f.Get(name))
			}
		}
	}
	out := filter{Text: text, Since: wordOf(text, "since")}
	q, err := aup.ParseQuery(text, now)
	if err != nil {
		out.Error = plain(err)
	}
	out.Query = q
	return out
}

// word matches one filter with its value.
func word(name string) *regexp.Regexp {
	return regexp.MustCompile(`(?i)(?:^|\s)` + name + `:("[^"]*"|\S*)`)
}

// replaceWord returns the query text with one filter set anew, or taken out.
func replaceWord(text, name, value string) string {
	text = strings.TrimSpace(word(name).ReplaceAllString(text, ""))
	if value == "" {
		return text
	}
	if strings.ContainsAny(value, " \t") {
		value = `"` + value + `"`
	}
	return strings.TrimSpace(text + " " + name + ":" + value)
}

func wordOf(text, name string) string {
	m := word(name).FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	return strings.Trim(m[1], `"`)
}

// An age is a stretch of time to choose.
type age struct{ Value, Name string }

// ages are the stretches of time that the form offers, and the one in use.
func ages(now string) []age {
	out := []age{{"24h", "last 24 hours"}, {"7d", "last 7 days"}, {"30d", "last 30 days"}, {"90d", "last 90 days"}}
	for _, a := range out {
		if a.Value == now || now == "" {
			return out
		}
	}
	return append(out, age{now, "since " + now})
}

// A quick is a filter that is one click away.
type quick struct {
	Name, Text string
	On         bool
}

func quicks(now, me string) []quick {
	out := []quick{
		{Name: "To do", Text: toDo},
		{Name: "Urgent", Text: "urgent:yes order:queue"},
		{Name: "Assigned to me", Text: replaceWord("order:queue", "assignee", me)},
		{Name: "Waiting", Text: "state:waiting"},
		{Name: "Decided", Text: "state:decided"},
		{Name: "Needs a look", Text: "outcome:review order:queue"},
		{Name: "All, newest first", Text: ""},
	}
	for i := range out {
		out[i].On = out[i].Text == now
	}
	return out
}
