package httpapi

import (
	"context"
	"io"
	"net/http"

	"aupd/internal/aup"

	"github.com/danielgtaylor/huma/v2"
)

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

func ledgerRoutes(api huma.API, l aup.Ledger) {
	huma.Register(api, get("read-cursor", "/ledger/cursor", "Read how far a folder is known"),
		func(ctx context.Context, in *folderInput) (*body[cursor], error) {
			if err := need(ctx, aup.RightRead); err != nil {
				return nil, err
			}
			epoch, uid, err := l.Cursor(ctx, in.Mailbox, in.Folder)
			return respond(cursor{epoch, uid}, err)
		})
	huma.Register(api, get("list-ledger-rows", "/ledger/rows", "List what became of a folder's UIDs"),
		func(ctx context.Context, in *rowsInput) (*body[[]aup.LedgerRow], error) {
			if err := need(ctx, aup.RightRead); err != nil {
				return nil, err
			}
			epoch := aup.Epoch{Mailbox: in.Mailbox, Folder: in.Folder, UIDValidity: in.UIDValidity}
			return respond(l.Rows(ctx, epoch, in.First, in.Last))
		})
}

// keepRoutes are those that look after the whole, as far as b has the parts.
func keepRoutes(api huma.API, b Backend) {
	if b.Keeper != nil {
		auditRoute(api, post("verify", "/verify", "Check that everything stored is whole"), aup.RightAudit, b.Keeper.Verify)
		auditRoute(api, post("rebuild", "/rebuild", "Make the view again from the log"), aup.RightManage, b.Keeper.Rebuild)
	}
	if b.Poll != nil {
		pollRoute(api, b.Poll)
	}
	if b.Submit != nil {
		submitRoute(api, b.Submit)
	}
	if b.Backup != nil {
		backupRoute(api, b.Backup)
	}
}

func auditRoute(api huma.API, op huma.Operation, right aup.Right, f func(context.Context) (aup.Audit, error)) {
	huma.Register(api, op, func(ctx context.Context, _ *struct{}) (*body[aup.Audit], error) {
		if err := need(ctx, right); err != nil {
			return nil, err
		}
		return respond(f(ctx))
	})
}

func pollRoute(api huma.API, poll func()) {
	op := post("poll", "/poll", "Ask every mailbox to look for new mail now")
	op.DefaultStatus = http.StatusAccepted
	huma.Register(api, op, func(ctx context.Context, _ *struct{}) (*struct{}, error) {
		if err := need(ctx, aup.RightTriage); err != nil {
			return nil, err
		}
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
		if err := need(ctx, aup.RightManage); err != nil {
			return nil, err
		}
		return respond(submit(ctx, in.Name, in.body))
	})
}

func backupRoute(api huma.API, backup func(io.Writer) (int64, error)) {
	op := get("read-backup", "/backup", "Read a consistent copy of the whole store")
	huma.Register(api, op, func(ctx context.Context, _ *struct{}) (*huma.StreamResponse, error) {
		if err := need(ctx, aup.RightManage); err != nil {
			return nil, err
		}
		return &huma.StreamResponse{Body: func(hc huma.Context) {
			hc.SetHeader("Content-Type", "application/octet-stream")
			if _, err := backup(hc.BodyWriter()); err != nil {
				panic(http.ErrAbortHandler) // so that a part is not taken for the whole
			}
		}}, nil
	})
}
