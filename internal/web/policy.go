package web

import (
	"net/http"
	"strings"

	"aupd/internal/policy"
)

// A clauseView is a clause with how many reports there are on it.
type clauseView struct {
	policy.Clause
	Reports int
	Depth   int // 0 at the top
}

func (c *Console) policy(w http.ResponseWriter, r *http.Request) error {
	status, err := c.Desk.Status(r.Context())
	if err != nil {
		return err
	}
	p := c.Policy()
	var clauses []clauseView
	for _, clause := range p.Clauses {
		clauses = append(clauses, clauseView{clause, status.ByClause[clause.ID], strings.Count(string(clause.ID), ".")})
	}
	c.render(w, r, http.StatusOK, "policy", map[string]any{
		"Title": "Policy", "Policy": p, "Digest": p.Version(), "Clauses": clauses,
	})
	return nil
}
