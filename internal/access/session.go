package access

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"aupd/internal/aup"

	"github.com/alexedwards/scs/v2"
)

// A session says who signed in, and how.
type session struct {
	Name string `json:"name"`
	Way  string `json:"way"`
	// Stamp is that of the user's row at the sign-in; empty for OIDC.
	Stamp string `json:"stamp,omitempty"`
	// Groups are those of the issuer's that give roles; empty for a password.
	Groups []string `json:"groups,omitempty"`

	id    string    // names the session in the log; it is no secret
	until time.Time // when it ends, unless it is used meanwhile
}

// The ways to sign in.
const (
	byPassword = "password"
	byOIDC     = "oidc"
)

// sessions hands out cookies and knows whose they are.
type sessions struct {
	scs  *scs.SessionManager
	rows *sessionShelf
}

// keySession is where the value of an scs session holds the session.
const keySession = "session"

func newSessions(s aup.Shelf, idle, absolute time.Duration, secure bool) *sessions {
	rows := &sessionShelf{shelf: shelf[sessionRow]{s, "sessions"}}
	// scs.New would start a goroutine that nothing ends, for a store that is not
	// used.
	m := &scs.SessionManager{
		Store: rows, Codec: scs.GobCodec{}, IdleTimeout: idle, Lifetime: absolute,
		Cookie: scs.SessionCookie{Name: cookieName("aupd", secure), Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: secure},
	}
	return &sessions{m, rows}
}

// cookieName marks a secure cookie as one that only this very host can have
// set, and not one of its neighbours (RFC 6265bis, 4.1.3.2).
func cookieName(name string, secure bool) string {
	if secure {
		return "__Host-" + name
	}
	return name
}

// load returns the session that the request's cookie stands for; ok is false
// without one. The session lasts from now on for the idle time.
func (s *sessions) load(r *http.Request) (_ context.Context, v session, ok bool, err error) {
	token := ""
	if c, err := r.Cookie(s.scs.Cookie.Name); err == nil {
		token = c.Value
	}
	ctx, err := s.scs.Load(r.Context(), token)
	if err != nil {
		return r.Context(), v, false, fmt.Errorf("session: %w", err)
	}
	data := s.scs.GetString(ctx, keySession)
	if data == "" {
		return ctx, v, false, nil
	}
	if err := json.Unmarshal([]byte(data), &v); err != nil {
		return ctx, v, false, fmt.Errorf("session: %v: %w", err, aup.ErrDamaged)
	}
	v.id, v.until = digest(token)[:16], time.Now().Add(s.scs.IdleTimeout)
	if end := s.scs.Deadline(ctx); v.until.After(end) {
		v.until = end
	}
	return ctx, v, true, s.rows.touch(ctx, token, v.until, s.scs.IdleTimeout/10)
}

// begin signs somebody in: under a new token, whatever the browser sent, so
// that nobody can know it beforehand.
func (s *sessions) begin(w http.ResponseWriter, r *http.Request, v session, record func(id string) error) error {
	ctx, _, _, err := s.load(r)
	if err != nil {
		return err
	}
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if err := errors.Join(s.rows.sweep(ctx), s.scs.Clear(ctx), s.scs.RenewToken(ctx)); err != nil {
		return err
	}
	s.scs.Put(ctx, keySession, string(data))
	if err := record(digest(s.scs.Token(ctx))[:16]); err != nil {
		return err
	}
	token, expiry, err := s.scs.Commit(ctx)
	if err == nil {
		s.scs.WriteSessionCookie(ctx, w, token, expiry)
	}
	return err
}

// end signs out; ctx comes from load.
func (s *sessions) end(ctx context.Context, w http.ResponseWriter) error {
	if err := s.scs.Destroy(ctx); err != nil {
		return err
	}
	s.scs.WriteSessionCookie(ctx, w, "", time.Time{})
	return nil
}

// A sessionShelf is the [scs.CtxStore] of the sessions.
type sessionShelf struct {
	shelf shelf[sessionRow]
	// mu is held from the reading of a row to its writing, I/O included, so
	// that no session that was ended comes back.
	mu sync.Mutex
}

// A sessionRow is a session as it is kept: what scs wrote, and until when.
type sessionRow struct {
	Until time.Time `json:"until"`
	Data  []byte    `json:"data"`
}

// FindCtx implements [scs.CtxStore].
func (s *sessionShelf) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	row, err := s.shelf.get(ctx, digest(token))
	if errors.Is(err, aup.ErrNotFound) || err == nil && !time.Now().Before(row.Until) {
		return nil, false, nil
	}
	return row.Data, err == nil, err
}

// CommitCtx implements [scs.CtxStore].
func (s *sessionShelf) CommitCtx(ctx context.Context, token string, data []byte, until time.Time) error {
	return s.shelf.put(ctx, digest(token), sessionRow{until.UTC(), data})
}

// DeleteCtx implements [scs.CtxStore].
func (s *sessionShelf) DeleteCtx(ctx context.Context, token string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shelf.delete(ctx, digest(token))
}

// touch makes a session last until a time, unless it ended meanwhile. One that
// lasts nearly as long already is left alone: each write costs a wait for the
// disk.
func (s *sessionShelf) touch(ctx context.Context, token string, until time.Time, nearly time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	row, err := s.shelf.get(ctx, digest(token))
	if errors.Is(err, aup.ErrNotFound) {
		return nil
	}
	if err != nil || until.Sub(row.Until) < nearly {
		return err
	}
	row.Until = until.UTC()
	return s.shelf.put(ctx, digest(token), row)
}

// maxSweep is how many ended sessions a sign-in, which makes one, removes.
const maxSweep = 10

// sweep removes sessions that have ended.
func (s *sessionShelf) sweep(ctx context.Context) error {
	rows, err := s.shelf.all(ctx)
	if err != nil {
		return err
	}
	swept := 0
	for key, row := range rows {
		if swept == maxSweep || time.Now().Before(row.Until) {
			continue
		}
		if err := s.shelf.delete(ctx, key); err != nil {
			return err
		}
		swept++
	}
	return nil
}

// Find, Commit and Delete are of [scs.Store], which asks for them and calls
// those with a context.

// Find implements [scs.Store].
func (s *sessionShelf) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// Commit implements [scs.Store].
func (s *sessionShelf) Commit(token string, data []byte, until time.Time) error {
	return s.CommitCtx(context.Background(), token, data, until)
}

// Delete implements [scs.Store].
func (s *sessionShelf) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }
