package access

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"aupd/internal/aup"
)

// refusalTakes is how long a refused sign-in takes at least. It is longer than
// all that is done for one, so that the time does not tell whether a name is
// known.
const refusalTakes = 500 * time.Millisecond

// maxForm bounds the form to sign in on, and formWait how long a browser may
// take to send it.
const (
	maxForm  = 8 << 10
	formWait = 10 * time.Second
)

// loginPage shows the page to sign in on, or passes on who is signed in.
func (g *Gate) loginPage(w http.ResponseWriter, r *http.Request) {
	back := returnPath(r.URL.Query().Get("return"))
	_, err := g.who(w, r)
	switch {
	case err == nil:
		http.Redirect(w, r, back, http.StatusSeeOther)
	case errors.Is(err, errNobody), errors.Is(err, aup.ErrForbidden):
		g.show(w, r, LoginView{Status: http.StatusOK, Return: back})
	default:
		g.fault(w, r, err)
	}
}

// show shows the page to sign in on.
func (g *Gate) show(w http.ResponseWriter, r *http.Request, v LoginView) {
	if g.oidc != nil {
		v.OIDC = "/oidc/start"
		if back := loginPath(v.Return); v.Return != "" {
			v.OIDC += strings.TrimPrefix(back, "/login")
		}
	}
	w.Header().Set("Cache-Control", "no-store")
	g.LoginPage(w, r, v)
}

// login signs in whoever posts a name and its password.
func (g *Gate) login(w http.ResponseWriter, r *http.Request) {
	start, from := time.Now(), clientOf(r, g.Proxies)
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	// Only what is no connection, as in a test, cannot have a deadline.
	conn := http.NewResponseController(w)
	_ = conn.SetReadDeadline(start.Add(formWait))
	name := strings.ToLower(strings.TrimSpace(r.PostFormValue("name")))
	_ = conn.SetReadDeadline(time.Time{})
	v := LoginView{Name: name, Return: returnPath(r.PostFormValue("return"))}
	home, err := g.Directory.isHome(r.Context(), name, from)
	if err != nil {
		g.fault(w, r, err)
		return
	}
	if g.limits.client(w, r, from) || g.limits.name(w, r, name, from, home) {
		v.Status, v.Error = http.StatusTooManyRequests, "Too many tries: wait a minute."
		g.show(w, r, v)
		return
	}
	row, known, ok, err := g.Directory.authenticate(r.Context(), name, aup.Secret(r.PostFormValue("password")), from)
	switch {
	case errors.Is(err, errOverrun):
		w.Header().Set("Retry-After", "60")
		v.Status, v.Error = http.StatusServiceUnavailable, "Too many people sign in at once: wait a minute."
		g.show(w, r, v)
	case err != nil:
		g.fault(w, r, err)
	case !ok:
		a := aup.Access{Way: byPassword, Address: from.String()}
		if known {
			a.Name = name
		}
		if err := g.refused(r.Context(), a, start); err != nil {
			g.fault(w, r, err)
			return
		}
		v.Status, v.Error = http.StatusUnauthorized, "This name and this password do not belong together."
		g.show(w, r, v)
	default:
		s := session{Name: name, Way: byPassword, Stamp: row.Stamp}
		g.enter(w, r, s, aup.Access{Name: name, Way: byPassword, Address: from.String(), Roles: row.Roles}, v.Return)
	}
}

// refused records a refused sign-in, and returns when refusals do.
func (g *Gate) refused(ctx context.Context, a aup.Access, start time.Time) error {
	g.Log.Warn("sign-in refused", "name", a.Name, "way", a.Way, "address", a.Address)
	if err := g.Directory.log.Append(ctx, []aup.Event{aup.NewSignInRefused(a, time.Now())}); err != nil {
		return err
	}
	wait := time.NewTimer(refusalTakes - time.Since(start))
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-ctx.Done():
	}
	return nil
}

// enter signs somebody in and sends them on.
func (g *Gate) enter(w http.ResponseWriter, r *http.Request, s session, a aup.Access, back string) {
	err := g.sessions.begin(w, r, s, func(id string) error {
		return g.Directory.log.Append(r.Context(), []aup.Event{aup.NewSignedIn(a, id, time.Now())})
	})
	if err != nil {
		g.fault(w, r, err)
		return
	}
	g.Log.Info("signed in", "name", a.Name, "way", a.Way, "address", a.Address)
	http.Redirect(w, r, back, http.StatusSeeOther)
}

// logout ends the session, if there is one.
func (g *Gate) logout(w http.ResponseWriter, r *http.Request) {
	ctx, s, ok, err := g.sessions.load(r)
	if err == nil && ok {
		a := aup.Access{Name: s.Name, Way: s.Way, Address: clientOf(r, g.Proxies).String()}
		err = errors.Join(g.sessions.end(ctx, w), g.Directory.log.Append(ctx, []aup.Event{aup.NewSignedOut(a, s.id, time.Now())}))
		g.Directory.live.end(func(c caller) bool { return c.session == s.id })
	}
	if err != nil {
		g.fault(w, r, err)
		return
	}
	http.Redirect(w, r, "/login", http.StatusSeeOther)
}
