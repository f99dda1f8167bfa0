package strictyaml_test

import (
	"errors"
	"strings"
	"testing"

	"aupd/internal/strictyaml"

	"github.com/google/go-cmp/cmp"
)

type file struct {
	Name  string   `yaml:"name"`
	Words []string `yaml:"words,omitempty"`
	Inner *struct {
		Depth int `yaml:"depth"`
	} `yaml:"inner"`
	Items []struct {
		ID string `yaml:"id"`
	} `yaml:"items"`
}

var errKind = errors.New("no good")

func TestDecode(t *testing.T) {
	var got file
	if err := strictyaml.Decode([]byte("name: n\nwords: [a, '[b']\ninner: {depth: 2}\n"), "f", &got, errKind); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"a", "[b"}, got.Words); d != "" || got.Name != "n" || got.Inner.Depth != 2 {
		t.Errorf("read %+v (-want +got):\n%s", got, d)
	}
}

func TestErrors(t *testing.T) {
	for name, tc := range map[string]struct{ yaml, want string }{
		"unknown key":           {"nam: x\n", `f:1:1: unknown key "nam": did you mean "name"?: no good`},
		"unknown keys":          {"colour: x\nitems:\n- id: a\n- ident: b\n", "f:1:1: unknown key \"colour\": known are name, words, inner, items: no good\nf:4:3: unknown key \"ident\" in items[1]: known are id: no good"},
		"behind a pointer":      {"inner: {dept: 1}", `f:1:9: unknown key "dept" in inner: did you mean "depth"?: no good`},
		"wrong type":            {"inner: {depth: x}", "f:1:16: cannot read string as file.Inner of type int: no good"},
		"broken":                {"words: [a\n", "f:1:8: sequence end token ']' not found: no good"},
		"the library panics":    {"items: ! ", "f: cannot be read as YAML: runtime error: invalid memory address or nil pointer dereference: no good"},
		"too many brackets":     {strings.Repeat("[", 100_000), "f:1:33: nested more than 32 deep: no good"},
		"too many braces":       {strings.Repeat("{a: ", 100_000), "f:1:129: nested more than 32 deep: no good"},
		"too many dashes":       {strings.Repeat("- ", 100_000), "f:1:65: nested more than 32 deep: no good"},
		"too many aliases":      {"words: &a [x]\nitems: [" + strings.Repeat("*a,", 65) + "]", "f:2:201: more than 64 aliases: no good"},
		"too many keys of keys": {strings.Repeat("? ", 100_000), "f:1:65: nested more than 32 deep: no good"},
	} {
		t.Run(name, func(t *testing.T) {
			err := strictyaml.Decode([]byte(tc.yaml), "f", new(file), errKind)
			if !errors.Is(err, errKind) || err.Error() != tc.want {
				t.Errorf("Decode = %v, want %s", err, tc.want)
			}
		})
	}
}

func TestPlace(t *testing.T) {
	l := strictyaml.NewLocator([]byte("name: n\nitems:\n- id: a\n- id: b\n"), "f")
	for path, want := range map[string]string{
		"name": "f:1:7: name", "items[1].id": "f:4:7: items[1].id", "words": "f: words", "items[": "f: items[",
	} {
		if got := l.Place(path); got != want {
			t.Errorf("Place(%s) = %s, want %s", path, got, want)
		}
	}
	if got := strictyaml.NewLocator([]byte("items: ["), "f").Place("items"); got != "f: items" {
		t.Errorf("Place in a file that is broken = %s", got)
	}
}
