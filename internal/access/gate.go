// Package access says who may use the console and the API. It keeps the local
// users and the API tokens, signs people in with a password or by OpenID
// Connect, and stands before every handler as a [Gate], which puts an
// [aup.Principal] into the context. What a principal may do, each handler asks
// of it; the gate lets nobody through who may not read.
//
// Every sign-in, refusal, sign-out and change of a right is an event in the
// log. Passwords and tokens are never logged and never kept.
package access

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"path"
	"strings"
	"time"

	"aupd/internal/aup"
)

// Options say how a Gate works.
type Options struct {
	Directory *Directory
	Log       *slog.Logger // discarded if nil
	// Owner is the name of whoever runs this process where no other machine
	// can reach it. Without users they work without signing in. Empty where
	// everybody must sign in.
	Owner string
	// Proxies are the networks whose X-Forwarded-For is believed.
	Proxies []netip.Prefix
	// Secure says that browsers come by TLS, here or at a proxy: cookies go no
	// other way.
	Secure bool
	// OnlyProxies refuses whoever comes neither through a proxy nor from this
	// machine, as is right where the proxy is what encrypts.
	OnlyProxies bool
	// Idle and Absolute are how long a session lasts unused, and at most.
	Idle, Absolute time.Duration
	// OIDC is nil where nobody signs in that way.
	OIDC *OIDC
	// LoginPage shows the page to sign in on; nil for a plain one.
	LoginPage func(http.ResponseWriter, *http.Request, LoginView)
}

// A LoginView is what the page to sign in on shows. Its form posts name,
// password and return to /login.
type LoginView struct {
	Status int    // to answer with
	Error  string // why the last try failed; empty at first
	Name   string // as it was typed
	Return string // where to go then: a path on this host
	OIDC   string // the path that starts a sign-in by OIDC; empty without it
}

// A Gate stands before the console and the API. It is safe for concurrent use.
type Gate struct {
	Options
	sessions *sessions
	oidc     *issuer // nil without
	limits   *limits
}

// New returns a gate.
func New(opt Options) *Gate {
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.LoginPage == nil {
		opt.LoginPage = plainLogin
	}
	g := &Gate{Options: opt, limits: newLimits()}
	g.sessions = newSessions(opt.Directory.users.Shelf, opt.Idle, opt.Absolute, opt.Secure)
	if opt.OIDC != nil {
		g.oidc = newIssuer(*opt.OIDC)
	}
	return g
}

// Handler returns next behind the gate, and serves /login, /logout and /oidc/.
// A request that changes something and comes from another site's page is
// refused.
func (g *Gate) Handler(next http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /login", g.loginPage)
	mux.HandleFunc("POST /login", g.login)
	mux.HandleFunc("POST /logout", g.logout)
	if g.oidc != nil {
		mux.HandleFunc("GET /oidc/start", g.oidcStart)
		mux.HandleFunc("GET /oidc/callback", g.oidcCallback)
	}
	mux.Handle("/", g.guard(next))
	protect := http.NewCrossOriginProtection()
	protect.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		refuse(w, r, http.StatusForbidden, "this request comes from another site's page")
	}))
	safe := protect.Handler(mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if g.OnlyProxies && !clientOf(r, g.Proxies).proxied {
			refuse(w, r, http.StatusForbidden, "come through the proxy: this port is not encrypted")
			return
		}
		safe.ServeHTTP(w, r)
	})
}

// guard lets those through to next who may read, with who they are in the
// context, and everybody to what the page to sign in on is made of.
func (g *Gate) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p := r.URL.Path; strings.HasPrefix(p, "/static/") && path.Clean(p) == p {
			next.ServeHTTP(w, r)
			return
		}
		c, ctx, done, err := g.admit(w, r)
		if err != nil {
			g.turnAway(w, r, err)
			return
		}
		defer done()
		if err := c.Need(aup.RightRead); err != nil {
			refuse(w, r, http.StatusForbidden, err.Error())
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r.WithContext(aup.WithPrincipal(ctx, c.Principal)))
	})
}

// admit returns who asks, and a context that ends when they may not any more.
// done is called with the end of the request.
func (g *Gate) admit(w http.ResponseWriter, r *http.Request) (c caller, ctx context.Context, done func(), err error) {
	for ok := false; !ok; {
		now := g.Directory.live.moment()
		if c, err = g.who(w, r); err != nil {
			return c, nil, nil, err
		}
		ctx, done, ok = g.Directory.live.add(r.Context(), c, now)
	}
	return c, ctx, done, nil
}

// turnAway answers a request by nobody.
func (g *Gate) turnAway(w http.ResponseWriter, r *http.Request, err error) {
	switch {
	case errors.Is(err, errNobody):
		g.askIn(w, r)
	case errors.Is(err, aup.ErrForbidden):
		g.Log.Debug("token refused", "address", clientOf(r, g.Proxies).String(), "err", err)
		w.Header().Set("WWW-Authenticate", `Bearer realm="aupd", error="invalid_token"`)
		refuse(w, r, http.StatusUnauthorized, err.Error())
	default:
		g.fault(w, r, err)
	}
}

// A caller is who makes a request, and what lets them.
type caller struct {
	aup.Principal
	session string    // that they signed in as; empty without one
	owner   bool      // for as long as there is no user
	until   time.Time // when it ends by itself; the zero time for never
}

// errNobody means that the request does not say who asks.
var errNobody = errors.New("nobody is signed in")

// who returns who asks: the holder of a token, whoever is signed in, or the
// owner where nobody could be. A session that no longer holds is ended.
func (g *Gate) who(w http.ResponseWriter, r *http.Request) (caller, error) {
	if scheme, secret, _ := strings.Cut(r.Header.Get("Authorization"), " "); strings.EqualFold(scheme, "Bearer") {
		return g.Directory.bearer(r.Context(), strings.TrimSpace(secret))
	}
	ctx, v, ok, err := g.sessions.load(r)
	if err != nil {
		return caller{}, err
	}
	if !ok {
		return g.owner(r)
	}
	roles, err := g.rolesOf(ctx, v)
	if errors.Is(err, errNobody) {
		err = errors.Join(err, g.sessions.end(ctx, w))
	}
	return caller{Principal: aup.Principal{Name: v.Name, Roles: roles, From: through(r)}, session: v.id, until: v.until}, err
}

// rolesOf returns what whoever signed in may do now; errNobody when the
// session has ended, because the user or the configuration changed.
func (g *Gate) rolesOf(ctx context.Context, v session) ([]aup.UserRole, error) {
	if v.Way == byOIDC {
		if g.oidc == nil {
			return nil, errNobody
		}
		if roles := g.oidc.roles(v.Groups); len(roles) > 0 {
			return roles, nil
		}
		return nil, errNobody
	}
	row, err := g.Directory.users.get(ctx, v.Name)
	if errors.Is(err, aup.ErrNotFound) || err == nil && row.Stamp != v.Stamp {
		return nil, errNobody
	}
	return row.Roles, err
}

// owner returns the owner where everybody who asks is: on this machine, and
// without users. A request that came through a proxy is from anywhere.
func (g *Gate) owner(r *http.Request) (caller, error) {
	if g.Owner == "" || g.oidc != nil || forwarded(r) {
		return caller{}, errNobody
	}
	some, err := g.Directory.Anybody(r.Context())
	if err == nil && some {
		err = errNobody
	}
	p := aup.Owner(g.Owner)
	p.From = through(r)
	return caller{Principal: p, owner: true}, err
}

// through returns what r uses.
func through(r *http.Request) string {
	if isAPI(r) {
		return "api"
	}
	return "console"
}

func isAPI(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/api/") }
