package httpapi

import (
	"context"
	"net/http"

	"aupd/internal/desk"

	"github.com/danielgtaylor/huma/v2"
)

type filterName struct {
	Name string `path:"name" doc:"the filter's name, of a-z, 0-9 and -"`
}

type saveInput struct {
	Name string `path:"name" maxLength:"40" doc:"the filter's name, of a-z, 0-9 and -"`
	Body struct {
		Query  string `json:"query" maxLength:"2000" doc:"in the filter language"`
		Shared bool   `json:"shared,omitempty" doc:"for everybody, not for you alone"`
	}
}

type deleteInput struct {
	Name   string `path:"name" doc:"the filter's name"`
	Shared bool   `query:"shared" doc:"the shared one, not your own"`
}

type filtersOutput struct {
	Filters []desk.Filter `json:"filters"`
}

func filterRoutes(api huma.API, saved desk.Filters) {
	huma.Register(api, get("list-filters", "/filters", "List the saved filters: your own, then the shared ones"),
		func(ctx context.Context, _ *struct{}) (*body[filtersOutput], error) {
			all, err := saved.List(ctx)
			return respond(filtersOutput{all}, err)
		})
	huma.Register(api, get("read-filter", "/filters/{name}", "Read a saved filter, your own before a shared one"),
		func(ctx context.Context, in *filterName) (*body[desk.Filter], error) {
			return respond(saved.Find(ctx, in.Name))
		})
	huma.Register(api, operation(http.MethodPut, "save-filter", "/filters/{name}", "Save a filter in place of the one that has its name"),
		func(ctx context.Context, in *saveInput) (*body[desk.Filter], error) {
			return respond(saved.Save(ctx, desk.Filter{Name: in.Name, Query: in.Body.Query, Shared: in.Body.Shared}))
		})
	huma.Register(api, operation(http.MethodDelete, "delete-filter", "/filters/{name}", "Delete a saved filter"),
		func(ctx context.Context, in *deleteInput) (*struct{}, error) {
			return nil, problem(saved.Delete(ctx, in.Name, in.Shared))
		})
}
