// Package web serves the console: pages rendered on the server from the
// backlog. Pages need no script, load nothing from elsewhere, and show mail as
// text only. Everything that a mail says is an attacker's: html/template
// escapes it, and a strict Content-Security-Policy stands behind that.
package web

import (
	"bytes"
	"embed"
	"errors"
	"html/template"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"aupd/internal/aup"
	"aupd/internal/policy"
)

//go:embed templates static
var files embed.FS

// Options say what the console shows.
type Options struct {
	Backlog aup.Backlog
	// Policy returns the policy in force. It is called once a page.
	Policy  func() *policy.Policy
	Version string
	Log     *slog.Logger     // discarded if nil
	Now     func() time.Time // time.Now if nil
}

// pageSize is how many reports a page of the queue holds: what loads at once
// on a bad line and is still scrolled through in a moment.
const pageSize = 50

type console struct {
	Options
	pages map[string]*template.Template
}

// New adds the console's routes to mux.
func New(mux *http.ServeMux, opt Options) {
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.Now == nil {
		opt.Now = time.Now
	}
	c := &console{Options: opt, pages: make(map[string]*template.Template)}
	for _, name := range []string{"queue", "report", "error"} {
		c.pages[name] = template.Must(template.New(name).Funcs(c.funcs()).
			ParseFS(files, "templates/layout.html", "templates/"+name+".html"))
	}
	static, err := fs.Sub(files, "static")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	mux.Handle("GET /{$}", c.page(c.queue))
	mux.Handle("GET /reports/{id}", c.page(c.report))
	mux.Handle("GET /reports/{id}/raw", c.page(c.raw))
	mux.Handle("GET /static/", http.StripPrefix("/static/", http.FileServerFS(static)))
}

// page wraps a handler that may fail: the error becomes a page that says what
// is wrong, with the status of its kind.
func (c *console) page(h func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head := w.Header()
		head.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		head.Set("X-Content-Type-Options", "nosniff")
		head.Set("Referrer-Policy", "no-referrer")
		head.Set("Cache-Control", "no-store")
		if err := h(w, r); err != nil {
			c.fail(w, r, err)
		}
	})
}

func (c *console) fail(w http.ResponseWriter, r *http.Request, err error) {
	status, title := http.StatusInternalServerError, "This page could not be made"
	switch {
	case errors.Is(err, aup.ErrNotFound):
		status, title = http.StatusNotFound, "There is no such report"
	case errors.Is(err, aup.ErrInvalid), errors.Is(err, aup.ErrConflict):
		status, title = http.StatusBadRequest, "This address cannot be read"
	default:
		c.Log.Error("page", "path", r.URL.Path, "err", err)
	}
	w.WriteHeader(status)
	c.render(w, "error", map[string]any{"Title": title, "Error": err.Error()})
}

// render writes a page. A template that fails half way leaves a cut page
// rather than a mix of two, so it is made in memory first.
func (c *console) render(w http.ResponseWriter, name string, data map[string]any) {
	data["Version"] = c.Version
	var b bytes.Buffer
	if err := c.pages[name].ExecuteTemplate(&b, "layout.html", data); err != nil {
		c.Log.Error("render", "page", name, "err", err)
		http.Error(w, "This page could not be made; the log says why.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	// A reader that went away needs no page.
	_, _ = b.WriteTo(w)
}

func (c *console) queue(w http.ResponseWriter, r *http.Request) error {
	v := r.URL.Query()
	q := aup.Query{
		Clause: aup.ClauseID(v.Get("clause")), Outcome: aup.Outcome(v.Get("outcome")),
		Mailbox: v.Get("mailbox"), After: aup.ReportID(v.Get("after")), Limit: pageSize,
	}
	page, err := c.Backlog.Reports(r.Context(), q)
	if err != nil {
		return err
	}
	status, err := c.Backlog.Status(r.Context())
	if err != nil {
		return err
	}
	next := ""
	if page.Next != "" {
		v.Set("after", string(page.Next))
		next = "?" + v.Encode()
	}
	first := url.Values{}
	for _, name := range []string{"clause", "outcome", "mailbox"} {
		if v.Get(name) != "" {
			first.Set(name, v.Get(name))
		}
	}
	c.render(w, "queue", map[string]any{
		"Title": "Backlog", "Query": q, "Reports": page.Reports, "Next": next, "First": "?" + first.Encode(),
		"Status": status, "Clauses": c.Policy().Clauses,
		"Outcomes": []aup.Outcome{aup.OutcomeViolation, aup.OutcomeReview, aup.OutcomeException, aup.OutcomeNone},
	})
	return nil
}

func (c *console) report(w http.ResponseWriter, r *http.Request) error {
	id := aup.ReportID(r.PathValue("id"))
	report, err := c.Backlog.Report(r.Context(), id)
	if err != nil {
		return err
	}
	doc, err := c.Backlog.Document(r.Context(), report.ID)
	if err != nil {
		return err
	}
	c.render(w, "report", map[string]any{
		"Title": report.Subject, "Report": report, "Document": doc,
		"Findings": c.findings(report), "Messages": messages(report, doc), "Indicators": doc.ByRole(), "Machines": doc.Machine,
	})
	return nil
}

// raw sends the message as a file to keep: never as something to show.
func (c *console) raw(w http.ResponseWriter, r *http.Request) error {
	report, err := c.Backlog.Report(r.Context(), aup.ReportID(r.PathValue("id")))
	if err != nil {
		return err
	}
	raw, err := c.Backlog.Raw(r.Context(), report.ID)
	if err != nil {
		return err
	}
	defer raw.Close()
	head := w.Header()
	head.Set("Content-Type", "application/octet-stream")
	head.Set("Content-Disposition", `attachment; filename="`+string(report.ID)+`.eml"`)
	head.Set("Content-Length", strconv.FormatInt(report.Size, 10))
	if _, err := io.Copy(w, raw); err != nil {
		panic(http.ErrAbortHandler) // so that a part is not taken for the whole
	}
	return nil
}
