package config

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestHTTP(t *testing.T) {
	for name, tc := range map[string]struct {
		yaml, want string // want is of the error; empty for none
		public     bool
	}{
		"on this machine":         {`{listen: "127.0.0.1:80"}`, "", false},
		"by name":                 {`{listen: "localhost:80"}`, "", false},
		"IPv6":                    {`{listen: "[::1]:80"}`, "", false},
		"off":                     {`{listen: ""}`, "", false},
		"off, whatever else":      {`{listen: "", tls_cert: c}`, "", false},
		"TLS on this machine":     {`{listen: "127.0.0.1:443", tls_cert: c, tls_key: k}`, "", false},
		"everywhere":              {`{listen: ":80"}`, `http.listen is ":80": other machines would send passwords in plain text`, false},
		"elsewhere":               {`{listen: "192.0.2.1:80"}`, "set http.tls_cert and http.tls_key, or name the proxy", false},
		"by another name":         {`{listen: "aupd.example:80"}`, "other machines", false},
		"everywhere, by TLS":      {`{listen: ":443", tls_cert: c, tls_key: k}`, "", true},
		"behind a proxy":          {`{listen: ":80", trusted_proxies: [10.0.0.0/8, "fd00::1"]}`, "", true},
		"a proxy on this machine": {`{listen: "127.0.0.1:80", trusted_proxies: ["127.0.0.1"]}`, "", true},
		"half a certificate":      {`{listen: ":443", tls_cert: c}`, "http needs tls_cert and tls_key", false},
		"a proxy of any address":  {`{listen: ":80", trusted_proxies: ["0.0.0.0/0"]}`, `has "0.0.0.0/0", which is everybody`, false},
		"a proxy by name":         {`{listen: ":80", trusted_proxies: [proxy.example]}`, `http.trusted_proxies has "proxy.example": want an address`, false},
		"no port":                 {`{listen: "127.0.0.1"}`, "want HOST:PORT", false},
	} {
		t.Run(name, func(t *testing.T) {
			cfg, err := parse([]byte("http: "+tc.yaml+"\n"), "a.yaml")
			if (err == nil) != (tc.want == "") || err != nil && (!strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "\n")) {
				t.Fatalf("error %v, want one line with %q", err, tc.want)
			}
			if err == nil && cfg.HTTP.Public() != tc.public {
				t.Errorf("others reach it: %v, want %v", cfg.HTTP.Public(), tc.public)
			}
		})
	}
}

func TestProxies(t *testing.T) {
	got, err := HTTP{TrustedProxies: []string{"10.1.2.3/8", "192.0.2.1", "fd00::1"}}.Proxies()
	want := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("192.0.2.1/32"), netip.MustParsePrefix("fd00::1/128")}
	if d := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); d != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
}

func TestAccess(t *testing.T) {
	const good = `issuer: "https://login.example", client_id: c, redirect_url: "https://aupd.example/oidc/callback"`
	for name, tc := range map[string]struct{ yaml, want string }{
		"OIDC":                 {`{oidc: {` + good + `, groups: {g: [lead, minors-cleared]}}}`, ""},
		"an issuer here":       {`{oidc: {issuer: "http://127.0.0.1:1", client_id: c, redirect_url: "http://localhost/oidc/callback", groups: {g: [lead]}}}`, ""},
		"no groups":            {`{oidc: {` + good + `}}`, "access.oidc needs groups"},
		"no such role":         {`{oidc: {` + good + `, groups: {g: [king]}}}`, `access.oidc.groups gives "g" the role "king": want some of reader, `},
		"in plain text":        {`{oidc: {issuer: "http://login.example", client_id: c, redirect_url: "http://aupd.example/oidc/callback", groups: {g: [lead]}}}`, `issuer is "http://login.example": want https://`},
		"nothing":              {`{oidc: {groups: {g: [lead]}}}`, "access.oidc needs client_id"},
		"another redirect":     {`{oidc: {issuer: "https://login.example", client_id: c, redirect_url: "https://aupd.example/", groups: {g: [lead]}}}`, "want https://HOST/oidc/callback"},
		"a key in the address": {`{oidc: {issuer: "https://u:p@login.example", client_id: c, redirect_url: "https://aupd.example/oidc/callback", groups: {g: [lead]}}}`, "access.oidc.issuer"},
		"a short session":      {`{session: {idle: 1s, absolute: 1h}}`, "access.session.idle is 1s: want 1m or more"},
		"a long session":       {`{session: {idle: 1h, absolute: 9000h}}`, "access.session.absolute is 9000h0m0s"},
		"the other way round":  {`{session: {idle: 2h, absolute: 1h}}`, "access.session.absolute is 1h0m0s"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg, err := parse([]byte("access: "+tc.yaml+"\n"), "a.yaml")
			if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("error %v, want %q", err, tc.want)
			}
			if o := cfg.Access.OIDC; err == nil && (o.NameClaim != "preferred_username" || o.GroupsClaim != "groups" || len(o.Scopes) != 1) {
				t.Errorf("what was left out is %+v", o)
			}
		})
	}
}
