// Package web serves the console: pages rendered on the server from the
// backlog, by which operators read, decide and look things up. Every page
// works without script; htmx and a small script of our own make it quicker.
// Nothing is loaded from elsewhere, and mail is shown as text.
//
// Everything that a mail says is an attacker's: html/template escapes it, and
// a strict Content-Security-Policy stands behind that. Who asks is found in
// the request's context (aup.PrincipalOf). Every handler asks for the right
// that it needs, and package desk, on which all stands, asks again and takes
// the content out of a sealed report.
package web

import (
	"embed"
	"html/template"
	"io"
	"log/slog"
	"net/http"
	"time"

	"aupd/internal/aup"
	"aupd/internal/desk"
	"aupd/internal/policy"
)

//go:embed templates static
var files embed.FS

// Options say what the console shows. Desk and Policy are needed.
type Options struct {
	Desk *desk.Desk
	// Ledger lists near misses; without it only their number is shown.
	Ledger aup.Ledger
	// Tray has the near misses; without it their page is not offered.
	Tray aup.Tray
	// Contents reads attachments and HTML; without it neither is offered.
	Contents Contents
	// Filters are the saved ones; without a shelf none are kept.
	Filters desk.Filters
	// Library holds earlier policy versions; nil for none.
	Library aup.Librarian
	// Policy returns the policy in force. It must be quick.
	Policy  func() *policy.Policy
	Version string
	Log     *slog.Logger     // discarded if nil
	Now     func() time.Time // time.Now if nil
}

// Contents reads what a message carries. The error is aup.ErrNotFound for what
// is not there.
type Contents interface {
	// File writes the decoded content of an attachment of the size bytes of
	// raw to w.
	File(raw io.Reader, size int64, path aup.PartID, w io.Writer) error
	// Markup returns the HTML that a part's text was made from.
	Markup(raw io.Reader, size int64, part aup.PartID) (string, error)
}

// A Console is the pages. It is safe for concurrent use.
type Console struct {
	Options
	pages  map[string]*template.Template
	assets assets
}

// pageNames are the templates that are a page each.
var pageNames = []string{
	"today", "queue", "report", "bulk", "cases", "case", "search", "policy", "numbers", "mailboxes", "mailbox", "near-misses", "login", "error",
}

// New adds the console's routes to mux, and returns it.
func New(mux *http.ServeMux, opt Options) *Console {
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.Now == nil {
		opt.Now = time.Now
	}
	c := &Console{Options: opt, pages: make(map[string]*template.Template), assets: loadAssets()}
	for _, name := range pageNames {
		c.pages[name] = template.Must(template.New(name).Funcs(c.funcs()).
			ParseFS(files, "templates/layout.html", "templates/parts.html", "templates/"+name+".html"))
	}
	for _, r := range c.routes() {
		mux.Handle(r.pattern, c.page(r.need, r.handler))
	}
	mux.Handle("GET /static/{version}/{path...}", http.HandlerFunc(c.assets.serve))
	return c
}

// A route is a page with the right that it needs.
type route struct {
	pattern string
	need    aup.Right
	handler handler
}

func (c *Console) routes() []route {
	all := []route{
		{"GET /{$}", aup.RightRead, c.today},
		{"POST /next", aup.RightTriage, c.next},
		{"GET /queue", aup.RightRead, c.queue},
		{"POST /filters", aup.RightRead, c.filters},
		{"POST /bulk", aup.RightBulk, c.bulk},
		{"GET /reports/{id}", aup.RightRead, c.report},
		{"POST /reports/{id}/act", aup.RightTriage, c.act},
		{"GET /reports/{id}/raw", aup.RightRead, c.raw},
		{"GET /reports/{id}/files/{path...}", aup.RightRead, c.file},
		{"GET /reports/{id}/preview/{part...}", aup.RightRead, c.preview},
		{"GET /cases", aup.RightRead, c.cases},
		{"GET /cases/{id}", aup.RightRead, c.oneCase},
		{"GET /search", aup.RightRead, c.search},
		{"GET /policy", aup.RightRead, c.policy},
		{"GET /numbers", aup.RightRead, c.numbers},
		{"GET /mailboxes", aup.RightRead, c.mailboxes},
		{"GET /mailboxes/{mailbox}/{folder...}", aup.RightRead, c.mailbox},
		{"GET /", aup.RightRead, c.nowhere},
	}
	if c.Tray != nil {
		all = append(all, route{"GET /near-misses", aup.RightRead, c.nearMisses}, route{"POST /near-misses", aup.RightBulk, c.settle})
	}
	return all
}
