package aup

import (
	"context"
	"fmt"
	"slices"
)

// A UserRole says what somebody may do.
type UserRole string

// The roles. Whoever has none may do nothing.
const (
	RoleReader       UserRole = "reader"         // read reports
	RoleOperator     UserRole = "operator"       // and work on them
	RoleLead         UserRole = "lead"           // and decide many at once, release others' claims, take near misses
	RolePolicyEditor UserRole = "policy-editor"  // read, and apply policies and corrections
	RoleAuditor      UserRole = "auditor"        // read, see the whole log, verify, export evidence
	RoleAdmin        UserRole = "admin"          // everything but the content of sealed reports
	RoleCleared      UserRole = "minors-cleared" // beside another role: the content of sealed reports
)

// UserRoles holds every role.
var UserRoles = []UserRole{RoleReader, RoleOperator, RoleLead, RolePolicyEditor, RoleAuditor, RoleAdmin, RoleCleared}

// A Right is one thing that somebody may do.
type Right string

// The rights.
const (
	RightRead    Right = "read"    // reports, cases, search, numbers
	RightTriage  Right = "triage"  // act on a report
	RightBulk    Right = "bulk"    // act on several at once, and for others
	RightPolicy  Right = "policy"  // apply a policy, train
	RightAudit   Right = "audit"   // the whole log, verify, evidence bundles
	RightManage  Right = "manage"  // users, tokens, backup, rebuild, mail from files
	RightContent Right = "content" // of sealed reports
)

var rights = map[UserRole][]Right{
	RoleReader:       {RightRead},
	RoleOperator:     {RightRead, RightTriage},
	RoleLead:         {RightRead, RightTriage, RightBulk},
	RolePolicyEditor: {RightRead, RightPolicy},
	RoleAuditor:      {RightRead, RightAudit},
	RoleAdmin:        {RightRead, RightTriage, RightBulk, RightPolicy, RightAudit, RightManage},
	RoleCleared:      {RightContent},
}

// A Principal is who asks: a signed-in user, the holder of a token, or the
// owner of the data folder through its socket.
type Principal struct {
	Name  string     `json:"name"`
	Roles []UserRole `json:"roles"`
	From  string     `json:"from"` // "console", "api", "cli"
}

// May reports whether one of p's roles gives the right.
func (p Principal) May(r Right) bool {
	return slices.ContainsFunc(p.Roles, func(role UserRole) bool { return slices.Contains(rights[role], r) })
}

// deeds says in words what each right is to.
var deeds = map[Right]string{
	RightRead: "read reports", RightTriage: "work on reports", RightBulk: "work on many reports at once, or for others",
	RightPolicy: "put a policy into force, or let the classifier learn", RightAudit: "read the whole log and prove it",
	RightManage: "manage users, tokens and the store", RightContent: "see the content of sealed reports",
}

// Need returns nil when p has the right, and else ErrForbidden with the mend.
func (p Principal) Need(r Right) error {
	if p.May(r) {
		return nil
	}
	who := p.Name
	if who == "" {
		who = "whoever is not signed in"
	}
	return fmt.Errorf("%s may not %s: ask an admin for a role that may: %w", who, deeds[r], ErrForbidden)
}

// Actor returns p as who acts.
func (p Principal) Actor() Actor { return Actor{Name: p.Name, From: p.From} }

// Owner returns the principal of a command that holds the data folder itself:
// whoever can read the store's file can do everything with it.
func Owner(name string) Principal {
	return Principal{Name: name, Roles: []UserRole{RoleAdmin, RoleCleared}, From: "cli"}
}

type principalKey struct{}

// WithPrincipal returns a context that carries who asks.
func WithPrincipal(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, principalKey{}, p)
}

// PrincipalOf returns who asks; the zero Principal, who may do nothing, when
// ctx does not say.
func PrincipalOf(ctx context.Context) Principal {
	p, _ := ctx.Value(principalKey{}).(Principal)
	return p
}

// Blind reports whether somebody asks who is not cleared for the content of
// sealed reports. What the store finds, compares and tells then says nothing of
// it. aupd's own work, in whose context nobody is, is not blind.
func Blind(ctx context.Context) bool {
	p, ok := ctx.Value(principalKey{}).(Principal)
	return ok && !p.May(RightContent)
}
