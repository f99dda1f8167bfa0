package evidence

import (
	"slices"
	"strings"
)

// An asked is what a selector asks of one element.
type asked struct {
	tag, id string
	classes []string
	tests   []attributeTest
	child   bool // what is around is its parent
}

// An attributeTest is what a selector asks of a class or an id: "[class^=x]".
type attributeTest struct {
	class bool
	how   string // the sign: "", "=", "~=", "|=", "^=", "$=", "*="
	value string
}

// parseSelector reads a selector, what it asks of the element first and of what is
// around it behind; ok is false for one that is not followed.
func parseSelector(s string) (parts []asked, ok bool) {
	const most = 8
	child := false
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimSpace(s) {
		n := askedEnd(s)
		c, ok := parseAsked(s[:n])
		if !ok || len(parts) >= most {
			return nil, false
		}
		c.child = child
		parts = append(parts, c)
		s = strings.TrimSpace(s[n:])
		s, child = strings.CutPrefix(s, ">")
	}
	slices.Reverse(parts)
	return parts, len(parts) > 0 && !child
}

func askedEnd(s string) int {
	in := false
	for i := range len(s) {
		switch c := s[i]; {
		case c == '[':
			in = true
		case c == ']':
			in = false
		case !in && (c <= ' ' || c == '>'):
			return i
		}
	}
	return len(s)
}

func parseAsked(s string) (c asked, ok bool) {
	for s != "" {
		sign, from := s[0], 1
		if sign != '.' && sign != '#' && sign != '[' && sign != '*' {
			sign, from = ' ', 0
		}
		end := len(s)
		if n := strings.IndexAny(s[from:], ".#[*"); n >= 0 && sign != '[' {
			end = from + n
		} else if n := strings.IndexByte(s, ']'); sign == '[' {
			if n < 0 {
				return c, false
			}
			end = n
		}
		name := s[from:end]
		if sign != '[' && strings.ContainsAny(name, ":+~|()&\"'") || sign != '*' && name == "" {
			return c, false
		}
		s = s[end:]
		switch sign {
		case '.':
			c.classes = append(c.classes, name)
		case '#':
			c.id = name
		case ' ':
			c.tag = name
		case '[':
			t, known := parseAttributeTest(name)
			if !known {
				return c, false
			}
			c.tests, s = append(c.tests, t), s[1:]
		}
	}
	return c, true
}

func parseAttributeTest(s string) (t attributeTest, ok bool) {
	i := strings.IndexByte(s, '=')
	if i < 0 {
		i = len(s)
	}
	name := strings.TrimSpace(s[:i])
	if n := len(name); n > 0 && i < len(s) {
		t.how = "="
		if strings.IndexByte("~|^$*", name[n-1]) >= 0 {
			name, t.how = strings.TrimSpace(name[:n-1]), name[n-1:]+"="
		}
		t.value = strings.Trim(strings.TrimSpace(s[i+1:]), `"'`)
	}
	t.class = name == "class"
	return t, t.class || name == "id"
}

// of reports whether e is what c asks for.
func (c *asked) of(e *element) bool {
	if c.tag != "" && c.tag != e.tagName() || c.id != "" && c.id != e.id {
		return false
	}
	for _, class := range c.classes {
		if !hasWord(e.class, class) {
			return false
		}
	}
	for _, t := range c.tests {
		if !t.of(e) {
			return false
		}
	}
	return true
}

func (t attributeTest) of(e *element) bool {
	value := e.id
	if t.class {
		value = e.class
	}
	switch t.how {
	case "":
		return value != ""
	case "=":
		return value == t.value
	case "~=":
		return hasWord(value, t.value)
	case "|=":
		return value == t.value || strings.HasPrefix(value, t.value+"-")
	case "^=":
		return t.value != "" && strings.HasPrefix(value, t.value)
	case "$=":
		return t.value != "" && strings.HasSuffix(value, t.value)
	}
	return t.value != "" && strings.Contains(value, t.value)
}

func hasWord(s, word string) bool {
	n := 0
	for w := range strings.FieldsSeq(s) {
		if n++; w == word || n > maxClasses {
			return w == word
		}
	}
	return false
}

// implied reports whether parts ask for nothing but elements that every page has,
// be they not written.
func implied(parts []asked) bool {
	return !slices.ContainsFunc(parts, func(c asked) bool {
		return c.tag != "html" && c.tag != "body" || c.id != "" || len(c.classes)+len(c.tests) > 0
	})
}

// key returns what c asks for that fewest elements have.
func (c *asked) key() string {
	switch {
	case c.id != "":
		return "#" + c.id
	case len(c.classes) > 0:
		return "." + c.classes[0]
	case c.tag != "":
		return c.tag
	}
	return "*"
}

// weight is the specificity (Selectors 3, 9).
func (c *asked) weight() (w int) {
	const ofID, ofClass, ofTag = 10_000, 100, 1
	if w = ofClass * (len(c.classes) + len(c.tests)); c.id != "" {
		w += ofID
	}
	if c.tag != "" {
		w += ofTag
	}
	return w
}
