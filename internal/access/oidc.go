package access

import (
	"context"
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

// start returns the address at the issuer that f begins with.
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
