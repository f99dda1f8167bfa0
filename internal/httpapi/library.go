package httpapi

import (
	"context"
	"net/http"

	"aupd/internal/aup"

	"github.com/danielgtaylor/huma/v2"
)

// A rehearsalInput asks for a classification of every report anew.
type rehearsalInput struct {
	Body rehearsalBody
}

type rehearsalBody struct {
	// Policy is a policy as YAML; empty for the one in force.
	Policy string `json:"policy,omitempty" maxLength:"1048576" doc:"a policy file's text; left out, the policy in force"`
	Record bool   `json:"record,omitempty" doc:"put the policy into force and record the new findings"`
}

func libraryRoutes(api huma.API, l aup.Librarian) {
	huma.Register(api, get("list-policies", "/policies", "List the policy versions that were put into force"),
		func(ctx context.Context, _ *struct{}) (*body[[]aup.PolicyVersion], error) {
			if err := need(ctx, aup.RightRead); err != nil {
				return nil, err
			}
			return respond(l.Policies(ctx))
		})
	op := post("rehearse", "/rehearsals", "Classify every report anew, as a trial or for good")
	op.MaxBodyBytes = 2 << 20
	op.Errors = []int{http.StatusConflict, http.StatusUnprocessableEntity, http.StatusForbidden}
	huma.Register(api, op, func(ctx context.Context, in *rehearsalInput) (*body[aup.Rehearsal], error) {
		right := aup.RightRead
		if in.Body.Record {
			right = aup.RightPolicy
		}
		if err := need(ctx, right); err != nil {
			return nil, err
		}
		var text []byte
		if in.Body.Policy != "" {
			text = []byte(in.Body.Policy)
		}
		return respond(l.Rehearse(ctx, aup.PrincipalOf(ctx).Actor(), text, in.Body.Record))
	})
}

// Policies implements [aup.Librarian].
func (c *Client) Policies(ctx context.Context) ([]aup.PolicyVersion, error) {
	return fetch[[]aup.PolicyVersion](ctx, c, http.MethodGet, "/policies")
}

// Rehearse implements [aup.Librarian].
func (c *Client) Rehearse(ctx context.Context, who aup.Actor, text []byte, record bool) (aup.Rehearsal, error) {
	return send[aup.Rehearsal](by(ctx, who), c, http.MethodPost, "/rehearsals", rehearsalBody{string(text), record}, nil)
}

// A trainingInput asks the classifier to learn.
type trainingInput struct{ Body aup.TrainRequest }

func trainRoute(api huma.API, l aup.Librarian) {
	op := post("train", "/trainings", "Learn from every decision that holds, or forget what was learned")
	op.Errors = []int{http.StatusConflict, http.StatusUnprocessableEntity, http.StatusForbidden}
	huma.Register(api, op, func(ctx context.Context, in *trainingInput) (*body[aup.Trained], error) {
		if err := need(ctx, aup.RightPolicy); err != nil {
			return nil, err
		}
		return respond(l.Train(ctx, aup.PrincipalOf(ctx).Actor(), in.Body))
	})
}

// Train implements [aup.Trainer], as Rehearse does.
func (c *Client) Train(ctx context.Context, who aup.Actor, r aup.TrainRequest) (aup.Trained, error) {
	return send[aup.Trained](by(ctx, who), c, http.MethodPost, "/trainings", r, nil)
}
