package web

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"aupd/internal/aup"
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
	data := map[string]any{"Title": "Policy", "Policy": p, "Digest": p.Version(), "Clauses": clauses}
	if err := c.versions(r, data); err != nil {
		return err
	}
	c.render(w, r, http.StatusOK, "policy", data)
	return nil
}

// versions adds the policy versions that there were, and what changed between
// the two that the address names.
func (c *Console) versions(r *http.Request, data map[string]any) error {
	if c.Library == nil {
		return nil
	}
	all, err := c.Library.Policies(r.Context())
	if err != nil {
		return err
	}
	slices.Reverse(all)
	data["Versions"] = all
	from, to := r.URL.Query().Get("from"), r.URL.Query().Get("to")
	data["From"], data["To"] = from, to
	if from == "" || to == "" {
		return nil
	}
	var sides []*policy.Policy
	for _, want := range []string{from, to} {
		i := slices.IndexFunc(all, func(v aup.PolicyVersion) bool { return strconv.FormatUint(uint64(v.Seq), 10) == want })
		if i < 0 {
			return fmt.Errorf("policy of event %s: %w", want, aup.ErrNotFound)
		}
		p, err := policy.Parse([]byte(all[i].Text), "policy of event "+want)
		if err != nil {
			return err
		}
		sides = append(sides, p)
	}
	data["Changes"], data["Compared"] = policy.Diff(sides[0], sides[1]), true
	return nil
}
