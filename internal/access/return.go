package access

import (
	"net/http"
	"net/url"
	"path"
	"strings"
)

// askIn answers a request of nobody: a program gets a status, a person the
// page to sign in on.
func (g *Gate) askIn(w http.ResponseWriter, r *http.Request) {
	back := ""
	if r.Method == http.MethodGet {
		back = r.URL.RequestURI()
	}
	switch {
	case isAPI(r):
		w.Header().Set("WWW-Authenticate", `Bearer realm="aupd"`)
		refuse(w, r, http.StatusUnauthorized, "sign in, or send a token: Authorization: Bearer "+tokenMark+"…")
	case r.Header.Get("HX-Request") != "": // of a part of a page, in place of which no whole one can stand
		if u, err := url.Parse(r.Header.Get("HX-Current-URL")); err == nil {
			back = u.RequestURI()
		}
		w.Header().Set("HX-Redirect", loginPath(back))
		w.WriteHeader(http.StatusUnauthorized)
	default:
		http.Redirect(w, r, loginPath(back), http.StatusSeeOther)
	}
}

func loginPath(back string) string {
	if back = returnPath(back); back == "/" {
		return "/login"
	}
	return "/login?" + url.Values{"return": {back}}.Encode()
}

// maxReturn is how long an address to return to may be: as long as one with a
// long filter.
const maxReturn = 2000

// returnPath returns s when it is a path on this host to go to after signing
// in, and else "/". A browser takes //host, /\host and the like for another
// host.
func returnPath(s string) string {
	u, err := url.Parse(s)
	if err != nil || len(s) > maxReturn || u.IsAbs() || u.Host != "" || u.User != nil || strings.ContainsFunc(s, func(c rune) bool { return c < ' ' || c == '\\' || c == 0x7f }) {
		return "/"
	}
	if clean := path.Clean(u.Path); !strings.HasPrefix(clean, "/") || clean != u.Path && clean+"/" != u.Path ||
		clean == "/login" || strings.HasPrefix(clean, "/oidc/") {
		return "/"
	}
	p := u.EscapedPath()
	if u.RawQuery != "" {
		p += "?" + u.RawQuery
	}
	return p
}
