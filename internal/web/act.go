package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"aupd/internal/aup"
)

// act does one thing to a report. What cannot be done comes back as the
// report's page, with what the operator wrote still in its form.
func (c *Console) act(w http.ResponseWriter, r *http.Request) error {
	id := aup.ReportID(r.PathValue("id"))
	report, err := c.Desk.Report(r.Context(), id)
	if err != nil {
		return err
	}
	a, err := readAction(r.PostForm)
	if err == nil {
		report, err = c.Desk.Act(r.Context(), actor(r.Context()), report.ID, a)
	}
	if errors.Is(err, aup.ErrConflict) || errors.Is(err, aup.ErrInvalid) {
		return c.showReport(w, r, id, &refusal{Do: a.Do, Error: err, Saw: a.Saw, Form: r.PostForm})
	}
	if err != nil {
		return err
	}
	flash := done(report)
	if a.Do == aup.EventUndone {
		flash.Set("undone", "1")
	}
	if r.PostForm.Get("then") == "next" {
		return c.goNext(w, r, flash)
	}
	to := local(r.PostForm.Get("back"), "/reports/"+string(report.ID))
	http.Redirect(w, r, withQuery(to, flash), http.StatusSeeOther)
	return nil
}

// readAction reads an action from a form. Of its fields those alone count that
// go with the action.
func readAction(f url.Values) (a aup.Action, err error) {
	a = aup.Action{Do: aup.EventKind(f.Get("do")), Key: f.Get("key"), Reason: f.Get("reason")}
	if a.Saw, err = readSeq(f, "saw"); err != nil {
		return a, err
	}
	switch a.Do {
	case aup.EventDecided:
		a.Outcome, a.Taken = aup.Outcome(f.Get("outcome")), f["taken"]
		if a.Outcome != aup.OutcomeNone {
			a.Clauses = chosen(f["clause"])
		}
	case aup.EventAssigned:
		a.To = strings.TrimSpace(f.Get("to"))
	case aup.EventTagged:
		a.Add, a.Remove = tags(f.Get("add")), tags(f.Get("remove"))
	case aup.EventPrioritised:
		if a.Priority = aup.Priority(f.Get("priority")); a.Priority == "normal" {
			a.Priority = aup.PriorityNormal
		}
	case aup.EventLinked:
		if with := strings.TrimSpace(f.Get("with")); strings.HasPrefix(with, "c-") {
			a.Case = aup.CaseID(with)
		} else {
			a.With = aup.ReportID(with)
		}
	case aup.EventUndone:
		a.Undo, err = readSeq(f, "undo")
	}
	return a, err
}

// chosen returns the clauses of a form in their order, none twice.
func chosen(ids []string) []aup.ClauseID {
	var out []aup.ClauseID
	for _, id := range ids {
		if id != "" && !slices.Contains(out, aup.ClauseID(id)) {
			out = append(out, aup.ClauseID(id))
		}
	}
	return out
}

func readSeq(f url.Values, name string) (aup.Seq, error) {
	if f.Get(name) == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(f.Get(name), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s %q: want the number of an event: %w", name, f.Get(name), aup.ErrInvalid)
	}
	return aup.Seq(n), nil
}

// tags reads words apart by spaces or commas.
func tags(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(c rune) bool { return c == ' ' || c == ',' || c == '\t' })
}

// next claims the report to work on next and shows it.
func (c *Console) next(w http.ResponseWriter, r *http.Request) error {
	return c.goNext(w, r, nil)
}

func (c *Console) goNext(w http.ResponseWriter, r *http.Request, flash url.Values) error {
	report, err := c.Desk.Next(r.Context(), aup.Query{}, time.Time{})
	to := "/reports/" + string(report.ID)
	if errors.Is(err, aup.ErrNotFound) {
		to = "/?nothing=1"
	} else if err != nil {
		return err
	}
	http.Redirect(w, r, withQuery(to, flash), http.StatusSeeOther)
	return nil
}
