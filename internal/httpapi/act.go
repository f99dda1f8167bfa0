package httpapi

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"strconv"
	"time"

	"aupd/internal/aup"
	"aupd/internal/desk"

	"github.com/danielgtaylor/huma/v2"
)

// An actionKind is one of aup.ActionKinds.
type actionKind string

// Schema lists the kinds in the OpenAPI document, by which they are checked.
func (actionKind) Schema(huma.Registry) *huma.Schema {
	return oneOf(aup.ActionKinds, "what to do, as the event that records it is named")
}

// oneOf describes a string that is one of some.
func oneOf[S ~string](values []S, description string) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString, Description: description}
	for _, v := range values {
		s.Enum = append(s.Enum, string(v))
	}
	return s
}

// An actionInput is an [aup.Action] as it is sent: what the operator says, without
// what is filled in when it is recorded.
type actionInput struct {
	Do       actionKind     `json:"do"`
	Saw      aup.Seq        `json:"saw,omitempty" doc:"the revision of the report that you looked at; a decision needs it, here or in If-Match"`
	Reason   string         `json:"reason,omitempty" maxLength:"20000" doc:"why, what is waited for, or the text of a note"`
	Until    time.Time      `json:"until,omitzero" doc:"claimed: when the claim runs out"`
	Outcome  string         `json:"outcome,omitempty" enum:"violation,exception,none" doc:"decided"`
	Clauses  []aup.ClauseID `json:"clauses,omitempty" maxItems:"100" doc:"decided: the primary one first; none with the outcome none"`
	Taken    []string       `json:"taken,omitempty" maxItems:"20" doc:"decided: the measures taken"`
	To       string         `json:"to,omitempty" maxLength:"100" doc:"assigned: to whom; nobody when it is left out"`
	Add      []string       `json:"add,omitempty" maxItems:"20" doc:"tagged: tags to add"`
	Remove   []string       `json:"remove,omitempty" maxItems:"20" doc:"tagged: tags to remove"`
	Priority string         `json:"priority,omitempty" enum:"high,normal,low" doc:"prioritised: normal when it is left out"`
	Case     aup.CaseID     `json:"case,omitempty" maxLength:"100" doc:"linked: to which case"`
	With     aup.ReportID   `json:"with,omitempty" maxLength:"100" doc:"linked: to the case of that report"`
	Undo     aup.Seq        `json:"undo,omitempty" doc:"undone: the number of the last action's event"`
}

// normal is what the wire calls the priority that has no name.
const normal = "normal"

func (a actionInput) action() aup.Action {
	if a.Priority == normal {
		a.Priority = ""
	}
	return aup.Action{
		Do: aup.EventKind(a.Do), Saw: a.Saw, Reason: a.Reason, Until: a.Until, Outcome: aup.Outcome(a.Outcome), Clauses: a.Clauses,
		Taken: a.Taken, To: a.To, Add: a.Add, Remove: a.Remove, Priority: aup.Priority(a.Priority), Case: a.Case, With: a.With, Undo: a.Undo,
	}
}

func wire(a aup.Action) actionInput {
	return actionInput{
		Do: actionKind(a.Do), Saw: a.Saw, Reason: a.Reason, Until: a.Until, Outcome: string(a.Outcome), Clauses: a.Clauses,
		Taken: a.Taken, To: a.To, Add: a.Add, Remove: a.Remove, Priority: string(a.Priority), Case: a.Case, With: a.With, Undo: a.Undo,
	}
}

type actInput struct {
	ID      string `path:"id" doc:"the report's id, or a prefix that only one report has"`
	Key     string `header:"Idempotency-Key" maxLength:"100" doc:"the same key on the same report is recorded once, however often it is sent"`
	IfMatch string `header:"If-Match" doc:"the ETag of the report that you looked at; it holds in place of saw"`
	Body    actionInput
}

type bulkInput struct {
	Key  string `header:"Idempotency-Key" maxLength:"100" doc:"as of a single action, for each report"`
	Body struct {
		Reports []aup.Sight `json:"reports" minItems:"1" maxItems:"1000" doc:"each with the revision that you looked at"`
		Action  actionInput `json:"action"`
		Preview bool        `json:"preview,omitempty" doc:"only say what would come of it"`
	}
}

type bulkOutput struct {
	Results []aup.BulkResult `json:"results"`
}

func actRoutes(api huma.API, d *desk.Desk) {
	op := post("act", "/reports/{id}/actions", "Do something to a report")
	op.Errors = []int{http.StatusForbidden, http.StatusNotFound, http.StatusConflict, http.StatusPreconditionFailed}
	huma.Register(api, op, func(ctx context.Context, in *actInput) (*reportOutput, error) {
		a := in.Body.action()
		a.Key = in.Key
		if err := in.match(&a); err != nil {
			return nil, err
		}
		r, err := d.Act(ctx, aup.PrincipalOf(ctx).Actor(), aup.ReportID(in.ID), a)
		if errors.Is(err, aup.ErrConflict) && a.Saw != 0 {
			err = in.stale(ctx, d, a.Saw, err)
		}
		return answer(r, err)
	})
	// A stale action is answered with more than other problems are.
	stale := api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[staleProblem](), true, "StaleProblem")
	for _, status := range []string{"409", "412"} {
		api.OpenAPI().Paths[op.Path].Post.Responses[status].Content["application/problem+json"].Schema = stale
	}
	huma.Register(api, post("act-in-bulk", "/bulk", "Do the same to several reports, or preview that"),
		func(ctx context.Context, in *bulkInput) (*body[bulkOutput], error) {
			b := aup.Bulk{Reports: in.Body.Reports, Action: in.Body.Action.action(), Preview: in.Body.Preview}
			b.Action.Key = in.Key
			results, err := d.Bulk(ctx, aup.PrincipalOf(ctx).Actor(), b)
			return respond(bulkOutput{results}, err)
		})
}

// match takes the revision that was seen from If-Match (RFC 9110, 13.1.1). It
// is compared where the action is recorded, so that nothing comes between.
func (in *actInput) match(a *aup.Action) error {
	if in.IfMatch == "" || in.IfMatch == "*" {
		return nil
	}
	text, err := strconv.Unquote(in.IfMatch)
	if err == nil {
		var n uint64
		n, err = strconv.ParseUint(text, 10, 64)
		a.Saw = aup.Seq(n)
	}
	if err != nil || a.Saw == 0 {
		return &huma.ErrorModel{
			Type: typeRoot + "stale", Title: "The report changed", Status: http.StatusPreconditionFailed,
			Detail: "If-Match: want the one ETag that the report was read with, or *",
		}
	}
	return nil
}

// stale returns err with what changed, if it is because the report did.
func (in *actInput) stale(ctx context.Context, d *desk.Desk, saw aup.Seq, err error) error {
	now, readErr := d.Report(ctx, aup.ReportID(in.ID))
	if readErr != nil || now.Revision == saw {
		return err
	}
	changed, readErr := d.Events(ctx, aup.EventQuery{Report: now.ID, After: saw, Limit: maxPage})
	if readErr != nil {
		return err
	}
	status := http.StatusConflict
	if in.IfMatch != "" && in.IfMatch != "*" {
		status = http.StatusPreconditionFailed
	}
	return newStaleProblem(status, err, now.Revision, changed.Events)
}

type nextInput struct {
	QueryParams
	ClaimUntil time.Time `query:"claim-until" doc:"when the claim runs out"`
}

func queueRoute(api huma.API, d *desk.Desk, saved desk.Filters) {
	op := post("claim-next", "/queue/next", "Claim the next free report of the queue, of those that the parameters select")
	op.Errors = []int{http.StatusForbidden, http.StatusNotFound, http.StatusUnprocessableEntity}
	huma.Register(api, op, func(ctx context.Context, in *nextInput) (*reportOutput, error) {
		q, err := in.query(ctx, saved)
		if err != nil {
			return nil, problem(err)
		}
		return answer(d.Next(ctx, q, in.ClaimUntil))
	})
}
