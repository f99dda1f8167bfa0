package web

import "net/http"

// A LoginView is what the page to sign in on shows. Its form posts name,
// password and return to /login.
type LoginView struct {
	Status int    // to answer with
	Error  string // why the last try failed; empty at first
	Name   string // as it was typed
	Return string // where to go then: a path on this host
	OIDC   string // the path that starts a sign-in by OIDC; empty without it
}

// Login writes the page to sign in on.
func (c *Console) Login(w http.ResponseWriter, r *http.Request, v LoginView) {
	c.open(func(w http.ResponseWriter, r *http.Request) error {
		c.render(w, r, v.Status, "login", map[string]any{"Title": "Sign in", "Login": v, "Flash": (*flash)(nil)})
		return nil
	}).ServeHTTP(w, r)
}
