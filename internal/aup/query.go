package aup

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Order is how a page of reports is sorted.
type Order string

// The orders.
const (
	OrderNewest Order = ""      // by when they were recorded, the newest first
	OrderQueue  Order = "queue" // by what to work on next; open reports only
)

// A Query selects reports. The zero Query selects all; fields that are set must
// all match.
type Query struct {
	Clause   ClauseID `json:"clause,omitempty"` // among the report's clauses; a group ("1") matches its details
	Outcome  Outcome  `json:"outcome,omitempty"`
	State    State    `json:"state,omitempty"` // a claim that has run out counts as the state before it; "open" is every open one
	Severity Severity `json:"severity,omitempty"`
	Urgent   bool     `json:"urgent,omitempty"`
	Mailbox  string   `json:"mailbox,omitempty"`  // of any of its sources
	Reporter string   `json:"reporter,omitempty"` // a mail address, or its domain
	Language string   `json:"language,omitempty"`
	// Indicator is a value as aupd shows it; a network (203.0.113.0/24) matches
	// the addresses in it, a domain its subdomains.
	Indicator string    `json:"indicator,omitempty"`
	Assignee  string    `json:"assignee,omitempty"`
	Tag       string    `json:"tag,omitempty"`
	Priority  Priority  `json:"priority,omitempty"`
	Case      CaseID    `json:"case,omitempty"`
	Since     time.Time `json:"since,omitzero"` // recorded at or after
	Until     time.Time `json:"until,omitzero"` // recorded before
	// Text is words for the full-text search; the store alone does not know it.
	Text string `json:"text,omitempty"`
	// Among restricts the query to these reports; nil for no restriction. The
	// search sets it to what it found for Text.
	Among []ReportID `json:"-"`

	Order Order `json:"order,omitempty"`
	// Limit is the most reports to return; 0 or less means no limit.
	Limit int `json:"limit,omitempty"`
	// After continues behind an earlier page of the same query, whose Next it
	// is; empty starts with the first report.
	After Cursor `json:"after,omitempty"`
}

// A Cursor says where in an order of reports a page ends. Only who made it
// knows how to read it; the empty one stands before the first report.
type Cursor string

// StateOpen stands in a Query for every open state.
const StateOpen State = "open"

// QueryWords names the filters of the filter language, in the order in which
// [Query.String] writes them.
var QueryWords = []string{
	"clause", "outcome", "state", "severity", "urgent", "mailbox", "reporter", "language", "indicator",
	"assignee", "tag", "priority", "case", "since", "until", "order",
}

// maxQuery bounds what is read as a query.
const maxQuery = 2000

// ParseQuery reads the filter language that console, command line and API
// share: words "name:value" for the names of QueryWords, a value with spaces in
// double quotes; all other words are Query.Text. now is what ages such as
// since:7d count from. Every fault is named; all are ErrInvalid.
func ParseQuery(s string, now time.Time) (Query, error) {
	var q Query
	if len(s) > maxQuery {
		return q, fmt.Errorf("a query of %d bytes: at most %d: %w", len(s), maxQuery, ErrInvalid)
	}
	var text []string
	for _, w := range SplitQuery(s) {
		name, value, ok := strings.Cut(w, ":")
		if !ok || !slices.Contains(QueryWords, strings.ToLower(name)) {
			text = append(text, w)
			continue
		}
		if err := q.Set(strings.ToLower(name), strings.ReplaceAll(value, `"`, ""), now); err != nil {
			return q, err
		}
	}
	q.Text = strings.Join(text, " ")
	return q, q.Check()
}

// SplitQuery cuts s at white space outside of double quotes, which stay.
func SplitQuery(s string) []string {
	quoted := false
	return strings.FieldsFunc(s, func(r rune) bool {
		if r == '"' {
			quoted = !quoted
		}
		return !quoted && (r == ' ' || r == '\t' || r == '\n' || r == '\r')
	})
}

// Set sets the filter with that name of QueryWords as the filter language has
// it: an age counts from now. A value that cannot be read is ErrInvalid; Check
// says whether q makes sense as a whole.
func (q *Query) Set(name, value string, now time.Time) (err error) {
	switch name {
	case "clause":
		q.Clause = ClauseID(value)
	case "outcome":
		q.Outcome = Outcome(value)
	case "state":
		q.State = State(value)
	case "severity":
		q.Severity = Severity(value)
	case "urgent":
		if q.Urgent = value == "yes"; !q.Urgent {
			return fmt.Errorf("urgent:%s: want urgent:yes: %w", value, ErrInvalid)
		}
	case "mailbox":
		q.Mailbox = value
	case "reporter":
		q.Reporter = strings.ToLower(value)
	case "language":
		q.Language = strings.ToLower(value)
	case "indicator":
		q.Indicator = strings.ToLower(value)
	case "assignee":
		q.Assignee = value
	case "tag":
		q.Tag = value
	case "priority":
		q.Priority = Priority(value)
	case "case":
		q.Case = CaseID(value)
	case "since":
		q.Since, err = ParseTime(value, now)
	case "until":
		q.Until, err = ParseTime(value, now)
	case "order":
		q.Order = Order(value)
	default:
		return fmt.Errorf("%s:%s: want one of %s: %w", name, value, strings.Join(QueryWords, ", "), ErrInvalid)
	}
	if err != nil {
		return fmt.Errorf("%s:%s: %w", name, value, err)
	}
	return nil
}

// Check says what is wrong with q; the error is ErrInvalid.
func (q Query) Check() error {
	outcomes := []Outcome{"", OutcomeViolation, OutcomeException, OutcomeNone, OutcomeReview}
	states := append([]State{"", StateOpen}, States...)
	switch {
	case !slices.Contains(outcomes, q.Outcome):
		return fmt.Errorf("outcome %q: want one of%s: %w", q.Outcome, join(outcomes)[1:], ErrInvalid)
	case !slices.Contains(states, q.State):
		return fmt.Errorf("state %q: want one of%s: %w", q.State, join(states)[1:], ErrInvalid)
	case q.Severity != "" && !slices.Contains(Severities, q.Severity):
		return fmt.Errorf("severity %q: want one of %s: %w", q.Severity, join(Severities), ErrInvalid)
	case q.Priority != PriorityNormal && q.Priority != PriorityHigh && q.Priority != PriorityLow:
		return fmt.Errorf("priority %q: want high or low: %w", q.Priority, ErrInvalid)
	case q.Order != OrderNewest && q.Order != OrderQueue:
		return fmt.Errorf("order %q: want queue, or none for the newest first: %w", q.Order, ErrInvalid)
	}
	return nil
}

// String writes q so that ParseQuery reads it again. Limit and After are no
// part of it.
func (q Query) String() string {
	var out []string
	add := func(name, value string) {
		if value == "" {
			return
		}
		if strings.ContainsAny(value, " \t\r\n") {
			value = `"` + value + `"`
		}
		out = append(out, name+":"+value)
	}
	stamp := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format(time.RFC3339)
	}
	urgent := ""
	if q.Urgent {
		urgent = "yes"
	}
	for i, v := range []string{
		string(q.Clause), string(q.Outcome), string(q.State), string(q.Severity), urgent, q.Mailbox, q.Reporter, q.Language,
		q.Indicator, q.Assignee, q.Tag, string(q.Priority), string(q.Case), stamp(q.Since), stamp(q.Until), string(q.Order),
	} {
		add(QueryWords[i], v)
	}
	if q.Text != "" {
		out = append(out, q.Text)
	}
	return strings.Join(out, " ")
}

// ParseTime reads a time as an operator writes one: a day (2026-03-31), a time
// of RFC 3339, or an age (36h, 7d) back from now. Anything else is ErrInvalid.
func ParseTime(s string, now time.Time) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	age := s
	if n, ok := strings.CutSuffix(s, "d"); ok {
		if days, err := strconv.ParseFloat(n, 64); err == nil {
			age = fmt.Sprintf("%gh", days*24)
		}
	}
	d, err := time.ParseDuration(age)
	if err != nil || d < 0 {
		return time.Time{}, fmt.Errorf("time %q: want a day (2026-03-31), a time (2026-03-31T14:00:00Z) or an age (36h, 7d): %w", s, ErrInvalid)
	}
	return now.Add(-d).UTC(), nil
}
