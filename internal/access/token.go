package access

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"aupd/internal/aup"
)

// A token's secret is tokenMark and 32 random bytes in base64url, such as
// aupd_Jd3…: the mark is there for people, and for programs that look for
// secrets where there should be none.
const (
	tokenMark = "aupd_"
	shown     = len(tokenMark) + 6 // of the secret, in lists
)

// The bounds of a token: each should end, and the list be read at once.
const (
	longestToken = 366 * 24 * time.Hour
	maxTokens    = 1000
)

// usedEvery is how exactly the last use of a token is kept: each time costs a
// write.
const usedEvery = time.Minute

type tokenRow struct{ aup.Token }

// Tokens implements [aup.Tokens].
func (d *Directory) Tokens(ctx context.Context) ([]aup.Token, error) {
	if err := manages(ctx); err != nil {
		return nil, err
	}
	rows, err := d.tokens.all(ctx)
	out := make([]aup.Token, 0, len(rows))
	for _, row := range rows {
		out = append(out, row.Token)
	}
	slices.SortFunc(out, func(a, b aup.Token) int { return strings.Compare(a.Name, b.Name) })
	return out, err
}

// AddToken implements [aup.Tokens].
func (d *Directory) AddToken(ctx context.Context, t aup.Token) (aup.NewToken, error) {
	now := time.Now().UTC()
	if err := cmp.Or(manages(ctx), checkName(t.Name), checkRoles(t.Roles)); err != nil {
		return aup.NewToken{}, err
	}
	if !t.Expires.After(now) || t.Expires.After(now.Add(longestToken)) {
		return aup.NewToken{}, fmt.Errorf("token %s expires %s: want a time within a year from now: %w", t.Name, t.Expires.Format(time.RFC3339), aup.ErrInvalid)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	rows, err := d.tokens.all(ctx)
	if err != nil {
		return aup.NewToken{}, err
	}
	if keyOf(rows, t.Name) != "" {
		return aup.NewToken{}, fmt.Errorf("token %s is there already: remove it, or take another name: %w", t.Name, aup.ErrConflict)
	}
	if len(rows) >= maxTokens {
		return aup.NewToken{}, fmt.Errorf("there are %d tokens: remove some: %w", len(rows), aup.ErrConflict)
	}
	var random [32]byte
	_, _ = rand.Read(random[:]) // never fails
	secret := tokenMark + base64.RawURLEncoding.EncodeToString(random[:])
	kept := aup.Token{
		Name: t.Name, Roles: t.Roles, Prefix: secret[:shown], Created: now, By: aup.PrincipalOf(ctx).Name, Expires: t.Expires.UTC(),
	}
	if err := d.record(ctx, aup.Access{Name: tokenActor(t.Name), Change: "token added", Roles: t.Roles}); err != nil {
		return aup.NewToken{}, err
	}
	return aup.NewToken{Token: kept, Secret: aup.Secret(secret)}, d.tokens.put(ctx, digest(secret), tokenRow{kept})
}

// RemoveToken implements [aup.Tokens].
func (d *Directory) RemoveToken(ctx context.Context, name string) error {
	if err := manages(ctx); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	rows, err := d.tokens.all(ctx)
	if err != nil {
		return err
	}
	key := keyOf(rows, name)
	if key == "" {
		return fmt.Errorf("token %s: %w", name, aup.ErrNotFound)
	}
	if err := d.record(ctx, aup.Access{Name: tokenActor(name), Change: "token removed"}); err != nil {
		return err
	}
	defer d.live.endOf(tokenActor(name))
	return d.tokens.delete(ctx, key)
}

// bearer returns who holds the secret of a token; ErrForbidden when it is none,
// or no longer one.
func (d *Directory) bearer(ctx context.Context, secret string) (caller, error) {
	if !strings.HasPrefix(secret, tokenMark) || len(secret) > 2*sha256.Size {
		return caller{}, fmt.Errorf("this is no token of aupd: %w", aup.ErrForbidden)
	}
	key := digest(secret)
	row, err := d.tokens.get(ctx, key)
	switch {
	case errors.Is(err, aup.ErrNotFound):
		return caller{}, fmt.Errorf("there is no such token, or no longer: %w", aup.ErrForbidden)
	case err != nil:
		return caller{}, err
	case !time.Now().Before(row.Expires):
		return caller{}, fmt.Errorf("token %s has expired: make another: %w", row.Name, aup.ErrForbidden)
	}
	if time.Since(row.LastUsed) >= usedEvery {
		if err := d.used(ctx, key); err != nil {
			return caller{}, err
		}
	}
	return caller{Principal: aup.Principal{Name: tokenActor(row.Name), Roles: row.Roles, From: "api"}, until: row.Expires}, nil
}

// used notes that a token is used now, unless it was removed meanwhile.
func (d *Directory) used(ctx context.Context, key string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	row, err := d.tokens.get(ctx, key)
	if errors.Is(err, aup.ErrNotFound) {
		return fmt.Errorf("the token was removed: %w", aup.ErrForbidden)
	}
	if err != nil {
		return err
	}
	row.LastUsed = time.Now().UTC().Truncate(usedEvery)
	return d.tokens.put(ctx, key, row)
}

// tokenActor returns the name under which a token acts. No user has a colon in
// theirs.
func tokenActor(name string) string { return "token:" + name }

func keyOf(rows map[string]tokenRow, name string) string {
	for key, row := range rows {
		if row.Name == name {
			return key
		}
	}
	return ""
}

// digest is under what a secret is kept. It is random enough to need no salt.
func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
