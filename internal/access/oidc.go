package access

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"aupd/internal/aup"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// OIDC says how people sign in with OpenID Connect: by an authorisation code
// with PKCE (RFC 7636).
type OIDC struct {
	Issuer   string
	ClientID string
	// Secret returns the client's secret; nil for a public client.
	Secret func() (string, error)
	// RedirectURL is the address of /oidc/callback as browsers know it.
	RedirectURL string
	Scopes      []string // beside openid
	// NameClaim and GroupsClaim are the claims of the ID token that hold the
	// user's name and groups.
	NameClaim, GroupsClaim string
	// Groups says which roles each group gives.
	Groups map[string][]aup.UserRole
}

// An issuer is whom OIDC trusts.
type issuer struct {
	OIDC
	client *http.Client
	sealer sealer
	// found holds the provider once it was discovered, and is empty while
	// somebody looks.
	found chan *oidc.Provider
}

// issuerWait is how long the issuer may take for each answer, and maxAnswer how
// long one may be.
const (
	issuerWait = 10 * time.Second
	maxAnswer  = 1 << 20
)

func newIssuer(o OIDC) *issuer {
	i := &issuer{
		OIDC: o, client: &http.Client{Timeout: issuerWait, Transport: bounded{http.DefaultTransport}},
		sealer: newSealer(), found: make(chan *oidc.Provider, 1),
	}
	i.found <- nil
	return i
}

// bounded cuts answers that are too long.
type bounded struct{ http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.RoundTripper.RoundTrip(r)
	if err == nil {
		resp.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(resp.Body, maxAnswer), resp.Body}
	}
	return resp, err
}

// provider discovers the issuer's addresses and keys, once it works.
func (i *issuer) provider(ctx context.Context) (p *oidc.Provider, err error) {
	select {
	case p = <-i.found:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { i.found <- p }()
	if p == nil {
		p, err = oidc.NewProvider(oidc.ClientContext(ctx, i.client), i.Issuer)
	}
	return p, err
}

// config returns the client as oauth2 has it.
func (i *issuer) config(p *oidc.Provider) (*oauth2.Config, error) {
	c := &oauth2.Config{
		ClientID: i.ClientID, Endpoint: p.Endpoint(), RedirectURL: i.RedirectURL,
		Scopes: append([]string{oidc.ScopeOpenID}, i.Scopes...),
	}
	if i.Secret != nil {
		secret, err := i.Secret()
		if err != nil {
			return nil, err
		}
		c.ClientSecret = secret
	}
	return c, nil
}

// roles returns what a member of the groups may do, in the order of
// aup.UserRoles; nil for nothing.
func (i *issuer) roles(groups []string) []aup.UserRole {
	var out []aup.UserRole
	for _, r := range aup.UserRoles {
		if slices.ContainsFunc(groups, func(g string) bool { return slices.Contains(i.Groups[g], r) }) {
			out = append(out, r)
		}
	}
	if checkRoles(out) != nil { // being cleared is nothing by itself
		return nil
	}
	return out
}

// A flow is a sign-in on its way through the issuer. The browser keeps it,
// sealed, in a cookie.
type flow struct {
	State    string    `json:"state"`
	Nonce    string    `json:"nonce"`
	Verifier string    `json:"verifier"`
	Return   string    `json:"return"`
	Until    time.Time `json:"until"`
}

// flowLasts is how long a person may take to sign in at the issuer.
const flowLasts = 10 * time.Minute

func (g *Gate) flowCookie(value string, seconds int) *http.Cookie {
	return &http.Cookie{
		Name: cookieName("aupd-oidc", g.Secure), Value: value, Path: "/", MaxAge: seconds,
		HttpOnly: true, Secure: g.Secure, SameSite: http.SameSiteLaxMode,
	}
}

// oidcStart sends the browser to the issuer.
func (g *Gate) oidcStart(w http.ResponseWriter, r *http.Request) {
	v := LoginView{Return: returnPath(r.URL.Query().Get("return"))}
	if g.limits.client(w, r, clientOf(r, g.Proxies)) {
		v.Status, v.Error = http.StatusTooManyRequests, "Too many tries: wait a minute."
		g.show(w, r, v)
		return
	}
	f := flow{rand.Text(), rand.Text(), oauth2.GenerateVerifier(), v.Return, time.Now().Add(flowLasts)}
	to, err := g.oidc.start(r.Context(), f)
	if err != nil {
		g.Log.Error("oidc: the issuer cannot be used", "issuer", g.oidc.Issuer, "err", err)
		v.Status, v.Error = http.StatusBadGateway, "The sign-in service does not answer as it should: try again later."
		g.show(w, r, v)
		return
	}
	sealed, err := g.oidc.sealer.seal(f)
	if err != nil {
		g.fault(w, r, err)
		return
	}
	http.SetCookie(w, g.flowCookie(sealed, int(flowLasts/time.Second)))
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, to, http.StatusSeeOther)
}

func (i *issuer) start(ctx context.Context, f flow) (string, error) {
	p, err := i.provider(ctx)
	if err != nil {
		return "", err
	}
	c, err := i.config(p)
	if err != nil {
		return "", err
	}
	return c.AuthCodeURL(f.State, oidc.Nonce(f.Nonce), oauth2.S256ChallengeOption(f.Verifier)), nil
}

// oidcCallback takes what the issuer sends the browser back with.
func (g *Gate) oidcCallback(w http.ResponseWriter, r *http.Request) {
	start, from := time.Now(), clientOf(r, g.Proxies)
	var f flow
	c, err := r.Cookie(cookieName("aupd-oidc", g.Secure))
	if err == nil {
		err = g.oidc.sealer.open(c.Value, &f)
	}
	http.SetCookie(w, g.flowCookie("", -1)) // it serves once
	v := LoginView{Return: returnPath(f.Return)}
	if g.limits.client(w, r, from) {
		v.Status, v.Error = http.StatusTooManyRequests, "Too many tries: wait a minute."
		g.show(w, r, v)
		return
	}
	if err != nil || !time.Now().Before(f.Until) || !same(f.State, r.URL.Query().Get("state")) {
		v.Status, v.Error = http.StatusBadRequest, "This sign-in was begun too long ago, or in another browser: begin again."
		g.show(w, r, v)
		return
	}
	id, err := g.oidc.finish(r, f)
	if err == nil {
		err = g.unlike(r.Context(), id.name)
	}
	a := aup.Access{Way: byOIDC, Subject: id.subject, Address: from.String()}
	if err != nil {
		g.Log.Warn("oidc: sign-in refused", "subject", id.subject, "err", err)
		if err := g.refused(r.Context(), a, start); err != nil {
			g.fault(w, r, err)
			return
		}
		v.Status, v.Error = http.StatusForbidden, "The sign-in service did not say that you may work here; the log says why."
		g.show(w, r, v)
		return
	}
	a.Name, a.Roles = id.name, g.oidc.roles(id.groups)
	g.enter(w, r, session{Name: id.name, Way: byOIDC, Groups: id.groups}, a, v.Return)
}

// unlike refuses a name that a local user has: the log could not tell them
// apart.
func (g *Gate) unlike(ctx context.Context, name string) error {
	_, err := g.Directory.users.get(ctx, name)
	if errors.Is(err, aup.ErrNotFound) {
		return nil
	}
	if err == nil {
		err = fmt.Errorf("user %s signs in with a password: remove the local user first: %w", name, aup.ErrConflict)
	}
	return err
}

// An identity is who the issuer says that somebody is. Of the groups it has
// those alone that give roles.
type identity struct {
	subject, name string
	groups        []string
}

// finish exchanges the code for an ID token and reads who it is about.
func (i *issuer) finish(r *http.Request, f flow) (id identity, err error) {
	q := r.URL.Query()
	if e := q.Get("error"); e != "" {
		return id, fmt.Errorf("the issuer says %q", e[:min(len(e), 100)])
	}
	if iss := q.Get("iss"); iss != "" && iss != i.Issuer { // RFC 9207
		return id, fmt.Errorf("the answer is another issuer's, %q", iss[:min(len(iss), 100)])
	}
	ctx := oidc.ClientContext(r.Context(), i.client)
	p, err := i.provider(ctx)
	if err != nil {
		return id, err
	}
	c, err := i.config(p)
	if err != nil {
		return id, err
	}
	token, err := c.Exchange(ctx, q.Get("code"), oauth2.VerifierOption(f.Verifier))
	if err != nil {
		return id, exchangeError(err)
	}
	raw, _ := token.Extra("id_token").(string)
	verified, err := p.Verifier(&oidc.Config{ClientID: i.ClientID}).Verify(ctx, raw)
	if err != nil {
		return id, err
	}
	id.subject = verified.Subject[:min(len(verified.Subject), 255)]
	if !same(f.Nonce, verified.Nonce) {
		return id, errors.New("the ID token is of another sign-in")
	}
	return id, i.read(verified, &id)
}

// exchangeError leaves out what the issuer answered but for its error code: the
// log is no place for an answer that may hold a token.
func exchangeError(err error) error {
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) {
		return fmt.Errorf("the issuer refuses the code: %s %q", refused.Response.Status, refused.ErrorCode[:min(len(refused.ErrorCode), 100)])
	}
	return fmt.Errorf("exchange the code: %w", err)
}

// read reads name and groups from the claims of an ID token.
func (i *issuer) read(token *oidc.IDToken, id *identity) error {
	var claims map[string]json.RawMessage
	if err := token.Claims(&claims); err != nil {
		return err
	}
	var party string
	if err := json.Unmarshal(claims["azp"], &party); len(token.Audience) > 1 && (err != nil || party != i.ClientID) {
		return fmt.Errorf("the ID token was made for %q, and not for %q", party, i.ClientID)
	}
	var name string
	if err := json.Unmarshal(claims[i.NameClaim], &name); err != nil {
		return fmt.Errorf("the ID token has no text in the claim %q: set access.oidc.name_claim", i.NameClaim)
	}
	if err := checkName(strings.ToLower(name)); err != nil {
		return fmt.Errorf("claim %q: %w", i.NameClaim, err)
	}
	id.name = strings.ToLower(name)
	var groups []string
	if err := json.Unmarshal(claims[i.GroupsClaim], &groups); err != nil {
		var one string
		if err := json.Unmarshal(claims[i.GroupsClaim], &one); err != nil {
			return fmt.Errorf("the ID token has no list in the claim %q: set access.oidc.groups_claim, or have the issuer send it", i.GroupsClaim)
		}
		groups = []string{one}
	}
	for _, g := range groups {
		if _, mapped := i.Groups[g]; mapped && !slices.Contains(id.groups, g) {
			id.groups = append(id.groups, g)
		}
	}
	if i.roles(id.groups) == nil {
		return fmt.Errorf("%s is in no group that gives a role: see access.oidc.groups", id.name)
	}
	return nil
}

// same compares two secrets, of which none is empty.
func same(a, b string) bool {
	return a != "" && subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1
}
