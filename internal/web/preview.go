package web

import (
	"bytes"
	"fmt"
	"net/http"

	"aupd/internal/aup"

	"github.com/microcosm-cc/bluemonday"
)

// previewGuard stands behind the sanitiser: even what it let through could run
// nothing, load nothing and lead nowhere.
const previewGuard = "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'; sandbox"

// maxMarkup bounds the HTML that is sanitised, in bytes.
const maxMarkup = 1 << 20

// A previewer keeps structure and words of HTML: no link, no picture, no form,
// no style of its own.
func previewer() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "div", "span", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "b", "strong", "i", "em", "u", "s", "small",
		"sub", "sup", "blockquote", "pre", "code", "ul", "ol", "li", "dl", "dt", "dd", "table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td", "center")
	p.AllowAttrs("colspan", "rowspan").Matching(bluemonday.Integer).OnElements("td", "th")
	p.AllowElementsContent("font")
	return p
}

// previewHead is the page around sanitised HTML. It has no address to load a
// style sheet from: its frame is of no origin.
const previewHead = `<!doctype html><html lang="en"><meta charset="utf-8"><title>HTML of a message, made harmless</title>` +
	`<style>:root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;margin:.75rem;overflow-wrap:anywhere}` +
	`table{border-collapse:collapse}td,th{padding:.15rem .4rem;vertical-align:top;text-align:left}</style><body>`

// preview shows a part's HTML, sanitised, for the sandboxed frame of the
// report's page.
func (c *Console) preview(w http.ResponseWriter, r *http.Request) error {
	if c.Contents == nil {
		return fmt.Errorf("HTML: it cannot be read here: %w", aup.ErrNotFound)
	}
	report, raw, err := c.rawOf(r)
	if err != nil {
		return err
	}
	defer raw.Close()
	markup, err := c.Contents.Markup(raw, report.Size, aup.PartID(r.PathValue("part")))
	if err != nil {
		return fmt.Errorf("report %s: %w", report.ID, err)
	}
	markup = markup[:min(len(markup), maxMarkup)]
	w.Header().Set("Content-Security-Policy", previewGuard)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	b := bytes.NewBufferString(previewHead)
	b.Write(previewer().SanitizeBytes([]byte(markup)))
	_, _ = b.WriteTo(w) // a reader that went away needs no page
	return nil
}
