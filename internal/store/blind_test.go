package store_test

import (
	"context"
	"strings"
	"testing"

	"aupd/internal/aup"
	"aupd/internal/store/storetest"
)

// By what a sealed report does not show it is not found, counted or compared.
func TestBlind(t *testing.T) {
	s := storetest.Open(t)
	same := strings.Repeat("the message that both pass on ", 3)
	ids := storetest.Post(t, s,
		storetest.Letter{Subject: "open", From: "ann@mail.example", Source: "203.0.113.9", Original: same},
		storetest.Letter{Subject: "sealed", From: "bea@mail.example", Source: "203.0.113.9", Original: same, Sealed: true})
	if _, err := s.Act(t.Context(), aup.Actor{Name: "a"}, ids[1], aup.Action{Do: aup.EventTagged, Add: []string{"known"}}); err != nil {
		t.Fatal(err)
	}
	nobody := t.Context()
	cleared := aup.WithPrincipal(nobody, aup.Principal{Roles: []aup.UserRole{aup.RoleReader, aup.RoleCleared}})
	blind := aup.WithPrincipal(nobody, aup.Principal{Roles: []aup.UserRole{aup.RoleAdmin}})
	for name, tc := range map[string]struct {
		q           aup.Query
		sees, blind int
	}{
		"all":           {aup.Query{}, 2, 2},
		"by clause":     {aup.Query{Clause: "4"}, 2, 2},
		"by reporter":   {aup.Query{Reporter: "bea@mail.example"}, 1, 0},
		"by domain":     {aup.Query{Reporter: "mail.example"}, 2, 1},
		"by address":    {aup.Query{Indicator: "203.0.113.9"}, 2, 1},
		"by network":    {aup.Query{Indicator: "203.0.113.0/24"}, 2, 1},
		"in the queue":  {aup.Query{Indicator: "203.0.113.9", Order: aup.OrderQueue}, 2, 1},
		"by tag":        {aup.Query{Tag: "known"}, 1, 0},
		"by its words":  {aup.Query{Text: "sealed", Among: ids}, 2, 1},
		"among reports": {aup.Query{Among: ids}, 2, 1},
	} {
		t.Run(name, func(t *testing.T) {
			for ctx, want := range map[context.Context]int{nobody: tc.sees, cleared: tc.sees, blind: tc.blind} {
				page, err := s.Reports(ctx, tc.q)
				if err != nil || len(page.Reports) != want || page.Total != want {
					t.Errorf("%d reports of %d, %v; want %d", len(page.Reports), page.Total, err, want)
				}
			}
		})
	}
	for ctx, want := range map[context.Context]int{nobody: 1, cleared: 1, blind: 0} {
		for _, id := range ids {
			if got, err := s.Similar(ctx, id, 0); err != nil || len(got) != want {
				t.Errorf("%d similar, %v; want %d", len(got), err, want)
			}
		}
		got, err := s.Numbers(ctx, storetest.At)
		if err != nil || len(got.Reporters) != 1+want || got.Received != 2 {
			t.Errorf("numbers %+v, %v; want %d reporters of 2 reports", got, err, 1+want)
		}
	}
}

// What answers a sealed report is sealed, whatever becomes of the link.
func TestAnswerToSealed(t *testing.T) {
	now := at
	s := openDesk(t, &now)
	first, err := s.Report(t.Context(), post(t, s, letter{body: "first", from: "ann@mail.example", id: "m1@x"})[0])
	if err != nil {
		t.Fatal(err)
	}
	v := aup.Verdict{Outcome: aup.OutcomeViolation, Primary: "2.4", Clauses: []aup.ClauseID{"2.4"}, Sealed: true}
	if err := s.Append(t.Context(), []aup.Event{aup.NewReclassified(first, v, alice, at)}); err != nil {
		t.Fatal(err)
	}
	ids := post(t, s, letter{body: "an answer", from: "ann@mail.example", id: "m2@x", answers: "m1@x"}, letter{body: "another sender's", from: "eve@mail.example", answers: "m1@x"})
	if r := act(t, s, ids[0], aup.Action{Do: aup.EventUnlinked}); !r.Sealed || r.Case != "" {
		t.Errorf("an answer: sealed %v, in case %q", r.Sealed, r.Case)
	}
	if r := act(t, s, ids[1], aup.Action{Do: aup.EventLinked, With: first.ID}); r.Sealed || r.Case == "" {
		t.Errorf("what an operator linked: sealed %v, in case %q", r.Sealed, r.Case)
	}
}
