package httpapi

import (
	"errors"
	"net/http"
	"strings"

	"aupd/internal/aup"

	"github.com/danielgtaylor/huma/v2"
)

// kinds maps each kind of error to the status that stands for it, and to the
// last word of the problem's type. The first that matches holds, in either
// direction.
var kinds = []struct {
	err    error
	status int
	word   string
}{
	{aup.ErrNotFound, http.StatusNotFound, "not-found"},
	{aup.ErrConflict, http.StatusConflict, "conflict"},
	{aup.ErrConflict, http.StatusPreconditionFailed, "stale"},
	{aup.ErrInvalid, http.StatusUnprocessableEntity, "invalid"},
	{aup.ErrInvalid, http.StatusBadRequest, "invalid"},
	{aup.ErrForbidden, http.StatusForbidden, "forbidden"},
	{aup.ErrBusy, http.StatusServiceUnavailable, "busy"},
	{aup.ErrDamaged, http.StatusInternalServerError, "damaged"},
}

// typeRoot is what the type of every problem starts with. The types are names:
// they do not change, and there is nothing to fetch under them.
const typeRoot = "urn:aupd:problem:"

// problem returns err as a problem detail, unless it is one already; nil for
// nil. What is no kind of ours is a server's error, whose text may help an
// operator: nobody else is served.
func problem(err error) error {
	if err == nil {
		return nil
	}
	if errors.As(err, new(huma.StatusError)) {
		return err
	}
	for _, k := range kinds {
		if errors.Is(err, k.err) {
			return &huma.ErrorModel{Type: typeRoot + k.word, Title: http.StatusText(k.status), Status: k.status, Detail: err.Error()}
		}
	}
	return &huma.ErrorModel{Type: typeRoot + "internal", Title: "Internal Server Error", Status: http.StatusInternalServerError, Detail: err.Error()}
}

// typed gives the problems that the framework finds a type as well. They name the
// field that is wrong and do not send its value back, which may be long, or a
// secret.
func typed(_ huma.Context, _ string, v any) (any, error) {
	p, ok := v.(*huma.ErrorModel)
	if !ok || p.Type != "" {
		return v, nil
	}
	for _, e := range p.Errors {
		e.Value = nil
	}
	p.Type = typeRoot + strings.ReplaceAll(strings.ToLower(p.Title), " ", "-")
	for _, k := range kinds {
		if k.status == p.Status {
			p.Type = typeRoot + k.word
			break
		}
	}
	return v, nil
}

// A staleProblem says that an action was on what is no longer so: the status
// is 412 where If-Match said what was seen, and 409 where the body did.
type staleProblem struct {
	huma.ErrorModel
	Revision aup.Seq     `json:"revision,omitempty" doc:"the report's revision now, if it changed"`
	Changed  []aup.Event `json:"changed,omitempty" doc:"what happened to it since"`
}

func newStaleProblem(status int, err error, now aup.Seq, changed []aup.Event) error {
	return &staleProblem{
		ErrorModel: huma.ErrorModel{Type: typeRoot + "stale", Title: "The report changed", Status: status, Detail: err.Error()},
		Revision:   now, Changed: changed,
	}
}
