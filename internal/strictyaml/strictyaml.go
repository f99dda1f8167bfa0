// Package strictyaml reads a YAML file into a Go value, strictly: an unknown
// key, a wrong type and a broken syntax are errors of one line with file, line
// and column. The YAML library panics on some broken files and takes a minute
// over others; both are errors here.
package strictyaml

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Decode reads data into the value that into points to. file names the file in
// errors, kind is what each of them wraps. All unknown keys and wrong types are
// reported at once, joined. An empty file changes nothing; after an error the
// value may be filled in part. A file is one document, and an alias must not
// stand within what another one may stand for.
func Decode(data []byte, file string, into any, kind error) error {
	c := &checker{file: file}
	err := guarded(file, func() error {
		f, err := parse(data, file)
		if err != nil {
			return err
		}
		body := c.only(f.Docs)
		if body == nil || len(c.errs) > 0 {
			return nil
		}
		if c.value(body, reflect.TypeOf(into), ""); len(c.errs) > 0 {
			return nil
		}
		if err := yaml.UnmarshalWithOptions(data, into, yaml.Strict()); err != nil {
			return located(file, err)
		}
		return nil
	})
	if err != nil {
		c.errs = append(c.errs, err)
	}
	for i, err := range c.errs {
		c.errs[i] = fmt.Errorf("%w: %w", err, kind)
	}
	return errors.Join(c.errs...)
}

// only returns the content of the one document that is not empty; nil when all
// are.
func (c *checker) only(docs []*ast.DocumentNode) (body ast.Node) {
	for _, doc := range docs {
		switch {
		case doc.Body == nil || doc.Body.Type() == ast.NullType:
		case body != nil:
			c.wrong(doc.Body, "a second document: want one")
			return body
		default:
			body = doc.Body
			ast.Walk(anchors{c: c}, body)
		}
	}
	return body
}

// anchors looks for aliases within what has an anchor. The library follows those
// without an end, or to as many copies as there is memory for.
type anchors struct {
	c      *checker
	inside bool
}

// Visit implements [ast.Visitor].
func (a anchors) Visit(n ast.Node) ast.Visitor {
	switch n.(type) {
	case *ast.AnchorNode:
		a.inside = true
	case *ast.AliasNode:
		if a.inside {
			a.c.wrong(n, "an alias within an anchor: write out what it stands for")
		}
	}
	return a
}

// maxDepth is how deep a file may nest: the deepest that we read has five
// levels. The library takes time that grows with the square of the depth.
// maxAliases is how often one may point back to a part of itself, each time
// with all that the part holds. maxDocuments is how many it may have, empty ones
// included, for which the library takes such time as well.
const (
	maxDepth     = 32
	maxAliases   = 64
	maxDocuments = 8
)

func parse(data []byte, file string) (*ast.File, error) {
	if !utf8.Valid(data) {
		return nil, fmt.Errorf("%s: is no text in UTF-8: save it as such", file)
	}
	tokens := lexer.Tokenize(string(data))
	if err := checkBounds(tokens, file); err != nil {
		return nil, err
	}
	f, err := parser.Parse(tokens, 0)
	if err != nil {
		return nil, located(file, err)
	}
	return f, nil
}

// checkBounds counts the brackets that are open, the list items begun on one
// line, the aliases and the documents. What is nested by indentation alone needs a line a
// level, each longer than the one before.
func checkBounds(tokens token.Tokens, file string) error {
	open, items, aliases, documents, line := 0, 0, 0, 0, 0
	for _, t := range tokens {
		if t.Position.Line != line {
			items, line = 0, t.Position.Line
		}
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			open++
		case token.SequenceEndType, token.MappingEndType:
			open = max(open-1, 0)
		case token.SequenceEntryType, token.MappingKeyType:
			items++
		case token.AliasType:
			aliases++
		case token.DocumentHeaderType:
			documents++
		}
		if documents > maxDocuments {
			return fmt.Errorf("%s:%d:%d: more than %d documents", file, t.Position.Line, t.Position.Column, maxDocuments)
		}
		if aliases > maxAliases {
			return fmt.Errorf("%s:%d:%d: more than %d aliases", file, t.Position.Line, t.Position.Column, maxAliases)
		}
		if open+items > maxDepth {
			return fmt.Errorf("%s:%d:%d: nested more than %d deep", file, t.Position.Line, t.Position.Column, maxDepth)
		}
	}
	return nil
}

// guarded turns a panic of the library into an error.
func guarded(file string, f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s: cannot be read as YAML: %v", file, p)
		}
	}()
	return f()
}

// located makes one line of a YAML error.
func located(file string, err error) error {
	var at yaml.Error
	if errors.As(err, &at) && at.GetToken() != nil {
		pos := at.GetToken().Position
		return fmt.Errorf("%s:%d:%d: %s", file, pos.Line, pos.Column, message(err))
	}
	return fmt.Errorf("%s: %s", file, message(err))
}

// message returns what err says on one line, without the excerpt of the file
// that the library puts below it.
func message(err error) string {
	text := err.Error()
	if at := yaml.Error(nil); errors.As(err, &at) {
		text = at.GetMessage()
	}
	return strings.Join(strings.Fields(text), " ")
}

// A Locator finds where in a file a value stands. The zero Locator finds
// nothing.
type Locator struct {
	file string
	root ast.Node
}

// NewLocator returns a Locator for a file that Decode has read.
func NewLocator(data []byte, file string) Locator {
	l := Locator{file: file}
	_ = guarded(file, func() error { // what cannot be parsed has no places
		f, err := parse(data, file)
		if err == nil && len(f.Docs) > 0 {
			l.root = f.Docs[0].Body
		}
		return err
	})
	return l
}

// Place returns "file:line:column: path" for a value that stands in the file,
// and "file: path" for a default. path is written as in mailboxes[0].name.
func (l Locator) Place(path string) string {
	place := l.file + ": " + path
	_ = guarded(l.file, func() error { // then the file alone is named
		p, err := yaml.PathString("$." + path)
		if err != nil || l.root == nil {
			return err
		}
		n, err := p.FilterNode(l.root)
		if err == nil && n != nil && n.GetToken() != nil {
			pos := n.GetToken().Position
			place = fmt.Sprintf("%s:%d:%d: %s", l.file, pos.Line, pos.Column, path)
		}
		return err
	})
	return place
}
