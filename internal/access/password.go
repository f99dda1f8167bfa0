package access

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"aupd/internal/aup"

	"github.com/alexedwards/argon2id"
	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// Hashing is the cost of a password's hash. It is the OWASP minimum for
// Argon2id with one pass more: about 50 ms on one core, and little enough
// memory for a daemon that is to stay small.
var hashing = argon2id.Params{Memory: 19 << 10, Iterations: 3, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// hashesAtOnce is how many passwords are hashed at the same time, and hashWait
// how long one waits for its turn: guesses in a flood are turned away before
// they take the machine's memory and time.
const (
	hashesAtOnce = 2
	hashWait     = 5 * time.Second
)

// The bounds of a password: at least what NIST SP 800-63B asks for beside
// another check of guesses, and no more than is hashed quickly.
const (
	minPassword = 12
	maxPassword = 1024
)

// errOverrun means that too many passwords wait to be hashed.
var errOverrun = errors.New("too many sign-ins at once: try again in a minute")

// A hasher hashes passwords, few at a time.
type hasher struct {
	params argon2id.Params
	turn   chan struct{}
	decoy  string // the hash of no password
}

func newHasher(p argon2id.Params) *hasher {
	random := make([]byte, p.SaltLength+p.KeyLength)
	_, _ = rand.Read(random) // never fails
	text := base64.RawStdEncoding.EncodeToString
	decoy := fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.Memory, p.Iterations, p.Parallelism,
		text(random[:p.SaltLength]), text(random[p.SaltLength:]))
	return &hasher{p, make(chan struct{}, hashesAtOnce), decoy}
}

// hash returns the hash of a password in its encoded form.
func (h *hasher) hash(ctx context.Context, password aup.Secret) (hash string, err error) {
	err = h.inTurn(ctx, func() error {
		hash, err = argon2id.CreateHash(normal(password), &h.params)
		return err
	})
	return hash, err
}

// check reports whether hash is of the password, and whether it was made at
// another cost than passwords are hashed at now. An empty hash, which nobody's
// password has, takes as long as any other.
func (h *hasher) check(ctx context.Context, password aup.Secret, hash string) (good, stale bool, err error) {
	against := hash
	if hash == "" {
		against = h.decoy
	}
	err = h.inTurn(ctx, func() error {
		ok, params, err := argon2id.CheckHash(normal(password), against)
		if err != nil {
			return fmt.Errorf("stored password hash: %v: %w", err, aup.ErrDamaged)
		}
		good, stale = ok && hash != "", *params != h.params
		return nil
	})
	return good, stale, err
}

func (h *hasher) inTurn(ctx context.Context, f func() error) error {
	late := time.NewTimer(hashWait)
	defer late.Stop()
	select {
	case h.turn <- struct{}{}:
	case <-late.C:
		return errOverrun
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-h.turn }()
	return f()
}

// normal returns a password in the one form that all keyboards' forms of the
// same text share (NIST SP 800-63B, 3.1.1.2).
func normal(password aup.Secret) string { return norm.NFKC.String(string(password)) }

func checkPassword(name string, password aup.Secret) error {
	p := string(password)
	switch n := utf8.RuneCountInString(p); {
	case !utf8.ValidString(p) || strings.ContainsAny(p, "\x00\r\n"):
		return fmt.Errorf("the password is not one line of text: %w", aup.ErrInvalid)
	case n < minPassword:
		return fmt.Errorf("the password has %d characters: want %d or more: %w", n, minPassword, aup.ErrInvalid)
	case len(p) > maxPassword:
		return fmt.Errorf("the password has %d bytes: want %d or fewer: %w", len(p), maxPassword, aup.ErrInvalid)
	case strings.Contains(strings.ToLower(p), name) && len(name) > 3 || strings.Count(p, p[:1]) == n:
		return fmt.Errorf("the password is easily guessed: want one that does not hold the user's name: %w", aup.ErrInvalid)
	}
	return nil
}
