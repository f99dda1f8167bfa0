package mailbox

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"aupd/internal/aup"

	"github.com/google/go-cmp/cmp"
)

// An endpoint hands out tokens that are numbered, and keeps what it was asked.
type tokenEndpoint struct {
	mu    sync.Mutex
	asked []url.Values
	reply func(n int) (status int, body string)
}

func (e *tokenEndpoint) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.ParseForm(); err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.asked = append(e.asked, r.PostForm)
	rec := httptest.NewRecorder()
	status, body := e.reply(len(e.asked))
	rec.Header().Set("Content-Type", "application/json")
	rec.WriteHeader(status)
	if _, err := rec.WriteString(body); err != nil {
		return nil, err
	}
	return rec.Result(), nil
}

func numbered(seconds int) func(int) (int, string) {
	return func(n int) (int, string) {
		return 200, fmt.Sprintf(`{"access_token":"token%d","token_type":"Bearer","expires_in":%d,"refresh_token":"refresh%d"}`, n, seconds, n)
	}
}

func constant(s string) func() (string, error) { return func() (string, error) { return s, nil } }

const tokenURL = "https://login.example.org/token"

func TestOAuth2Requests(t *testing.T) {
	for name, tc := range map[string]struct {
		o    OAuth2
		want url.Values
	}{
		"client credentials": {OAuth2{Secret: constant("s3cret"), Scopes: []string{"https://outlook.office365.com/.default"}}, url.Values{
			"grant_type": {"client_credentials"}, "client_id": {"app"}, "client_secret": {"s3cret"}, "scope": {"https://outlook.office365.com/.default"},
		}},
		"refresh token": {OAuth2{Secret: constant("s3cret"), Refresh: constant("refresh0")}, url.Values{
			"grant_type": {"refresh_token"}, "client_id": {"app"}, "client_secret": {"s3cret"}, "refresh_token": {"refresh0"},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			e := &tokenEndpoint{reply: numbered(3600)}
			var rotated string
			tc.o.TokenURL, tc.o.ClientID, tc.o.Client = tokenURL, "app", &http.Client{Transport: e}
			tc.o.Rotated = func(s string) error { rotated = s; return nil }
			auth, err := tc.o.Auth()
			if err != nil {
				t.Fatal(err)
			}
			got, err := auth(t.Context(), false)
			if err != nil || got != (Secret{Token: "token1"}) {
				t.Errorf("Auth = %v, %v", got, err)
			}
			if d := cmp.Diff([]url.Values{tc.want}, e.asked); d != "" {
				t.Errorf("request (-want +got):\n%s", d)
			}
			if (rotated == "refresh1") != (tc.o.Refresh != nil) {
				t.Errorf("rotated to %q", rotated)
			}
		})
	}
}

// A certificate proves the client by a signature over a statement.
func TestOAuth2Certificate(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	e := &tokenEndpoint{reply: numbered(3600)}
	auth, err := OAuth2{TokenURL: tokenURL, ClientID: "app", Key: key, Certificate: cert, Client: &http.Client{Transport: e}}.Auth()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := auth(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	jwt := strings.Split(e.asked[0].Get("client_assertion"), ".")
	if len(jwt) != 3 || e.asked[0].Has("client_secret") {
		t.Fatalf("request %v", e.asked[0])
	}
	sig, err := base64.RawURLEncoding.DecodeString(jwt[2])
	sum := sha256.Sum256([]byte(jwt[0] + "." + jwt[1]))
	if err = errors.Join(err, rsa.VerifyPSS(&key.PublicKey, crypto.SHA256, sum[:], sig, nil)); err != nil {
		t.Error(err)
	}
	var claims struct {
		Aud, Iss, Sub string
		Nbf, Exp      int64
	}
	b, err := base64.RawURLEncoding.DecodeString(jwt[1])
	if err = errors.Join(err, json.Unmarshal(b, &claims)); err != nil {
		t.Fatal(err)
	}
	if now := time.Now().Unix(); claims.Aud != tokenURL || claims.Iss != "app" || claims.Sub != "app" || claims.Nbf > now || claims.Exp < now {
		t.Errorf("claims %+v", claims)
	}
}

func TestOAuth2Renews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &tokenEndpoint{reply: numbered(3600)}
		auth, err := OAuth2{TokenURL: tokenURL, ClientID: "app", Secret: constant("s"), Client: &http.Client{Transport: e}}.Auth()
		if err != nil {
			t.Fatal(err)
		}
		ask := func(fresh bool, want string) {
			t.Helper()
			if got, err := auth(t.Context(), fresh); err != nil || got.Token != want {
				t.Errorf("Auth(%v) = %v, %v; want %s", fresh, got, err, want)
			}
		}
		ask(false, "token1")
		time.Sleep(54 * time.Minute)
		ask(false, "token1")
		time.Sleep(2 * time.Minute)
		ask(false, "token2") // before it ends
		ask(true, "token2")  // just made: another folder asked
		time.Sleep(time.Minute)
		ask(true, "token3") // refused
		ask(false, "token3")
	})
}

func TestOAuth2Errors(t *testing.T) {
	down := func(*http.Request) (*http.Response, error) {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	}
	slow := func(r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	answer := func(status int, body string) func(*http.Request) (*http.Response, error) {
		return (&tokenEndpoint{reply: func(int) (int, string) { return status, body }}).RoundTrip
	}
	at := func(off time.Duration) func(*http.Request) (*http.Response, error) {
		return func(r *http.Request) (*http.Response, error) {
			resp, err := answer(401, `{"error":"invalid_client","error_description":"AADSTS700024: not within its valid time range"}`)(r)
			resp.Header.Set("Date", time.Now().Add(off).UTC().Format(http.TimeFormat))
			return resp, err
		}
	}
	for name, tc := range map[string]struct {
		reply func(*http.Request) (*http.Response, error)
		kind  Kind
		say   string
	}{
		"secret expired": {answer(401, `{"error":"invalid_client","error_description":"AADSTS7000222: expired"}`), KindAuth, "make a new one"},
		"withdrawn":      {answer(400, `{"error":"invalid_grant"}`), KindAuth, "sign in once more"},
		"no permission":  {answer(400, `{"error":"unauthorized_client"}`), KindAuth, "IMAP.AccessAsApp"},
		"wrong scope":    {answer(400, `{"error":"invalid_scope"}`), KindAuth, "outlook.office365.com/.default"},
		"too many":       {answer(429, `slow down`), KindServer, "status 429"},
		"down":           {answer(503, `oops`), KindServer, "asked again"},
		"not JSON":       {answer(200, `<html>`), KindDial, "token url"},
		"unreachable":    {down, KindDial, "connection refused"},
		"slow":           {slow, KindDial, "can be reached"},
		"clock ahead":    {at(-10 * time.Minute), KindAuth, "clock, which is 10m0s off"},
		"clock behind":   {at(10 * time.Minute), KindAuth, "clock, which is -10m0s off"},
	} {
		t.Run(name, func(t *testing.T) {
			var asked atomic.Int32
			client := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				asked.Add(1)
				return tc.reply(r)
			})}
			auth, err := OAuth2{TokenURL: tokenURL, ClientID: "app", Secret: constant("s3cret"), Client: client}.Auth()
			if err != nil {
				t.Fatal(err)
			}
			f := newFake()
			try(t, f, func(o *Options) { o.Auth = auth }, func(t *trial) {
				time.Sleep(tokenTime + time.Second)
				synctest.Wait()
				said := t.w.Status()[0].LastError
				if !strings.Contains(said, tc.say) || strings.Contains(said, "s3cret") || strings.Contains(said, "\n") {
					t.Errorf("error %q, want it to say %q", said, tc.say)
				}
				if !strings.Contains(t.log.String(), tc.say) {
					t.Errorf("log %s", t.log)
				}
				time.Sleep(24 * time.Hour)
				if n := asked.Load(); n > 1000 || tc.kind == KindAuth && n > 60 {
					t.Errorf("%d requests in a day", n)
				}
			})
		})
	}
}

// A roundTrip is a function that answers requests.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestOAuth2Refuses(t *testing.T) {
	key := &rsa.PrivateKey{}
	for name, o := range map[string]OAuth2{
		"plain text":              {TokenURL: "http://login.example.org/token"},
		"no url":                  {},
		"a key alone":             {TokenURL: tokenURL, Key: key},
		"a key and refresh token": {TokenURL: tokenURL, Key: key, Certificate: &x509.Certificate{}, Refresh: constant("r")},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := o.Auth(); !errors.Is(err, aup.ErrInvalid) {
				t.Errorf("Auth = %v, want %v", err, aup.ErrInvalid)
			}
		})
	}
}

// What goes over the wire, for each mechanism and with the initial response in
// the command or after it.
func TestSignInMechanisms(t *testing.T) {
	token := func(context.Context, bool) (Secret, error) { return Secret{Token: "tok"}, nil }
	for name, tc := range map[string]struct {
		caps string
		auth Auth
		want string // the command, then the message
	}{
		"OAUTHBEARER":      {"AUTH=XOAUTH2 AUTH=OAUTHBEARER SASL-IR", token, "OAUTHBEARER n,a=u,\x01auth=Bearer tok\x01\x01"},
		"XOAUTH2":          {"AUTH=PLAIN AUTH=XOAUTH2 SASL-IR", token, "XOAUTH2 user=u\x01auth=Bearer tok\x01\x01"},
		"XOAUTH2, no IR":   {"AUTH=XOAUTH2", token, "XOAUTH2 user=u\x01auth=Bearer tok\x01\x01"},
		"PLAIN":            {"AUTH=PLAIN AUTH=XOAUTH2 SASL-IR", PasswordAuth("p"), "PLAIN \x00u\x00p"},
		"PLAIN, no IR":     {"AUTH=PLAIN LOGINDISABLED", PasswordAuth("p"), "PLAIN \x00u\x00p"},
		"LOGIN":            {"", PasswordAuth("p"), `LOGIN "u" "p"`},
		"LOGIN forbidden":  {"LOGINDISABLED", PasswordAuth("p"), ""},
		"token, not known": {"AUTH=PLAIN", token, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake()
			f.caps = "IMAP4rev1 " + tc.caps
			said := ""
			f.script = func(c *fakeConn, cmd string) bool {
				if strings.HasPrefix(cmd, "LOGIN") {
					said = cmd
				}
				rest, ok := strings.CutPrefix(cmd, "AUTHENTICATE ")
				if !ok {
					return false
				}
				mech, ir, _ := strings.Cut(rest, " ")
				if ir == "" {
					c.say("+ ")
					line, err := c.r.ReadString('\n')
					if err != nil {
						return true
					}
					ir = strings.TrimSpace(line)
				}
				b, err := base64.StdEncoding.DecodeString(ir)
				said = fmt.Sprintf("%s %s", mech, b)
				if err != nil {
					said = err.Error()
				}
				c.ok("welcome")
				return true
			}
			try(t, f, func(o *Options) { o.Auth = tc.auth }, func(t *trial) {
				if tc.want != "" {
					t.settles(time.Second, whole)
				}
				synctest.Wait()
				if said != tc.want {
					t.Errorf("the client said %q, want %q", said, tc.want)
				}
				if bad := t.w.Status()[0].LastError; (tc.want == "") != strings.Contains(bad, "no way to sign in that fits") {
					t.Errorf("status %q", bad)
				}
			})
		})
	}
}
