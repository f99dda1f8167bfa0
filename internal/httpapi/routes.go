package httpapi

import (
	"context"
	"io"
	"net/http"
	"time"

	"aupd/internal/aup"

	"github.com/danielgtaylor/huma/v2"
)

type queryInput struct {
	Clause  string    `query:"clause" doc:"a clause among the report's; a group such as 1 matches its details"`
	Outcome string    `query:"outcome" enum:"violation,exception,none,review" doc:"the verdict's outcome"`
	Mailbox string    `query:"mailbox" doc:"the configured name of a mailbox that the message lay in"`
	Since   time.Time `query:"since" doc:"recorded at or after"`
	Until   time.Time `query:"until" doc:"recorded before"`
	Limit   int       `query:"limit" default:"50" minimum:"0" doc:"the most reports to return; 0 for no limit"`
	After   string    `query:"after" doc:"the next of an earlier page"`
}

func (q queryInput) query() aup.Query {
	return aup.Query{
		Clause: aup.ClauseID(q.Clause), Outcome: aup.Outcome(q.Outcome), Mailbox: q.Mailbox,
		Since: q.Since, Until: q.Until, Limit: q.Limit, After: aup.ReportID(q.After),
	}
}

type idInput struct {
	ID string `path:"id" doc:"the report's id, or a prefix that only one report has"`
}

func readRoutes(api huma.API, b Backend) {
	huma.Register(api, get("list-reports", "/reports", "List reports, newest recorded first"),
		func(ctx context.Context, in *queryInput) (*body[aup.Page], error) {
			return respond(b.Backlog.Reports(ctx, in.query()))
		})
	huma.Register(api, get("read-report", "/reports/{id}", "Read one report"),
		func(ctx context.Context, in *idInput) (*body[aup.Report], error) {
			return respond(b.Backlog.Report(ctx, aup.ReportID(in.ID)))
		})
	huma.Register(api, get("read-document", "/reports/{id}/document", "Read what was found in the message"),
		func(ctx context.Context, in *idInput) (*body[aup.Document], error) {
			return respond(b.Backlog.Document(ctx, aup.ReportID(in.ID)))
		})
	huma.Register(api, get("read-raw", "/reports/{id}/raw", "Read the message's bytes"),
		func(ctx context.Context, in *idInput) (*huma.StreamResponse, error) {
			raw, err := b.Backlog.Raw(ctx, aup.ReportID(in.ID))
			if err != nil {
				return nil, problem(err)
			}
			return &huma.StreamResponse{Body: func(hc huma.Context) { sendRaw(hc, raw) }}, nil
		})
	huma.Register(api, get("read-status", "/status", "Read the counts and the state of every watched folder"),
		func(ctx context.Context, _ *struct{}) (*body[aup.Status], error) {
			return respond(b.Backlog.Status(ctx))
		})
}

// sendRaw sends a message as bytes to keep, never as something that a browser
// would show. A read that fails cuts the connection, so that the client does
// not take a part for the whole.
func sendRaw(hc huma.Context, raw io.ReadCloser) {
	defer raw.Close()
	hc.SetHeader("Content-Type", "application/octet-stream")
	hc.SetHeader("Content-Disposition", "attachment")
	hc.SetHeader("X-Content-Type-Options", "nosniff")
	hc.SetStatus(http.StatusOK)
	if _, err := io.Copy(hc.BodyWriter(), raw); err != nil {
		panic(http.ErrAbortHandler)
	}
}

type folderInput struct {
	Mailbox string `query:"mailbox" required:"true"`
	Folder  string `query:"folder" required:"true"`
}

type rowsInput struct {
	Mailbox     string `query:"mailbox" required:"true"`
	Folder      string `query:"folder" required:"true"`
	UIDValidity uint32 `query:"uidvalidity" required:"true"`
	First       uint32 `query:"first" required:"true"`
	Last        uint32 `query:"last" required:"true"`
}

// A cursor is the answer of [aup.Ledger.Cursor] as it is sent.
type cursor struct {
	aup.Epoch
	Cursor uint32 `json:"cursor"`
}

func ledgerRoutes(api huma.API, b Backend) {
	huma.Register(api, get("read-cursor", "/ledger/cursor", "Read how far a folder is known"),
		func(ctx context.Context, in *folderInput) (*body[cursor], error) {
			epoch, uid, err := b.Ledger.Cursor(ctx, in.Mailbox, in.Folder)
			return respond(cursor{epoch, uid}, err)
		})
	huma.Register(api, get("list-ledger-rows", "/ledger/rows", "List what became of a folder's UIDs"),
		func(ctx context.Context, in *rowsInput) (*body[[]aup.LedgerRow], error) {
			epoch := aup.Epoch{Mailbox: in.Mailbox, Folder: in.Folder, UIDValidity: in.UIDValidity}
			return respond(b.Ledger.Rows(ctx, epoch, in.First, in.Last))
		})
}

func keeperRoutes(api huma.API, k aup.Keeper) {
	huma.Register(api, post("verify", "/verify", "Check that everything stored is whole"),
		func(ctx context.Context, _ *struct{}) (*body[aup.Audit], error) { return respond(k.Verify(ctx)) })
	huma.Register(api, post("rebuild", "/rebuild", "Make the view again from the log"),
		func(ctx context.Context, _ *struct{}) (*body[aup.Audit], error) { return respond(k.Rebuild(ctx)) })
}

func pollRoute(api huma.API, poll func()) {
	op := post("poll", "/poll", "Ask every mailbox to look for new mail now")
	op.DefaultStatus = http.StatusAccepted
	huma.Register(api, op, func(context.Context, *struct{}) (*struct{}, error) {
		poll()
		return &struct{}{}, nil
	})
}

// A submission is a message sent to be recorded. Its body is taken as it comes
// in: a message may be larger than what should lie in memory.
type submission struct {
	Name string `query:"name" required:"true" doc:"the file that the message was read from"`
	body io.Reader
}

// Resolve keeps the request's body for the handler.
func (s *submission) Resolve(hc huma.Context) []error {
	s.body = hc.BodyReader()
	return nil
}

func submitRoute(api huma.API, submit func(context.Context, string, io.Reader) (aup.Receipt, error)) {
	op := post("submit-message", "/messages", "Record a message read from a file")
	op.RequestBody = &huma.RequestBody{
		Required: true, Content: map[string]*huma.MediaType{"message/rfc822": {Schema: &huma.Schema{Type: "string", Format: "binary"}}},
	}
	huma.Register(api, op, func(ctx context.Context, in *submission) (*body[aup.Receipt], error) {
		return respond(submit(ctx, in.Name, in.body))
	})
}

func backupRoute(api huma.API, backup func(io.Writer) (int64, error)) {
	huma.Register(api, get("read-backup", "/backup", "Read a consistent copy of the whole store"),
		func(context.Context, *struct{}) (*huma.StreamResponse, error) {
			return &huma.StreamResponse{Body: func(hc huma.Context) {
				hc.SetHeader("Content-Type", "application/octet-stream")
				if _, err := backup(hc.BodyWriter()); err != nil {
					panic(http.ErrAbortHandler) // so that a part is not taken for the whole
				}
			}}, nil
		})
}

func get(id, path, summary string) huma.Operation {
	return operation(http.MethodGet, id, path, summary)
}

func post(id, path, summary string) huma.Operation {
	return operation(http.MethodPost, id, path, summary)
}

func operation(method, id, path, summary string) huma.Operation {
	return huma.Operation{Method: method, OperationID: id, Path: Root + path, Summary: summary}
}
