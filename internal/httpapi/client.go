package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"aupd/internal/aup"
)

// A Client reads a running daemon through its unix socket. It is an
// [aup.Backlog], an [aup.Ledger] and an [aup.Keeper], safe for concurrent use.
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

// Reports implements [aup.Backlog].
func (c *Client) Reports(ctx context.Context, q aup.Query) (aup.Page, error) {
	v := url.Values{"limit": {strconv.Itoa(max(q.Limit, 0))}}
	set := func(name, value string) {
		if value != "" {
			v.Set(name, value)
		}
	}
	set("clause", string(q.Clause))
	set("outcome", string(q.Outcome))
	set("mailbox", q.Mailbox)
	set("after", string(q.After))
	if !q.Since.IsZero() {
		v.Set("since", q.Since.Format(time.RFC3339Nano))
	}
	if !q.Until.IsZero() {
		v.Set("until", q.Until.Format(time.RFC3339Nano))
	}
	return fetch[aup.Page](ctx, c, http.MethodGet, "/reports?"+v.Encode())
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
	resp, err := c.do(ctx, http.MethodGet, reportPath(id)+"/raw", nil)
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
	resp, err := c.do(ctx, http.MethodGet, "/backup", nil)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	return io.Copy(w, resp.Body)
}

// Poll asks the daemon to look for new mail now. It does not wait for it.
func (c *Client) Poll(ctx context.Context) error {
	resp, err := c.do(ctx, http.MethodPost, "/poll", nil)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// Submit has the daemon record the message that r reads, from the named file.
func (c *Client) Submit(ctx context.Context, name string, r io.Reader) (aup.Receipt, error) {
	resp, err := c.do(ctx, http.MethodPost, "/messages?"+url.Values{"name": {name}}.Encode(), r) //nolint:bodyclose // decode closes it
	if err != nil {
		return aup.Receipt{}, err
	}
	return decode[aup.Receipt](resp)
}

func reportPath(id aup.ReportID) string { return "/reports/" + url.PathEscape(string(id)) }

// fetch makes a request without a body and reads the answer as JSON.
func fetch[T any](ctx context.Context, c *Client, method, path string) (T, error) {
	resp, err := c.do(ctx, method, path, nil) //nolint:bodyclose // decode closes it
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

// do makes a request and turns an error's status back into its kind.
func (c *Client) do(ctx context.Context, method, path string, r io.Reader) (*http.Response, error) {
	return c.doAs(ctx, method, path, "message/rfc822", r)
}

// doAs is do with a body of that media type.
func (c *Client) doAs(ctx context.Context, method, path, mediaType string, r io.Reader) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://aupd"+Root+path, r)
	if err != nil {
		return nil, err
	}
	if r != nil {
		req.Header.Set("Content-Type", mediaType)
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
			Message string `json:"message"`
		} `json:"errors"`
	}
	// Something other than a problem detail leaves the status to tell.
	_ = json.NewDecoder(io.LimitReader(resp.Body, 64<<10)).Decode(&p)
	e := remoteError{detail: p.Detail}
	if e.detail == "" {
		e.detail = "the running daemon answered " + resp.Status
	}
	for _, more := range p.Errors {
		e.detail += "; " + more.Message
	}
	for _, k := range kinds {
		if k.status == resp.StatusCode {
			e.kind = k.err
		}
	}
	return e
}
