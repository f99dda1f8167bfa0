package access

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"aupd/internal/aup"

	"github.com/alexedwards/argon2id"
)

// A Recorder puts events into the log. The store is one.
type Recorder interface {
	Append(ctx context.Context, events []aup.Event) error
}

// A Directory keeps the local users and the API tokens. It is an
// [aup.Directory], safe for concurrent use; one process at a time may have one
// on the same shelf. A change is in the log before it holds.
type Directory struct {
	users  shelf[userRow]
	tokens shelf[tokenRow]
	log    Recorder
	hasher *hasher
	live   live

	// mu is held from the reading of a row to the writing of what follows from
	// it, I/O included: a shelf has no transactions.
	mu sync.Mutex
}

// A userRow is a user as it is kept.
type userRow struct {
	Roles []aup.UserRole `json:"roles"`
	Hash  string         `json:"hash"`
	// Stamp changes with the password and the roles: a session with another
	// one has ended.
	Stamp      string    `json:"stamp"`
	Created    time.Time `json:"created"`
	LastSignIn time.Time `json:"last_sign_in,omitzero"`
	// Homes are where the last sign-ins came from, as tries are counted.
	Homes []string `json:"homes,omitempty"`
}

// maxHomes is how many places somebody signs in from: an office, a home, a
// telephone.
const maxHomes = 5

// NewDirectory returns the directory that is kept on s. cost is that of
// password hashes, nil for the usual one.
func NewDirectory(s aup.Shelf, log Recorder, cost *argon2id.Params) *Directory {
	if cost == nil {
		cost = &hashing
	}
	return &Directory{users: shelf[userRow]{s, "users"}, tokens: shelf[tokenRow]{s, "tokens"}, log: log, hasher: newHasher(*cost)}
}

// Anybody reports whether there is a local user.
func (d *Directory) Anybody(ctx context.Context) (bool, error) {
	items, err := d.users.List(ctx, d.users.name)
	return len(items) > 0, err
}

// Users implements [aup.Users].
func (d *Directory) Users(ctx context.Context) ([]aup.User, error) {
	if err := manages(ctx); err != nil {
		return nil, err
	}
	rows, err := d.users.all(ctx)
	out := make([]aup.User, 0, len(rows))
	for _, name := range slices.Sorted(maps.Keys(rows)) {
		out = append(out, rows[name].user(name))
	}
	return out, err
}

func (u userRow) user(name string) aup.User {
	return aup.User{Name: name, Roles: u.Roles, Created: u.Created, LastSignIn: u.LastSignIn}
}

// maxUsers keeps the list of users one that is read at once.
const maxUsers = 10_000

// AddUser implements [aup.Users].
func (d *Directory) AddUser(ctx context.Context, name string, c aup.UserChange) (aup.User, error) {
	if err := cmp.Or(manages(ctx), checkName(name), checkRoles(c.Roles), checkPassword(name, c.Password)); err != nil {
		return aup.User{}, err
	}
	hash, err := d.hasher.hash(ctx, c.Password)
	if err != nil {
		return aup.User{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	rows, err := d.users.all(ctx)
	if err != nil {
		return aup.User{}, err
	}
	if _, taken := rows[name]; taken {
		return aup.User{}, fmt.Errorf("user %s is there already: \"aupd user set %s\" changes it: %w", name, name, aup.ErrConflict)
	}
	if len(rows) >= maxUsers {
		return aup.User{}, fmt.Errorf("there are %d users: remove some: %w", len(rows), aup.ErrConflict)
	}
	row := userRow{Roles: c.Roles, Hash: hash, Stamp: rand.Text(), Created: time.Now().UTC()}
	defer d.live.end(func(c caller) bool { return c.owner }) // from now on everybody signs in
	return row.user(name), d.changeUser(ctx, name, row, "user added")
}

// SetUser implements [aup.Users].
func (d *Directory) SetUser(ctx context.Context, name string, c aup.UserChange) (aup.User, error) {
	var what []string
	err := manages(ctx)
	if c.Roles != nil {
		err, what = cmp.Or(err, checkRoles(c.Roles)), append(what, "roles set")
	}
	if c.Password != "" {
		err, what = cmp.Or(err, checkPassword(name, c.Password)), append(what, "password set")
	}
	if err == nil && what == nil {
		err = fmt.Errorf("user %s: nothing to change: name roles or a password: %w", name, aup.ErrInvalid)
	}
	hash := ""
	if err == nil && c.Password != "" {
		hash, err = d.hasher.hash(ctx, c.Password)
	}
	if err != nil {
		return aup.User{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	row, err := d.user(ctx, name)
	if err != nil {
		return aup.User{}, err
	}
	if c.Roles != nil {
		if !slices.Contains(c.Roles, aup.RoleAdmin) {
			if err := d.mayGo(ctx, name, row); err != nil {
				return aup.User{}, err
			}
		}
		row.Roles = c.Roles
	}
	if hash != "" {
		row.Hash, row.Homes = hash, nil
	}
	row.Stamp = rand.Text()
	defer d.live.endOf(name)
	return row.user(name), d.changeUser(ctx, name, row, strings.Join(what, ", "))
}

// RemoveUser implements [aup.Users].
func (d *Directory) RemoveUser(ctx context.Context, name string) error {
	if err := manages(ctx); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	row, err := d.user(ctx, name)
	if err != nil {
		return err
	}
	if err := d.mayGo(ctx, name, row); err != nil {
		return err
	}
	if err := d.record(ctx, aup.Access{Name: name, Change: "user removed"}); err != nil {
		return err
	}
	defer d.live.endOf(name)
	return d.users.delete(ctx, name)
}

// mayGo refuses to take the last admin away.
func (d *Directory) mayGo(ctx context.Context, name string, row userRow) error {
	if !slices.Contains(row.Roles, aup.RoleAdmin) {
		return nil
	}
	rows, err := d.users.all(ctx)
	if err != nil {
		return err
	}
	for other, row := range rows {
		if other != name && slices.Contains(row.Roles, aup.RoleAdmin) {
			return nil
		}
	}
	return fmt.Errorf("%s is the last admin: make somebody else one first: %w", name, aup.ErrConflict)
}

func (d *Directory) user(ctx context.Context, name string) (userRow, error) {
	row, err := d.users.get(ctx, name)
	if errors.Is(err, aup.ErrNotFound) {
		err = fmt.Errorf("user %s: %w", name, aup.ErrNotFound)
	}
	return row, err
}

func (d *Directory) changeUser(ctx context.Context, name string, row userRow, change string) error {
	if err := d.record(ctx, aup.Access{Name: name, Change: change, Roles: row.Roles}); err != nil {
		return err
	}
	return d.users.put(ctx, name, row)
}

func (d *Directory) record(ctx context.Context, a aup.Access) error {
	return d.log.Append(ctx, []aup.Event{aup.NewAccessChanged(a, aup.PrincipalOf(ctx).Actor(), time.Now())})
}

// isHome reports whether the user of that name, if there is one, signed in from
// c lately.
func (d *Directory) isHome(ctx context.Context, name string, c client) (bool, error) {
	row, err := d.users.get(ctx, name)
	if errors.Is(err, aup.ErrNotFound) {
		return false, nil
	}
	return slices.Contains(row.Homes, c.limitKey()), err
}

// authenticate returns the user whose name and password these are, which came
// from c; ok is false when they are nobody's, which takes as long whether or not
// the name is known.
func (d *Directory) authenticate(ctx context.Context, name string, password aup.Secret, c client) (row userRow, known, ok bool, err error) {
	seen, err := d.users.get(ctx, name)
	if known = err == nil; !known && !errors.Is(err, aup.ErrNotFound) {
		return row, false, false, err
	}
	good, stale, err := d.hasher.check(ctx, password, seen.Hash)
	if err != nil || !good {
		return row, known, false, err
	}
	hash := seen.Hash
	if stale {
		if hash, err = d.hasher.hash(ctx, password); err != nil {
			return row, known, false, err
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	row, err = d.users.get(ctx, name)
	if errors.Is(err, aup.ErrNotFound) || err == nil && row.Hash != seen.Hash { // changed meanwhile
		return row, known, false, nil
	}
	if err != nil {
		return row, known, false, err
	}
	row.Hash, row.LastSignIn, row.Homes = hash, time.Now().UTC(), homes(row.Homes, c)
	return row, known, true, d.users.put(ctx, name, row)
}

// homes returns where somebody signs in from, the last place first.
func homes(before []string, c client) []string {
	if !c.address.IsValid() {
		return before
	}
	key := c.limitKey()
	rest := slices.DeleteFunc(slices.Clone(before), func(s string) bool { return s == key })
	return append([]string{key}, rest[:min(len(rest), maxHomes-1)]...)
}
