package evidence

import (
	"strings"
	"unicode"

	"aupd/internal/aup"

	"github.com/abadojack/whatlanggo"
)

// enough is how many letters a model tells a language by reliably.
const enough = 40

// maxGuess bounds the text that the language is told by: what a writer begins
// with says as much as all of it.
const maxGuess = 2000

// language tells the language of the reporter's own words, and says nothing
// when it is not sure.
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
			if s.Voice == aup.VoiceOwn && own.Len() < maxGuess {
				own.WriteString(p.Text[s.Start:min(s.End, s.Start+maxGuess)])
			}
		}
		if own.Len() >= maxGuess {
			break
		}
	}
	s := own.String()
	b.doc.Language = languageOf(strings.ToValidUTF8(s[:min(len(s), maxGuess)], ""))
}

// dropEncoded returns s without its lines of base64, whose letters look like
// some language or other.
func dropEncoded(s string) string {
	const shortest = 60 // senders break at 60 to 76
	var out strings.Builder
	kept := 0 // s up to here is in out, or dropped
	at := 0
	for l := range strings.Lines(s) {
		if len(l) < shortest {
			at += len(l)
			continue
		}
		if row := strings.TrimRight(l, "\r\n"); len(row) >= shortest && isBase64(row) {
			out.WriteString(s[kept:at])
			kept = at + len(l)
		}
		at += len(l)
	}
	if kept == 0 {
		return s
	}
	return out.String() + s[kept:]
}

// languageOf tells a language by its script where only one language writes
// that, by its most common words, and by a model where these do not decide.
func languageOf(s string) string {
	s = dropEncoded(s)
	if l, sure := byScript(s); sure {
		return l
	}
	l, known := byWords(s)
	if l != "" {
		return l
	}
	if countLetters(s) < enough || !known && isASCII(s) {
		return "" // no word that any language is full of: a list, a log, noise
	}
	const sample = 600 // bytes: more is slower and changes one guess in fifty
	if info := whatlanggo.Detect(strings.ToValidUTF8(s[:min(len(s), sample)], "")); info.IsReliable() {
		return info.Lang.Iso6391()
	}
	return ""
}

func countLetters(s string) int {
	n := 0
	for _, r := range s {
		if unicode.IsLetter(r) {
			n++
		}
	}
	return n
}

// scripts are those that one language writes, or nearly.
var scripts = []struct {
	table    *unicode.RangeTable
	language string
}{
	{unicode.Hangul, "ko"}, {unicode.Han, "zh"}, {unicode.Greek, "el"}, {unicode.Hebrew, "he"}, {unicode.Thai, "th"}, {unicode.Devanagari, "hi"},
	{unicode.Arabic, "ar"}, {unicode.Georgian, "ka"}, {unicode.Armenian, "hy"},
}

// byScript tells the language by the letters. sure says that no words need to
// be looked at.
func byScript(s string) (language string, sure bool) {
	letters, kana := 0, 0
	counts := make([]int, len(scripts))
	for _, r := range s {
		if r < unicode.MaxLatin1 || !unicode.IsLetter(r) {
			if unicode.IsLetter(r) {
				letters++
			}
			continue
		}
		letters++
		if unicode.In(r, unicode.Hiragana, unicode.Katakana) {
			kana++
			continue
		}
		for i := range scripts {
			if unicode.Is(scripts[i].table, r) {
				counts[i]++
				break
			}
		}
	}
	// Japanese mixes Han with its own letters; a tenth of them is telling.
	if kana > 1 && kana*10 > letters {
		return "ja", true
	}
	for i, n := range counts {
		// URLs and product names are in Latin letters in all of them.
		if n > 1 && n*3 > letters {
			if scripts[i].language == "ar" && strings.ContainsAny(s, "پچژگ") {
				return "", false // Persian, Urdu and others: the model knows more
			}
			return scripts[i].language, true
		}
	}
	return "", false
}

// common are words that every text of a language is full of and that its
// neighbours do not have, or not as often.
var common = map[string][]string{
	"en": {"the", "and", "is", "are", "this", "that", "of", "your", "you", "we", "our", "from", "have", "has", "been", "with", "please", "for", "to", "it", "was", "they",
		"not", "be", "by", "my", "but", "can", "if", "at", "will", "would", "there", "which", "when", "what", "who", "any", "about", "their", "or", "how", "these", "some", "more", "here"},
	"de": {"der", "die", "das", "und", "ist", "wir", "nicht", "ein", "eine", "ihr", "ihre", "ihrem", "von", "mit", "sie", "ich", "bitte", "auf", "haben", "wird", "den", "dem", "zu", "über"},
	"fr": {"le", "les", "et", "est", "nous", "vous", "votre", "notre", "des", "du", "une", "pas", "avec", "ce", "cette", "pour", "je", "sur", "aux", "depuis", "été"},
	"es": {"el", "los", "las", "y", "es", "que", "su", "sus", "nuestro", "nuestra", "una", "con", "por", "este", "esta", "desde", "ha", "han", "usted", "está", "correo"},
	"pt": {"o", "os", "e", "é", "não", "uma", "um", "com", "seu", "sua", "nosso", "nossa", "estamos", "está", "foi", "você", "vocês", "dos", "das", "ao", "pelo"},
	"it": {"il", "gli", "e", "è", "che", "di", "una", "con", "vostro", "vostra", "nostro", "nostra", "sono", "della", "dal", "dei", "questo", "questa", "abbiamo", "ci"},
	"nl": {"het", "een", "en", "van", "wij", "we", "uw", "ons", "onze", "niet", "met", "voor", "dit", "dat", "deze", "zijn", "ik", "aan", "op", "wordt", "hebben", "is"},
	"pl": {"i", "w", "nie", "jest", "się", "na", "do", "z", "że", "od", "państwa", "nasz", "nasze", "proszę", "przez", "to", "są"},
	"sv": {"och", "är", "att", "det", "vi", "inte", "från", "en", "ett", "er", "era", "vår", "vårt", "med", "som", "har", "på", "för", "av", "till"},
	"da": {"og", "er", "det", "vi", "ikke", "fra", "jeres", "vores", "har", "på", "til", "af", "med", "som", "en", "et", "at"},
	"nb": {"og", "er", "det", "vi", "ikke", "fra", "deres", "vår", "vårt", "har", "på", "til", "av", "med", "som", "en", "et", "å"},
	"fi": {"ja", "on", "ei", "että", "se", "me", "teidän", "meidän", "olemme", "mutta", "joka", "tämä", "ovat"},
	"tr": {"ve", "bir", "bu", "için", "ile", "sizin", "bizim", "değil", "lütfen", "olarak", "da", "de", "çok"},
	"cs": {"a", "je", "na", "se", "že", "není", "od", "náš", "naše", "vaše", "vašeho", "prosím", "jsme", "byl", "do", "ze", "k"},
	"ro": {"și", "este", "nu", "de", "la", "pe", "noastre", "nostru", "dumneavoastră", "vă", "am", "sunt", "din", "cu"},
	"hu": {"a", "az", "és", "nem", "hogy", "egy", "van", "kérjük", "önök", "mi", "ez", "meg"},
	"ru": {"и", "не", "на", "что", "с", "в", "от", "вашего", "ваш", "мы", "нам", "это", "по", "вы", "просим", "наш"},
	"uk": {"і", "не", "на", "що", "з", "від", "ваш", "вашого", "ми", "нам", "це", "та", "у", "ви", "прошу", "просимо"},
}
