package daemon_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aupd/config"
	"aupd/internal/access"
	"aupd/internal/aup"
	"aupd/internal/daemon"
	"aupd/internal/imaptest"
	"aupd/internal/store"
)

const userPassword = "correct horse battery"

// addUser makes a user of a data folder that no daemon holds.
func addUser(t *testing.T, data, name string, roles ...aup.UserRole) {
	t.Helper()
	s, err := store.Open(data, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx := aup.WithPrincipal(t.Context(), aup.Owner("o"))
	if _, err := access.NewDirectory(s.Shelf(), s, nil).AddUser(ctx, name, aup.UserChange{Roles: roles, Password: userPassword}); err != nil {
		t.Fatal(err)
	}
}

// start runs a daemon until the test ends, or returns why it does not run.
func start(t *testing.T, cfg config.Config) (daemon.Addresses, *lockedBuffer, error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ready, done, log := make(chan daemon.Addresses, 1), make(chan error, 1), &lockedBuffer{}
	go func() {
		done <- daemon.Run(ctx, cfg, daemon.Options{
			Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})), Ready: func(a daemon.Addresses) { ready <- a },
		})
	}()
	select {
	case at := <-ready:
		t.Cleanup(func() {
			http.DefaultClient.CloseIdleConnections()
			cancel()
			if err := <-done; err != nil {
				t.Errorf("stop: %v", err)
			}
		})
		return at, log, nil
	case err := <-done:
		cancel()
		return daemon.Addresses{}, log, err
	}
}

// writeCertificate makes a certificate in dir, under the names c.pem and k.pem.
func writeCertificate(t *testing.T, dir string, ends time.Time) *x509.CertPool {
	t.Helper()
	c, err := imaptest.NewCertificate(ends)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"c.pem": c.PEM, "k.pem": c.Key} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(c.PEM)
	return pool
}

// TestWhereTheConsoleOpens is the table of what the configuration asks for and
// whether that is safe. DIR stands for a folder with a certificate.
func TestWhereTheConsoleOpens(t *testing.T) {
	const (
		oidc = "access: {oidc: {issuer: \"https://login.example\", client_id: c, redirect_url: \"https://aupd.example/oidc/callback\", groups: {g: [lead]}}}\n"
		cert = `tls_cert: "DIR/c.pem", tls_key: "DIR/k.pem"`
	)
	for name, tc := range map[string]struct {
		yaml   string
		user   bool
		refuse string // what the refusal says; empty when it starts
		scheme string
		status int // of the first page
	}{
		"this machine":                   {`http: {listen: "127.0.0.1:0"}`, false, "", "http", 200},
		"this machine, a user":           {`http: {listen: "127.0.0.1:0"}`, true, "", "http", 303},
		"this machine, OIDC":             {oidc + `http: {listen: "127.0.0.1:0"}`, false, "", "http", 303},
		"this machine, TLS":              {`http: {listen: "127.0.0.1:0", ` + cert + `}`, false, "", "https", 200},
		"all, nothing else":              {`http: {listen: "0.0.0.0:0"}`, true, "other machines would send passwords in plain text", "", 0},
		"all, TLS, nobody":               {`http: {listen: "0.0.0.0:0", ` + cert + `}`, false, `nobody may sign in there: make a user with "aupd user add NAME --role admin"`, "", 0},
		"all, TLS, a user":               {`http: {listen: "0.0.0.0:0", ` + cert + `}`, true, "", "https", 303},
		"all, TLS, OIDC":                 {oidc + `http: {listen: "0.0.0.0:0", ` + cert + `}`, false, "", "https", 303},
		"all, a proxy, nobody":           {`http: {listen: "0.0.0.0:0", trusted_proxies: [192.0.2.0/24]}`, false, "nobody may sign in there", "", 0},
		"all, a proxy, a user":           {`http: {listen: "0.0.0.0:0", trusted_proxies: [192.0.2.0/24]}`, true, "", "http", 303},
		"this machine, a proxy, nobody":  {`http: {listen: "127.0.0.1:0", trusted_proxies: [127.0.0.1]}`, false, "nobody may sign in there", "", 0},
		"this machine, a proxy, a user":  {`http: {listen: "127.0.0.1:0", trusted_proxies: [127.0.0.1]}`, true, "", "http", 303},
		"all, a certificate not there":   {`http: {listen: "0.0.0.0:0", tls_cert: "DIR/x.pem", tls_key: "DIR/k.pem"}`, true, "http.tls_cert: ", "", 0},
		"all, a key for a certificate":   {`http: {listen: "0.0.0.0:0", tls_cert: "DIR/k.pem", tls_key: "DIR/k.pem"}`, true, "http.tls_cert: ", "", 0},
		"nowhere, whatever else is said": {`http: {listen: "", trusted_proxies: [192.0.2.0/24]}`, false, "", "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			pool := writeCertificate(t, dir, time.Now().Add(time.Hour))
			file := filepath.Join(dir, "aupd.yaml")
			yaml := "data: \"DIR/data\"\nadmin: {listen: \"\"}\n" + tc.yaml + "\n"
			if err := os.WriteFile(file, []byte(strings.ReplaceAll(yaml, "DIR", dir)), 0o600); err != nil {
				t.Fatal(err)
			}
			if tc.user {
				addUser(t, dir+"/data", "alice", aup.RoleOperator)
			}
			cfg, err := config.Load(file)
			var at daemon.Addresses
			if err == nil {
				at, _, err = start(t, cfg)
			}
			if tc.refuse != "" {
				if err == nil || !strings.Contains(err.Error(), tc.refuse) || strings.Contains(err.Error(), "\n") {
					t.Errorf("error %v, want one line with %q", err, tc.refuse)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if tc.scheme == "" {
				if at.HTTP != "" {
					t.Errorf("it listens at %s", at.HTTP)
				}
				return
			}
			c := client(t, pool)
			_, port, _ := strings.Cut(strings.TrimPrefix(at.HTTP, "[::]"), ":")
			resp, _ := visit(t, c, http.MethodGet, tc.scheme+"://127.0.0.1:"+port+"/", nil)
			if resp.StatusCode != tc.status || tc.status == 303 && resp.Header.Get("Location") != "/login" {
				t.Errorf("the first page: %s to %q, want %d", resp.Status, resp.Header.Get("Location"), tc.status)
			}
			if tc.scheme == "https" && resp.ProtoMajor != 2 {
				t.Errorf("spoken was %s", resp.Proto)
			}
		})
	}
}

// client is a browser that keeps cookies, follows nothing, and trusts pool.
func client(t *testing.T, pool *x509.CertPool) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr, Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// visit makes a request and returns the answer with its body.
func visit(t *testing.T, c *http.Client, method, target string, form url.Values) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, target, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

func TestSignInOverTLS(t *testing.T) {
	dir := t.TempDir()
	old := writeCertificate(t, dir, time.Now().Add(time.Hour))
	addUser(t, dir+"/data", "alice", aup.RoleOperator)
	cfg := config.Default()
	cfg.Data, cfg.Admin.Listen = dir+"/data", ""
	cfg.HTTP = config.HTTP{Listen: "127.0.0.1:0", TLSCert: dir + "/c.pem", TLSKey: dir + "/k.pem"}
	at, log, err := start(t, cfg)
	if err != nil {
		t.Fatal(err)
	}
	base := "https://" + at.HTTP
	c := client(t, old)
	form := url.Values{"name": {"alice"}, "password": {userPassword}, "return": {"/reports/x"}}
	resp, _ := visit(t, c, http.MethodPost, base+"/login", form)
	if resp.StatusCode != http.StatusSeeOther || resp.Header.Get("Location") != "/reports/x" || !strings.HasPrefix(resp.Header.Get("Set-Cookie"), "__Host-aupd=") {
		t.Errorf("signed in: %s, %v", resp.Status, resp.Header)
	}
	if resp, body := visit(t, c, http.MethodGet, base+"/api/v1/status", nil); resp.StatusCode != http.StatusOK || !strings.Contains(body, `"reports":0`) {
		t.Errorf("the API: %s %s", resp.Status, body)
	}

	// A renewed certificate is found; while it is not whole, the old one serves.
	handshake := func(pool *x509.CertPool) error {
		conn, err := (&tls.Dialer{Config: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}).DialContext(t.Context(), "tcp", at.HTTP)
		if err == nil {
			conn.Close()
		}
		return err
	}
	later := time.Now().Add(time.Minute)
	if err := errors.Join(os.WriteFile(dir+"/k.pem", []byte("half a k"), 0o600), os.Chtimes(dir+"/k.pem", later, later)); err != nil {
		t.Fatal(err)
	}
	if err := handshake(old); err != nil || !strings.Contains(log.String(), "the old one stays") {
		t.Errorf("with half a key: %v", err)
	}
	renewed := writeCertificate(t, dir, time.Now().Add(2*time.Hour))
	if err := errors.Join(os.Chtimes(dir+"/c.pem", later, later), os.Chtimes(dir+"/k.pem", later.Add(1), later.Add(1e9))); err != nil {
		t.Fatal(err)
	}
	if err := handshake(renewed); err != nil {
		t.Errorf("with the new one: %v", err)
	}
	if handshake(old) == nil {
		t.Error("the old certificate still serves")
	}
	if strings.Contains(log.String(), userPassword) {
		t.Error("the log holds the password")
	}
}

// Behind a proxy the console has another name than the one it listens on.
func TestBehindAProxy(t *testing.T) {
	cfg := config.Default()
	cfg.Data, cfg.Admin.Listen = t.TempDir(), ""
	cfg.HTTP = config.HTTP{Listen: "127.0.0.1:0", TrustedProxies: []string{"127.0.0.1"}}
	addUser(t, cfg.Data, "alice", aup.RoleOperator)
	at, _, err := start(t, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if status, body := get(t, "http://"+at.HTTP+"/login", "aupd.example"); status != 200 || !strings.Contains(body, "Sign in") {
		t.Errorf("%d %.100s", status, body)
	}
}
