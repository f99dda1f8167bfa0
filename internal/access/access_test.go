package access_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"aupd/internal/access"
	"aupd/internal/aup"

	"github.com/alexedwards/argon2id"
)

// memory is a shelf and a log in memory.
type memory struct {
	mu     sync.Mutex
	kept   map[string]map[string][]byte
	events map[string]aup.Event
	fail   error  // what Append fails with
	onGet  func() // called once, after a user was read
}

func (m *memory) Get(_ context.Context, shelf, key string) ([]byte, error) {
	m.mu.Lock()
	v, ok := m.kept[shelf][key]
	var then func()
	if shelf == "users" {
		then, m.onGet = m.onGet, nil
	}
	m.mu.Unlock()
	if then != nil {
		then()
	}
	if !ok {
		return nil, fmt.Errorf("%s %q: %w", shelf, key, aup.ErrNotFound)
	}
	return slices.Clone(v), nil
}

func (m *memory) Put(_ context.Context, shelf, key string, value []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.kept == nil {
		m.kept = make(map[string]map[string][]byte)
	}
	if m.kept[shelf] == nil {
		m.kept[shelf] = make(map[string][]byte)
	}
	m.kept[shelf][key] = slices.Clone(value)
	return nil
}

func (m *memory) Delete(_ context.Context, shelf, key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.kept[shelf], key)
	return nil
}

func (m *memory) List(_ context.Context, shelf string) (items []aup.ShelfItem, _ error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, key := range slices.Sorted(maps.Keys(m.kept[shelf])) {
		items = append(items, aup.ShelfItem{Key: key, Value: slices.Clone(m.kept[shelf][key])})
	}
	return items, nil
}

func (m *memory) Append(_ context.Context, events []aup.Event) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.events == nil {
		m.events = make(map[string]aup.Event)
	}
	for _, e := range events {
		if m.fail != nil {
			return m.fail
		}
		if _, known := m.events[e.Key]; !known {
			m.events[e.Key] = e
		}
	}
	return nil
}

// of returns the events of a kind, as "by: payload".
func (m *memory) of(kind aup.EventKind) (out []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range m.events {
		if e.Kind == kind {
			out = append(out, fmt.Sprintf("%s: %+v", e.By, *e.Access))
		}
	}
	slices.Sort(out)
	return out
}

// dump returns all that is kept and recorded.
func (m *memory) dump(t *testing.T) string {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	data, err := json.Marshal(m.events)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%s %s", m.kept, data)
}

// cheap is a cost of password hashes that tests can pay.
func cheap() *argon2id.Params {
	return &argon2id.Params{Memory: 8, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}
}

const password = "correct horse battery"

// A setting is a gate with users behind it.
type setting struct {
	memory memory
	dir    *access.Directory
	log    strings.Builder
	opt    access.Options
	h      http.Handler
	asked  []aup.Principal // who came through to the handler
}

// newSetting returns a gate as change has it: with users alice (operator) and
// root (admin), unless it is told otherwise.
func newSetting(t *testing.T, change func(*setting)) *setting {
	t.Helper()
	s := &setting{}
	s.dir = access.NewDirectory(&s.memory, &s.memory, cheap())
	s.opt = access.Options{
		Directory: s.dir, Idle: 30 * time.Minute, Absolute: 12 * time.Hour,
		Log: slog.New(slog.NewTextHandler(&s.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	s.add(t, "alice", aup.RoleOperator)
	s.add(t, "root", aup.RoleAdmin)
	if change != nil {
		change(s)
	}
	s.h = access.New(s.opt).Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := aup.PrincipalOf(r.Context())
		s.asked = append(s.asked, p)
		fmt.Fprintf(w, "%s %v %s", p.Name, p.Roles, p.From)
	}))
	return s
}

// owner returns a context in which users and tokens may be changed.
func owner(t *testing.T) context.Context {
	t.Helper()
	return aup.WithPrincipal(t.Context(), aup.Owner("o"))
}

func (s *setting) add(t *testing.T, name string, roles ...aup.UserRole) {
	t.Helper()
	if _, err := s.dir.AddUser(owner(t), name, aup.UserChange{Roles: roles, Password: password}); err != nil {
		t.Fatal(err)
	}
}

// token makes the token ci.
func (s *setting) token(t *testing.T, roles ...aup.UserRole) aup.Secret {
	t.Helper()
	got, err := s.dir.AddToken(owner(t), aup.Token{Name: "ci", Roles: roles, Expires: time.Now().Add(24 * time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	return got.Secret
}

// A browser keeps cookies and says that its posts come from its own pages.
type browser struct {
	s       *setting
	cookies map[string]string
	address string
}

func (s *setting) browser() *browser {
	return &browser{s, make(map[string]string), "192.0.2.1:5000"}
}

// do makes a request; header holds names and values in turn.
func (b *browser) do(method, target string, form url.Values, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(context.Background(), method, target, strings.NewReader(form.Encode()))
	r.RemoteAddr = b.address
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	b.s.h.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		if b.cookies[c.Name] = c.Value; c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		}
	}
	return w
}

func (b *browser) get(target string, header ...string) *httptest.ResponseRecorder {
	return b.do(http.MethodGet, target, nil, header...)
}

func (b *browser) signIn(name, password string) *httptest.ResponseRecorder {
	return b.do(http.MethodPost, "/login", url.Values{"name": {name}, "password": {password}})
}

// in reports whether the browser is signed in.
func (b *browser) in() bool { return b.get("/").Code == http.StatusOK }
