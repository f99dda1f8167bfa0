package mailbox

import (
	"math/bits"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// A nearMiss knows the subjects that do not hold the phrase but were probably
// meant to: misspelt, abbreviated, in another order or form, or translated.
// Such mail is shown to a person and not taken, so the test may be generous,
// but an ordinary subject must not pass it.
type nearMiss struct {
	words    []string // of the phrase
	joined   string   // the phrase without spaces
	initials string   // empty for a phrase of fewer than three words
	known    []kin
}

// kin is one other name of the phrase: stems that are all in a subject.
type kin struct {
	stems   []string
	letters letterSet // of all stems
}

func newNearMiss(phrase string) nearMiss {
	n := nearMiss{words: tokens(phrase)}
	n.joined = strings.Join(n.words, "")
	for _, stems := range kindred[phrase] {
		n.known = append(n.known, kin{stems, lettersOf(strings.Join(stems, ""))})
	}
	if len(n.words) >= 3 {
		for _, w := range n.words {
			n.initials += string([]rune(w)[:1])
		}
	}
	return n
}

// match reports whether a folded subject nearly holds the phrase.
func (n nearMiss) match(subject string) bool {
	if n.joined == "" {
		return false
	}
	subject = subject[:min(len(subject), maxNear)]
	words := tokens(subject)
	return n.closed(words) || n.abbreviated(words) || n.misspelt(words) || n.reordered(words) || n.kindred(subject)
}

// closed: "Acceptable-Use Policy", "AcceptableUse Policy".
func (n nearMiss) closed(words []string) bool {
	return strings.Contains(strings.Join(words, ""), n.joined)
}

// abbreviated: "AUP violation", "A.U.P. violation".
func (n nearMiss) abbreviated(words []string) bool {
	if n.initials == "" {
		return false
	}
	single := "" // the run of one-letter words that ends here
	for _, w := range words {
		if len([]rune(w)) == 1 {
			single += w
		} else {
			single = ""
		}
		if w == n.initials || strings.HasSuffix(single, n.initials) {
			return true
		}
	}
	return false
}

// misspelt: a stretch of about as many words differs in a few letters.
func (n nearMiss) misspelt(words []string) bool {
	letters := utf8.RuneCountInString(n.joined)
	most := letters / 6
	for size := max(1, len(n.words)-1); size <= len(n.words)+1; size++ {
		for at := range max(0, len(words)-size+1) {
			stretch := words[at : at+size]
			if abs(lettersIn(stretch)-letters) <= most && distance(strings.Join(stretch, ""), n.joined, most) <= most {
				return true
			}
		}
	}
	return false
}

func lettersIn(words []string) (n int) {
	for _, w := range words {
		n += utf8.RuneCountInString(w)
	}
	return n
}

// reordered: every word is there, in any order and form, within a stretch of
// twice their number: "policy on acceptable use", "Acceptable Usage Policies".
func (n nearMiss) reordered(words []string) bool {
	if len(n.words) < 2 || !n.within(words) {
		return false
	}
	span := 2 * len(n.words)
	for at := range words {
		if n.within(words[at:min(len(words), at+span)]) {
			return true
		}
	}
	return false
}

// within reports whether every word of the phrase is among words in some form.
func (n nearMiss) within(words []string) bool {
	return all(n.words, func(w string) bool {
		return slices.ContainsFunc(words, func(v string) bool { return sameWord(w, v) })
	})
}

// sameWord reports whether v is a form of w: the same stem, or a letter off.
func sameWord(w, v string) bool {
	if w == v {
		return true
	}
	stem := []rune(w)
	if len(stem) < 4 {
		return len(stem) == 3 && (v == w+"s" || v == string(stem[:2])+"age" || v == string(stem[:2])+"ing")
	}
	if len(stem) >= 6 && strings.HasPrefix(v, string(stem[:len(stem)*2/3])) && len([]rune(v)) <= len(stem)+4 {
		return true
	}
	return distance(w, v, 1) <= 1
}

// kindred: another name or language for the same thing.
func (n nearMiss) kindred(subject string) bool {
	plain := strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Mn, r):
			return -1
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			return r
		}
		return ' '
	}, norm.NFD.String(subject))
	// Hangul is decomposed into its letters by NFD; bring it back.
	plain = " " + norm.NFC.String(strings.Join(strings.Fields(plain), " ")) + " "
	there := lettersOf(plain)
	return slices.ContainsFunc(n.known, func(k kin) bool {
		return k.letters&^there == 0 && all(k.stems, func(s string) bool { return strings.Contains(plain, s) })
	})
}

// A letterSet tells which letters a text has, some of them as one. What is not
// in the set is not in the text.
type letterSet uint64

func lettersOf(s string) (set letterSet) {
	for _, r := range s {
		set |= 1 << (r & 63)
	}
	return set
}

func all[T any](s []T, ok func(T) bool) bool {
	return !slices.ContainsFunc(s, func(v T) bool { return !ok(v) })
}

// maxNear and maxTokens bound the work on one subject, in bytes and words: a
// phrase behind so many is nobody's near miss.
const (
	maxNear   = 4 << 10
	maxTokens = 200
)

func tokens(s string) []string {
	words := strings.FieldsFunc(s, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.Mn, r)
	})
	return words[:min(len(words), maxTokens)]
}

// distance is the number of letters to insert, drop, change or swap with
// their neighbour to make b of a; some number above most when it is more than
// that.
func distance(a, b string, most int) int {
	if abs(utf8.RuneCountInString(a)-utf8.RuneCountInString(b)) > most ||
		bits.OnesCount64(uint64(lettersOf(b)&^lettersOf(a))) > most { // each letter that a lacks costs a step
		return most + 1
	}
	x, y := []rune(a), []rune(b)
	before, last, row := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row[0] = i
		best := i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			row[j] = min(row[j-1]+1, last[j]+1, last[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
			best = min(best, row[j])
		}
		if best > most {
			return best
		}
		before, last, row = last, row, before
	}
	return last[len(y)]
}

func abs(n int) int { return max(n, -n) }
