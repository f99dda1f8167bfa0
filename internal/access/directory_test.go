package access_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"aupd/internal/access"
	"aupd/internal/aup"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestUsers(t *testing.T) {
	s := newSetting(t, nil)
	ctx := owner(t)
	if _, err := s.dir.SetUser(ctx, "alice", aup.UserChange{Roles: []aup.UserRole{aup.RoleLead, aup.RoleCleared}}); err != nil {
		t.Fatal(err)
	}
	if err := s.dir.RemoveUser(ctx, "alice"); err != nil {
		t.Fatal(err)
	}
	s.add(t, "bob@mail.example", aup.RoleReader)
	got, err := s.dir.Users(ctx)
	want := []aup.User{{Name: "bob@mail.example", Roles: []aup.UserRole{aup.RoleReader}}, {Name: "root", Roles: []aup.UserRole{aup.RoleAdmin}}}
	if d := cmp.Diff(want, got, cmpopts.IgnoreTypes(time.Time{})); d != "" || err != nil {
		t.Errorf("%v, users (-want +got):\n%s", err, d)
	}
	events := s.memory.of(aup.EventAccessChanged)
	wantEvents := []string{
		"o: {Name:alice Way: Subject: Address: Change:roles set Roles:[lead minors-cleared]}",
		"o: {Name:alice Way: Subject: Address: Change:user added Roles:[operator]}",
		"o: {Name:alice Way: Subject: Address: Change:user removed Roles:[]}",
		"o: {Name:bob@mail.example Way: Subject: Address: Change:user added Roles:[reader]}",
		"o: {Name:root Way: Subject: Address: Change:user added Roles:[admin]}",
	}
	if d := cmp.Diff(wantEvents, events); d != "" {
		t.Errorf("events (-want +got):\n%s", d)
	}
	if strings.Contains(s.memory.dump(t), password) {
		t.Error("the password is kept")
	}
}

func TestUsersRefused(t *testing.T) {
	s := newSetting(t, nil)
	good := aup.UserChange{Roles: []aup.UserRole{aup.RoleReader}, Password: password}
	with := func(password aup.Secret, roles ...aup.UserRole) aup.UserChange {
		return aup.UserChange{Roles: roles, Password: password}
	}
	type call func() error
	add := func(name string, c aup.UserChange) call {
		return func() error { _, err := s.dir.AddUser(owner(t), name, c); return err }
	}
	set := func(name string, c aup.UserChange) call {
		return func() error { _, err := s.dir.SetUser(owner(t), name, c); return err }
	}
	for name, tc := range map[string]struct {
		do   call
		want error
		text string
	}{
		"a name with a slash":    {add("../x", good), aup.ErrInvalid, "want up to 64 of a-z"},
		"a name like a token's":  {add("token:x", good), aup.ErrInvalid, "want up to 64 of a-z"},
		"the program's name":     {add("aupd", good), aup.ErrInvalid, "stands for the program"},
		"a long name":            {add(strings.Repeat("a", 65), good), aup.ErrInvalid, "want up to 64"},
		"a name that is taken":   {add("alice", good), aup.ErrConflict, `"aupd user set alice" changes it`},
		"no role":                {add("bob", with(password)), aup.ErrInvalid, "want a role"},
		"a role that is none":    {add("bob", with(password, "king")), aup.ErrInvalid, `role "king"`},
		"a role twice":           {add("bob", with(password, aup.RoleLead, aup.RoleLead)), aup.ErrInvalid, "twice"},
		"cleared alone":          {add("bob", with(password, aup.RoleCleared)), aup.ErrInvalid, "want a role beside minors-cleared"},
		"no password":            {add("bob", with("", aup.RoleLead)), aup.ErrInvalid, "0 characters: want 12 or more"},
		"a short password":       {add("bob", with("ünï☃", aup.RoleLead)), aup.ErrInvalid, "4 characters"},
		"a long password":        {add("bob", with(aup.Secret(strings.Repeat("ab", 600)), aup.RoleLead)), aup.ErrInvalid, "want 1024 or fewer"},
		"one letter":             {add("bob", with("aaaaaaaaaaaaaa", aup.RoleLead)), aup.ErrInvalid, "easily guessed"},
		"the name":               {add("robert", with("Robert12345678", aup.RoleLead)), aup.ErrInvalid, "easily guessed"},
		"two lines":              {add("bob", with("correct horse\nbattery", aup.RoleLead)), aup.ErrInvalid, "one line"},
		"set nobody":             {set("bob", good), aup.ErrNotFound, "user bob"},
		"set nothing":            {set("alice", aup.UserChange{}), aup.ErrInvalid, "nothing to change"},
		"set a bad password":     {set("alice", with("short")), aup.ErrInvalid, "5 characters"},
		"set bad roles":          {set("alice", with("", aup.RoleCleared)), aup.ErrInvalid, "want a role"},
		"demote the last admin":  {set("root", with("", aup.RoleLead)), aup.ErrConflict, "root is the last admin: make somebody else one first"},
		"remove the last admin":  {func() error { return s.dir.RemoveUser(owner(t), "root") }, aup.ErrConflict, "last admin"},
		"remove nobody":          {func() error { return s.dir.RemoveUser(owner(t), "bob") }, aup.ErrNotFound, "user bob"},
		"add without the right":  {func() error { _, err := s.dir.AddUser(t.Context(), "bob", good); return err }, aup.ErrForbidden, "whoever is not signed in may not manage"},
		"set without the right":  {func() error { _, err := s.dir.SetUser(t.Context(), "alice", good); return err }, aup.ErrForbidden, "may not manage"},
		"list without the right": {func() error { _, err := s.dir.Users(t.Context()); return err }, aup.ErrForbidden, "may not manage"},
		"remove without":         {func() error { return s.dir.RemoveUser(t.Context(), "alice") }, aup.ErrForbidden, "may not manage"},
		"tokens without":         {func() error { _, err := s.dir.Tokens(t.Context()); return err }, aup.ErrForbidden, "may not manage"},
		"end a token without":    {func() error { return s.dir.RemoveToken(t.Context(), "x") }, aup.ErrForbidden, "may not manage"},
	} {
		t.Run(name, func(t *testing.T) {
			before := s.memory.dump(t)
			err := tc.do()
			if !errors.Is(err, tc.want) || !strings.Contains(err.Error(), tc.text) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %v, want one line of %v with %q", err, tc.want, tc.text)
			}
			if s.memory.dump(t) != before {
				t.Error("something changed")
			}
		})
	}
}

// A change that cannot be put into the log does not happen.
func TestNoChangeWithoutLog(t *testing.T) {
	s := newSetting(t, nil)
	secret := s.token(t, aup.RoleReader)
	s.memory.fail = errors.New("the disk is full")
	before := s.memory.dump(t)
	ctx := owner(t)
	_, add := s.dir.AddUser(ctx, "bob", aup.UserChange{Roles: []aup.UserRole{aup.RoleReader}, Password: password})
	_, set := s.dir.SetUser(ctx, "alice", aup.UserChange{Roles: []aup.UserRole{aup.RoleAdmin}})
	_, token := s.dir.AddToken(ctx, aup.Token{Name: "x", Roles: []aup.UserRole{aup.RoleReader}, Expires: time.Now().Add(time.Hour)})
	for name, err := range map[string]error{
		"add": add, "set": set, "remove": s.dir.RemoveUser(ctx, "alice"), "token": token, "remove token": s.dir.RemoveToken(ctx, "ci"),
	} {
		if !errors.Is(err, s.memory.fail) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if s.memory.dump(t) != before || secret == "" {
		t.Error("something changed")
	}
	if b := s.browser(); b.signIn("alice", password).Code != 500 || b.in() {
		t.Error("signed in without an event")
	}
}

func TestTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSetting(t, nil)
		ctx, b := owner(t), s.browser()
		secret := string(s.token(t, aup.RoleReader, aup.RoleAuditor))
		call := func(secret string) (int, string) {
			w := b.get("/api/v1/reports", "Authorization", "bearer "+secret)
			return w.Code, w.Body.String()
		}
		if code, body := call(secret); code != 200 || body != "token:ci [reader auditor] api" {
			t.Errorf("with the token: %d %s", code, body)
		}
		list, err := s.dir.Tokens(ctx)
		if err != nil || len(list) != 1 {
			t.Fatalf("tokens %v, %v", list, err)
		}
		got := list[0]
		if got.Prefix != secret[:11] || got.By != "o" || got.LastUsed.IsZero() || len(secret) != 48 {
			t.Errorf("token %+v of %d bytes", got, len(secret))
		}
		for _, kept := range []string{s.memory.dump(t), s.log.String()} {
			if strings.Contains(kept, secret) || strings.Contains(kept, secret[5:]) {
				t.Errorf("the secret stands in %s", kept)
			}
		}
		time.Sleep(90 * time.Second)
		call(secret)
		if list, err = s.dir.Tokens(ctx); err != nil || !list[0].LastUsed.After(got.LastUsed) {
			t.Errorf("last used %v, %v; before %v", list[0].LastUsed, err, got.LastUsed)
		}
		for name, bad := range map[string]string{
			"none": "", "another": "aupd_" + strings.Repeat("A", 43), "a part": secret[:20], "more": secret + "A", "foreign": "ghp_x", "long": "aupd_" + strings.Repeat("A", 9000),
		} {
			if code, body := call(bad); code != 401 || !strings.Contains(body, `"status":401`) {
				t.Errorf("%s: %d %s", name, code, body)
			}
		}
		time.Sleep(24 * time.Hour)
		if code, body := call(secret); code != 401 || !strings.Contains(body, "token ci has expired") {
			t.Errorf("after its end: %d %s", code, body)
		}
		if err := s.dir.RemoveToken(ctx, "ci"); err != nil {
			t.Fatal(err)
		}
		if code, _ := call(secret); code != 401 {
			t.Errorf("after it was removed: %d", code)
		}
		if err := s.dir.RemoveToken(ctx, "ci"); !errors.Is(err, aup.ErrNotFound) {
			t.Errorf("remove it again: %v", err)
		}
	})
}

func TestTokensRefused(t *testing.T) {
	s := newSetting(t, nil)
	s.token(t, aup.RoleReader)
	hour := time.Now().Add(time.Hour)
	reader := []aup.UserRole{aup.RoleReader}
	for name, tc := range map[string]struct {
		token aup.Token
		want  error
		text  string
	}{
		"taken":     {aup.Token{Name: "ci", Roles: reader, Expires: hour}, aup.ErrConflict, "token ci is there already"},
		"no roles":  {aup.Token{Name: "x", Expires: hour}, aup.ErrInvalid, "want a role"},
		"no name":   {aup.Token{Roles: reader, Expires: hour}, aup.ErrInvalid, "name"},
		"no end":    {aup.Token{Name: "x", Roles: reader}, aup.ErrInvalid, "within a year"},
		"a far end": {aup.Token{Name: "x", Roles: reader, Expires: hour.AddDate(2, 0, 0)}, aup.ErrInvalid, "within a year"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := s.dir.AddToken(owner(t), tc.token)
			if !errors.Is(err, tc.want) || !strings.Contains(err.Error(), tc.text) || got.Secret != "" {
				t.Errorf("%v, %v; want %v with %q", got, err, tc.want, tc.text)
			}
		})
	}
	if _, err := s.dir.AddToken(t.Context(), aup.Token{Name: "x", Roles: reader, Expires: hour}); !errors.Is(err, aup.ErrForbidden) {
		t.Errorf("without the right: %v", err)
	}
}

func TestPasswordRehashedAtOtherCost(t *testing.T) {
	s := newSetting(t, nil)
	dear := cheap()
	dear.Iterations = 2
	s.opt.Directory = access.NewDirectory(&s.memory, &s.memory, dear)
	again := newSetting(t, func(n *setting) { n.opt = s.opt })
	if b := again.browser(); b.signIn("alice", password).Code != 303 || !b.in() {
		t.Fatal("not signed in")
	}
	if d := s.memory.dump(t); strings.Count(d, "t=2,p=1") != 1 || strings.Count(d, "t=1,p=1") != 1 {
		t.Errorf("want the hash of alice alone made anew: %s", d)
	}
	if b := again.browser(); b.signIn("alice", password).Code != 303 {
		t.Error("the new hash is of another password")
	}
}
