package web

import (
	"context"
	"net/http"
	"slices"
	"time"

	"aupd/internal/aup"
)

// maxMine bounds the claims that are looked through for the operator's own.
const maxMine = 200

// maxComing is how much of the queue the first page shows.
const maxComing = 5

// stale is how old the last poll of a folder may be before it is said.
const stale = 30 * time.Minute

func (c *Console) today(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	status, err := c.Desk.Status(ctx)
	if err != nil {
		return err
	}
	numbers, err := c.Desk.Numbers(ctx, c.Now().Add(-24*time.Hour))
	if err != nil {
		return err
	}
	mine, err := c.mine(ctx)
	if err != nil {
		return err
	}
	coming, err := c.Desk.Reports(ctx, aup.Query{Order: aup.OrderQueue, Limit: maxComing})
	if err != nil {
		return err
	}
	look, err := c.Desk.Reports(ctx, aup.Query{Outcome: aup.OutcomeReview, State: aup.StateOpen, Limit: 1})
	if err != nil {
		return err
	}
	clauses := slices.Clone(numbers.Clauses)
	slices.SortStableFunc(clauses, func(a, b aup.ClauseNumbers) int { return b.Received - a.Received })
	clauses = slices.DeleteFunc(clauses, func(n aup.ClauseNumbers) bool { return n.Received == 0 })
	c.render(w, r, http.StatusOK, "today", map[string]any{
		"Title": "Today", "Status": status, "Folders": c.folders(status), "Look": look, "Numbers": numbers, "Mine": mine, "Coming": c.rows(ctx, coming.Reports),
		"Clauses": clauses[:min(len(clauses), 8)], "Outcomes": outcomes, "MayAct": aup.PrincipalOf(ctx).May(aup.RightTriage),
		"Tray": c.Tray != nil, "Quarantined": fates(status, aup.Quarantined),
		"Nothing": r.URL.Query().Has("nothing"),
	})
	return nil
}

// mine returns the reports that whoever asks has claimed.
func (c *Console) mine(ctx context.Context) ([]row, error) {
	me := aup.PrincipalOf(ctx).Name
	page, err := c.Desk.Reports(ctx, aup.Query{State: aup.StateClaimed, Limit: maxMine})
	if err != nil {
		return nil, err
	}
	now := c.Now()
	others := func(r aup.Report) bool { return r.ClaimedBy(now) != me }
	return c.rows(ctx, slices.DeleteFunc(page.Reports, others)), nil
}

// fates counts the messages of one fate over all folders.
func fates(s aup.Status, f aup.Fate) (n int) {
	for _, folder := range s.Folders {
		n += folder.Fates[f]
	}
	return n
}

// A folderView is a folder with how well it is.
type folderView struct {
	aup.FolderStatus
	Health string // "well", "waiting", "late", "down"
	Word   string
}

func (c *Console) folders(s aup.Status) []folderView {
	var out []folderView
	for _, f := range s.Folders {
		v := folderView{FolderStatus: f, Health: "well", Word: "up to date"}
		switch {
		case f.LastError != "" && !f.Connected:
			v.Health, v.Word = "down", "not connected"
		case f.LastPoll.IsZero():
			v.Health, v.Word = "late", "not looked at yet"
		case c.Now().Sub(f.LastPoll) > stale:
			v.Health, v.Word = "late", "last looked at "+span(c.Now().Sub(f.LastPoll))+" ago"
		case f.Waiting > 0:
			v.Health, v.Word = "waiting", thousands(f.Waiting)+" still to read"
		}
		out = append(out, v)
	}
	return out
}
