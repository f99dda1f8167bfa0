package httpapi_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"aupd/internal/aup"
	"aupd/internal/httpapi"

	"github.com/google/go-cmp/cmp"
)

// directory remembers what it was asked to do, and by whom.
type directory struct {
	asked []string
	err   error
}

func (d *directory) note(ctx context.Context, format string, args ...any) error {
	d.asked = append(d.asked, aup.PrincipalOf(ctx).Name+": "+fmt.Sprintf(format, args...))
	return d.err
}

func (d *directory) Users(ctx context.Context) ([]aup.User, error) {
	return []aup.User{{Name: "alice", Roles: []aup.UserRole{aup.RoleLead}}}, d.note(ctx, "users")
}
func (d *directory) AddUser(ctx context.Context, name string, c aup.UserChange) (aup.User, error) {
	return aup.User{Name: name, Roles: c.Roles}, d.note(ctx, "add %s %s", name, string(c.Password))
}
func (d *directory) SetUser(ctx context.Context, name string, c aup.UserChange) (aup.User, error) {
	return aup.User{Name: name, Roles: c.Roles}, d.note(ctx, "set %s %v %s", name, c.Roles, string(c.Password))
}
func (d *directory) RemoveUser(ctx context.Context, name string) error {
	return d.note(ctx, "remove %s", name)
}
func (d *directory) Tokens(ctx context.Context) ([]aup.Token, error) {
	return []aup.Token{{Name: "ci", Prefix: "aupd_abc"}}, d.note(ctx, "tokens")
}
func (d *directory) AddToken(ctx context.Context, t aup.Token) (aup.NewToken, error) {
	return aup.NewToken{Token: t, Secret: "aupd_abcdef"}, d.note(ctx, "token %s until %v", t.Name, t.Expires)
}
func (d *directory) RemoveToken(ctx context.Context, name string) error {
	return d.note(ctx, "end %s", name)
}

func TestClientIsTheDirectory(t *testing.T) {
	d := &directory{}
	c := serve(t, httpapi.Backend{Directory: d})
	ctx := t.Context()
	check := func(name string, want, got any, err error) {
		t.Helper()
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
	roles := []aup.UserRole{aup.RoleLead, aup.RoleCleared}
	end := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	users, err := c.Users(ctx)
	check("Users", []aup.User{{Name: "alice", Roles: roles[:1]}}, users, err)
	u, err := c.AddUser(ctx, "bob@mail.example", aup.UserChange{Roles: roles, Password: "p w"})
	check("AddUser", aup.User{Name: "bob@mail.example", Roles: roles}, u, err)
	u, err = c.SetUser(ctx, "bob@mail.example", aup.UserChange{Password: "q"})
	check("SetUser", aup.User{Name: "bob@mail.example"}, u, err)
	check("RemoveUser", nil, nil, c.RemoveUser(ctx, "bob@mail.example"))
	tokens, err := c.Tokens(ctx)
	check("Tokens", []aup.Token{{Name: "ci", Prefix: "aupd_abc"}}, tokens, err)
	nt, err := c.AddToken(ctx, aup.Token{Name: "ci", Roles: roles, Expires: end})
	check("AddToken", aup.NewToken{Token: aup.Token{Name: "ci", Roles: roles, Expires: end}, Secret: "aupd_abcdef"}, nt, err)
	check("RemoveToken", nil, nil, c.RemoveToken(ctx, "ci"))
	check("what was asked", []string{
		"olga: users", "olga: add bob@mail.example p w", "olga: set bob@mail.example [] q", "olga: remove bob@mail.example",
		"olga: tokens", "olga: token ci until 2026-03-04 05:06:07 +0000 UTC", "olga: end ci",
	}, d.asked, nil)

	d.err = fmt.Errorf("root is the last admin: %w", aup.ErrConflict)
	if err := c.RemoveUser(ctx, "root"); !errors.Is(err, aup.ErrConflict) {
		t.Errorf("RemoveUser: %v, want ErrConflict", err)
	}
	if _, err := c.AddToken(ctx, aup.Token{Name: "ci", Expires: end}); !errors.Is(err, aup.ErrConflict) {
		t.Errorf("AddToken: %v, want ErrConflict", err)
	}
}

var _ aup.Directory = (*httpapi.Client)(nil)
