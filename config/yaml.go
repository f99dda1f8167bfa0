package config

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// decode reads data into cfg. Unknown keys are looked for first, since the
// decoder stops at the first one.
func decode(data []byte, file string, cfg *Config) error {
	f, err := parser.ParseBytes(data, 0)
	if err != nil {
		return located(file, err)
	}
	var errs []error
	for _, doc := range f.Docs {
		errs = append(errs, unknownKeys(doc.Body, reflect.TypeFor[Config](), file, "")...)
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	if err := yaml.UnmarshalWithOptions(data, cfg, yaml.Strict()); err != nil {
		return located(file, err)
	}
	return nil
}

// located makes one line of a YAML error.
func located(file string, err error) error {
	var at yaml.Error
	if errors.As(err, &at) && at.GetToken() != nil {
		pos := at.GetToken().Position
		msg := strings.NewReplacer("cannot unmarshal", "cannot read", "into Go struct field Config.", "as ", "into Go value of type", "as").Replace(at.GetMessage())
		return fmt.Errorf("%s:%d:%d: %s: %w", file, pos.Line, pos.Column, msg, ErrInvalid)
	}
	return fmt.Errorf("%s: %v: %w", file, err, ErrInvalid)
}

// unknownKeys returns an error for each key below node that t has no field for.
func unknownKeys(node ast.Node, t reflect.Type, file, path string) []error {
	var errs []error
	switch n := node.(type) {
	case *ast.MappingNode:
		for _, v := range n.Values {
			errs = append(errs, unknownKey(v, t, file, path)...)
		}
	case *ast.MappingValueNode:
		errs = unknownKey(n, t, file, path)
	case *ast.SequenceNode:
		if t.Kind() == reflect.Slice {
			for i, v := range n.Values {
				errs = append(errs, unknownKeys(v, t.Elem(), file, fmt.Sprintf("%s[%d]", path, i))...)
			}
		}
	}
	return errs
}

func unknownKey(v *ast.MappingValueNode, t reflect.Type, file, path string) []error {
	if t.Kind() != reflect.Struct {
		return nil // a wrong type is the decoder's to tell
	}
	key := v.Key.GetToken().Value
	var known []string
	for f := range t.Fields() {
		tag, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if tag == key {
			return unknownKeys(v.Value, f.Type, file, strings.TrimPrefix(path+"."+key, "."))
		}
		known = append(known, tag)
	}
	pos := v.Key.GetToken().Position
	where := ""
	if path != "" {
		where = " in " + path
	}
	mend := "known are " + strings.Join(known, ", ")
	if near := nearest(key, known); near != "" {
		mend = fmt.Sprintf("did you mean %q?", near)
	}
	return []error{fmt.Errorf("%s:%d:%d: unknown key %q%s: %s: %w", file, pos.Line, pos.Column, key, where, mend, ErrInvalid)}
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

// A locator finds where in a file a value of the configuration stands.
type locator struct {
	file string
	root ast.Node
}

func newLocator(data []byte, file string) locator {
	f, err := parser.ParseBytes(data, 0)
	if err != nil || len(f.Docs) == 0 {
		return locator{file: file}
	}
	return locator{file, f.Docs[0].Body}
}

// place returns "file:line:column: path" for a value that stands in the file,
// and "file: path" for a default.
func (l locator) place(path string) string {
	if l.root != nil {
		if p, err := yaml.PathString("$." + path); err == nil {
			if n, err := p.FilterNode(l.root); err == nil && n != nil && n.GetToken() != nil {
				pos := n.GetToken().Position
				return fmt.Sprintf("%s:%d:%d: %s", l.file, pos.Line, pos.Column, path)
			}
		}
	}
	return l.file + ": " + path
}
