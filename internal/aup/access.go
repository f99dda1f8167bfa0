package aup

import (
	"context"
	"crypto/rand"
	"log/slog"
	"strconv"
	"time"
)

// The kinds of event about who may do what. They concern no report; each has
// the payload Access.
const (
	EventSignedIn      EventKind = "signed-in"
	EventSignInRefused EventKind = "sign-in-refused" // one for each name and minute
	EventSignedOut     EventKind = "signed-out"
	EventAccessChanged EventKind = "access-changed" // a user or a token was made, changed or removed
)

// Access is the payload of the events about who may do what.
type Access struct {
	// Name is the user or the token that it is about; empty for a name that
	// nobody has, which may be a password typed in the wrong place.
	Name    string     `json:"name,omitempty"`
	Way     string     `json:"way,omitempty"`     // of a sign-in: "password" or "oidc"
	Subject string     `json:"subject,omitempty"` // of a sign-in by OIDC: who it is for the issuer
	Address string     `json:"address,omitempty"` // of the client
	Change  string     `json:"change,omitempty"`  // of a change: "user added", …
	Roles   []UserRole `json:"roles,omitempty"`   // after a change or a sign-in
}

// NewSignedIn returns the event that says that somebody signed in. session
// names the sign-in; it is no secret.
func NewSignedIn(a Access, session string, at time.Time) Event {
	return Event{Key: "signed-in/" + session, Kind: EventSignedIn, At: at.UTC(), By: a.Name, From: "console", Access: &a}
}

// NewSignedOut returns the event that says that whoever signed in as session
// signed out.
func NewSignedOut(a Access, session string, at time.Time) Event {
	return Event{Key: "signed-out/" + session, Kind: EventSignedOut, At: at.UTC(), By: a.Name, From: "console", Access: &a}
}

// NewSignInRefused returns the event of a sign-in that was refused. It is keyed
// by name and minute, so that guessing passwords does not fill the log.
func NewSignInRefused(a Access, at time.Time) Event {
	key := "sign-in-refused/" + a.Name + "/" + strconv.FormatInt(at.Unix()/60, 10)
	return Event{Key: key, Kind: EventSignInRefused, At: at.UTC(), By: "aupd", From: "console", Access: &a}
}

// NewAccessChanged returns the event that says that who changed what a may do.
func NewAccessChanged(a Access, who Actor, at time.Time) Event {
	return Event{Key: "access/" + rand.Text(), Kind: EventAccessChanged, At: at.UTC(), By: who.Name, From: who.From, Access: &a}
}

// A Secret is a password or a token. It prints and logs as stars; JSON holds it
// as it is, for that is how it travels.
type Secret string

func (Secret) String() string { return "***" }

// GoString implements [fmt.GoStringer].
func (Secret) GoString() string { return `aup.Secret("***")` }

// LogValue implements [slog.LogValuer].
func (Secret) LogValue() slog.Value { return slog.StringValue("***") }

// A User is somebody who signs in with a password.
type User struct {
	Name       string     `json:"name"`
	Roles      []UserRole `json:"roles"`
	Created    time.Time  `json:"created"`
	LastSignIn time.Time  `json:"last_sign_in,omitzero"`
}

// A UserChange says what a user gets; what is empty stays as it is.
type UserChange struct {
	Roles    []UserRole `json:"roles,omitempty"`
	Password Secret     `json:"password,omitempty"`
}

// A Token lets a program use the API. The secret itself is not kept.
type Token struct {
	Name     string     `json:"name"`
	Roles    []UserRole `json:"roles"`
	Prefix   string     `json:"prefix"` // the start of the secret, to tell tokens apart by
	Created  time.Time  `json:"created"`
	By       string     `json:"by"` // who made it
	Expires  time.Time  `json:"expires"`
	LastUsed time.Time  `json:"last_used,omitzero"` // to the minute
}

// A NewToken is a token with its secret, which is shown this once.
type NewToken struct {
	Token
	Secret Secret `json:"secret"`
}

// Users are the local users. Every method needs RightManage of the principal in
// ctx, else it is ErrForbidden; an unknown name is ErrNotFound, what a user may
// not be ErrInvalid. All methods are safe for concurrent use.
type Users interface {
	// Users returns all, by name.
	Users(ctx context.Context) ([]User, error)
	// AddUser makes a user, who needs roles and a password. ErrConflict for a
	// name that is taken.
	AddUser(ctx context.Context, name string, c UserChange) (User, error)
	// SetUser changes a user, and ends all of their sessions. ErrConflict when
	// it would leave no admin.
	SetUser(ctx context.Context, name string, c UserChange) (User, error)
	// RemoveUser removes a user and ends their sessions. ErrConflict for the
	// last admin.
	RemoveUser(ctx context.Context, name string) error
}

// Tokens are the API tokens. What is said of Users holds for them too.
type Tokens interface {
	// Tokens returns all, by name, those that have expired as well.
	Tokens(ctx context.Context) ([]Token, error)
	// AddToken makes a token; of t, Name, Roles and Expires count.
	AddToken(ctx context.Context, t Token) (NewToken, error)
	// RemoveToken ends a token at once.
	RemoveToken(ctx context.Context, name string) error
}

// A Directory is who may sign in and what may use the API.
type Directory interface {
	Users
	Tokens
}
