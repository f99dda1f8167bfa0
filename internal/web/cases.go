package web

import (
	"fmt"
	"net/http"

	"aupd/internal/aup"
)

// maxCases is how many cases a page lists.
const maxCases = 100

func (c *Console) cases(w http.ResponseWriter, r *http.Request) error {
	all, err := c.Desk.Cases(r.Context(), maxCases)
	if err != nil {
		return err
	}
	for i := range all {
		if all[i].Sealed && all[i].Subject == "" {
			all[i].Subject = sealedSubject
		}
	}
	c.render(w, r, http.StatusOK, "cases", map[string]any{"Title": "Cases", "Cases": all, "Full": len(all) == maxCases})
	return nil
}

func (c *Console) oneCase(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), aup.CaseID(r.PathValue("id"))
	f := filter{Query: aup.Query{Case: id}}
	page, status := c.list(ctx, &f, r.URL.Query().Get("after"))
	if f.Error != "" {
		return fmt.Errorf("case %s: %s: %w", id, f.Error, aup.ErrInvalid)
	}
	if len(page.Reports) == 0 {
		return fmt.Errorf("case %s: %w", id, aup.ErrNotFound)
	}
	me := aup.PrincipalOf(ctx)
	c.render(w, r, status, "case", map[string]any{
		"Title": "Case " + string(id), "Case": id, "Rows": c.rows(ctx, page.Reports), "Result": page, "Next": moreOf(r.URL, page.Next),
		"Clauses": c.Policy().Clauses, "Bulk": me.May(aup.RightBulk), "MayAct": me.May(aup.RightTriage), "Key": newKey(),
	})
	return nil
}
