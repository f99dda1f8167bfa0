package access

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"time"

	"aupd/internal/aup"

	"golang.org/x/oauth2"
)

// A flow is a sign-in on its way through the issuer. The browser keeps it,
// sealed, in a cookie.
type flow struct {
	State    string    `json:"state"`
	Nonce    string    `json:"nonce"`
	Verifier string    `json:"verifier"`
	Return   string    `json:"return"`
	Until    time.Time `json:"until"`
}

// flowLasts is how long a person may take to sign in at the issuer.
const flowLasts = 10 * time.Minute

func (g *Gate) flowCookie(value string, seconds int) *http.Cookie {
	return &http.Cookie{
		Name: cookieName("aupd-oidc", g.Secure), Value: value, Path: "/", MaxAge: seconds,
		HttpOnly: true, Secure: g.Secure, SameSite: http.SameSiteLaxMode,
	}
}

// oidcStart sends the browser to the issuer.
func (g *Gate) oidcStart(w http.ResponseWriter, r *http.Request) {
	v := LoginView{Return: returnPath(r.URL.Query().Get("return"))}
	if g.limits.client(w, r, clientOf(r, g.Proxies)) {
		v.Status, v.Error = http.StatusTooManyRequests, "Too many tries: wait a minute."
		g.show(w, r, v)
		return
	}
	f := flow{rand.Text(), rand.Text(), oauth2.GenerateVerifier(), v.Return, time.Now().Add(flowLasts)}
	to, err := g.oidc.start(r.Context(), f)
	if err != nil {
		g.Log.Error("oidc: the issuer cannot be used", "issuer", g.oidc.Issuer, "err", err)
		v.Status, v.Error = http.StatusBadGateway, "The sign-in service does not answer as it should: try again later."
		g.show(w, r, v)
		return
	}
	sealed, err := g.oidc.sealer.seal(f)
	if err != nil {
		g.fault(w, r, err)
		return
	}
	http.SetCookie(w, g.flowCookie(sealed, int(flowLasts/time.Second)))
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// oidcCallback takes what the issuer sends the browser back with.
func (g *Gate) oidcCallback(w http.ResponseWriter, r *http.Request) {
	start, from := time.Now(), clientOf(r, g.Proxies)
	var f flow
	c, err := r.Cookie(cookieName("aupd-oidc", g.Secure))
	if err == nil {
		err = g.oidc.sealer.open(c.Value, &f)
	}
	http.SetCookie(w, g.flowCookie("", -1)) // it serves once
	v := LoginView{Return: returnPath(f.Return)}
	if g.limits.client(w, r, from) {
		v.Status, v.Error = http.StatusTooManyRequests, "Too many tries: wait a minute."
		g.show(w, r, v)
		return
	}
	if err != nil || !time.Now().Before(f.Until) || !same(f.State, r.URL.Query().Get("state")) {
		v.Status, v.Error = http.StatusBadRequest, "This sign-in was begun too long ago, or in another browser: begin again."
		g.show(w, r, v)
		return
	}
	id, err := g.oidc.finish(r, f)
	if err == nil {
		err = g.unlike(r.Context(), id.name)
	}
	a := aup.Access{Way: byOIDC, Subject: id.subject, Address: from.String()}
	if err != nil {
		g.Log.Warn("oidc: sign-in refused", "subject", id.subject, "err", err)
		if err := g.refused(r.Context(), a, start); err != nil {
			g.fault(w, r, err)
			return
		}
		v.Status, v.Error = http.StatusForbidden, "The sign-in service did not say that you may work here; the log says why."
		g.show(w, r, v)
		return
	}
	a.Name, a.Roles = id.name, g.oidc.roles(id.groups)
	g.enter(w, r, session{Name: id.name, Way: byOIDC, Groups: id.groups}, a, v.Return)
}

// unlike refuses a name that a local user has: the log could not tell them
// apart.
func (g *Gate) unlike(ctx context.Context, name string) error {
	_, err := g.Directory.users.get(ctx, name)
	if errors.Is(err, aup.ErrNotFound) {
		return nil
	}
	if err == nil {
		err = fmt.Errorf("user %s signs in with a password: remove the local user first: %w", name, aup.ErrConflict)
	}
	return err
}
