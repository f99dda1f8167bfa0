package evidence

import (
	"strings"
	"unicode"

	"aupd/internal/aup"

	"github.com/abadojack/whatlanggo"
)

// enough is how many letters tell a language from another reliably.
const enough = 40

// maxGuess bounds the text that the language is told by.
const maxGuess = 4000

// language tells the language of the reporter's own words: by the script where
// only one language writes it, by a model elsewhere, and not at all when that
// is not sure.
func (b *builder) language() {
	var own strings.Builder
	for i := range b.doc.Parts {
		p := &b.doc.Parts[i]
		if p.Message != 0 || p.Alternative || p.Kind != aup.PartText && p.Kind != aup.PartHTML {
			continue
		}
		if p.Segments == nil {
			own.WriteString(p.Text[:min(len(p.Text), maxGuess)])
		}
		for _, s := range p.Segments {
			if s.Voice == aup.VoiceOwn {
				own.WriteString(p.Text[s.Start:min(s.End, s.Start+maxGuess)])
			}
		}
	}
	b.doc.Language = languageOf(strings.ToValidUTF8(own.String(), ""))
}

func languageOf(s string) string {
	scripts := make(map[string]int)
	letters := 0
	for _, r := range s {
		if !unicode.IsLetter(r) {
			continue
		}
		letters++
		switch {
		case unicode.In(r, unicode.Hiragana, unicode.Katakana):
			scripts["ja"]++
		case unicode.Is(unicode.Hangul, r):
			scripts["ko"]++
		case unicode.Is(unicode.Han, r):
			scripts["zh"]++
		case unicode.Is(unicode.Greek, r):
			scripts["el"]++
		case unicode.Is(unicode.Hebrew, r):
			scripts["he"]++
		case unicode.Is(unicode.Thai, r):
			scripts["th"]++
		}
	}
	// Japanese mixes Han with its own letters; a tenth of them is telling.
	if scripts["ja"]*10 > letters {
		return "ja"
	}
	for _, l := range []string{"ko", "zh", "el", "he", "th"} {
		if scripts[l]*3 > letters {
			return l
		}
	}
	if letters < enough {
		return ""
	}
	info := whatlanggo.Detect(s)
	if !info.IsReliable() {
		return ""
	}
	return info.Lang.Iso6391()
}
