package daemon

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"time"

	"aupd/config"
	"aupd/internal/access"
	"aupd/internal/aup"
	"aupd/internal/web"
)

// listenConsole opens the listener of the console and the API.
func (d *daemon) listenConsole(ctx context.Context, ls *listeners) (string, error) {
	h, err := d.console(ctx)
	if err != nil {
		return "", err
	}
	addr, err := ls.add(ctx, "tcp", d.cfg.HTTP.Listen, d.wrap(h))
	if err != nil {
		return "", fmt.Errorf("http.listen: %w", err)
	}
	if d.cfg.HTTP.TLSCert == "" {
		return addr, nil
	}
	c, err := openCertificate(d.cfg.HTTP.TLSCert, d.cfg.HTTP.TLSKey, d.opt.Log)
	if err != nil {
		return "", fmt.Errorf("http.tls_cert: %w", err)
	}
	l := &ls.all[len(ls.all)-1]
	l.Listener = tls.NewListener(l.Listener, c.config())
	return addr, nil
}

// console returns the handler of the console and the API, behind the gate that
// the configuration asks for. An address that other machines reach is refused
// while nobody could sign in there: the first to come would be anybody.
func (d *daemon) console(ctx context.Context) (http.Handler, error) {
	cfg := d.cfg.HTTP
	proxies, err := cfg.Proxies()
	if err != nil {
		return nil, fmt.Errorf("http.trusted_proxies: %w", err)
	}
	opt := access.Options{
		Directory: d.directory, Log: d.opt.Log, Proxies: proxies, Secure: cfg.TLSCert != "" || len(proxies) > 0,
		OnlyProxies: cfg.Public() && cfg.TLSCert == "", OIDC: oidcOf(d.cfg.Access.OIDC),
		Idle: time.Duration(d.cfg.Access.Session.Idle), Absolute: time.Duration(d.cfg.Access.Session.Absolute),
	}
	mux, pages := d.consoleMux(ctx)
	opt.LoginPage = func(w http.ResponseWriter, r *http.Request, v access.LoginView) { pages.Login(w, r, web.LoginView(v)) }
	if !cfg.Public() {
		opt.Owner = User()
	} else if err := d.somebody(ctx); err != nil {
		return nil, err
	}
	h := access.New(opt).Handler(mux)
	if !cfg.Public() {
		h = localOnly(h)
	}
	return h, nil
}

// somebody refuses to go on while nobody could sign in.
func (d *daemon) somebody(ctx context.Context) error {
	some, err := d.directory.Anybody(ctx)
	if err == nil && !some && d.cfg.Access.OIDC == nil {
		err = fmt.Errorf("other machines reach %s and nobody may sign in there: make a user with \"aupd user add NAME --role admin\", or set access.oidc: %w", d.cfg.HTTP.Listen, aup.ErrInvalid)
	}
	if err != nil {
		return fmt.Errorf("http.listen: %w", err)
	}
	return nil
}

func oidcOf(c *config.OIDC) *access.OIDC {
	if c == nil {
		return nil
	}
	o := &access.OIDC{
		Issuer: c.Issuer, ClientID: c.ClientID, Secret: secretIn(c.ClientSecretFile), RedirectURL: c.RedirectURL, Scopes: c.Scopes,
		NameClaim: c.NameClaim, GroupsClaim: c.GroupsClaim, Groups: make(map[string][]aup.UserRole),
	}
	for group, roles := range c.Groups {
		for _, r := range roles {
			o.Groups[group] = append(o.Groups[group], aup.UserRole(r))
		}
	}
	return o
}
