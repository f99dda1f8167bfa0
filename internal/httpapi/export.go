package httpapi

import (
	"context"
	"io"
	"net/http"

	"aupd/internal/desk"
	"aupd/internal/export"

	"github.com/danielgtaylor/huma/v2"
)

// A listKind is one of export.ListKinds.
type listKind string

// Schema lists the kinds in the OpenAPI document, by which they are checked.
func (listKind) Schema(huma.Registry) *huma.Schema {
	return oneOf(export.ListKinds, "the form of the list")
}

type listKindInput struct {
	QueryParams
	Kind listKind `path:"kind" doc:"the form of the list"`
}

// A writer writes the reports of a query in one form.
type writer func(w io.Writer, reports export.Selection) error

func exportRoutes(api huma.API, d *desk.Desk, saved desk.Filters) {
	for _, r := range []struct {
		id, path, what, mediaType, description string
		write                                  writer
	}{
		{"export-reports", "/reports.jsonl", "one JSON object a line", "application/jsonl", "each line is a report; an export that is cut off ends without its last line's end", export.JSONLines},
		{"export-table", "/reports.csv", "as a table", "text/csv", "a line of names, then a line for each report; no cell is a formula", export.CSV},
		{"export-stix", "/stix", "as STIX 2.1, of those decided to be violations", "application/stix+json;version=2.1", "a bundle of an identity, reports and indicators", export.STIX},
	} {
		op := get(r.id, r.path, "Stream all reports of a query, newest recorded first, "+r.what)
		op.Responses = streamed(r.mediaType, r.description)
		huma.Register(api, op, func(ctx context.Context, in *QueryParams) (*huma.StreamResponse, error) {
			return sendAll(ctx, d, saved, *in, r.mediaType, r.write)
		})
	}
	op := get("export-blocklist", "/blocklists/{kind}", "Stream a block list of the sources in the reports of a query that were decided to be violations")
	op.Responses = streamed("text/plain", "lines of the list's form, with comments first; of sealed reports only for those who are cleared")
	huma.Register(api, op, func(ctx context.Context, in *listKindInput) (*huma.StreamResponse, error) {
		status, err := d.Status(ctx)
		if err != nil {
			return nil, problem(err)
		}
		return sendAll(ctx, d, saved, in.QueryParams, "text/plain; charset=utf-8", func(w io.Writer, reports export.Selection) error {
			return export.BlockList(w, export.ListKind(in.Kind), status.Events, reports)
		})
	})
}

// sendAll answers with all reports of a query in one form.
func sendAll(ctx context.Context, d *desk.Desk, saved desk.Filters, in QueryParams, mediaType string, write writer) (*huma.StreamResponse, error) {
	q, err := in.query(ctx, saved)
	if err != nil {
		return nil, problem(err)
	}
	reports, err := export.Select(ctx, d, q)
	if err != nil {
		return nil, problem(err)
	}
	return download(mediaType, "", func(w io.Writer) error { return write(w, reports) }), nil
}

func bundleRoute(api huma.API, d *desk.Desk, version string) {
	op := get("read-bundle", "/reports/{id}/bundle", "Read all evidence of a report as a zip file that aupd verifies by itself")
	op.Responses = streamed("application/zip", "the message, what was read in it, findings, decisions, its events, and the hashes of all of them")
	huma.Register(api, op, func(ctx context.Context, in *idInput) (*huma.StreamResponse, error) {
		proof, raw, err := d.Evidence(ctx, in.id())
		if err != nil {
			return nil, problem(err)
		}
		return download("application/zip", string(proof.Report)+".zip", func(w io.Writer) error {
			defer raw.Close()
			return export.Bundle(w, version, proof, raw)
		}), nil
	})
}

// download answers with what write writes, under a file's name if there is one.
// What fails half way cuts the connection, so that the client does not take a
// part for the whole.
func download(mediaType, name string, write func(io.Writer) error) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		hc.SetHeader("Content-Type", mediaType)
		if name != "" {
			hc.SetHeader("Content-Disposition", `attachment; filename="`+name+`"`)
		}
		f := newFeed(hc)
		if err := write(f); err != nil {
			panic(http.ErrAbortHandler)
		}
		if err := f.flush(); err != nil {
			panic(http.ErrAbortHandler)
		}
	}}
}
