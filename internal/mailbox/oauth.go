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
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"aupd/internal/aup"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

const (
	// renewBefore is how long before its end a token is replaced: a connection
	// must not be cut for it while it is being made.
	renewBefore = 5 * time.Minute
	// renewLeast is how long a token is kept when a server refuses it, so that
	// the folders of a mailbox do not each ask for their own.
	renewLeast = 30 * time.Second
	// refusedLeast and refusedMost bound how long an endpoint that asks for
	// patience, or is out of order, is left alone.
	refusedLeast = 30 * time.Second
	refusedMost  = time.Hour
	// tokenTime is how long a token endpoint may take.
	tokenTime = 30 * time.Second
)

// OAuth2 gets access tokens from an endpoint (RFC 6749): with the client's own
// credentials (section 4.4), or with a refresh token (section 6) where there is
// one. Secrets are read anew for every request, so that they can be replaced
// while aupd runs.
type OAuth2 struct {
	TokenURL string
	ClientID string
	Scopes   []string
	// Secret yields the client's secret; nil where there is none.
	Secret func() (string, error)
	// Key and Certificate prove who the client is in place of a secret (RFC
	// 7523); for client credentials alone.
	Key         *rsa.PrivateKey
	Certificate *x509.Certificate
	// Refresh yields the refresh token; nil for client credentials.
	Refresh func() (string, error)
	// Rotated is told of a new refresh token that replaces the old one, and
	// keeps it; nil where the endpoint hands none out.
	Rotated func(refresh string) error
	// Client asks the endpoint; http.DefaultClient if nil.
	Client *http.Client
}

// Auth returns an Auth that keeps a token until shortly before its end, or until
// a server refuses it. An endpoint that answers with 429 or 5xx is not asked
// again for as long as it says (RFC 9110, 10.2.3); until then its answer is the
// error. The Auth is safe for concurrent use.
func (o OAuth2) Auth() (Auth, error) {
	if u, err := url.Parse(o.TokenURL); err != nil || u.Host == "" || u.Scheme != "https" && !isLoopback(u.Hostname()) {
		return nil, fmt.Errorf("token url %q: write it as https://host/path: %w", o.TokenURL, aup.ErrInvalid)
	}
	if o.Key != nil && (o.Certificate == nil || o.Refresh != nil) {
		return nil, fmt.Errorf("a key needs its certificate, and client credentials: %w", aup.ErrInvalid)
	}
	var token *oauth2.Token
	var refused error
	var asked, until time.Time     // until: the endpoint refused, and is left alone
	turn := make(chan struct{}, 1) // whoever is in it may use the four
	return func(ctx context.Context, fresh bool) (Secret, error) {
		select {
		case turn <- struct{}{}:
			defer func() { <-turn }()
		case <-ctx.Done():
			return Secret{}, context.Cause(ctx)
		}
		now := time.Now()
		good := token != nil && (token.Expiry.IsZero() || now.Before(token.Expiry.Add(-renewBefore)) || now.Sub(asked) < renewLeast)
		if good && (!fresh || now.Sub(asked) < renewLeast) {
			return Secret{Token: token.AccessToken}, nil
		}
		// A token that a server refused is not shown to it again, even when there
		// is no other: servers lock accounts.
		token = nil
		if now.Before(until) {
			return Secret{}, refused
		}
		t, err := o.token(ctx)
		if err != nil {
			refused, until = o.explain(err), time.Now().Add(retryAfter(err))
			return Secret{}, refused
		}
		token, asked = t, now
		return Secret{Token: t.AccessToken}, nil
	}, nil
}

func (o OAuth2) token(ctx context.Context) (*oauth2.Token, error) {
	ctx, cancel := context.WithTimeout(ctx, tokenTime)
	defer cancel()
	if o.Client != nil {
		ctx = context.WithValue(ctx, oauth2.HTTPClient, o.Client)
	}
	var secret string
	if o.Secret != nil {
		var err error
		if secret, err = o.Secret(); err != nil {
			return nil, err
		}
	}
	if o.Refresh != nil {
		return o.refresh(ctx, secret)
	}
	conf := clientcredentials.Config{
		ClientID: o.ClientID, ClientSecret: secret, TokenURL: o.TokenURL, Scopes: o.Scopes, AuthStyle: oauth2.AuthStyleInParams,
	}
	if o.Key != nil {
		proof, err := o.assertion(time.Now())
		if err != nil {
			return nil, err
		}
		conf.EndpointParams = url.Values{
			"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}, "client_assertion": {proof},
		}
	}
	return conf.Token(ctx)
}

func (o OAuth2) refresh(ctx context.Context, secret string) (*oauth2.Token, error) {
	old, err := o.Refresh()
	if err != nil {
		return nil, err
	}
	conf := oauth2.Config{
		ClientID: o.ClientID, ClientSecret: secret, Scopes: o.Scopes,
		Endpoint: oauth2.Endpoint{TokenURL: o.TokenURL, AuthStyle: oauth2.AuthStyleInParams},
	}
	t, err := conf.TokenSource(ctx, &oauth2.Token{RefreshToken: old}).Token()
	if err == nil && o.Rotated != nil && t.RefreshToken != "" && t.RefreshToken != old {
		if err := o.Rotated(t.RefreshToken); err != nil {
			return nil, fmt.Errorf("keep the new refresh token: %w", err)
		}
	}
	return t, err
}

// assertion is a signed statement of who the client is (RFC 7523, 3), with the
// certificate's thumb print that tells the endpoint which key to check it by.
func (o OAuth2) assertion(now time.Time) (string, error) {
	print256 := sha256.Sum256(o.Certificate.Raw)
	id := make([]byte, 16)
	if _, err := rand.Read(id); err != nil {
		return "", err
	}
	enc := base64.RawURLEncoding
	var parts []string
	for _, v := range []map[string]any{
		{"alg": "PS256", "typ": "JWT", "x5t#S256": enc.EncodeToString(print256[:])},
		{
			"aud": o.TokenURL, "iss": o.ClientID, "sub": o.ClientID, "jti": enc.EncodeToString(id),
			"nbf": now.Add(-time.Minute).Unix(), "exp": now.Add(10 * time.Minute).Unix(),
		},
	} {
		b, err := json.Marshal(v)
		if err != nil {
			return "", err
		}
		parts = append(parts, enc.EncodeToString(b))
	}
	signed := strings.Join(parts, ".")
	sum := sha256.Sum256([]byte(signed))
	sig, err := rsa.SignPSS(rand.Reader, o.Key, crypto.SHA256, sum[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
	return signed + "." + enc.EncodeToString(sig), err
}

// A tokenError says why there is no token.
type tokenError struct {
	kind Kind
	mend string
	err  error
}

func (e *tokenError) Error() string { return e.err.Error() }
func (e *tokenError) Unwrap() error { return e.err }

// explain names what can be done about the endpoint's refusal. What it says
// stands in the error; the request, which holds the secret, does not.
func (o OAuth2) explain(err error) error {
	host := o.TokenURL
	if u, parseErr := url.Parse(o.TokenURL); parseErr == nil {
		host = u.Host
	}
	var no *oauth2.RetrieveError
	if !errors.As(err, &no) {
		return &tokenError{KindDial, "look whether the token url is right and can be reached", fmt.Errorf("ask %s for a token: %w", host, err)}
	}
	status := 0
	if no.Response != nil {
		status = no.Response.StatusCode
	}
	said := fmt.Errorf("%s gives no token: status %d %s %s", host, status, no.ErrorCode, no.ErrorDescription)
	if busy(status) {
		return &tokenError{KindServer, "it will be asked again later", said}
	}
	mend := "look whether client id, scope and token url are those of the application's registration"
	switch no.ErrorCode {
	case "invalid_client":
		mend = "the client's secret or certificate is wrong or has run out: make a new one in the application's registration"
	case "invalid_grant":
		mend = "the refresh token has run out or was withdrawn: sign in once more to get a new one"
	case "unauthorized_client", "access_denied":
		mend = "an administrator must grant the application access to mail by IMAP (for Exchange Online: IMAP.AccessAsApp, and the mailbox to its service principal)"
	case "invalid_scope":
		mend = "for Exchange Online the scope is https://outlook.office365.com/.default, for Gmail https://mail.google.com/"
	}
	if off := clockOff(no.Response); off.Abs() > clockStep {
		mend = fmt.Sprintf("set this machine's clock, which is %v off that of %s; then %s", off.Round(time.Second), host, mend)
	}
	return &tokenError{KindAuth, mend, said}
}

// busy reports whether an endpoint's answer says nothing about the request.
func busy(status int) bool { return status == http.StatusTooManyRequests || status >= 500 }

// retryAfter returns how long the endpoint is left alone after err: 0 unless it
// answered that it is busy.
func retryAfter(err error) time.Duration {
	var no *oauth2.RetrieveError
	if !errors.As(err, &no) || no.Response == nil || !busy(no.Response.StatusCode) {
		return 0
	}
	said := no.Response.Header.Get("Retry-After")
	wait := time.Duration(0)
	if seconds, err := strconv.ParseUint(said, 10, 32); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if date, err := http.ParseTime(said); err == nil {
		wait = time.Until(date)
	}
	return min(max(wait, refusedLeast), refusedMost)
}

// clockOff returns how far this machine's clock is ahead of the one that dated
// a response; 0 if it has no date.
func clockOff(r *http.Response) time.Duration {
	if r == nil {
		return 0
	}
	date, err := http.ParseTime(r.Header.Get("Date"))
	if err != nil {
		return 0
	}
	return time.Since(date)
}
