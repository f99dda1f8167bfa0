package httpapi

import (
	"context"
	"net/url"
	"time"

	"aupd/internal/aup"
	"aupd/internal/desk"
)

// QueryParams are a query as a request has it: in the filter language, as
// single parameters, or both.
type QueryParams struct {
	Q         string `query:"q" doc:"the filter language: words name:value for the names of the parameters below, and words to search for"`
	Filter    string `query:"filter" doc:"a saved filter by its name, which q and the other parameters go on from"`
	Text      string `query:"text" doc:"words to search for"`
	Clause    string `query:"clause" doc:"a clause among the report's; a group such as 1 matches its details"`
	Outcome   string `query:"outcome" doc:"violation, exception, none or review"`
	State     string `query:"state" doc:"new, claimed, waiting, decided, closed, or open for the first three"`
	Severity  string `query:"severity" doc:"critical, high, medium or low"`
	Urgent    string `query:"urgent" doc:"yes for the urgent ones alone"`
	Mailbox   string `query:"mailbox" doc:"the configured name of a mailbox that the message lay in"`
	Reporter  string `query:"reporter" doc:"the sender's mail address, or its domain"`
	Language  string `query:"language" doc:"of the reporter's own words, as a BCP 47 tag"`
	Indicator string `query:"indicator" doc:"an indicator as aupd shows it; a network matches the addresses in it, a domain its subdomains"`
	Assignee  string `query:"assignee" doc:"whom it is assigned to"`
	Tag       string `query:"tag" doc:"one of its tags"`
	Priority  string `query:"priority" doc:"high or low"`
	Case      string `query:"case" doc:"the case that it is in"`
	Since     string `query:"since" doc:"recorded at or after a day, a time of RFC 3339, or an age such as 36h or 7d"`
	Until     string `query:"until" doc:"recorded before"`
	Order     string `query:"order" doc:"queue for the open ones by what to work on next; the newest first otherwise"`
}

// fields are the parameters that are words of the filter language.
func (in *QueryParams) fields() map[string]*string {
	return map[string]*string{
		"clause": &in.Clause, "outcome": &in.Outcome, "state": &in.State, "severity": &in.Severity, "urgent": &in.Urgent,
		"mailbox": &in.Mailbox, "reporter": &in.Reporter, "language": &in.Language, "indicator": &in.Indicator,
		"assignee": &in.Assignee, "tag": &in.Tag, "priority": &in.Priority, "case": &in.Case,
		"since": &in.Since, "until": &in.Until, "order": &in.Order,
	}
}

// query returns the query that the parameters make, each narrowing down or
// replacing what came before: the saved filter, q, the single ones.
func (in QueryParams) query(ctx context.Context, saved desk.Filters) (aup.Query, error) {
	words, now := in.Q, time.Now()
	if in.Filter != "" {
		if saved.Shelf == nil {
			return aup.Query{}, aup.ErrNotFound
		}
		f, err := saved.Find(ctx, in.Filter)
		if err != nil {
			return aup.Query{}, err
		}
		words = f.Query + " " + words
	}
	q, err := aup.ParseQuery(words, now)
	if err != nil {
		return q, err
	}
	fields := in.fields()
	for _, name := range aup.QueryWords {
		if v := *fields[name]; v != "" {
			if err := q.Set(name, v, now); err != nil {
				return q, err
			}
		}
	}
	if in.Text != "" {
		q.Text = in.Text
	}
	return q, q.Check()
}

// values returns q as the parameters of a request.
func values(q aup.Query) url.Values {
	stamp := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format(time.RFC3339Nano)
	}
	in := QueryParams{
		Clause: string(q.Clause), Outcome: string(q.Outcome), State: string(q.State), Severity: string(q.Severity),
		Mailbox: q.Mailbox, Reporter: q.Reporter, Language: q.Language, Indicator: q.Indicator, Assignee: q.Assignee,
		Tag: q.Tag, Priority: string(q.Priority), Case: string(q.Case), Since: stamp(q.Since), Until: stamp(q.Until), Order: string(q.Order),
	}
	if q.Urgent {
		in.Urgent = "yes"
	}
	v := url.Values{}
	for name, value := range in.fields() {
		if *value != "" {
			v.Set(name, *value)
		}
	}
	if q.Text != "" {
		v.Set("text", q.Text)
	}
	return v
}
