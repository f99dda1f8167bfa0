package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"aupd/internal/aup"
)

// A Client uses a running daemon through its unix socket, under the name of the
// [aup.Principal] in the context of each call. It is an [aup.Backlog], an
// [aup.Triager], an [aup.Ledger], an [aup.Tray] and an [aup.Keeper], safe for
// concurrent use.
type Client struct {
	http *http.Client
}

// ErrNoDaemon means that nobody listens at the socket.
var ErrNoDaemon = errors.New("no daemon is running")

// Dial connects to the daemon that listens at the unix socket. When there is
// none, or only what a killed one left behind, the error is ErrNoDaemon.
func Dial(ctx context.Context, socket string) (*Client, error) {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, "unix", socket)
	}
	conn, err := dial(ctx, "", "")
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrNoDaemon, err)
	}
	conn.Close()
	return &Client{&http.Client{Transport: &http.Transport{DialContext: dial}}}, nil
}

// Close frees the client's idle connections.
func (c *Client) Close() error {
	c.http.CloseIdleConnections()
	return nil
}

// Reports implements [aup.Backlog]. What is more than one answer holds is
// asked for page by page.
func (c *Client) Reports(ctx context.Context, q aup.Query) (aup.Page, error) {
	v, want := values(q), q.Limit
	var all aup.Page
	for after := q.After; ; after = all.Next {
		v.Set("after", string(after))
		v.Set("limit", strconv.Itoa(pageOf(want, len(all.Reports))))
		page, err := fetch[aup.Page](ctx, c, http.MethodGet, "/reports?"+v.Encode())
		if err != nil {
			return page, err
		}
		page.Reports = append(all.Reports, page.Reports...)
		all = page
		if all.Next == "" || want > 0 && len(all.Reports) >= want {
			return all, nil
		}
	}
}

// pageOf returns how many to ask for when want are wanted, none or less for
// all, and there are some.
func pageOf(want, have int) int {
	if want <= 0 {
		return maxPage
	}
	return min(want-have, maxPage)
}

// Report implements [aup.Backlog].
func (c *Client) Report(ctx context.Context, id aup.ReportID) (aup.Report, error) {
	return fetch[aup.Report](ctx, c, http.MethodGet, reportPath(id))
}

// Document implements [aup.Backlog].
func (c *Client) Document(ctx context.Context, id aup.ReportID) (aup.Document, error) {
	return fetch[aup.Document](ctx, c, http.MethodGet, reportPath(id)+"/document")
}

// Raw implements [aup.Backlog].
func (c *Client) Raw(ctx context.Context, id aup.ReportID) (io.ReadCloser, error) {
	resp, err := c.do(ctx, request{method: http.MethodGet, path: reportPath(id) + "/raw"})
	if err != nil {
		return nil, err
	}
	return resp.Body, nil
}

// Status implements [aup.Backlog].
func (c *Client) Status(ctx context.Context) (aup.Status, error) {
	return fetch[aup.Status](ctx, c, http.MethodGet, "/status")
}

// Cursor implements [aup.Ledger].
func (c *Client) Cursor(ctx context.Context, mailbox, folder string) (aup.Epoch, uint32, error) {
	v := url.Values{"mailbox": {mailbox}, "folder": {folder}}
	got, err := fetch[cursor](ctx, c, http.MethodGet, "/ledger/cursor?"+v.Encode())
	return got.Epoch, got.Cursor, err
}

// Rows implements [aup.Ledger].
func (c *Client) Rows(ctx context.Context, e aup.Epoch, first, last uint32) ([]aup.LedgerRow, error) {
	number := func(n uint32) []string { return []string{strconv.FormatUint(uint64(n), 10)} }
	v := url.Values{
		"mailbox": {e.Mailbox}, "folder": {e.Folder}, "uidvalidity": number(e.UIDValidity),
		"first": number(first), "last": number(last),
	}
	return fetch[[]aup.LedgerRow](ctx, c, http.MethodGet, "/ledger/rows?"+v.Encode())
}

// Verify implements [aup.Keeper].
func (c *Client) Verify(ctx context.Context) (aup.Audit, error) {
	return fetch[aup.Audit](ctx, c, http.MethodPost, "/verify")
}

// Rebuild implements [aup.Keeper].
func (c *Client) Rebuild(ctx context.Context) (aup.Audit, error) {
	return fetch[aup.Audit](ctx, c, http.MethodPost, "/rebuild")
}

// Backup writes a consistent copy of the daemon's store to w.
func (c *Client) Backup(ctx context.Context, w io.Writer) (int64, error) {
	return c.copy(ctx, "/backup", w)
}

// Bundle writes the evidence of a report to w, as export.Bundle does.
func (c *Client) Bundle(ctx context.Context, id aup.ReportID, w io.Writer) error {
	_, err := c.copy(ctx, reportPath(id)+"/bundle", w)
	return err
}

// copy writes what the daemon answers to w.
func (c *Client) copy(ctx context.Context, path string, w io.Writer) (int64, error) {
	resp, err := c.do(ctx, request{method: http.MethodGet, path: path})
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	return io.Copy(w, resp.Body)
}

// Poll asks the daemon to look for new mail now. It does not wait for it.
func (c *Client) Poll(ctx context.Context) error {
	resp, err := c.do(ctx, request{method: http.MethodPost, path: "/poll"})
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// Submit has the daemon record the message that r reads, from the named file.
func (c *Client) Submit(ctx context.Context, name string, r io.Reader) (aup.Receipt, error) {
	req := request{http.MethodPost, "/messages?" + url.Values{"name": {name}}.Encode(), r, http.Header{"Content-Type": {"message/rfc822"}}}
	resp, err := c.do(ctx, req) //nolint:bodyclose // decode closes it
	if err != nil {
		return aup.Receipt{}, err
	}
	return decode[aup.Receipt](resp)
}

func reportPath(id aup.ReportID) string { return "/reports/" + url.PathEscape(string(id)) }

// fetch makes a request without a body and reads the answer as JSON.
func fetch[T any](ctx context.Context, c *Client, method, path string) (T, error) {
	return ask[T](ctx, c, request{method: method, path: path})
}

// send makes a request with v as its JSON body and reads the answer as JSON.
func send[T any](ctx context.Context, c *Client, method, path string, v any, header http.Header) (T, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return *new(T), err
	}
	if header == nil {
		header = http.Header{}
	}
	header.Set("Content-Type", "application/json")
	return ask[T](ctx, c, request{method, path, bytes.NewReader(data), header})
}

func ask[T any](ctx context.Context, c *Client, req request) (T, error) {
	resp, err := c.do(ctx, req) //nolint:bodyclose // decode closes it
	if err != nil {
		return *new(T), err
	}
	return decode[T](resp)
}

func decode[T any](resp *http.Response) (v T, err error) {
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&v); err != nil {
		return v, fmt.Errorf("read the daemon's answer: %w", err)
	}
	return v, nil
}

// A request is what is asked of the daemon; only the first two are needed.
type request struct {
	method, path string
	body         io.Reader
	header       http.Header
}

// do makes a request and turns an error's status back into its kind.
func (c *Client) do(ctx context.Context, r request) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, r.method, "http://aupd"+Root+r.path, r.body)
	if err != nil {
		return nil, err
	}
	if r.header != nil {
		req.Header = r.header
	}
	if name := aup.PrincipalOf(ctx).Name; name != "" {
		req.Header.Set(operatorHeader, url.PathEscape(name))
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask the running daemon: %w", err)
	}
	if resp.StatusCode < 300 {
		return resp, nil
	}
	defer resp.Body.Close()
	return nil, kindOf(resp)
}

// A remoteError is a problem detail with the kind that its status stands for.
type remoteError struct {
	detail string
	kind   error
}

func (e remoteError) Error() string { return e.detail }
func (e remoteError) Unwrap() error { return e.kind }

func kindOf(resp *http.Response) error {
	var p struct {
		Detail string `json:"detail"`
		Errors []struct {
			Message  string `json:"message"`
			Location string `json:"location"`
		} `json:"errors"`
	}
	// Something other than a problem detail leaves the status to tell.
	_ = json.NewDecoder(io.LimitReader(resp.Body, 64<<10)).Decode(&p)
	e := remoteError{detail: p.Detail}
	if e.detail == "" {
		e.detail = "the running daemon answered " + resp.Status
	}
	for _, more := range p.Errors {
		e.detail += "; "
		if field := strings.TrimPrefix(more.Location, "body."); field != "" {
			e.detail += field + ": "
		}
		e.detail += more.Message
	}
	for _, k := range kinds {
		if k.status == resp.StatusCode {
			e.kind = k.err
			break
		}
	}
	return e
}
