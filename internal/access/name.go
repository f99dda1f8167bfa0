package access

import (
	"context"
	"fmt"
	"regexp"
	"slices"

	"aupd/internal/aup"
)

// manages returns nil when whoever asks may change users and tokens.
func manages(ctx context.Context) error { return aup.PrincipalOf(ctx).Need(aup.RightManage) }

// nameForm is what a user or a token may be called: it stands in the log, in
// addresses and on the command line. A colon is left to tell tokens from users.
var nameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9._@+-]{0,63}$`)

func checkName(name string) error {
	if !nameForm.MatchString(name) {
		return fmt.Errorf("name %q: want up to 64 of a-z, 0-9, and . _ @ + - behind the first: %w", name, aup.ErrInvalid)
	}
	if name == "aupd" {
		return fmt.Errorf("name %q stands for the program itself: take another: %w", name, aup.ErrInvalid)
	}
	return nil
}

func checkRoles(roles []aup.UserRole) error {
	seen := make(map[aup.UserRole]bool)
	for _, r := range roles {
		if !slices.Contains(aup.UserRoles, r) || seen[r] {
			return fmt.Errorf("role %q is twice there or unknown: want some of %v: %w", r, aup.UserRoles, aup.ErrInvalid)
		}
		seen[r] = true
	}
	if len(roles) == 0 || len(roles) == 1 && seen[aup.RoleCleared] {
		return fmt.Errorf("want a role beside %s: some of %v: %w", aup.RoleCleared, aup.UserRoles, aup.ErrInvalid)
	}
	return nil
}
