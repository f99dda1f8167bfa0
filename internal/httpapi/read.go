package httpapi

import (
	"context"
	"io"
	"net/http"
	"strconv"

	"aupd/internal/aup"
	"aupd/internal/desk"

	"github.com/danielgtaylor/huma/v2"
)

// maxPage is the most records of one answer: what fits in memory however many
// ask.
const maxPage = 1000

type listInput struct {
	QueryParams
	Limit int    `query:"limit" default:"50" minimum:"1" maximum:"1000" doc:"the most reports to return"`
	After string `query:"after" doc:"the next of an earlier page"`
}

type idInput struct {
	ID string `path:"id" doc:"the report's id, or a prefix that only one report has"`
}

func (in idInput) id() aup.ReportID { return aup.ReportID(in.ID) }

// A reportOutput is a report with its revision as the entity tag, for the
// If-Match of an action on it.
type reportOutput struct {
	ETag string `header:"ETag" doc:"the report's revision"`
	Body aup.Report
}

func answer(r aup.Report, err error) (*reportOutput, error) {
	if err != nil {
		return nil, problem(err)
	}
	return &reportOutput{etag(r.Revision), r}, nil
}

func etag(n aup.Seq) string { return strconv.Quote(strconv.FormatUint(uint64(n), 10)) }

func readRoutes(api huma.API, d *desk.Desk, saved desk.Filters) {
	huma.Register(api, get("list-reports", "/reports", "List reports, newest recorded first"),
		func(ctx context.Context, in *listInput) (*body[aup.Page], error) {
			q, err := in.query(ctx, saved)
			if err != nil {
				return nil, problem(err)
			}
			q.Limit, q.After = in.Limit, aup.Cursor(in.After)
			return respond(d.Reports(ctx, q))
		})
	exportRoutes(api, d, saved)
	huma.Register(api, get("read-report", "/reports/{id}", "Read one report"),
		func(ctx context.Context, in *idInput) (*reportOutput, error) { return answer(d.Report(ctx, in.id())) })
	huma.Register(api, get("read-document", "/reports/{id}/document", "Read what was found in the message"),
		func(ctx context.Context, in *idInput) (*body[aup.Document], error) {
			return respond(d.Document(ctx, in.id()))
		})
	huma.Register(api, get("read-raw", "/reports/{id}/raw", "Read the message's bytes"),
		func(ctx context.Context, in *idInput) (*huma.StreamResponse, error) {
			raw, err := d.Raw(ctx, in.id())
			if err != nil {
				return nil, problem(err)
			}
			return &huma.StreamResponse{Body: func(hc huma.Context) { sendRaw(hc, raw) }}, nil
		})
	huma.Register(api, get("read-status", "/status", "Read the counts and the state of every watched folder"),
		func(ctx context.Context, _ *struct{}) (*body[aup.Status], error) { return respond(d.Status(ctx)) })
}

// sendRaw sends a message as bytes to keep, never as something that a browser
// would show. A read that fails cuts the connection, so that the client does
// not take a part for the whole.
func sendRaw(hc huma.Context, raw io.ReadCloser) {
	defer raw.Close()
	hc.SetHeader("Content-Type", "application/octet-stream")
	hc.SetHeader("Content-Disposition", "attachment")
	hc.SetStatus(http.StatusOK)
	if _, err := io.Copy(hc.BodyWriter(), raw); err != nil {
		panic(http.ErrAbortHandler)
	}
}

// streamed documents an answer that is no JSON object.
func streamed(mediaType, description string) map[string]*huma.Response {
	return map[string]*huma.Response{"200": {
		Description: "OK", Content: map[string]*huma.MediaType{mediaType: {Schema: &huma.Schema{Type: huma.TypeString, Description: description}}},
	}}
}
