package policy

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"aupd/internal/aup"
)

// Import reads a policy's own document in Markdown. A list that follows a
// paragraph such as "you may not" holds the clauses: its items are numbered 1,
// 2, …, the items nested in them 1.1, 1.2, …, and one that starts with "Except"
// is an exception. The items of other lists, and paragraphs in bold, are
// notices. Headings of the second level or below are clauses of their own when
// a list follows them directly. The wording is kept, each with its digest.
//
// The severity of each clause is medium: the document does not say it, the
// operator does. A document without a list is aup.ErrInvalid; file names it.
func Import(md []byte, file string) (*Policy, error) {
	if len(md) > maxFile || !utf8.Valid(md) {
		return nil, fmt.Errorf("%s: want a Markdown document in UTF-8 of at most %d bytes: %w", file, maxFile, aup.ErrInvalid)
	}
	im := &importer{p: &Policy{Name: "imported"}}
	for _, b := range blocks(string(md)) {
		im.take(b)
	}
	if len(im.p.Clauses) == 0 {
		return nil, fmt.Errorf("%s: no list of clauses found in its %d lines: a clause is an item of a list, a detail an item nested in it: %w",
			file, strings.Count(string(md), "\n")+1, aup.ErrInvalid)
	}
	if im.p.Title == "" {
		im.p.Title = "Imported policy"
	}
	if err := joinProblems(im.p, file); err != nil {
		return nil, err
	}
	return im.p, nil
}

func joinProblems(p *Policy, file string) error {
	for _, err := range p.check(file) {
		return err
	}
	return nil
}

// A block is a heading, a paragraph or an item of a list, on one line.
type block struct {
	kind   byte // h, p or i
	level  int  // of a heading, from 1; of an item, the columns it is indented by
	text   string
	inBold bool // the whole paragraph is in bold
}

var (
	heading = regexp.MustCompile(`^(#{1,6})\s+(.*?)\s*#*\s*$`)
	item    = regexp.MustCompile(`^(\s*)(?:[-*+]|[0-9]{1,3}[.)]|[a-z][.)])\s+(.*)$`)
	include = regexp.MustCompile(`\[!INCLUDE\[([^\]]*)\]\([^)]*\)\]`)
	link    = regexp.MustCompile(`\[\s*([^\]]*?)\s*\]\([^)]*\)`)
	except  = regexp.MustCompile(`(?i)^(except|exception|excluding|with the exception|this does not apply|unless)\b`)
	forbid  = regexp.MustCompile(`(?i)\b(may not|must not|shall not|do not|don't|not (allowed|permitted)|prohibit|forbidden|agree not to|not to)\b`)
	report  = regexp.MustCompile(`(?i)\breport\b.*\bviolations?\b|\bviolations?\b.*\breport\b`)
)

// blocks cuts a document at blank lines and items. Front matter and code are
// left out; links and includes keep their words.
func blocks(md string) []block {
	var out []block
	var cur *block
	var text []string // the lines of cur
	flush := func() {
		if cur != nil {
			cur.text, cur.inBold = plain(strings.Join(text, " "))
			out = append(out, *cur)
			cur = nil
		}
	}
	begin := func(b block, l string) { cur, text = &b, append(text[:0], l) }
	lines := strings.Split(strings.ReplaceAll(md, "\r\n", "\n"), "\n")
	if len(lines) > 0 && strings.TrimRight(lines[0], " \ufeff") == "---" {
		for i, l := range lines[1:] {
			if l == "---" {
				lines = lines[i+2:]
				break
			}
		}
	}
	fenced := false
	for _, l := range lines {
		l = strings.ReplaceAll(strings.TrimPrefix(l, "\ufeff"), "\t", "    ")
		if strings.HasPrefix(strings.TrimSpace(l), "```") {
			fenced = !fenced
			flush()
			continue
		}
		switch m := item.FindStringSubmatch(l); {
		case fenced:
		case strings.TrimSpace(l) == "":
			flush()
		case heading.MatchString(l):
			flush()
			h := heading.FindStringSubmatch(l)
			begin(block{kind: 'h', level: len(h[1])}, h[2])
			flush()
		case m != nil:
			flush()
			begin(block{kind: 'i', level: len(m[1])}, m[2])
		case cur == nil:
			begin(block{kind: 'p'}, l)
		default:
			text = append(text, l)
		}
	}
	flush()
	return out
}

// plain returns the words of s without markup, and whether all of it was bold.
func plain(s string) (string, bool) {
	s = include.ReplaceAllString(s, "the service")
	s = link.ReplaceAllString(s, "$1")
	s = strings.Join(strings.Fields(s), " ")
	bold := len(s) > 4 && strings.HasPrefix(s, "**") && strings.HasSuffix(s, "**")
	return strings.NewReplacer("**", "", "__", "", "`", "").Replace(s), bold
}

// An importer numbers the clauses of the blocks that it takes, in their order.
type importer struct {
	p       *Policy
	clauses bool // the list that follows holds clauses
	listed  bool // the block before was an item
	head    string
	group   int
	detail  int
	indent  int // of the list's own items
}

func (im *importer) take(b block) {
	switch {
	case b.text == "":
		return
	case b.kind == 'i':
		im.item(b)
		im.listed = true
		return
	case b.kind == 'h':
		if im.p.Title == "" {
			im.p.Title = b.text
		}
		im.head = ""
		if b.level > 1 {
			im.head = b.text
		}
	case report.MatchString(b.text) && im.p.Reporting == "" && !b.inBold:
		im.p.Reporting = b.text
	case b.inBold:
		im.notice(b.text)
	default:
		im.head = ""
		im.clauses = forbid.MatchString(b.text)
	}
	im.listed = false
}

// item takes an item of a list: a clause, a detail or a notice.
func (im *importer) item(b block) {
	first := len(im.p.Clauses) == 0 && len(im.p.Notices) == 0
	if !im.listed {
		im.indent = b.level
		switch {
		case im.head != "" && (im.clauses || first || forbid.MatchString(im.head)):
			// The heading is the clause, the items are its details.
			im.clauses, im.indent = true, -1
			im.add(true, im.head)
		case first:
			im.clauses = true
		}
	}
	if !im.clauses {
		im.notice(b.text)
		return
	}
	im.add(b.level <= im.indent || im.group == 0, b.text)
}

func (im *importer) add(top bool, wording string) {
	c := Clause{Title: title(wording), Wording: wording, Digest: Digest(wording), Severity: aup.Medium}
	if top {
		im.group, im.detail = im.group+1, 0
		c.ID = aup.ClauseID(fmt.Sprint(im.group))
	} else {
		im.detail++
		c.ID = aup.ClauseID(fmt.Sprintf("%d.%d", im.group, im.detail))
		c.Exception = except.MatchString(wording)
	}
	im.p.Clauses = append(im.p.Clauses, c)
}

func (im *importer) notice(wording string) {
	im.p.Notices = append(im.p.Notices, Notice{Title: title(wording), Text: wording, Wording: wording, Digest: Digest(wording)})
}

// title returns the first words of a wording, at most eight.
func title(wording string) string {
	words := strings.Fields(wording)
	const most = 8
	if len(words) <= most {
		return strings.TrimRight(strings.Join(words, " "), ".;:,")
	}
	return strings.TrimRight(strings.Join(words[:most], " "), ".;:,") + " …"
}
