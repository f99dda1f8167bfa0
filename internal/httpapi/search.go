package httpapi

import (
	"context"
	"net/http"
	"strconv"

	"aupd/internal/aup"
	"aupd/internal/desk"

	"github.com/danielgtaylor/huma/v2"
)

func searchRoute(api huma.API, d *desk.Desk, saved desk.Filters) {
	huma.Register(api, get("search", "/search", "Find reports by their words, those that fit best first"),
		func(ctx context.Context, in *listInput) (*body[aup.SearchPage], error) {
			q, err := in.query(ctx, saved)
			if err != nil {
				return nil, problem(err)
			}
			q.Limit, q.After = in.Limit, aup.Cursor(in.After)
			return respond(d.Search(ctx, q))
		})
}

// Search implements [aup.Searcher]. Without a limit it asks for as many as one
// answer holds.
func (c *Client) Search(ctx context.Context, q aup.Query) (aup.SearchPage, error) {
	v := values(q)
	v.Set("limit", strconv.Itoa(pageOf(q.Limit, 0)))
	if q.After != "" {
		v.Set("after", string(q.After))
	}
	return fetch[aup.SearchPage](ctx, c, http.MethodGet, "/search?"+v.Encode())
}
