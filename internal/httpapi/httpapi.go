// Package httpapi serves the backlog as an HTTP API under /api/v1 and holds
// the [Client] by which the command line uses a running daemon. Both keep the
// interfaces of package aup, so a reader cannot tell a store from a client.
//
// Each request is by the [aup.Principal] of its context, which the listener
// sets: a request without one is refused. What comes in is the wire types of
// this package, checked against the OpenAPI document; what goes out are the
// records of package aup.
//
// Errors are problem details (RFC 9457). The kinds of error of package aup map
// to a status and back by one table, so that they survive the way.
package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"aupd/internal/aup"
	"aupd/internal/desk"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// Root is the path that every route of this version of the API starts with.
const Root = "/api/v1"

// A Backend is what the API stands on. Backlog, Triager and Ledger are needed;
// a route whose part is nil is not served.
type Backend struct {
	Backlog aup.Backlog
	Triager aup.Triager
	Ledger  aup.Ledger
	Keeper  aup.Keeper
	// Log is followed by those who want to be told of changes.
	Log aup.Log
	// Searcher finds words.
	Searcher aup.Searcher
	// Prover gives the evidence of a report.
	Prover aup.Prover
	// Shelf has the saved filters.
	Shelf aup.Shelf
	// Poll asks every mailbox to look for new mail now. It does not wait.
	Poll func()
	// Submit records one message read from body, which came from the named
	// file, as though it had lain in a mailbox.
	Submit func(ctx context.Context, name string, body io.Reader) (aup.Receipt, error)
	// Backup writes a consistent copy of the store.
	Backup func(w io.Writer) (int64, error)
	// Directory has the users and the tokens.
	Directory aup.Directory
	// Tray has the near misses.
	Tray aup.Tray
	// Library knows the policies.
	Library aup.Librarian
	// Stopping is closed when the server is about to stop, so that answers
	// without an end come to one; nil for never.
	Stopping <-chan struct{}
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
	cfg.RejectUnknownQueryParameters = true
	cfg.Transformers = []huma.Transformer{typed}
	api := humago.New(mux, cfg)
	api.UseMiddleware(private)
	d := desk.New(b.Backlog, b.Triager).Searching(b.Searcher).Proving(b.Prover)
	filters := desk.Filters{Shelf: b.Shelf}
	readRoutes(api, d, filters)
	actRoutes(api, d)
	queueRoute(api, d, filters)
	historyRoutes(api, d)
	ledgerRoutes(api, b.Ledger)
	if b.Shelf != nil {
		filterRoutes(api, filters)
	}
	if b.Searcher != nil {
		searchRoute(api, d, filters)
	}
	if b.Log != nil {
		streamRoute(api, d, b)
	}
	if b.Tray != nil {
		trayRoutes(api, b.Tray)
	}
	if b.Library != nil {
		libraryRoutes(api, b.Library)
		trainRoute(api, b.Library)
	}
	if b.Directory != nil {
		directoryRoutes(api, b.Directory)
	}
	if b.Prover != nil {
		bundleRoute(api, d, b.Version)
	}
	keepRoutes(api, b)
	for _, method := range methods {
		mux.HandleFunc(method+nowhere, noCall(mux))
	}
	return api
}

// methods are those of calls.
var methods = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}

// nowhere is the pattern of every address under /api/, which any call's goes before.
const nowhere = " /api/"

// noCall answers for what is no call, and for a call by a method that it has not
// (RFC 9110, 15.5.6).
func noCall(mux *http.ServeMux) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var allow []string
		for _, m := range methods {
			if _, pattern := mux.Handler(&http.Request{Method: m, URL: r.URL, Host: r.Host}); pattern != m+nowhere {
				allow = append(allow, m)
			}
		}
		answer := problem(fmt.Errorf("%s %s: there is no such call, %s/openapi.json has all: %w", r.Method, r.URL.Path, Root, aup.ErrNotFound))
		status := http.StatusNotFound
		if len(allow) > 0 {
			status = http.StatusMethodNotAllowed
			w.Header().Set("Allow", strings.Join(allow, ", "))
			answer = &huma.ErrorModel{
				Type: typeRoot + "method-not-allowed", Title: http.StatusText(status), Status: status,
				Detail: fmt.Sprintf("%s %s: want %s", r.Method, r.URL.Path, strings.Join(allow, ", ")),
			}
		}
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(status)
		// A client that went away needs no answer.
		_ = json.NewEncoder(w).Encode(answer)
	}
}

// private keeps answers, which differ by who asks, out of caches and from
// being taken for something else than they are.
func private(hc huma.Context, next func(huma.Context)) {
	hc.SetHeader("Cache-Control", "no-store")
	hc.SetHeader("X-Content-Type-Options", "nosniff")
	next(hc)
}

// need returns a problem unless who asks has the right.
func need(ctx context.Context, r aup.Right) error {
	return problem(aup.PrincipalOf(ctx).Need(r))
}

// A body is a response with a JSON body.
type body[T any] struct{ Body T }

func respond[T any](v T, err error) (*body[T], error) {
	if err != nil {
		return nil, problem(err)
	}
	return &body[T]{v}, nil
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
