package config

import (
	_ "embed"
	"strconv"
	"strings"
)

//go:embed policy-words.txt
var policyWords string

// PolicyWords returns the hashes of every five words in a row of the document
// that the default policy has the structure of, in ascending order: a message
// that quotes it is known by them, under any policy, without its text.
func PolicyWords() []uint32 {
	var out []uint32
	for line := range strings.Lines(policyWords) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		for word := range strings.FieldsSeq(line) {
			run, err := strconv.ParseUint(word, 16, 32)
			if err != nil {
				panic(err) // the file is embedded, and a test reads it
			}
			out = append(out, uint32(run))
		}
	}
	return out
}
