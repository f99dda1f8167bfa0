package web

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"aupd/internal/aup"
)

// newKey returns a key by which a form that is sent twice acts once.
func newKey() string { return rand.Text() }

// A bulkRow says what a bulk action comes to for one report.
type bulkRow struct {
	ID      aup.ReportID
	Subject string
	Skipped string
	Sight   string
}

// bulk previews one action on several reports, does it once it is confirmed,
// or takes back what an earlier one did.
func (c *Console) bulk(w http.ResponseWriter, r *http.Request) error {
	ctx, form := r.Context(), r.PostForm
	sights, err := readSights(form["r"])
	if err != nil {
		return err
	}
	if len(sights) == 0 {
		return fmt.Errorf("no report is marked: go back and mark those that this is about: %w", aup.ErrInvalid)
	}
	var results []aup.BulkResult
	preview := !form.Has("confirm")
	switch a, err := readAction(form); {
	case err != nil:
		return err
	case form.Get("do") == string(aup.EventUndone):
		results, preview = c.takeBack(ctx, sights), false
	default:
		results, err = c.Desk.Bulk(ctx, actor(ctx), aup.Bulk{Reports: sights, Action: a, Preview: preview})
		if err != nil {
			return err
		}
	}
	rows := bulkRows(ctx, results, sights, preview)
	skipped := 0
	for _, row := range rows {
		if row.Skipped != "" {
			skipped++
		}
	}
	title := "Done"
	if preview {
		title = "Preview"
	}
	c.render(w, r, http.StatusOK, "bulk", map[string]any{
		"Title": title, "Preview": preview, "Do": aup.EventKind(form.Get("do")), "Form": keptOf(form), "Rows": rows,
		"Skipped": skipped, "Works": len(rows) - skipped, "Back": local(form.Get("back"), "/queue"), "Detail": bulkDetail(form),
	})
	return nil
}

// takeBack undoes the action that each report was last changed by.
func (c *Console) takeBack(ctx context.Context, sights []aup.Sight) []aup.BulkResult {
	out := make([]aup.BulkResult, 0, len(sights))
	for _, s := range sights {
		res := aup.BulkResult{ID: s.ID}
		r, err := c.Desk.Act(ctx, actor(ctx), s.ID, aup.Action{Do: aup.EventUndone, Undo: s.Saw, Saw: s.Saw})
		if err != nil {
			res.Skipped = plain(err)
		}
		res.Subject, res.Sealed = r.Subject, r.Sealed
		out = append(out, res)
	}
	return out
}

// bulkRows says what became of each report. For what was done the revision is
// the event to undo, for a preview the one that the operator saw.
func bulkRows(ctx context.Context, results []aup.BulkResult, sights []aup.Sight, preview bool) []bulkRow {
	out := make([]bulkRow, 0, len(results))
	for i, res := range results {
		revision := res.Revision
		if preview {
			revision = sights[i].Saw
		}
		row := bulkRow{ID: res.ID, Subject: res.Subject, Skipped: strings.TrimSuffix(res.Skipped, ": "+aup.ErrConflict.Error()), Sight: fmt.Sprintf("%s@%d", res.ID, revision)}
		if res.Sealed && !aup.PrincipalOf(ctx).May(aup.RightContent) {
			row.Subject = sealedSubject
		}
		out = append(out, row)
	}
	return out
}

// readSights reads what marked rows send: "id@revision".
func readSights(marked []string) ([]aup.Sight, error) {
	var out []aup.Sight
	for _, s := range marked {
		id, revision, _ := strings.Cut(s, "@")
		n, err := strconv.ParseUint(revision, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("report %q: want its id and revision: %w", s, aup.ErrInvalid)
		}
		out = append(out, aup.Sight{ID: aup.ReportID(id), Saw: aup.Seq(n)})
	}
	return out, nil
}

// A field is a value that the confirming form sends again.
type field struct{ Name, Value string }

func keptOf(f url.Values) []field {
	var out []field
	for _, name := range []string{"do", "reason", "outcome", "clause", "to", "add", "remove", "priority", "with", "back", "key"} {
		for _, v := range f[name] {
			out = append(out, field{name, v})
		}
	}
	return out
}

// bulkDetail says in words what the action is about.
func bulkDetail(f url.Values) string {
	var out []string
	add := func(before, name string) {
		if v := strings.TrimSpace(f.Get(name)); v != "" {
			out = append(out, before+v)
		}
	}
	switch aup.EventKind(f.Get("do")) {
	case aup.EventDecided:
		out = append(out, outcomeWord(aup.Outcome(f.Get("outcome"))))
		if f.Get("outcome") != string(aup.OutcomeNone) {
			add("clause ", "clause")
		}
	case aup.EventAssigned:
		add("to ", "to")
	case aup.EventTagged:
		add("add ", "add")
	case aup.EventPrioritised:
		add("", "priority")
	case aup.EventLinked:
		add("with ", "with")
	}
	add("reason: ", "reason")
	return strings.Join(out, ", ")
}
