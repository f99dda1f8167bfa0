package strictyaml

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// unknownKeys returns an error for each key below node that t has no field for.
func unknownKeys(node ast.Node, t reflect.Type, file, path string) []error {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
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
	return []error{fmt.Errorf("%s:%d:%d: unknown key %q%s: %s", file, pos.Line, pos.Column, key, where, mend)}
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
