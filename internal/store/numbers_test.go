package store_test

import (
	"testing"
	"time"

	"aupd/internal/aup"

	"github.com/google/go-cmp/cmp"
)

func TestNumbers(t *testing.T) {
	now := at
	s := openDesk(t, &now)
	ids := post(t, s,
		letter{body: "one", from: "a@example.org"},
		letter{body: "two", from: "a@example.org", clauses: []aup.ClauseID{"4", "3.1"}},
		letter{body: "three", from: "b@example.net", severity: aup.High},
	)
	now = at.Add(26 * time.Hour)
	revision := func(id aup.ReportID) aup.Seq {
		r, err := s.Report(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return r.Revision
	}
	act(t, s, ids[0], aup.Action{Do: aup.EventDecided, Saw: revision(ids[0]), Outcome: aup.OutcomeViolation, Clauses: []aup.ClauseID{"4"}})
	now = at.Add(29 * time.Hour)
	act(t, s, ids[1], aup.Action{Do: aup.EventDecided, Saw: revision(ids[1]), Outcome: aup.OutcomeNone})
	undone := act(t, s, ids[2], aup.Action{Do: aup.EventDecided, Saw: revision(ids[2]), Outcome: aup.OutcomeNone})
	act(t, s, ids[2], aup.Action{Do: aup.EventUndone, Undo: undone.Revision})

	day := at.UTC().Truncate(24 * time.Hour)
	want := aup.Numbers{
		Since: at.UTC(), Received: 3, ByOutcome: map[aup.Outcome]int{aup.OutcomeViolation: 3},
		Decided: 2, AsClassified: 1, Median: 27 * time.Hour,
		Days: []aup.DayNumbers{
			{Day: day, Received: 3, ByClause: map[aup.ClauseID]int{"4": 3, "3.1": 1}},
			{Day: day.Add(24 * time.Hour), Decided: 2, ByClause: map[aup.ClauseID]int{}},
		},
		Clauses: []aup.ClauseNumbers{
			{Clause: "3.1", Received: 1},
			{Clause: "4", Received: 3, Decided: 1, AsClassified: 1, Median: 26 * time.Hour},
			{Clause: aup.None, Decided: 1, Median: 28 * time.Hour},
		},
		Reporters: []aup.ReporterNumbers{{Address: "a@example.org", Reports: 2}, {Address: "b@example.net", Reports: 1}},
	}
	got, err := s.Numbers(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("numbers (-want +got):\n%s", diff)
	}
	status, err := s.Status(t.Context())
	if err != nil || status.Overdue != 1 {
		t.Errorf("%d overdue (%v), want the one open report with a deadline", status.Overdue, err)
	}
	later, err := s.Numbers(t.Context(), now.Add(time.Hour))
	if err != nil || later.Received != 0 || len(later.Days) != 1 {
		t.Errorf("numbers of the time to come: %+v, %v", later, err)
	}
	all, err := s.Numbers(t.Context(), time.Time{})
	if err != nil || all.Received != 3 || len(all.Days) != aup.MaxNumbersDays {
		t.Errorf("numbers of all time: %d reports on %d days, %v", all.Received, len(all.Days), err)
	}
}
