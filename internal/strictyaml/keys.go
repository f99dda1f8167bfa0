package strictyaml

import (
	"encoding"
	"fmt"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// maxErrors bounds the errors that are reported at once: nobody reads more.
const maxErrors = 100

// A checker walks a file beside the type that it is read into, and gathers all
// that does not fit: the decoder stops at the first.
type checker struct {
	file string
	errs []error
}

func (c *checker) wrong(n ast.Node, format string, args ...any) {
	if len(c.errs) == maxErrors {
		return
	}
	pos := n.GetToken().Position
	c.errs = append(c.errs, fmt.Errorf("%s:%d:%d: %s", c.file, pos.Line, pos.Column, fmt.Sprintf(format, args...)))
}

// value checks the value n, which stands at path. What is tagged, or written
// elsewhere in the file, is left to the decoder.
func (c *checker) value(n ast.Node, t reflect.Type, path string) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch v := n.(type) {
	case nil, *ast.NullNode, *ast.AnchorNode, *ast.AliasNode, *ast.TagNode:
	case *ast.MappingNode:
		if c.wants(n, t, path, reflect.Struct) {
			for _, pair := range v.Values {
				c.key(pair, t, path)
			}
		}
	case *ast.MappingValueNode:
		if c.wants(n, t, path, reflect.Struct) {
			c.key(v, t, path)
		}
	case *ast.SequenceNode:
		if c.wants(n, t, path, reflect.Slice) {
			for i, item := range v.Values {
				c.value(item, t.Elem(), fmt.Sprintf("%s[%d]", path, i))
			}
		}
	default:
		if c.wants(n, t, path, reflect.String) {
			c.scalar(n, t, path)
		}
	}
}

// wants reports whether a value of kind have is one for t; String stands for
// every single value.
func (c *checker) wants(n ast.Node, t reflect.Type, path string, have reflect.Kind) bool {
	want := reflect.String
	switch k := t.Kind(); {
	case readsItself(t):
	case k == reflect.Map:
		want = reflect.Struct
	case k == reflect.Struct, k == reflect.Slice:
		want = k
	}
	if have == want {
		return true
	}
	words := map[reflect.Kind]string{
		reflect.Struct: "keys with values, as in {key: value}", reflect.Slice: "a list, as in [a, b]", reflect.String: "a single value",
	}
	if path == "" {
		path = "the file"
	}
	c.wrong(n, "%s: want %s", path, words[want])
	return false
}

// readsItself reports whether t has a method that reads it.
func readsItself(t reflect.Type) bool {
	switch reflect.New(t).Interface().(type) {
	case yaml.BytesUnmarshaler, encoding.TextUnmarshaler:
		return true
	}
	return false
}

func (c *checker) scalar(n ast.Node, t reflect.Type, path string) {
	err := yaml.NodeToValue(n, reflect.New(t).Interface())
	switch {
	case err == nil:
	case readsItself(t):
		c.wrong(n, "%s: %s", path, message(err))
	case t.Kind() == reflect.Bool:
		c.wrong(n, "%s: is %q, want true or false", path, n.String())
	default:
		c.wrong(n, "%s: is %q, want a number", path, n.String())
	}
}

func (c *checker) key(v *ast.MappingValueNode, t reflect.Type, path string) {
	key := v.Key.GetToken().Value
	if t.Kind() == reflect.Map {
		c.value(v.Value, t.Elem(), strings.TrimPrefix(path+"."+key, "."))
		return
	}
	var known []string
	for f := range t.Fields() {
		tag, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if tag == key {
			c.value(v.Value, f.Type, strings.TrimPrefix(path+"."+key, "."))
			return
		}
		known = append(known, tag)
	}
	where := ""
	if path != "" {
		where = " in " + path
	}
	mend := "known are " + strings.Join(known, ", ")
	if near := nearest(key, known); near != "" {
		mend = fmt.Sprintf("did you mean %q?", near)
	}
	c.wrong(v.Key, "unknown key %q%s: %s", key, where, mend)
}

// nearest returns the known key that differs from key by least, if by little.
func nearest(key string, known []string) string {
	best, dist := "", 3
	for _, k := range known {
		if d := distance(key, k); d < dist {
			best, dist = k, d
		}
	}
	return best
}

// distance is the Levenshtein distance of two keys.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
