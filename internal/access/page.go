package access

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"html/template"
	"net/http"
	"strings"
)

//go:embed login.html
var loginHTML string

var loginTemplate = template.Must(template.New("login").Parse(loginHTML))

// plainLogin is the page to sign in on where the console brings none. It loads
// nothing.
func plainLogin(w http.ResponseWriter, _ *http.Request, v LoginView) {
	var b bytes.Buffer
	if err := loginTemplate.Execute(&b, v); err != nil {
		http.Error(w, "This page could not be made.", http.StatusInternalServerError)
		return
	}
	head := w.Header()
	head.Set("Content-Type", "text/html; charset=utf-8")
	head.Set("Content-Security-Policy", "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(v.Status)
	_, _ = b.WriteTo(w) // a reader that went away needs no page
}

// fault answers a request that failed through no fault of whoever asks. The
// reason is for the log.
func (g *Gate) fault(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() == nil {
		g.Log.Error("access", "path", r.URL.Path, "err", err)
	}
	refuse(w, r, http.StatusInternalServerError, "this could not be done; the log says why")
}

// refuse answers with a status and one sentence: as a problem detail (RFC 9457)
// to a program, as text to a person.
func refuse(w http.ResponseWriter, r *http.Request, status int, detail string) {
	w.Header().Set("Cache-Control", "no-store")
	if !isAPI(r) {
		http.Error(w, detail, status)
		return
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	title := http.StatusText(status)
	_ = json.NewEncoder(w).Encode(map[string]any{
		"type": "urn:aupd:problem:" + strings.ReplaceAll(strings.ToLower(title), " ", "-"), "title": title, "status": status, "detail": detail,
	})
}
