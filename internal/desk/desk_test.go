package desk_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"aupd/internal/aup"
	"aupd/internal/desk"
	"aupd/internal/store/storetest"

	"github.com/google/go-cmp/cmp"
)

func as(t *testing.T, name string, roles ...aup.UserRole) context.Context {
	t.Helper()
	return aup.WithPrincipal(t.Context(), aup.Principal{Name: name, Roles: roles, From: "api"})
}

func newDesk(t *testing.T, letters ...storetest.Letter) (*desk.Desk, []aup.ReportID) {
	t.Helper()
	s := storetest.Open(t)
	return desk.New(s, s).Proving(s), storetest.Post(t, s, letters...)
}

// calls are all that one can ask of a desk, with the right that each needs.
func calls(d *desk.Desk, id aup.ReportID) map[string]struct {
	right aup.Right
	call  func(context.Context) error
} {
	type c = struct {
		right aup.Right
		call  func(context.Context) error
	}
	note := aup.Action{Do: aup.EventNoted, Reason: "n"}
	return map[string]c{
		"Reports":  {aup.RightRead, func(ctx context.Context) error { _, err := d.Reports(ctx, aup.Query{}); return err }},
		"Report":   {aup.RightRead, func(ctx context.Context) error { _, err := d.Report(ctx, id); return err }},
		"Document": {aup.RightRead, func(ctx context.Context) error { _, err := d.Document(ctx, id); return err }},
		"Raw": {aup.RightRead, func(ctx context.Context) error {
			raw, err := d.Raw(ctx, id)
			if err == nil {
				raw.Close()
			}
			return err
		}},
		"Message": {aup.RightRead, func(ctx context.Context) error {
			_, raw, err := d.Message(ctx, id)
			if err == nil {
				raw.Close()
			}
			return err
		}},
		"Evidence": {aup.RightAudit, func(ctx context.Context) error {
			p, raw, err := d.Evidence(ctx, id)
			if err == nil {
				raw.Close()
				if p.Report != id || len(p.Events) < 2 {
					return fmt.Errorf("the proof of %s has %d events", p.Report, len(p.Events))
				}
			}
			return err
		}},
		"Status":  {aup.RightRead, func(ctx context.Context) error { _, err := d.Status(ctx); return err }},
		"Similar": {aup.RightRead, func(ctx context.Context) error { _, err := d.Similar(ctx, id, 0); return err }},
		"Numbers": {aup.RightRead, func(ctx context.Context) error { _, err := d.Numbers(ctx, time.Time{}); return err }},
		"Cases":   {aup.RightRead, func(ctx context.Context) error { _, err := d.Cases(ctx, 0); return err }},
		"Events":  {aup.RightRead, func(ctx context.Context) error { _, err := d.Events(ctx, aup.EventQuery{Report: id}); return err }},
		"the log": {aup.RightAudit, func(ctx context.Context) error { _, err := d.Events(ctx, aup.EventQuery{}); return err }},
		"Act":     {aup.RightTriage, func(ctx context.Context) error { _, err := d.Act(ctx, aup.Actor{}, id, note); return err }},
		"Bulk": {aup.RightBulk, func(ctx context.Context) error {
			_, err := d.Bulk(ctx, aup.Actor{}, aup.Bulk{Reports: []aup.Sight{{ID: id}}, Action: note})
			return err
		}},
	}
}

func TestRights(t *testing.T) {
	d, ids := newDesk(t, storetest.Letter{Subject: "one"})
	for name, c := range calls(d, ids[0]) {
		for _, role := range append([]aup.UserRole{"nobody"}, aup.UserRoles...) {
			t.Run(name+" by "+string(role), func(t *testing.T) {
				p := aup.Principal{Name: "x", Roles: []aup.UserRole{role}}
				err := c.call(aup.WithPrincipal(t.Context(), p))
				if p.May(c.right) && err != nil || !p.May(c.right) && !errors.Is(err, aup.ErrForbidden) {
					t.Errorf("may %s: %v, and it says %v", c.right, p.May(c.right), err)
				}
			})
		}
		if err := c.call(t.Context()); !errors.Is(err, aup.ErrForbidden) {
			t.Errorf("%s by nobody: %v", name, err)
		}
	}
}

func TestSealed(t *testing.T) {
	d, ids := newDesk(t, storetest.Letter{Subject: "open words", Source: "203.0.113.9"},
		storetest.Letter{Subject: "sealed words", Source: "203.0.113.9", Sealed: true})
	lead := as(t, "lead", aup.RoleLead, aup.RoleAuditor)
	sealed := ids[1]
	if _, err := d.Act(lead, aup.Actor{}, sealed, aup.Action{Do: aup.EventLinked, Case: "c-x", Reason: "the sealed words"}); err != nil {
		t.Fatal(err)
	}
	page, err1 := d.Reports(lead, aup.Query{})
	r, err2 := d.Report(lead, sealed)
	log, err3 := d.Events(lead, aup.EventQuery{})
	cases, err4 := d.Cases(lead, 0)
	similar, err5 := d.Similar(lead, ids[0], 0)
	bulk, err6 := d.Bulk(lead, aup.Actor{}, aup.Bulk{Reports: []aup.Sight{{ID: sealed}}, Action: aup.Action{Do: aup.EventClaimed}, Preview: true})
	if err := errors.Join(err1, err2, err3, err4, err5, err6); err != nil {
		t.Fatal(err)
	}
	for what, v := range map[string]any{"list": page, "report": r, "log": log, "cases": cases, "similar": similar, "bulk": bulk} {
		if s := asJSON(t, v); strings.Contains(s, "sealed words") || !strings.Contains(s, string(sealed)) && what != "cases" && what != "similar" {
			t.Errorf("%s for those who are not cleared: %s", what, s)
		}
	}
	if _, err := d.Document(lead, sealed); !errors.Is(err, aup.ErrForbidden) || !strings.Contains(err.Error(), "is sealed") {
		t.Errorf("its document: %v", err)
	}
	if _, err := d.Raw(lead, sealed); !errors.Is(err, aup.ErrForbidden) {
		t.Errorf("its raw message: %v", err)
	}
	if _, _, err := d.Evidence(lead, sealed); !errors.Is(err, aup.ErrForbidden) {
		t.Errorf("its evidence: %v", err)
	}
}

func TestOpeningIsRecorded(t *testing.T) {
	d, ids := newDesk(t, storetest.Letter{Subject: "open"}, storetest.Letter{Subject: "sealed", Sealed: true})
	cleared := as(t, "carol", aup.RoleReader, aup.RoleCleared)
	for _, id := range ids {
		for range 2 {
			if _, err := d.Document(cleared, id); err != nil {
				t.Fatal(err)
			}
		}
		raw, err := d.Raw(cleared, id)
		if err != nil {
			t.Fatal(err)
		}
		if data, err := io.ReadAll(raw); err != nil || len(data) == 0 {
			t.Errorf("raw: %d bytes, %v", len(data), err)
		}
		raw.Close()
		doc, raw, err := d.Message(cleared, id)
		if err != nil {
			t.Fatal(err)
		}
		if data, err := io.ReadAll(raw); err != nil || len(data) == 0 || len(doc.Messages) == 0 {
			t.Errorf("message: %d bytes, %d messages, %v", len(data), len(doc.Messages), err)
		}
		raw.Close()
	}
	for i, want := range []int{0, 4} {
		page, err := d.Events(cleared, aup.EventQuery{Report: ids[i]})
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, e := range page.Events {
			if e.Kind == aup.EventOpened && e.By == "carol" && e.From == "api" {
				n++
			}
		}
		if n != want {
			t.Errorf("report %d: %d openings in the log, want %d", i, n, want)
		}
	}
	if _, raw, err := d.Evidence(as(t, "dora", aup.RoleAuditor, aup.RoleCleared), ids[1]); err != nil || raw.Close() != nil {
		t.Fatal(err)
	}
	page, err := d.Events(cleared, aup.EventQuery{Report: ids[1]})
	if last := len(page.Events) - 1; err != nil || page.Events[last].Kind != aup.EventOpened || page.Events[last].By != "dora" {
		t.Errorf("the opening for evidence: %+v, %v", page.Events, err)
	}
	forged := aup.Action{Do: aup.EventOpened}
	if _, err := d.Act(as(t, "o", aup.RoleOperator), aup.Actor{}, ids[0], forged); !errors.Is(err, aup.ErrInvalid) {
		t.Errorf("an opening that nobody made: %v", err)
	}
}

func TestActingForOthers(t *testing.T) {
	d, ids := newDesk(t, storetest.Letter{Subject: "one"})
	alice, bob, lead := as(t, "alice", aup.RoleOperator), as(t, "bob", aup.RoleOperator), as(t, "lead", aup.RoleLead)
	release := aup.Action{Do: aup.EventReleased, Reason: "she is on leave"}
	r, err := d.Act(alice, aup.Actor{Name: "forged"}, ids[0], aup.Action{Do: aup.EventClaimed})
	if err != nil || r.Claim.By != "alice" {
		t.Fatalf("claimed by %+v, %v", r.Claim, err)
	}
	undo := aup.Action{Do: aup.EventUndone, Undo: r.Revision}
	for _, a := range []aup.Action{release, undo} {
		if _, err := d.Act(bob, aup.Actor{}, ids[0], a); !errors.Is(err, aup.ErrForbidden) || !strings.Contains(err.Error(), "alice's") {
			t.Errorf("%s by another operator: %v", a.Do, err)
		}
	}
	if _, err := d.Act(lead, aup.Actor{}, ids[0], release); err != nil {
		t.Errorf("released by a lead: %v", err)
	}
	if _, err := d.Act(alice, aup.Actor{}, ids[0], aup.Action{Do: aup.EventClaimed}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Act(alice, aup.Actor{}, ids[0], aup.Action{Do: aup.EventReleased}); err != nil {
		t.Errorf("released by herself: %v", err)
	}
}

func TestFilters(t *testing.T) {
	f := desk.Filters{Shelf: storetest.Open(t).Shelf()}
	alice, bob := as(t, "alice", aup.RoleOperator), as(t, "bob", aup.RoleReader)
	for _, one := range []desk.Filter{{Name: "spam", Query: "clause:4"}, {Name: "spam", Query: "clause:4 since:7d"}, {Name: "mine", Query: "assignee:alice", Shared: true}} {
		if got, err := f.Save(alice, one); err != nil || got.By != "alice" {
			t.Fatalf("save: %+v, %v", got, err)
		}
	}
	shared := desk.Filter{Name: "mine", Query: "assignee:alice", Shared: true, By: "alice"}
	own := desk.Filter{Name: "spam", Query: "clause:4 since:7d", By: "alice"}
	for _, tc := range []struct {
		who  string
		ctx  context.Context
		want []desk.Filter
	}{{"alice", alice, []desk.Filter{own, shared}}, {"bob", bob, []desk.Filter{shared}}} {
		got, err := f.List(tc.ctx)
		if d := cmp.Diff(tc.want, got); d != "" || err != nil {
			t.Errorf("%s has (-want +got): %v\n%s", tc.who, err, d)
		}
	}
	if got, err := f.Find(bob, "mine"); err != nil || got != shared {
		t.Errorf("the shared one: %+v, %v", got, err)
	}
	if _, err := f.Find(bob, "spam"); !errors.Is(err, aup.ErrNotFound) {
		t.Errorf("another's own: %v", err)
	}
	if err := f.Delete(alice, "spam", false); err != nil {
		t.Error(err)
	}
	if err := f.Delete(alice, "spam", false); !errors.Is(err, aup.ErrNotFound) {
		t.Errorf("deleted twice: %v", err)
	}
}

func TestFiltersRefused(t *testing.T) {
	f := desk.Filters{Shelf: storetest.Open(t).Shelf()}
	reader := as(t, "bob", aup.RoleReader)
	for name, tc := range map[string]struct {
		ctx  context.Context
		one  desk.Filter
		want error
	}{
		"no name":          {reader, desk.Filter{Query: "clause:4"}, aup.ErrInvalid},
		"a name with /":    {reader, desk.Filter{Name: "a/b", Query: "clause:4"}, aup.ErrInvalid},
		"no query":         {reader, desk.Filter{Name: "a", Query: " "}, aup.ErrInvalid},
		"no such outcome":  {reader, desk.Filter{Name: "a", Query: "outcome:sung"}, aup.ErrInvalid},
		"shared by reader": {reader, desk.Filter{Name: "a", Query: "clause:4", Shared: true}, aup.ErrForbidden},
		"by nobody":        {t.Context(), desk.Filter{Name: "a", Query: "clause:4"}, aup.ErrForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := f.Save(tc.ctx, tc.one); !errors.Is(err, tc.want) {
				t.Errorf("save: %v, want %v", err, tc.want)
			}
		})
	}
}
