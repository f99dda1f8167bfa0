//go:build integration

package daemon_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"aupd/config"
	"aupd/internal/daemon"
	"aupd/internal/imaptest"
	"aupd/internal/store"
)

// A tokenServer is an OAuth 2.0 token endpoint whose tokens a Dovecot takes.
type tokenServer struct {
	*httptest.Server
	mu    sync.Mutex
	asked []string // how the clients proved who they are
	stale int      // so many tokens at first have run out
}

const tokenKey = "a key for tests"

func newTokenServer(t *testing.T, stale int) *tokenServer {
	t.Helper()
	s := &tokenServer{stale: stale}
	s.Server = httptest.NewServer(http.HandlerFunc(s.token))
	t.Cleanup(s.Close)
	return s
}

func (s *tokenServer) token(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	how, ok := "", false
	switch {
	case r.FormValue("grant_type") == "refresh_token":
		how, ok = "refresh token", r.FormValue("refresh_token") == "first" || r.FormValue("refresh_token") == "second"
	case r.FormValue("client_assertion") != "":
		how, ok = "certificate", true
	default:
		how, ok = "secret", r.FormValue("client_secret") == "s3cret"
	}
	s.asked = append(s.asked, how)
	w.Header().Set("Content-Type", "application/json")
	if !ok {
		w.WriteHeader(http.StatusUnauthorized)
		_ = json.NewEncoder(w).Encode(map[string]string{"error": "invalid_client"}) // the client will tell
		return
	}
	ends := time.Now().Add(time.Hour)
	if s.stale--; s.stale >= 0 {
		ends = time.Now().Add(-time.Hour)
	}
	_ = json.NewEncoder(w).Encode(map[string]any{ // the client will tell
		"access_token": imaptest.NewToken(tokenKey, imaptest.Username, ends), "token_type": "Bearer", "expires_in": 3600, "refresh_token": "second",
	})
}

// Every way to a token that the configuration knows signs in to a real server
// that takes nothing else. Nobody is asked in haste for another: not the
// endpoint that refused, nor for a token that was new and did not help.
func TestOAuth2Dovecot(t *testing.T) {
	d, err := imaptest.StartDovecot(t.Context(), imaptest.DovecotOptions{TokenKey: tokenKey, Extra: "auth_mechanisms = xoauth2\nauth_failure_delay = 0\n"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if err := d.Deliver("INBOX", []byte(report)); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	files := map[string]string{"secret": "s3cret\n", "wrong": "no\n", "refresh": "first\n", "ca.pem": string(d.Certificate.PEM)}
	ends := time.Now().AddDate(0, 0, 20).UTC().Truncate(time.Second)
	files["cert.pem"], files["key.pem"] = clientCertificate(t, ends)
	at := func(name string) string { return filepath.Join(dir, name) }
	for name, data := range files {
		if err := os.WriteFile(at(name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, tc := range map[string]struct {
		oauth config.OAuth2
		stale int
		asked []string
		ok    bool
		ends  time.Time
	}{
		"secret":        {config.OAuth2{ClientSecretFile: at("secret"), ClientSecretEnds: config.Date(ends)}, 0, []string{"secret"}, true, ends},
		"certificate":   {config.OAuth2{CertificateFile: at("cert.pem"), KeyFile: at("key.pem")}, 0, []string{"certificate"}, true, ends},
		"refresh token": {config.OAuth2{RefreshTokenFile: at("refresh")}, 0, []string{"refresh token"}, true, time.Time{}},
		"old tokens":    {config.OAuth2{ClientSecretFile: at("secret")}, 9, []string{"secret"}, false, time.Time{}},
		"wrong secret":  {config.OAuth2{ClientSecretFile: at("wrong")}, 0, []string{"secret"}, false, time.Time{}},
	} {
		t.Run(name, func(t *testing.T) {
			endpoint := newTokenServer(t, tc.stale)
			tc.oauth.TokenURL, tc.oauth.ClientID = endpoint.URL, "aupd"
			cfg := config.Default()
			cfg.Data = t.TempDir()
			cfg.Mailboxes = []config.Mailbox{{
				Name: "support", URL: "imaps://" + d.TLSAddr, CAFile: at("ca.pem"), Username: imaptest.Username, OAuth2: &tc.oauth, Folders: []string{"INBOX"},
			}}
			p, err := daemon.Probe(t.Context(), cfg, cfg.Mailboxes[0])
			if (err == nil) != tc.ok || tc.ok && !p.SecretEnds.Equal(tc.ends) {
				t.Errorf("Probe: the secret ends %v, %v; want %v", p.SecretEnds, err, tc.ends)
			}
			endpoint.mu.Lock()
			if got := endpoint.asked; len(got) != len(tc.asked) || got[0] != tc.asked[0] {
				t.Errorf("asked for tokens by %v, want %v", got, tc.asked)
			}
			endpoint.mu.Unlock()
			if n, err := passed(t, cfg); (err == nil) != tc.ok || (n == 1) != tc.ok {
				t.Errorf("%d reports, %v", n, err)
			}
		})
	}
	if kept, err := os.ReadFile(at("refresh")); err != nil || string(kept) != "second\n" {
		t.Errorf("the refresh token that is kept is %q, %v; want the second", kept, err)
	}
}

// passed makes one pass and returns how many reports there are then.
func passed(t *testing.T, cfg config.Config) (int, error) {
	t.Helper()
	st, err := store.Open(cfg.Data, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	err = daemon.Pass(t.Context(), cfg, st, daemon.PassOptions{})
	s, statusErr := st.Status(t.Context())
	return s.Reports, errors.Join(err, statusErr)
}

// clientCertificate returns a certificate of an application, and its key.
func clientCertificate(t *testing.T, ends time.Time) (cert, key string) {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: ends}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	block := func(kind string, b []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}))
	}
	return block("CERTIFICATE", der), block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(private))
}
