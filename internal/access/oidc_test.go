package access_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"aupd/internal/access"
	"aupd/internal/aup"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/coreos/go-oidc/v3/oidc/oidctest"
	"github.com/google/go-cmp/cmp"
)

const (
	clientID     = "aupd"
	clientSecret = "the client's own secret"
	callback     = "https://aupd.example/oidc/callback"
)

// An issuer signs in whoever comes as the person that claims describe.
type issuer struct {
	oidctest.Server
	url    string
	key    *ecdsa.PrivateKey // signs
	claims map[string]any    // beside those that each ID token has
	asked  url.Values        // the last request to authorise
	down   bool
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	i := &issuer{key: key, claims: map[string]any{
		"sub": "42", "preferred_username": "Carol@Example.org", "groups": []string{"abuse-desk", "cleared", "everybody"},
	}}
	i.PublicKeys = []oidctest.PublicKey{{PublicKey: key.Public(), KeyID: "k", Algorithm: oidc.ES256}}
	i.Algorithms = []string{oidc.ES256}
	srv := httptest.NewServer(i)
	t.Cleanup(srv.Close)
	i.url = srv.URL
	i.SetIssuer(srv.URL)
	return i
}

func (i *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case i.down:
		http.Error(w, "down", http.StatusServiceUnavailable)
	case r.URL.Path == "/token":
		i.token(w, r)
	default:
		i.Server.ServeHTTP(w, r)
	}
}

// token exchanges the code for an ID token, if whoever asks is the client and
// began the flow (RFC 7636, 4.6).
func (i *issuer) token(w http.ResponseWriter, r *http.Request) {
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	id, secret, _ := r.BasicAuth()
	secret, _ = url.QueryUnescape(secret)
	w.Header().Set("Content-Type", "application/json")
	if id != clientID || secret != clientSecret || r.PostFormValue("code") != "code-4711" || r.PostFormValue("redirect_uri") != callback ||
		base64.RawURLEncoding.EncodeToString(sum[:]) != i.asked.Get("code_challenge") {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"error":"invalid_grant","error_description":"secret-in-an-answer"}`))
		return
	}
	claims := map[string]any{"iss": i.url, "aud": clientID, "exp": time.Now().Add(time.Minute).Unix(), "nonce": i.asked.Get("nonce")}
	maps.Copy(claims, i.claims)
	data, err := json.Marshal(claims)
	if err != nil {
		panic(err)
	}
	_ = json.NewEncoder(w).Encode(map[string]any{
		"access_token": "an-access-token", "token_type": "Bearer", "id_token": oidctest.SignIDToken(i.key, "k", oidc.ES256, string(data)),
	})
}

// oidcSetting is a gate that trusts i.
func oidcSetting(t *testing.T, i *issuer) *setting {
	t.Helper()
	return newSetting(t, func(s *setting) {
		s.opt.OIDC = &access.OIDC{
			Issuer: i.url, ClientID: clientID, Secret: func() (string, error) { return clientSecret, nil }, RedirectURL: callback,
			Scopes: []string{"profile"}, NameClaim: "preferred_username", GroupsClaim: "groups",
			Groups: map[string][]aup.UserRole{"abuse-desk": {aup.RoleOperator}, "cleared": {aup.RoleCleared}, "boss": {aup.RoleLead, aup.RoleAdmin}},
		}
	})
}

// start begins a sign-in and returns the query with which the issuer sends the
// browser back.
func (i *issuer) start(t *testing.T, b *browser) url.Values {
	t.Helper()
	w := b.get("/oidc/start?return=/cases")
	to, err := url.Parse(w.Header().Get("Location"))
	if err != nil || w.Code != 303 || !strings.HasPrefix(to.String(), i.url+"/auth?") {
		t.Fatalf("started: %d to %v, %v", w.Code, to, err)
	}
	i.asked = to.Query()
	return url.Values{"state": {i.asked.Get("state")}, "code": {"code-4711"}}
}

func (b *browser) back(q url.Values) *httptest.ResponseRecorder {
	return b.get("/oidc/callback?"+q.Encode(), "Sec-Fetch-Site", "cross-site")
}

func TestOIDC(t *testing.T) {
	i := newIssuer(t)
	s := oidcSetting(t, i)
	b := s.browser()
	if page := b.get("/login?return=/cases").Body.String(); !strings.Contains(page, `href="/oidc/start?return=%2Fcases"`) {
		t.Errorf("no way to the issuer on %s", page)
	}
	q := i.start(t, b)
	for name, want := range map[string]string{
		"response_type": "code", "client_id": clientID, "redirect_uri": callback, "scope": "openid profile", "code_challenge_method": "S256",
	} {
		if got := i.asked.Get(name); got != want {
			t.Errorf("asked with %s=%q, want %q", name, got, want)
		}
	}
	if len(i.asked.Get("state")) < 20 || len(i.asked.Get("nonce")) < 20 || i.asked.Get("state") == i.asked.Get("nonce") {
		t.Errorf("state and nonce are %q, %q", i.asked.Get("state"), i.asked.Get("nonce"))
	}
	if w := b.back(q); w.Code != 303 || w.Header().Get("Location") != "/cases" {
		t.Fatalf("came back: %d %s\n%s", w.Code, w.Body, s.log.String())
	}
	if w := b.get("/"); w.Body.String() != "carol@example.org [operator minors-cleared] console" {
		t.Errorf("signed in as %s", w.Body)
	}
	if _, left := b.cookies["aupd-oidc"]; left {
		t.Error("the cookie of the flow is left")
	}
	want := []string{"carol@example.org: {Name:carol@example.org Way:oidc Subject:42 Address:192.0.2.1 Change: Roles:[operator minors-cleared]}"}
	if d := cmp.Diff(want, s.memory.of(aup.EventSignedIn)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	// Another configuration holds at once for sessions that are open.
	s.opt.OIDC.Groups = map[string][]aup.UserRole{"abuse-desk": {aup.RoleReader}}
	later := newSetting(t, func(n *setting) { n.opt = s.opt })
	b.s = later
	if w := b.get("/"); w.Body.String() != "carol@example.org [reader] console" {
		t.Errorf("with fewer roles: %s", w.Body)
	}
	s.opt.OIDC = nil
	b.s = newSetting(t, func(n *setting) { n.opt = s.opt })
	if b.in() {
		t.Error("signed in by an issuer that is trusted no more")
	}
}

func TestOIDCRefused(t *testing.T) {
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	claim := func(name string, value any) func(*issuer, *browser, url.Values) {
		return func(i *issuer, _ *browser, _ url.Values) { i.claims[name] = value }
	}
	query := func(name, value string) func(*issuer, *browser, url.Values) {
		return func(_ *issuer, _ *browser, q url.Values) { q.Set(name, value) }
	}
	for name, tc := range map[string]struct {
		change func(*issuer, *browser, url.Values)
		status int
		log    string
	}{
		"another state":         {query("state", "x"), 400, ""},
		"no state":              {query("state", ""), 400, ""},
		"another browser":       {func(_ *issuer, b *browser, _ url.Values) { clear(b.cookies) }, 400, ""},
		"a cookie made up":      {func(_ *issuer, b *browser, _ url.Values) { b.cookies["aupd-oidc"] = "e30" }, 400, ""},
		"a cookie of another":   {func(_ *issuer, b *browser, _ url.Values) { b.cookies["aupd-oidc"] += "AA" }, 400, ""},
		"another code":          {query("code", "x"), 403, "invalid_grant"},
		"another flow's code":   {func(i *issuer, _ *browser, _ url.Values) { i.asked.Set("code_challenge", "x") }, 403, "invalid_grant"},
		"an error":              {query("error", "access_denied"), 403, "access_denied"},
		"another issuer's":      {query("iss", "https://evil.example"), 403, "another issuer's"},
		"another nonce":         {claim("nonce", "x"), 403, "another sign-in"},
		"no nonce":              {claim("nonce", ""), 403, "another sign-in"},
		"for another client":    {claim("aud", "x"), 403, "expected audience"},
		"for two clients":       {claim("aud", []string{"aupd", "x"}), 403, "made for"},
		"of another issuer":     {claim("iss", "https://evil.example"), 403, "different provider"},
		"over":                  {claim("exp", 1), 403, "expired"},
		"another's signature":   {func(i *issuer, _ *browser, _ url.Values) { i.key = other }, 403, "verify"},
		"in no group":           {claim("groups", []string{"everybody"}), 403, "no group that gives a role"},
		"cleared alone":         {claim("groups", "cleared"), 403, "no group that gives a role"},
		"no groups":             {claim("groups", nil), 403, "no group that gives a role"},
		"groups of a kind":      {claim("groups", 7), 403, "groups_claim"},
		"no name":               {claim("preferred_username", nil), 403, "preferred_username"},
		"a name with a slash":   {claim("preferred_username", "../x"), 403, "want up to 64"},
		"a local user's name":   {claim("preferred_username", "Alice"), 403, "signs in with a password"},
		"the program's name":    {claim("preferred_username", "aupd"), 403, "stands for the program"},
		"an issuer out of work": {func(i *issuer, _ *browser, _ url.Values) { i.down = true }, 403, "503"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := newIssuer(t)
			s := oidcSetting(t, i)
			b := s.browser()
			q := i.start(t, b)
			tc.change(i, b, q)
			w := b.back(q)
			if w.Code != tc.status || b.in() || len(s.memory.of(aup.EventSignedIn)) > 0 {
				t.Errorf("%d, want %d; signed in: %v", w.Code, tc.status, b.in())
			}
			log := s.log.String()
			if !strings.Contains(log, tc.log) {
				t.Errorf("the log does not say %q:\n%s", tc.log, log)
			}
			if refused := s.memory.of(aup.EventSignInRefused); (len(refused) == 1) != (tc.status == 403) {
				t.Errorf("refused: %v", refused)
			}
			for _, word := range []string{"secret-in-an-answer", "an-access-token", clientSecret, "code-4711"} {
				if strings.Contains(log, word) || strings.Contains(w.Body.String(), word) {
					t.Errorf("%q is told:\n%s", word, log)
				}
			}
			if w := b.back(q); w.Code != 400 {
				t.Errorf("once more: %d, want 400", w.Code)
			}
		})
	}
}

func TestOIDCIssuerComesBack(t *testing.T) {
	i := newIssuer(t)
	s := oidcSetting(t, i)
	i.down = true
	b := s.browser()
	if w := b.get("/oidc/start"); w.Code != 502 || !strings.Contains(w.Body.String(), "try again later") {
		t.Errorf("without an issuer: %d %s", w.Code, w.Body)
	}
	i.down = false
	if w := b.back(i.start(t, b)); w.Code != 303 || !b.in() {
		t.Errorf("with it back: %d", w.Code)
	}
	s.opt.OIDC.Secret = func() (string, error) { return "", errors.New("no such file") }
	b.s = newSetting(t, func(n *setting) { n.opt = s.opt })
	if w := b.get("/oidc/start"); w.Code != 502 {
		t.Errorf("without the client's secret: %d", w.Code)
	}
}

func TestOIDCRateLimit(t *testing.T) {
	i := newIssuer(t)
	b := oidcSetting(t, i).browser()
	for range 20 {
		if w := b.get("/oidc/start"); w.Code != 303 {
			t.Fatalf("%d", w.Code)
		}
	}
	if w := b.get("/oidc/start"); w.Code != 429 {
		t.Errorf("one too many: %d", w.Code)
	}
	if w := b.back(url.Values{}); w.Code != 429 {
		t.Errorf("back without a flow: %d", w.Code)
	}
}
