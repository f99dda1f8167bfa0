package httpapi

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"aupd/internal/aup"
	"aupd/internal/desk"
)

// by returns ctx under the name of who acts.
func by(ctx context.Context, who aup.Actor) context.Context {
	p := aup.PrincipalOf(ctx)
	p.Name = who.Name
	return aup.WithPrincipal(ctx, p)
}

func keyHeader(key string) http.Header {
	if key == "" {
		return nil
	}
	return http.Header{"Idempotency-Key": {key}}
}

// Act implements [aup.Triager].
func (c *Client) Act(ctx context.Context, who aup.Actor, id aup.ReportID, a aup.Action) (aup.Report, error) {
	return send[aup.Report](by(ctx, who), c, http.MethodPost, reportPath(id)+"/actions", wire(a), keyHeader(a.Key))
}

// Bulk implements [aup.Triager].
func (c *Client) Bulk(ctx context.Context, who aup.Actor, b aup.Bulk) ([]aup.BulkResult, error) {
	out, err := send[bulkOutput](by(ctx, who), c, http.MethodPost, "/bulk",
		map[string]any{"reports": b.Reports, "action": wire(b.Action), "preview": b.Preview}, keyHeader(b.Action.Key))
	return out.Results, err
}

// Events implements [aup.Triager]. What is more than one answer holds is asked
// for page by page.
func (c *Client) Events(ctx context.Context, q aup.EventQuery) (aup.EventPage, error) {
	path := "/events"
	if q.Report != "" {
		path = reportPath(q.Report) + path
	}
	var all aup.EventPage
	for after := q.After; ; after = all.Next {
		v := url.Values{"after": {strconv.FormatUint(uint64(after), 10)}, "limit": {strconv.Itoa(pageOf(q.Limit, len(all.Events)))}}
		page, err := fetch[aup.EventPage](ctx, c, http.MethodGet, path+"?"+v.Encode())
		if err != nil {
			return page, err
		}
		page.Events = append(all.Events, page.Events...)
		all = page
		if all.Next == 0 || q.Limit > 0 && len(all.Events) >= q.Limit {
			return all, nil
		}
	}
}

// Similar implements [aup.Triager]; at most 1000.
func (c *Client) Similar(ctx context.Context, id aup.ReportID, limit int) ([]aup.Similar, error) {
	out, err := fetch[similarOutput](ctx, c, http.MethodGet, reportPath(id)+"/similar?limit="+strconv.Itoa(pageOf(limit, 0)))
	return out.Similar, err
}

// Cases implements [aup.Triager]; at most 1000.
func (c *Client) Cases(ctx context.Context, limit int) ([]aup.Case, error) {
	out, err := fetch[casesOutput](ctx, c, http.MethodGet, "/cases?limit="+strconv.Itoa(pageOf(limit, 0)))
	return out.Cases, err
}

// Numbers implements [aup.Triager].
func (c *Client) Numbers(ctx context.Context, since time.Time) (aup.Numbers, error) {
	v := url.Values{"since": {since.UTC().Format(time.RFC3339Nano)}}
	return fetch[aup.Numbers](ctx, c, http.MethodGet, "/numbers?"+v.Encode())
}

// Filters returns the daemon's saved filters, which are used as [desk.Filters]
// are.
func (c *Client) Filters() Filters { return Filters{c} }

// Filters are the saved filters of a running daemon.
type Filters struct{ client *Client }

func filterPath(name string) string { return "/filters/" + url.PathEscape(name) }

// List is as [desk.Filters.List].
func (f Filters) List(ctx context.Context) ([]desk.Filter, error) {
	out, err := fetch[filtersOutput](ctx, f.client, http.MethodGet, "/filters")
	return out.Filters, err
}

// Find is as [desk.Filters.Find].
func (f Filters) Find(ctx context.Context, name string) (desk.Filter, error) {
	return fetch[desk.Filter](ctx, f.client, http.MethodGet, filterPath(name))
}

// Save is as [desk.Filters.Save].
func (f Filters) Save(ctx context.Context, one desk.Filter) (desk.Filter, error) {
	return send[desk.Filter](ctx, f.client, http.MethodPut, filterPath(one.Name), map[string]any{"query": one.Query, "shared": one.Shared}, nil)
}

// Delete is as [desk.Filters.Delete].
func (f Filters) Delete(ctx context.Context, name string, shared bool) error {
	resp, err := f.client.do(ctx, request{method: http.MethodDelete, path: filterPath(name) + "?shared=" + strconv.FormatBool(shared)})
	if err != nil {
		return err
	}
	return resp.Body.Close()
}
