package classify

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// The concepts by which hits are denied, supposed or asked.
const (
	denial       = "denial"        // "no malware": reaches what follows in the clause
	denialNear   = "denial-near"   // "without malware": reaches what stands beside it
	denialBehind = "denial-behind" // "malware was not found": reaches what stands before it
	denialMoot   = "denial-moot"   // "not asked for": the denial in it reaches nothing
	contrast     = "contrast"      // "but": no denial reaches past it
	hypothesis   = "hypothesis"    // "may we": what follows is a supposition
)

// A denier holds the numbers of those concepts.
type denier struct {
	front, near, behind, moot, contrast, hypothesis int
}

func (v *vocabulary) denier() denier {
	return denier{v.concept(denial), v.concept(denialNear), v.concept(denialBehind), v.concept(denialMoot), v.concept(contrast), v.concept(hypothesis)}
}

// How far a denial reaches, in letters: some eight words, or two. One that
// reaches past a comma does so for the items of a list only, which are short.
const (
	reach     = 60
	reachNear = 18
	itemReach = 22
)

// A stretch is a range of the folded text.
type stretch struct{ start, end int }

// deny marks the hits that a denial in the same clause reaches, and those in
// questions.
func (z *zone) deny(v *vocabulary) {
	d := v.denials
	var denied []stretch       // of the sentence at hand
	var moots, contrasts []hit // in it: few, however many denials there are
	for from, to := 0, 0; from < len(z.hits); from = to {
		for to = from + 1; to < len(z.hits) && z.hits[to].sentence == z.hits[from].sentence; to++ {
		}
		denied, moots, contrasts = denied[:0], moots[:0], contrasts[:0]
		hits := z.hits[from:to]
		for _, h := range hits {
			switch h.concept {
			case d.moot:
				moots = append(moots, h)
			case d.contrast:
				contrasts = append(contrasts, h)
			}
		}
		for _, h := range hits {
			if s := z.denies(d, h, moots, contrasts); s.start < s.end {
				denied = append(denied, s)
			}
		}
		z.mark(d, hits, denied)
	}
	z.hits = slices.DeleteFunc(z.hits, func(h hit) bool { return h.concept == d.moot || h.concept == d.contrast })
}

// denies returns what h denies in its sentence: nothing, unless it is a denial that
// no phrase stands over which makes denials moot.
func (z *zone) denies(d denier, h hit, moots, contrasts []hit) stretch {
	t := z.folded.text
	if h.concept != d.front && h.concept != d.near && h.concept != d.behind ||
		slices.ContainsFunc(moots, func(o hit) bool { return o.start < h.end && h.start < o.end }) {
		return stretch{}
	}
	start, end := 0, z.ends[h.sentence]
	if h.sentence > 0 {
		start = z.ends[h.sentence-1]
	}
	if h.concept == d.behind {
		for _, o := range contrasts {
			if o.end <= h.start {
				start = o.end
			}
		}
		return stretch{start + backward(t[start:h.start], reach), h.start}
	}
	for _, o := range contrasts {
		if o.start >= h.end {
			end = o.start
			break
		}
	}
	letters := reach
	if h.concept == d.near {
		letters = reachNear
	}
	return stretch{h.end, h.end + forward(t[h.end:max(h.end, end)], letters)}
}

// mark marks the hits of a sentence, in which denied is what denials reach.
func (z *zone) mark(d denier, hits []hit, denied []stretch) {
	asks, supposed := false, false
	if len(hits) > 0 && z.where == own {
		asks = strings.HasSuffix(strings.TrimRight(z.folded.text[:z.ends[hits[0].sentence]], " \n\")"), "?")
	}
	for i := range hits {
		h := &hits[i]
		switch h.concept {
		case d.front, d.near, d.behind, d.moot, d.contrast:
			continue
		case d.hypothesis:
			supposed = true
			continue
		}
		h.asked = supposed || asks
		for _, s := range denied {
			h.denied = h.denied || s.start <= h.start && h.end <= s.end
		}
	}
}

// forward returns how much of s, which follows a denial, it reaches: up to so
// many letters or a colon, and past a comma what is as short as an item of a
// list.
func forward(s string, letters int) int {
	for i, r := range s {
		switch {
		case r == ':' || letters <= 0:
			return i
		case comma(r):
			letters = min(letters, itemReach)
		}
		letters -= width(r)
	}
	return len(s)
}

// backward returns from where on a denial behind s reaches it: so many letters
// back, or to a colon, or to the comma behind what is too long for an item of a
// list.
func backward(s string, letters int) int {
	at, item := len(s), letters // at is where what is surely reached begins
	for i := len(s); i > 0; {
		r, n := utf8.DecodeLastRuneInString(s[:i])
		switch {
		case r == ':':
			return i
		case comma(r):
			at, item = i, itemReach
		}
		i -= n
		letters -= width(r)
		item -= width(r)
		if letters <= 0 || item <= 0 {
			if at == len(s) {
				return i
			}
			return at
		}
	}
	return 0
}

func comma(r rune) bool { return r == ',' || r == '、' || r == '،' || r == '，' }

// width is how many letters r counts as: a character of a script without spaces
// is half a word.
func width(r rune) int {
	if spaceless(r) {
		return 3
	}
	return 1
}
