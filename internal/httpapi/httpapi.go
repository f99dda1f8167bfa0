// Package httpapi serves the backlog as an HTTP API under /api/v1 and holds
// the [Client] by which the command line reads a running daemon. Both keep the
// interfaces of package aup, so a reader cannot tell a store from a client.
//
// Errors are problem details (RFC 9457). The kinds of error of package aup map
// to a status and back by one table, so that they survive the way.
package httpapi

import (
	"context"
	"errors"
	"io"
	"net/http"

	"aupd/internal/aup"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// Root is the path that every route of this version of the API starts with.
const Root = "/api/v1"

// A Backend is what the API stands on. Backlog and Ledger are needed; a route
// whose part is nil is not served, as on a listener that may only read.
type Backend struct {
	Backlog aup.Backlog
	Ledger  aup.Ledger
	Keeper  aup.Keeper
	// Poll asks every mailbox to look for new mail now. It does not wait.
	Poll func()
	// Submit records one message read from body, which came from the named
	// file, as though it had lain in a mailbox.
	Submit func(ctx context.Context, name string, body io.Reader) (aup.Receipt, error)
	// Backup writes a consistent copy of the store.
	Backup func(w io.Writer) (int64, error)
	// Library knows the policies; nil where none is served.
	Library aup.Librarian
	// Version is the running program's version.
	Version string
}

// New adds the API's routes to mux and returns the API, whose OpenAPI 3.1
// document is served at /api/v1/openapi.json.
func New(mux *http.ServeMux, b Backend) huma.API {
	cfg := huma.DefaultConfig("aupd", b.Version)
	cfg.Info.Description = "The classified backlog of reports on an Acceptable Use Policy."
	cfg.OpenAPIPath, cfg.DocsPath, cfg.SchemasPath = Root+"/openapi", "", ""
	cfg.CreateHooks = nil // no $schema links: a record has the fields it is documented to have
	api := humago.New(mux, cfg)
	readRoutes(api, b)
	ledgerRoutes(api, b)
	if b.Keeper != nil {
		keeperRoutes(api, b.Keeper)
	}
	if b.Poll != nil {
		pollRoute(api, b.Poll)
	}
	if b.Submit != nil {
		submitRoute(api, b.Submit)
	}
	if b.Library != nil {
		libraryRoutes(api, b.Library)
	}
	if b.Backup != nil {
		backupRoute(api, b.Backup)
	}
	return api
}

// kinds maps each kind of error to the status that stands for it. The first
// that matches holds.
var kinds = []struct {
	err    error
	status int
}{
	{aup.ErrNotFound, http.StatusNotFound},
	{aup.ErrConflict, http.StatusConflict},
	{aup.ErrInvalid, http.StatusUnprocessableEntity},
	{aup.ErrForbidden, http.StatusForbidden},
	{aup.ErrBusy, http.StatusServiceUnavailable},
	{aup.ErrDamaged, http.StatusInternalServerError},
}

// problem returns err as a problem detail. What is no kind of ours is a
// server's error, whose text may help an operator: nobody else is served.
func problem(err error) error {
	if err == nil {
		return nil
	}
	for _, k := range kinds {
		if errors.Is(err, k.err) {
			return huma.NewError(k.status, err.Error())
		}
	}
	return huma.NewError(http.StatusInternalServerError, err.Error())
}

// A body is a response with a JSON body.
type body[T any] struct{ Body T }

func respond[T any](v T, err error) (*body[T], error) {
	if err != nil {
		return nil, problem(err)
	}
	return &body[T]{v}, nil
}
