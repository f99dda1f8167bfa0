package web

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"aupd/internal/aup"
)

// A handler answers a request or says what is wrong.
type handler func(w http.ResponseWriter, r *http.Request) error

// guard is the Content-Security-Policy of every page.
const guard = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; frame-src 'self'; base-uri 'none'; frame-ancestors 'none'"

// maxForm bounds what a form may send: a note, or a thousand reports' ids.
const maxForm = 1 << 20

// open wraps a handler that anybody may ask.
func (c *Console) open(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head := w.Header()
		head.Set("Content-Security-Policy", guard)
		head.Set("X-Content-Type-Options", "nosniff")
		head.Set("Referrer-Policy", "same-origin")
		head.Set("Cache-Control", "no-store")
		head.Set("Cross-Origin-Opener-Policy", "same-origin")
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		err := r.ParseForm()
		if err != nil {
			err = errors.Join(err, aup.ErrInvalid)
		} else {
			err = h(w, r)
		}
		if err != nil {
			c.fail(w, r, err)
		}
	})
}

// page wraps a handler that needs a right.
func (c *Console) page(need aup.Right, h handler) http.Handler {
	return c.open(func(w http.ResponseWriter, r *http.Request) error {
		if err := aup.PrincipalOf(r.Context()).Need(need); err != nil {
			return err
		}
		return h(w, r)
	})
}

// nowhere answers for every address that is no page.
func (c *Console) nowhere(_ http.ResponseWriter, r *http.Request) error {
	return fmt.Errorf("%s is no page of this console: %w", shorten(r.URL.Path), aup.ErrNotFound)
}

// here is the address to come back to: of what only acts, the first page.
func here(r *http.Request) string {
	if r.Method != http.MethodGet {
		return "/"
	}
	return r.URL.RequestURI()
}

// statuses say how a page for each kind of error is answered and titled.
var statuses = []struct {
	err    error
	status int
	title  string
}{
	{aup.ErrNotFound, http.StatusNotFound, "There is no such thing here"},
	{aup.ErrForbidden, http.StatusForbidden, "You may not see or do this"},
	{aup.ErrConflict, http.StatusConflict, "This cannot be done as things stand"},
	{aup.ErrInvalid, http.StatusUnprocessableEntity, "This cannot be read as it was asked"},
}

// statusOf returns the status and the title for err.
func statusOf(err error) (int, string) {
	for _, s := range statuses {
		if errors.Is(err, s.err) {
			return s.status, s.title
		}
	}
	return http.StatusInternalServerError, "This page could not be made"
}

func (c *Console) fail(w http.ResponseWriter, r *http.Request, err error) {
	status, title := statusOf(err)
	if status == http.StatusInternalServerError {
		c.Log.Error("page", "path", r.URL.Path, "err", err)
	}
	c.render(w, r, status, "error", map[string]any{"Title": title, "Error": plain(err)})
}

// plain returns err as a sentence for a person: without the kind at its end,
// which the title says.
func plain(err error) string {
	s := err.Error()
	for _, k := range statuses {
		s = strings.TrimSuffix(s, ": "+k.err.Error())
	}
	return s
}

// render writes a page. A template that fails half way leaves a cut page
// rather than a mix of two, so it is made in memory first.
func (c *Console) render(w http.ResponseWriter, r *http.Request, status int, name string, data map[string]any) {
	// The one cookie of this host is that of a session.
	data["Version"], data["Static"], data["Page"] = c.Version, "/static/"+c.assets.version, name
	data["User"], data["CanLeave"], data["Here"] = aup.PrincipalOf(r.Context()), len(r.Cookies()) > 0, here(r)
	if _, ok := data["Flash"]; !ok {
		data["Flash"] = c.flash(r)
	}
	var b bytes.Buffer
	if err := c.pages[name].ExecuteTemplate(&b, "layout.html", data); err != nil {
		c.Log.Error("render", "page", name, "err", err)
		http.Error(w, "This page could not be made; the log says why.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Add("Vary", "Accept-Encoding")
	// A reader that went away needs no page.
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.Header().Set("Content-Encoding", "gzip")
		w.WriteHeader(status)
		z, _ := gzip.NewWriterLevel(w, gzip.BestSpeed)
		_, _ = b.WriteTo(z)
		_ = z.Close()
		return
	}
	w.WriteHeader(status)
	_, _ = b.WriteTo(w)
}

// local returns path when it is one of this console, and else otherwise: what
// a form names to go to must not lead elsewhere.
func local(path, otherwise string) string {
	u, err := url.Parse(path)
	if err != nil || u.IsAbs() || u.Host != "" || u.Opaque != "" || !strings.HasPrefix(path, "/") ||
		strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n\t") {
		return otherwise
	}
	return path
}

// withQuery returns path with the values added to its query.
func withQuery(path string, add url.Values) string {
	u, err := url.Parse(path)
	if err != nil {
		return path
	}
	q := u.Query()
	for k, v := range add {
		q[k] = v
	}
	u.RawQuery = q.Encode()
	return u.String()
}
