package strictyaml_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"aupd/internal/strictyaml"

	"github.com/google/go-cmp/cmp"
)

type file struct {
	Name  string   `yaml:"name"`
	Words []string `yaml:"words,omitempty"`
	Inner *struct {
		Depth int  `yaml:"depth"`
		Open  bool `yaml:"open"`
	} `yaml:"inner"`
	Wait  wait            `yaml:"wait"`
	Waits map[string]wait `yaml:"waits"`
	Items []struct {
		ID string `yaml:"id"`
	} `yaml:"items"`
}

type wait time.Duration

func (w *wait) UnmarshalText(b []byte) (err error) {
	d, err := time.ParseDuration(string(b))
	*w = wait(d)
	return err
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
	for _, empty := range []string{"", "\n", "# nothing\n", "---\n"} {
		got := file{Name: "kept"}
		if err := strictyaml.Decode([]byte(empty), "f", &got, errKind); err != nil || got.Name != "kept" {
			t.Errorf("Decode of %q = %+v, %v; want no change", empty, got, err)
		}
	}
}

func TestErrors(t *testing.T) {
	for name, tc := range map[string]struct{ yaml, want string }{
		"unknown key":      {"nam: x\n", `f:1:1: unknown key "nam": did you mean "name"?: no good`},
		"unknown keys":     {"colour: x\nitems:\n- id: a\n- ident: b\n", "f:1:1: unknown key \"colour\": known are name, words, inner, wait, waits, items: no good\nf:4:3: unknown key \"ident\" in items[1]: known are id: no good"},
		"behind a pointer": {"inner: {dept: 1}", `f:1:9: unknown key "dept" in inner: did you mean "depth"?: no good`},
		"wrong types": {"name: [n]\nwords: a\ninner: {depth: x, open: perhaps}\nwait: 5 pounds\nitems: {id: a}\nwaits: {a: b}\n",
			"f:1:7: name: want a single value: no good\nf:2:8: words: want a list, as in [a, b]: no good\n" +
				"f:3:16: inner.depth: is \"x\", want a number: no good\nf:3:25: inner.open: is \"perhaps\", want true or false: no good\n" +
				"f:4:7: wait: time: unknown unit \" pounds\" in duration \"5 pounds\": no good\nf:5:8: items: want a list, as in [a, b]: no good\n" +
				"f:6:12: waits.a: time: invalid duration \"b\": no good"},
		"no keys":               {"word", "f:1:1: the file: want keys with values, as in {key: value}: no good"},
		"wrong behind an alias": {"name: &a [x]\nwait: *a\n", "f:1:10: cannot unmarshal []interface {} into Go struct field file.Name of type string: no good"},
		"broken":                {"words: [a\n", "f:1:8: sequence end token ']' not found: no good"},
		"the library panics":    {"items: ! ", "f: cannot be read as YAML: runtime error: invalid memory address or nil pointer dereference: no good"},
		"too many brackets":     {strings.Repeat("[", 100_000), "f:1:33: nested more than 32 deep: no good"},
		"too many braces":       {strings.Repeat("{a: ", 100_000), "f:1:129: nested more than 32 deep: no good"},
		"too many dashes":       {strings.Repeat("- ", 100_000), "f:1:65: nested more than 32 deep: no good"},
		"too many aliases":      {"words: &a [x]\nitems: [" + strings.Repeat("*a,", 65) + "]", "f:2:201: more than 64 aliases: no good"},
		"an alias to itself":    {"waits: &a {b: *a}\n", "f:1:15: an alias within an anchor: write out what it stands for: no good"},
		"aliases of aliases":    {"waits: {a: &a [x, x], b: &b [*a, *a], c: [*b, *b]}\n", "f:1:30: an alias within an anchor: write out what it stands for: no good\nf:1:34: an alias within an anchor: write out what it stands for: no good"},
		"two documents":         {"name: a\n---\nname: b\n", "f:3:5: a second document: want one: no good"},
		"too many documents":    {strings.Repeat("---\n", 10), "f:9:1: more than 8 documents: no good"},
		"no UTF-8":              {"name: \xff\n", "f: is no text in UTF-8: save it as such: no good"},
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

// TestManyErrors reads a file in which everything is wrong.
func TestManyErrors(t *testing.T) {
	err := strictyaml.Decode([]byte("items:\n"+strings.Repeat("- {nam: x}\n", 1000)), "f", new(file), errKind)
	if n := strings.Count(err.Error(), "\n") + 1; n != 100 {
		t.Errorf("%d errors, want 100", n)
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
