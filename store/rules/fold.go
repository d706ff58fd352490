package rules

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// keyMax is the longest key of a name, in bytes: as much as anybody searches for. An index of
// PostgreSQL takes no more than 2,704, and a hundred characters of a name can unfold to more.
const keyMax = SearchMax

// NameKeys are what a display name is found by, however it is typed: without accents and capitals,
// and with one space for whatever is neither letter nor digit. turned is the same with the last word
// first, as surnames are looked for. Both are empty for a name without a letter.
func NameKeys(name string) (key, turned string) {
	words := folded(name)
	if len(words) == 0 {
		return "", ""
	}
	last := len(words) - 1
	key = strings.Join(words, " ")
	turned = strings.Join(append([]string{words[last]}, words[:last]...), " ")
	return cut(key), cut(turned)
}

// folded are the words of a text in the form in which they are compared: compatible characters taken
// apart, marks dropped, case folded.
func folded(text string) []string {
	bare := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.M, r) {
			return -1
		}
		return r
	}, norm.NFKD.String(text))
	return strings.FieldsFunc(cases.Fold().String(bare), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
}

// cut shortens a key to keyMax, between characters.
func cut(key string) string {
	if len(key) <= keyMax {
		return key
	}
	end := keyMax
	for !utf8.RuneStart(key[end]) {
		end--
	}
	return key[:end]
}
