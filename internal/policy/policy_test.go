package policy_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"aupd/internal/aup"
	"aupd/internal/policy"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestImport(t *testing.T) {
	for _, name := range []string{"nested", "headings"} {
		t.Run(name, func(t *testing.T) {
			md, err := os.ReadFile(filepath.Join("testdata", name+".md"))
			if err != nil {
				t.Fatal(err)
			}
			p, err := policy.Import(md, name+".md")
			if err != nil {
				t.Fatal(err)
			}
			got, err := p.YAML()
			if err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata", name+".yaml")
			if *update {
				if err := os.WriteFile(golden, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(want), string(got)); d != "" {
				t.Errorf("policy (-want +got):\n%s", d)
			}
			again, err := policy.Parse(got, golden)
			if err != nil {
				t.Fatalf("what Import wrote does not parse: %v", err)
			}
			if again.Version() != p.Version() {
				t.Errorf("version %s became %s on the way through YAML", p.Version(), again.Version())
			}
		})
	}
}

func TestImportRefuses(t *testing.T) {
	for name, md := range map[string]string{"empty": "", "no list": "# A policy\n\nBe kind.\n", "not UTF-8": "- \xff\n"} {
		t.Run(name, func(t *testing.T) {
			if _, err := policy.Import([]byte(md), "p.md"); !errors.Is(err, aup.ErrInvalid) || !strings.HasPrefix(err.Error(), "p.md: ") {
				t.Errorf("Import = %v, want ErrInvalid that names the file", err)
			}
		})
	}
}

const small = `name: small
title: Small
clauses:
  - {id: "1", title: One, severity: high}
  - {id: "1.1", title: Detail, severity: low, summary: Two words.}
`

func TestVersionIsOfTheContent(t *testing.T) {
	same := "# a comment\ntitle: \"Small\"\nname: small\nclauses:\n- severity: high\n  title: One\n  id: '1'\n- id: '1.1'\n  title: Detail\n  summary: Two words.\n  severity: low\n"
	a, b := parse(t, small), parse(t, same)
	if a.Version() != b.Version() {
		t.Errorf("the same content has versions %s and %s", a.Version(), b.Version())
	}
	if want := "sha256:98f5c479ec3ea666"; a.Version() != want {
		t.Errorf("version %s, want %s: decisions are pinned to versions, they must never change", a.Version(), want)
	}
	if c := parse(t, strings.Replace(small, "Two words", "Two other words", 1)); a.Version() == c.Version() {
		t.Error("another wording has the same version")
	}
}

func parse(t *testing.T, s string) *policy.Policy {
	t.Helper()
	p, err := policy.Parse([]byte(s), "p.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestParseNamesEveryProblem(t *testing.T) {
	const bad = `name: bad
clauses:
  - {id: "1", title: One, severity: high}
  - {id: "1", title: Again, severity: dire}
  - {id: "2.1", severity: low, enforcement: [flog]}
  - {id: x, title: X, severity: low}
  - {id: "3", title: E, severity: low, exception: true}
  - {id: "4", title: W, severity: low, wording: Changed words., digest: "00"}
`
	_, err := policy.Parse([]byte(bad), "p.yaml")
	if err == nil || !errors.Is(err, aup.ErrInvalid) {
		t.Fatalf("Parse = %v, want ErrInvalid", err)
	}
	lines := strings.Split(err.Error(), "\n")
	for _, want := range []string{"clauses[0]'s already", `severity "dire"`, "no clause 2 ", "title: missing", `enforcement "flog"`, `id "x"`, "an exception permits", "digest"} {
		found := false
		for _, l := range lines {
			found = found || strings.Contains(l, want) && strings.HasPrefix(l, "p.yaml: ")
		}
		if !found {
			t.Errorf("no line says %q in:\n%s", want, err)
		}
	}
	for name, tc := range map[string]struct{ yaml, want string }{
		"unknown key": {"name: a\nclauzes: []\n", "p.yaml:2:1: "},
		"wrong type":  {"name: a\nclauses: 3\n", "p.yaml:2:10: "},
		"no YAML":     {"name: [", "p.yaml:"},
		"nothing":     {"", "p.yaml: name: missing"},
		"too many":    {"name: a\nclauses:\n" + strings.Repeat("- {id: '1.1', title: x, severity: low}\n", 2001), "p.yaml: clauses: there are 2001: a policy has at most 2000"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := policy.Parse([]byte(tc.yaml), "p.yaml")
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("Parse = %v, want an error with %q", err, tc.want)
			}
		})
	}
}

func TestDiff(t *testing.T) {
	a := parse(t, small)
	b := parse(t, strings.Replace(strings.Replace(small, "severity: low", "severity: critical", 1), "clauses:\n", "clauses:\n  - {id: \"2\", title: New, severity: low}\n", 1))
	c := parse(t, strings.Split(small, "  - {id: \"1.1\"")[0])
	want := []policy.Change{{Clause: "2", What: "added", To: "New"}, {Clause: "1.1", What: "severity", From: "low", To: "critical"}}
	if d := cmp.Diff(want, policy.Diff(a, b)); d != "" {
		t.Errorf("Diff (-want +got):\n%s", d)
	}
	want = []policy.Change{{Clause: "1.1", What: "removed", From: "Detail"}}
	if d := cmp.Diff(want, policy.Diff(a, c)); d != "" {
		t.Errorf("Diff (-want +got):\n%s", d)
	}
}

// TestImportLong imports a paragraph of many lines, each of which must not cost
// a copy of those before it.
func TestImportLong(t *testing.T) {
	const lines, most = 100_000, 256 << 20
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	p, err := policy.Import([]byte("You may not:\n\n- lie\n\n"+strings.Repeat("x\n", lines)+"\n- **steal**\n"), "f")
	runtime.ReadMemStats(&after)
	if err != nil || len(p.Clauses) != 1 || len(p.Notices) != 1 {
		t.Errorf("Import = %+v, %v", p, err)
	}
	if got := after.TotalAlloc - before.TotalAlloc; got > most {
		t.Errorf("allocated %d bytes, want at most %d", got, most)
	}
}

func FuzzImport(f *testing.F) {
	for _, s := range []string{"- a\n  - b\n    - c\n", "# x\n## y\n1. z\n", "---\n---\n", "**b**\n\n* Except x\n", "You may not:\n\n- x\n\nAlso:\n\n- y\n", "* ? *", "- a: b", "- '\"\\ #"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, md []byte) {
		p, err := policy.Import(md, "f.md")
		if err != nil {
			return
		}
		out, err := p.YAML()
		if err != nil {
			t.Fatal(err)
		}
		again, err := policy.Parse(out, "f.yaml")
		if err != nil {
			t.Fatalf("what Import wrote does not parse: %v\n%s", err, out)
		}
		if again.Version() != p.Version() {
			t.Fatalf("the policy changed on the way through YAML:\n%s", cmp.Diff(p, again))
		}
	})
}
