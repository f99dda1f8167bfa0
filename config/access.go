package config

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
)

// HTTP is where the console and the API are served. Other machines reach an
// address that is no loopback one: that takes TLS, here or at a proxy, and
// users.
type HTTP struct {
	Listen string `yaml:"listen"` // empty for nowhere
	// TLSCert and TLSKey are files in PEM. A replaced certificate is found.
	TLSCert string `yaml:"tls_cert"`
	TLSKey  string `yaml:"tls_key"`
	// TrustedProxies are the networks of the proxies in front, which encrypt
	// and whose X-Forwarded-For is believed.
	TrustedProxies []string `yaml:"trusted_proxies"`
}

// Access says how people sign in, and for how long.
type Access struct {
	Session Session `yaml:"session"`
	OIDC    *OIDC   `yaml:"oidc"` // nil where nobody signs in that way
}

// Session says how long a sign-in lasts.
type Session struct {
	Idle     Duration `yaml:"idle"`     // unused
	Absolute Duration `yaml:"absolute"` // at most
}

// OIDC says whom OpenID Connect sign-ins are believed from.
type OIDC struct {
	Issuer           string   `yaml:"issuer"`
	ClientID         string   `yaml:"client_id"`
	ClientSecretFile string   `yaml:"client_secret_file"` // empty for a public client
	RedirectURL      string   `yaml:"redirect_url"`       // of this console, ending in /oidc/callback
	Scopes           []string `yaml:"scopes"`             // beside openid; profile if none
	NameClaim        string   `yaml:"name_claim"`         // preferred_username if empty
	GroupsClaim      string   `yaml:"groups_claim"`       // groups if empty
	// Groups says which roles the issuer's groups give.
	Groups map[string][]string `yaml:"groups"`
}

// fill puts in what is left out.
func (o *OIDC) fill() {
	if o == nil {
		return
	}
	if len(o.Scopes) == 0 {
		o.Scopes = []string{"profile"}
	}
	if o.NameClaim == "" {
		o.NameClaim = "preferred_username"
	}
	if o.GroupsClaim == "" {
		o.GroupsClaim = "groups"
	}
}

// roles are what a group may give.
var roles = []string{"reader", "operator", "lead", "policy-editor", "auditor", "admin", "minors-cleared"}

// Loopback reports whether no other machine reaches the address that is
// listened on.
func (h HTTP) Loopback() bool {
	host, _, err := net.SplitHostPort(h.Listen)
	return err == nil && loopback(host)
}

// Public reports whether requests may come from other machines.
func (h HTTP) Public() bool { return h.Listen != "" && (!h.Loopback() || len(h.TrustedProxies) > 0) }

// Proxies returns the networks of the trusted proxies.
func (h HTTP) Proxies() ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, s := range h.TrustedProxies {
		p, err := netip.ParsePrefix(s)
		if at, single := netip.ParseAddr(s); single == nil {
			p, err = netip.PrefixFrom(at, at.BitLen()), nil
		}
		if err != nil {
			return nil, fmt.Errorf("has %q: want an address or a network such as 10.0.0.0/8: %w", s, ErrInvalid)
		}
		if p.Bits() == 0 {
			return nil, fmt.Errorf("has %q, which is everybody: name the proxy's own network: %w", s, ErrInvalid)
		}
		out = append(out, p.Masked())
	}
	return out, nil
}

// A complaint says what is wrong with the value at a path.
type complaint func(path, format string, args ...any)

func (h HTTP) check(wrong complaint) {
	_, _, err := net.SplitHostPort(h.Listen)
	_, proxies := h.Proxies()
	switch {
	case h.Listen == "":
	case err != nil:
		wrong("http.listen", "is %q: want HOST:PORT, such as 127.0.0.1:8080, or \"\" for off", h.Listen)
	case (h.TLSCert == "") != (h.TLSKey == ""):
		wrong("http", "needs tls_cert and tls_key, or neither")
	case proxies != nil:
		wrong("http.trusted_proxies", "%v", proxies)
	case !h.Loopback() && h.TLSCert == "" && len(h.TrustedProxies) == 0:
		wrong("http.listen", "is %q: other machines would send passwords in plain text: set http.tls_cert and http.tls_key, or name the proxy that encrypts in http.trusted_proxies", h.Listen)
	}
}

func (a Access) check(wrong complaint) {
	idle, absolute := time.Duration(a.Session.Idle), time.Duration(a.Session.Absolute)
	if idle < time.Minute {
		wrong("access.session.idle", "is %v: want 1m or more", idle)
	}
	if absolute < idle || absolute > 30*24*time.Hour {
		wrong("access.session.absolute", "is %v: want a time from the idle one to 720h", absolute)
	}
	if a.OIDC != nil {
		a.OIDC.check(wrong)
	}
}

func (o *OIDC) check(wrong complaint) {
	if !secureURL(o.Issuer) {
		wrong("access.oidc.issuer", "is %q: want https://HOST", o.Issuer)
	}
	if !secureURL(o.RedirectURL) || !strings.HasSuffix(o.RedirectURL, "/oidc/callback") {
		wrong("access.oidc.redirect_url", "is %q: want https://HOST/oidc/callback, with the console's host", o.RedirectURL)
	}
	if o.ClientID == "" {
		wrong("access.oidc", "needs client_id")
	}
	if len(o.Groups) == 0 {
		wrong("access.oidc", "needs groups, which says who may do what: nobody could sign in")
	}
	for g, given := range o.Groups {
		for _, r := range given {
			if !slices.Contains(roles, r) {
				wrong("access.oidc.groups", "gives %q the role %q: want some of %s", g, r, strings.Join(roles, ", "))
			}
		}
	}
}

// secureURL reports whether nobody on the way reads what goes to an address.
func secureURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Host != "" && u.User == nil && u.RawQuery == "" && u.Fragment == "" &&
		(u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname()))
}
