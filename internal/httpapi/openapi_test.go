package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"aupd/internal/aup"
	"aupd/internal/httpapi"
	"aupd/internal/store/storetest"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite testdata/openapi.json")

// librarian knows no policy.
type librarian struct{}

func (librarian) Train(context.Context, aup.Actor, aup.TrainRequest) (aup.Trained, error) {
	return aup.Trained{}, nil
}
func (librarian) Policies(context.Context) ([]aup.PolicyVersion, error) { return nil, nil }
func (librarian) Rehearse(context.Context, aup.Actor, []byte, bool) (aup.Rehearsal, error) {
	return aup.Rehearsal{}, nil
}

// searcher finds nothing.
type searcher struct{}

func (searcher) Search(context.Context, aup.Query) (aup.SearchPage, error) {
	return aup.SearchPage{Hits: []aup.Hit{}}, nil
}

// whole serves every route on a store of its own.
func whole(t *testing.T) (*http.ServeMux, huma.API) {
	t.Helper()
	s := storetest.Open(t)
	mux := http.NewServeMux()
	return mux, httpapi.New(mux, httpapi.Backend{
		Backlog: s, Triager: s, Ledger: s, Keeper: s, Log: s.Log(), Shelf: s.Shelf(), Tray: s, Poll: func() {},
		Library: librarian{}, Directory: &directory{}, Searcher: searcher{}, Prover: s,
		Submit: func(context.Context, string, io.Reader) (aup.Receipt, error) { return aup.Receipt{}, nil },
		Backup: s.WriteTo, Version: "1",
	})
}

// TestOpenAPI compares the document with the one that is checked in: what
// changes in it changes for every client.
func TestOpenAPI(t *testing.T) {
	const file = "testdata/openapi.json"
	_, api := whole(t)
	data, err := json.Marshal(api.OpenAPI())
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if err := json.Indent(&got, data, "", "\t"); err != nil {
		t.Fatal(err)
	}
	got.WriteByte('\n')
	if *update {
		if err := os.WriteFile(file, got.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got.String()); d != "" {
		t.Errorf("%s (-kept +now), -update rewrites it:\n%s", file, d)
	}
}

// TestNobodyMayAnything walks the document: there is no route that answers
// somebody who has no right.
func TestNobodyMayAnything(t *testing.T) {
	mux, api := whole(t)
	bodies := map[string]string{
		"train": `{}`, "settle-near-miss": `{"source":{"mailbox":"m","folder":"f","uidvalidity":1,"uid":1},"do":"near-miss-taken"}`,
		"act": `{"do":"claimed"}`, "act-in-bulk": `{"reports":[{"id":"x"}],"action":{"do":"claimed"}}`, "save-filter": `{"query":"clause:4"}`, "rehearse": `{}`,
		"add-user": `{"name":"x","roles":["admin"],"password":"x"}`, "set-user": `{"roles":["admin"]}`, "add-token": `{"name":"x","roles":["admin"],"expires":"2026-01-02T03:04:05Z"}`,
	}
	asked := 0
	for path, item := range api.OpenAPI().Paths {
		for method, op := range map[string]*huma.Operation{"GET": item.Get, "POST": item.Post, "PUT": item.Put, "DELETE": item.Delete} {
			if op == nil {
				continue
			}
			asked++
			target := strings.NewReplacer("{id}", "x", "{name}", "x", "{kind}", "ips").Replace(path) + "?"
			for _, p := range op.Parameters {
				if p.Required && p.In == "query" {
					target += p.Name + "=1&"
				}
			}
			r := httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(bodies[op.OperationID]))
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			mux.ServeHTTP(w, r)
			if w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), `"type":"urn:aupd:problem:forbidden"`) {
				t.Errorf("%s by nobody: status %d, %s", op.OperationID, w.Code, w.Body)
			}
		}
	}
	if asked < 20 {
		t.Errorf("only %d routes were asked", asked)
	}
}

// TestEveryActionHasACall checks that each kind of action can be sent.
func TestEveryActionHasACall(t *testing.T) {
	_, api := whole(t)
	do := api.OpenAPI().Components.Schemas.Map()["ActionInput"].Properties["do"]
	for _, kind := range aup.ActionKinds {
		if !slices.Contains(do.Enum, any(string(kind))) {
			t.Errorf("%s cannot be sent", kind)
		}
	}
}
