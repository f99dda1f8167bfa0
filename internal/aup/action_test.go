package aup_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"aupd/internal/aup"

	"github.com/google/go-cmp/cmp"
)

var (
	noon  = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	alice = aup.Actor{Name: "alice", From: "console"}
	bob   = aup.Actor{Name: "bob", From: "cli"}
)

// pins is a policy with the clauses 4 and 2.4, the latter sealed.
type pins struct{}

func (pins) Version() string { return "v1" }
func (pins) Pin(id aup.ClauseID) (aup.Pin, bool) {
	return aup.Pin{Clause: id, Title: "t" + string(id), Text: "text"}, id == "4" || id == "2.4"
}
func (pins) Sealed(id aup.ClauseID) bool { return id == "2.4" }

// A desk is a report with its log, at a moment.
type desk struct {
	t   *testing.T
	r   aup.Report
	seq aup.Seq
	now time.Time
}

func newDesk(t *testing.T) *desk {
	d := &desk{t: t, now: noon}
	m := &aup.Mail{Hash: aup.Hash{1}}
	d.apply(aup.NewReceived(m, aup.Document{Messages: []aup.Message{{Parent: -1}}}, noon, "mailbox"))
	d.apply(aup.NewClassified(m.Hash, aup.Verdict{Outcome: aup.OutcomeViolation, Primary: "4", Clauses: []aup.ClauseID{"4"}, Severity: aup.Medium}, noon, "mailbox"))
	return d
}

func (d *desk) apply(e aup.Event) {
	d.t.Helper()
	d.seq++
	e.Seq, e.Report = d.seq, "r"
	r, err := d.r.Apply(e)
	if err != nil {
		d.t.Fatalf("Apply(%s): %v", e.Kind, err)
	}
	d.r = r
}

// do acts on the report and expects success.
func (d *desk) do(who aup.Actor, a aup.Action) {
	d.t.Helper()
	e, err := d.r.Act(a, who, d.now, pins{})
	if err != nil {
		d.t.Fatalf("%s by %s: %v", a.Do, who.Name, err)
	}
	d.apply(e)
}

// refuse acts on the report and expects an error of that kind that says why.
func (d *desk) refuse(who aup.Actor, a aup.Action, kind error, says string) {
	d.t.Helper()
	_, err := d.r.Act(a, who, d.now, pins{})
	if !errors.Is(err, kind) || !strings.Contains(err.Error(), says) {
		d.t.Errorf("%s by %s: %v; want %v that says %q", a.Do, who.Name, err, kind, says)
	}
}

func (d *desk) decision() aup.Action {
	return aup.Action{Do: aup.EventDecided, Saw: d.r.Revision, Outcome: aup.OutcomeViolation, Clauses: []aup.ClauseID{"4"}, Reason: "bulk mail"}
}

func TestOnlyThePolicyPins(t *testing.T) {
	d := newDesk(t)
	forged := aup.Action{
		Do: aup.EventDecided, Saw: d.r.Revision, Outcome: aup.OutcomeNone, Policy: "v0", Seals: true,
		Pins: []aup.Pin{{Clause: "4", Text: "another text"}},
	}
	d.do(alice, forged)
	if got := d.r.Decision; len(got.Clauses) > 0 || got.Policy != "v1" || d.r.Sealed {
		t.Errorf("a caller's pins were kept: %+v, sealed %v", got, d.r.Sealed)
	}
	a := d.decision()
	a.Taken = []string{strings.Repeat("x", 101)}
	d.refuse(alice, a, aup.ErrInvalid, "measures taken")
}

func TestClaim(t *testing.T) {
	d := newDesk(t)
	d.do(alice, aup.Action{Do: aup.EventClaimed})
	if d.r.State != aup.StateClaimed || d.r.ClaimedBy(d.now) != "alice" {
		t.Fatalf("state %s, claimed by %q", d.r.State, d.r.ClaimedBy(d.now))
	}
	d.refuse(bob, aup.Action{Do: aup.EventClaimed}, aup.ErrConflict, "alice works on it")
	d.refuse(bob, d.decision(), aup.ErrConflict, "alice works on it")
	d.refuse(bob, aup.Action{Do: aup.EventReleased}, aup.ErrConflict, "give a reason")
	d.do(alice, aup.Action{Do: aup.EventClaimed}) // again, for longer
	d.do(alice, aup.Action{Do: aup.EventReleased})
	if d.r.State != aup.StateNew || d.r.Claim != nil {
		t.Errorf("released: state %s, claim %+v", d.r.State, d.r.Claim)
	}
	d.do(alice, aup.Action{Do: aup.EventClaimed})
	d.now = d.now.Add(time.Hour)
	if s := d.r.StateAt(d.now); s != aup.StateNew || d.r.ClaimedBy(d.now) != "" {
		t.Errorf("a claim that ran out: state %s", s)
	}
	d.do(bob, aup.Action{Do: aup.EventClaimed})
	if d.r.ClaimedBy(d.now) != "bob" || d.r.Claim.Was != aup.StateNew {
		t.Errorf("claim %+v", d.r.Claim)
	}
	d.do(alice, aup.Action{Do: aup.EventReleased, Reason: "bob is ill"})
	d.refuse(alice, aup.Action{Do: aup.EventClaimed, Until: d.now.Add(-time.Second)}, aup.ErrInvalid, "7 days")
	d.refuse(alice, aup.Action{Do: aup.EventClaimed, Until: d.now.Add(8 * 24 * time.Hour)}, aup.ErrInvalid, "7 days")
}

func TestDecide(t *testing.T) {
	d := newDesk(t)
	stale := d.decision()
	d.do(bob, aup.Action{Do: aup.EventNoted, Reason: "asked the customer"})
	d.refuse(alice, stale, aup.ErrConflict, "noted by bob")
	d.refuse(alice, aup.Action{Do: aup.EventDecided, Outcome: aup.OutcomeNone}, aup.ErrInvalid, "which revision")
	for says, change := range map[string]func(*aup.Action){
		"goes with no clause":  func(a *aup.Action) { a.Outcome = aup.OutcomeNone },
		"name the clause":      func(a *aup.Action) { a.Clauses = nil },
		"want violation":       func(a *aup.Action) { a.Outcome = aup.OutcomeReview },
		"twice":                func(a *aup.Action) { a.Clauses = []aup.ClauseID{"4", "4"} },
		"is not in the policy": func(a *aup.Action) { a.Clauses = []aup.ClauseID{"9"} },
	} {
		a := d.decision()
		change(&a)
		d.refuse(alice, a, aup.ErrInvalid, says)
	}
	a := d.decision()
	a.Clauses, a.Taken = []aup.ClauseID{"4", "2.4"}, []string{"block-ip"}
	d.do(alice, a)
	want := &aup.Decision{
		Outcome: aup.OutcomeViolation, Reason: "bulk mail", Taken: []string{"block-ip"}, Policy: "v1", By: "alice", At: noon, Seq: d.seq,
		Clauses: []aup.Pin{{Clause: "4", Title: "t4", Text: "text"}, {Clause: "2.4", Title: "t2.4", Text: "text"}},
	}
	if diff := cmp.Diff(want, d.r.Decision); diff != "" || d.r.State != aup.StateDecided || !d.r.Sealed {
		t.Errorf("state %s, sealed %v, decision (-want +got):\n%s", d.r.State, d.r.Sealed, diff)
	}
	d.do(bob, aup.Action{Do: aup.EventReopened, Reason: "an appeal"})
	if d.r.State != aup.StateNew || d.r.Decision != nil || d.r.StateReason != "an appeal" {
		t.Errorf("reopened: %+v", d.r.Triage)
	}
	d.refuse(bob, aup.Action{Do: aup.EventReopened}, aup.ErrConflict, "it is open")
	d.do(bob, d.decision())
	if !d.r.Decision.AsClassified {
		t.Error("a decision for what was classified is not marked as one")
	}
	d.do(bob, aup.Action{Do: aup.EventClosed, Reason: "done"})
	d.refuse(alice, d.decision(), aup.ErrConflict, "closed")
}

// Every action is undone from the end, and leaves the report as it was.
func TestUndo(t *testing.T) {
	d := newDesk(t)
	d.refuse(alice, aup.Action{Do: aup.EventUndone, Undo: 1}, aup.ErrConflict, "nothing to undo")
	actions := []func() aup.Action{
		func() aup.Action { return aup.Action{Do: aup.EventClaimed} },
		func() aup.Action { return aup.Action{Do: aup.EventTagged, Add: []string{"botnet", "a"}} },
		func() aup.Action { return aup.Action{Do: aup.EventAssigned, To: "carol"} },
		func() aup.Action { return aup.Action{Do: aup.EventPrioritised, Priority: aup.PriorityHigh} },
		func() aup.Action { return aup.Action{Do: aup.EventLinked, Case: "c-x", Reason: "the same sender"} },
		func() aup.Action { return aup.Action{Do: aup.EventWaiting, Reason: "for the customer"} },
		d.decision,
		func() aup.Action { return aup.Action{Do: aup.EventUnlinked} },
	}
	var was []aup.Triage
	for _, a := range actions {
		was = append(was, d.r.Triage)
		d.do(alice, a())
		if cmp.Equal(was[len(was)-1], d.r.Triage) {
			t.Errorf("%s changed nothing", a().Do)
		}
	}
	d.refuse(alice, aup.Action{Do: aup.EventUndone, Undo: d.r.Steps[0].Seq}, aup.ErrConflict, "undo that first")
	for i := len(was) - 1; i >= 0; i-- {
		last := d.r.Steps[len(d.r.Steps)-1]
		d.do(bob, aup.Action{Do: aup.EventUndone, Undo: last.Seq})
		if diff := cmp.Diff(was[i], d.r.Triage); diff != "" {
			t.Fatalf("undo of %s (-before +after):\n%s", last.Do, diff)
		}
	}
}

func TestActionsRefused(t *testing.T) {
	d := newDesk(t)
	for says, a := range map[string]aup.Action{
		"is no action":      {Do: "sung"},
		"note is empty":     {Do: aup.EventNoted, Reason: " \n"},
		"waits for":         {Do: aup.EventWaiting},
		"at most 20000":     {Do: aup.EventNoted, Reason: strings.Repeat("x", 20_001)},
		"longer than 100":   {Do: aup.EventAssigned, To: strings.Repeat("x", 101)},
		"name a tag":        {Do: aup.EventTagged},
		"want up to 40 of":  {Do: aup.EventTagged, Add: []string{"Big Tag"}},
		"name a case":       {Do: aup.EventLinked},
		"not linked to its": {Do: aup.EventLinked, With: "r"},
		"want low, high":    {Do: aup.EventPrioritised, Priority: "frantic"},
		"name the event":    {Do: aup.EventUndone},
	} {
		d.refuse(alice, a, aup.ErrInvalid, says)
	}
	for says, a := range map[string]aup.Action{
		"nobody has claimed": {Do: aup.EventReleased},
		"in no case":         {Do: aup.EventUnlinked},
	} {
		d.refuse(alice, a, aup.ErrConflict, says)
	}
}

func TestDeadlines(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	d := aup.Deadlines{
		Within: map[aup.Severity]time.Duration{aup.Critical: time.Hour, aup.High: 4 * time.Hour, aup.Medium: 20 * time.Hour},
		Hours: aup.Hours{
			From: 9 * time.Hour, To: 17 * time.Hour, Zone: berlin,
			Days: []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday},
		},
	}
	at := func(s string) time.Time {
		v, err := time.ParseInLocation("2006-01-02 15:04", s, berlin)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, tc := range []struct {
		name     string
		severity aup.Severity
		urgent   bool
		recorded string
		want     string
	}{
		{"within the day", aup.High, false, "2026-03-24 09:30", "2026-03-24 13:30"},
		{"before the day begins", aup.High, false, "2026-03-24 03:00", "2026-03-24 13:00"},
		{"over the night", aup.High, false, "2026-03-24 15:00", "2026-03-25 11:00"},
		{"over the weekend with the change to summer time", aup.Medium, false, "2026-03-27 16:00", "2026-04-01 12:00"},
		{"to the end of a day", aup.High, false, "2026-03-24 13:00", "2026-03-24 17:00"},
		{"critical does not wait", aup.Critical, false, "2026-03-28 23:30", "2026-03-29 00:30"},
		{"nor does what is urgent", aup.High, true, "2026-03-28 12:00", "2026-03-28 16:00"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := d.Due(tc.severity, tc.urgent, at(tc.recorded)); !got.Equal(at(tc.want)) {
				t.Errorf("due %v, want %v", got.In(berlin), at(tc.want))
			}
		})
	}
	if got := d.Due(aup.Low, true, noon); !got.IsZero() {
		t.Errorf("a severity without a deadline is due %v", got)
	}
}

func TestQueryLanguage(t *testing.T) {
	s := `clause:1.5 state:new severity:high urgent:yes mailbox:"two words" reporter:a@b.example language:de ` +
		`indicator:203.0.113.0/24 assignee:alice tag:botnet priority:high case:c-x since:2026-03-01T00:00:00Z order:queue card skimmer`
	q, err := aup.ParseQuery(s, noon)
	if err != nil {
		t.Fatal(err)
	}
	if q.Text != "card skimmer" || q.Mailbox != "two words" || !q.Urgent || q.Clause != "1.5" {
		t.Errorf("query %+v", q)
	}
	if got := q.String(); got != s {
		t.Errorf("written again:\n%s\nwant\n%s", got, s)
	}
	if q, err := aup.ParseQuery("since:2d http://x.example/a?b:c", noon); err != nil || !q.Since.Equal(noon.Add(-48*time.Hour)) || q.Text != "http://x.example/a?b:c" {
		t.Errorf("query %+v, %v", q, err)
	}
	for _, s := range []string{"state:sung", "outcome:sung", "severity:x", "urgent:no", "since:yesterday", "order:up", "priority:urgent", strings.Repeat("x", 3000)} {
		if _, err := aup.ParseQuery(s, noon); !errors.Is(err, aup.ErrInvalid) {
			t.Errorf("ParseQuery(%.20q) = %v, want ErrInvalid", s, err)
		}
	}
}

// Whatever is read as a query is read again from what it is written as.
func FuzzParseQuery(f *testing.F) {
	for _, s := range []string{"", "clause:1 x", `mailbox:"a b" text`, `"`, `tag:"`, "state:open since:1d", `a:"b c":d`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		q, err := aup.ParseQuery(s, noon)
		if err != nil {
			return
		}
		again, err := aup.ParseQuery(q.String(), noon)
		if err == nil && again.String() != q.String() {
			t.Errorf("%q is written %q, and that %q", s, q, again)
		}
	})
}

func TestPrincipal(t *testing.T) {
	reader := aup.Principal{Name: "r", Roles: []aup.UserRole{aup.RoleReader}}
	if err := reader.Need(aup.RightTriage); !errors.Is(err, aup.ErrForbidden) {
		t.Errorf("a reader that decides: %v", err)
	}
	if !reader.May(aup.RightRead) || (aup.Principal{}).May(aup.RightRead) {
		t.Error("a reader reads, nobody does not")
	}
	admin := aup.Principal{Roles: []aup.UserRole{aup.RoleAdmin}}
	if admin.May(aup.RightContent) || !aup.Owner("x").May(aup.RightContent) {
		t.Error("only who is cleared sees sealed reports")
	}
	if got := aup.PrincipalOf(aup.WithPrincipal(t.Context(), reader)); got.Name != "r" || aup.PrincipalOf(t.Context()).Name != "" {
		t.Errorf("principal %+v", got)
	}
}
