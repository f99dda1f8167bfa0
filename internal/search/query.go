package search

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"aupd/internal/aup"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/search/query"
)

// Help describes the query language.
const Help = `Words that must all be found, wherever they stand in a report:

  invoice transfer     both words
  "change of bank"     these words side by side
  -webinar             not this word
  phish* OR lure       either; a word that begins like this
  recieve~             a word with one typing error
  subject:invoice      in the subject alone; also words: (the reporter's own),
                       original: (what they pass on), note:, from:
  203.0.113.0/24       an address or a network; also a domain with those below
                       it, a URL, a mail address, the hash of a file

The filters of "aupd list" go with them, such as clause:1.5 state:open since:7d.`

// A term is one thing that is looked for.
type term struct {
	field  string // empty for all
	text   string // folded
	phrase bool   // several words side by side
	prefix bool
	fuzzy  bool
	not    bool
}

// A request is what is looked for: every group, of each at least one term.
type request struct {
	groups [][]term
	// network is an address range that the text asks for; the store knows
	// which reports are in it.
	network string
}

// maxTerms bounds a request: more is no search.
const maxTerms = 40

// parse reads the words of a query.
func parse(s string) (request, error) {
	var r request
	or, n := false, 0
	for _, w := range aup.SplitQuery(s) {
		if w == "OR" {
			or = len(r.groups) > 0
			continue
		}
		if p, err := netip.ParsePrefix(w); err == nil {
			if r.network != "" {
				return r, fmt.Errorf("search %q: one network at a time: %w", s, aup.ErrInvalid)
			}
			r.network = p.Masked().String()
			continue
		}
		t := readTerm(w)
		if t.text == "" {
			continue
		}
		if n++; n > maxTerms {
			return r, fmt.Errorf("search: more than %d words: %w", maxTerms, aup.ErrInvalid)
		}
		if or {
			last := len(r.groups) - 1
			r.groups[last] = append(r.groups[last], t)
		} else {
			r.groups = append(r.groups, []term{t})
		}
		or = false
	}
	if r.network == "" && !slices.ContainsFunc(r.groups, func(g []term) bool { return !g[0].not }) {
		return r, fmt.Errorf("search %q: name a word to look for: %w", s, aup.ErrInvalid)
	}
	for _, g := range r.groups {
		if len(g) > 1 && slices.ContainsFunc(g, func(t term) bool { return t.not }) {
			return r, fmt.Errorf("search %q: a word with - cannot stand beside OR: %w", s, aup.ErrInvalid)
		}
	}
	return r, nil
}

func readTerm(w string) (t term) {
	if rest, ok := strings.CutPrefix(w, "-"); ok && rest != "" {
		t.not, w = true, rest
	}
	if name, rest, ok := strings.Cut(w, ":"); ok && slices.Contains(textFields, strings.ToLower(name)) {
		t.field, w = strings.ToLower(name), rest
	}
	if strings.HasPrefix(w, `"`) {
		t.text = squeeze(strings.Trim(w, `"`))
		t.phrase = strings.Contains(t.text, " ")
		return t
	}
	w = strings.ReplaceAll(w, `"`, "")
	if rest, ok := strings.CutSuffix(w, "*"); ok {
		t.prefix, w = true, rest
	} else if rest, ok := strings.CutSuffix(w, "~"); ok {
		t.fuzzy, w = true, rest
	}
	t.text = squeeze(w)
	return t
}

// squeeze folds case, and white space to single spaces.
func squeeze(s string) string { return strings.Join(strings.Fields(strings.ToLower(s)), " ") }

// boosts say how much more a word tells in a field than in an original.
var boosts = map[string]float64{fieldSubject: 3, fieldWords: 2, fieldNote: 2, fieldFrom: 1.5, fieldOriginal: 1, fieldIndicator: 4}

// query returns r as a query of the index; for the blind of what is not sealed.
func (r request) query(blind bool) query.Query {
	marks := []string{"", sealedMark}
	if blind {
		marks = marks[:1]
	}
	q := bleve.NewBooleanQuery()
	some := false
	for _, g := range r.groups {
		alternatives := make([]query.Query, len(g))
		for i, t := range g {
			alternatives[i] = t.query(marks)
		}
		if g[0].not {
			// Words side by side are looked at in the text: other reports may
			// have each of them.
			if !g[0].phrase {
				q.AddMustNot(alternatives[0])
			}
			continue
		}
		some = true
		q.AddMust(bleve.NewDisjunctionQuery(alternatives...))
	}
	if !some {
		q.AddMust(bleve.NewMatchAllQuery())
	}
	return q
}

// query returns t as a query of the fields with those marks.
func (t term) query(marks []string) query.Query {
	var out []query.Query
	for _, mark := range marks {
		out = append(out, t.of(mark)...)
	}
	return bleve.NewDisjunctionQuery(out...)
}

// of returns a query for each field that t may stand in.
func (t term) of(mark string) (out []query.Query) {
	fields := textFields
	if t.field != "" {
		fields = []string{t.field}
	}
	for _, f := range fields {
		var q interface {
			query.Query
			query.FieldableQuery
			query.BoostableQuery
		}
		switch {
		case t.prefix:
			q = bleve.NewPrefixQuery(t.text)
		case t.fuzzy:
			q = bleve.NewFuzzyQuery(t.text)
		default:
			m := bleve.NewMatchQuery(t.text)
			m.SetOperator(query.MatchQueryOperatorAnd)
			q = m
		}
		q.SetField(mark + f)
		q.SetBoost(boosts[f])
		out = append(out, q)
	}
	if t.field == "" && !t.phrase && !t.prefix && !t.fuzzy {
		q := bleve.NewTermQuery(t.text)
		q.SetField(mark + fieldIndicator)
		q.SetBoost(boosts[fieldIndicator])
		out = append(out, q)
	}
	return out
}
