package classify

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
)

// readWords reads a table of concepts: a header row with the languages, those
// that share a column separated by spaces, then a row for each concept with its
// phrases by language, separated by commas.
func (v *vocabulary) readWords(data []byte) error {
	for n, line := range strings.Split(strings.TrimRight(string(data), "\n"), "\n") {
		name, cells, ok := strings.Cut(line, "\t")
		if n == 0 {
			v.languages = strings.Fields(cells)
			continue
		}
		if !ok || name == "" {
			return fmt.Errorf("line %d: want a concept and its phrases", n+1)
		}
		id := v.add(name)
		for ph := range strings.FieldsFuncSeq(cells, func(r rune) bool { return r == '\t' || r == ',' }) {
			v.addPhrase(id, strings.TrimSpace(ph))
		}
	}
	return nil
}

// umlauts writes German as it is typed on a keyboard without them.
var umlauts = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue")

// readConcepts reads a file of concepts: for each its phrases by language. An
// asterisk behind a word lets it go on, one in front of a phrase lets it begin
// within a word.
func (v *vocabulary) readConcepts(data []byte) error {
	var concepts yaml.MapSlice
	if err := yaml.NewDecoder(bytes.NewReader(data), yaml.UseOrderedMap()).Decode(&concepts); err != nil {
		return err
	}
	for _, c := range concepts {
		name, ok := c.Key.(string)
		langs, ok2 := c.Value.(yaml.MapSlice)
		if !ok || !ok2 {
			return fmt.Errorf("concept %v: want phrases by language", c.Key)
		}
		id := v.add(name)
		for _, l := range langs {
			list, ok := l.Value.([]any)
			if !ok {
				return fmt.Errorf("concept %s, language %v: want a list", name, l.Key)
			}
			for _, ph := range list {
				text := fmt.Sprint(ph)
				v.addPhrase(id, text)
				if plain := umlauts.Replace(text); l.Key == "de" && plain != text {
					v.addPhrase(id, plain)
				}
			}
		}
	}
	return nil
}

func (v *vocabulary) add(name string) int {
	id, ok := v.names[name]
	if !ok {
		id = len(v.names)
		v.names[name] = id
		v.concepts = append(v.concepts, name)
	}
	return id
}

func (v *vocabulary) addPhrase(concept int, text string) {
	text, stem := strings.CutSuffix(text, "*")
	text, inner := strings.CutPrefix(text, "*")
	pieces := strings.Split(text, "*")
	for i, piece := range pieces {
		pieces[i] = strings.TrimSpace(fold(piece).text)
		if i > 0 {
			pieces[i] = " " + pieces[i]
		}
	}
	if pieces[0] != "" {
		v.phrases = append(v.phrases, phrase{concept, pieces[0], pieces[1:], stem, inner})
	}
}
