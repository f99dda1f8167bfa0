package config

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestExampleLoads(t *testing.T) {
	cfg, err := parse(Example(), "aupd.yaml")
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.Data = "/var/lib/aupd"
	want.Evidence = Evidence{OwnDomains: []string{}, NeverSource: []string{}, AuthservIDs: []string{}}
	want.Mailboxes = []Mailbox{{
		Name: "support", URL: "imaps://imap.example.org:993", Username: "support@example.org",
		PasswordFile: "/run/secrets/imap", Folders: []string{"INBOX"},
	}}
	if d := cmp.Diff(want, cfg); d != "" {
		t.Errorf("the example is not the defaults with one mailbox (-want +got):\n%s", d)
	}
}

// Every key that the example only mentions must be one.
func TestExampleAlternativesLoad(t *testing.T) {
	var out []string
	for l := range strings.SplitSeq(string(Example()), "\n") {
		plain := strings.TrimSpace(l)
		if rest, ok := strings.CutPrefix(plain, "# "); ok {
			if key, _, found := strings.Cut(rest, ": "); found && !strings.Contains(key, " ") {
				l = strings.Replace(l, "# ", "", 1)
			}
		}
		if strings.Contains(l, "password_file:") || strings.Contains(l, "password_env:") || strings.Contains(l, "url: imaps") {
			l = strings.NewReplacer("imaps://imap.example.org:993", "imap://imap.example.org", "password_file: /run/secrets/imap", "", "password_env: AUPD_IMAP_PASSWORD", "").Replace(l)
		}
		out = append(out, l)
	}
	cfg, err := parse([]byte(strings.Join(out, "\n")), "aupd.yaml")
	if err != nil {
		t.Fatal(err)
	}
	m := cfg.Mailboxes[0]
	if !m.StartTLS || m.CAFile == "" || m.OAuth2 == nil || m.OAuth2.ClientSecretFile == "" || time.Time(m.OAuth2.ClientSecretEnds).Year() != 2027 || m.Mark.Keyword == "" || cfg.Policy == "" {
		t.Errorf("an alternative was not read: %+v, policy %q", m, cfg.Policy)
	}
}

func TestEveryProblemAtOnce(t *testing.T) {
	const bad = `mailboxes:
  - name: a b
    url: imap://imap.example.org
  - name: support
    url: https://x
    username: u
    password_file: f
    password_env: E
  - name: support
    url: imaps://u:p@imap.example.org
    username: u
    password_env: E
    folders: [INBOX, Inbox]
  - name: token
    url: imaps://imap.example.org
    username: u
    oauth2: {token_url: "https://x.example/t", client_id: c}
    mark: {keyword: a, move: b}
    folders: [inbox, b]
select: {subject: ""}
poll: 1ms
max_message: 1KB
http: {listen: "0.0.0.0:80"}
log: {format: xml}
`
	_, err := parse([]byte(bad), "a.yaml")
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		`a.yaml:2:11: mailboxes[0].name is "a b"`, "a.yaml:3:10: mailboxes[0].url would send the password to imap.example.org in plain text",
		"mailboxes[0] has no username", "mailboxes[0] needs one way to sign in", "mailboxes[1] needs one way to sign in",
		"mailboxes[3].oauth2 needs client_secret_file", "mailboxes[3].mark has both",
		`mailboxes[1].url starts with "https"`, `mailboxes[2].name is "support"`, "mailboxes[2].url holds a user name",
		"mailboxes[2].folders has", `mailboxes[3].mark.move is "b", which is watched`, "a.yaml:20:19: select.subject is empty", "poll is 1ms", "max_message is under",
		`http.listen is "0.0.0.0:80": other machines`, `log.format is "xml"`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no line says %q in:\n%v", want, err)
		}
	}
}

func TestSyntax(t *testing.T) {
	for name, tc := range map[string]struct{ yaml, want string }{
		"unknown keys":   {"mailboxes:\n  - folder: INBOX\n    nam: x\nhtpp: {}\n", `a.yaml:2:5: unknown key "folder" in mailboxes[0]: did you mean "folders"?`},
		"all of them":    {"mailboxes:\n  - folder: INBOX\n    nam: x\nhtpp: {}\n", `a.yaml:4:1: unknown key "htpp": did you mean "http"?`},
		"far from known": {"colour: red\n", "known are data, policy, further_policies, mailboxes"},
		"wrong type":     {"mailboxes: 7\n", "a.yaml:1:12: "},
		"bad duration":   {"poll: often\n", `duration "often": write it as in 90s`},
		"bad date":       {"mailboxes: [{oauth2: {client_secret_ends: soon}}]\n", `date "soon": write it as in 2027-01-31`},
		"bad size":       {"max_message: 5 pounds\n", `size "5 pounds": write it as in 500KB`},
		"bad level":      {"log: {level: loud}\n", "a.yaml:"},
		"broken":         {"data: [\n", "a.yaml:"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parse([]byte(tc.yaml), "a.yaml")
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want one with %q", err, tc.want)
			}
			if err != nil && strings.Contains(strings.ReplaceAll(err.Error(), "\na.yaml", ""), "\n") {
				t.Errorf("the error has more than a line a problem:\n%v", err)
			}
		})
	}
}

func TestValues(t *testing.T) {
	cfg, err := parse([]byte("poll: 1h30m\nmax_message: 1.5GB\nlog: {level: warn, format: json}\nadmin: {listen: \"\"}\n"), "a.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if time.Duration(cfg.Poll) != 90*time.Minute || cfg.MaxMessage != 3<<29 || cfg.Log.Level != 4 || cfg.Admin.Listen != "" {
		t.Errorf("read %+v", cfg)
	}
}

func TestPassword(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("p w\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AUPD_TEST_SECRET", "from env")
	for name, tc := range map[string]struct {
		m         Mailbox
		want, err string
	}{
		"file":    {Mailbox{PasswordFile: file}, "p w", ""},
		"env":     {Mailbox{PasswordEnv: "AUPD_TEST_SECRET"}, "from env", ""},
		"no file": {Mailbox{Name: "m", PasswordFile: file + "x"}, "", "mailbox m: password_file: "},
		"unset":   {Mailbox{Name: "m", PasswordEnv: "AUPD_TEST_UNSET"}, "", "AUPD_TEST_UNSET is not set"},
		"nothing": {Mailbox{Name: "m", PasswordFile: os.DevNull}, "", "is empty"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := tc.m.Password()
			if got != tc.want || (err == nil) != (tc.err == "") || err != nil && !strings.Contains(err.Error(), tc.err) {
				t.Errorf("Password = %q, %v; want %q, %q", got, err, tc.want, tc.err)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add(Example())
	for _, s := range []string{"a: &x [*x]", "mailboxes: {name: 1}", "poll: {}", "max_message: -1", "? x\n: y", "log: !!binary x", "mailboxes: ! ", "[[[[[[[[", "roles: &a {b: *a}", "data: &a x\nlog: *a\n---\ndata: y"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		cfg, err := parse(data, "f")
		if err == nil && (cfg.Data == "" || cfg.Select.Subject == "") {
			t.Errorf("accepted %+v", cfg)
		}
	})
}

func TestPolicyWords(t *testing.T) {
	if runs := PolicyWords(); len(runs) < 500 || !slices.IsSorted(runs) {
		t.Errorf("%d hashes, in order: %v; want those of a whole document, in ascending order", len(runs), slices.IsSorted(runs))
	}
}
