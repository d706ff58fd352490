package rules

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// commonWords are the bases from which people build passwords once they are
// told to use more characters. The list of common passwords holds the results
// that have leaked; these catch the ones that have not.
var commonWords = longestFirst([]string{
	"password", "passwort", "passw", "motdepasse", "contrasena", "wachtwoord", "secret", "geheim", "letmein",
	"welcome", "willkommen", "bienvenue", "changeme", "change", "default", "admin", "administrator", "root", "user",
	"login", "master", "access", "qwerty", "qwertz", "azerty", "asdf", "iloveyou", "love", "sunshine",
	"princess", "dragon", "monkey", "football", "baseball", "shadow", "superman", "batman", "trustno", "hello",
	"summer", "winter", "spring", "autumn", "sommer", "herbst", "january", "february", "march", "april", "may",
	"june", "july", "august", "september", "october", "november", "december", "monday", "tuesday", "wednesday",
	"thursday", "friday", "saturday", "sunday", "test", "testing", "temp", "temporary", "company", "the",
	"and", "new", "your", "abc", "abcd", "abcdef", "xyz",
})

// A password is built from words if they make up at least wordLetters of its letters
// and fewer than ownLetters remain.
const (
	ownLetters  = 4
	wordLetters = 4
)

// madeOf says whether hardly a letter remains of password once words, digits
// and signs are taken out, in whatever case and with the usual replacements of
// letters ("p4$$w0rd").
func madeOf(password string, words []string) bool {
	words = longestFirst(words)
	typed := strings.ToLower(password)
	read := unleet.Replace(typed)
	return mostly(typed, typed, words) || read != typed && mostly(typed, read, words)
}

// longestFirst sorts words, so that none is taken out of the middle of a longer
// one.
func longestFirst(words []string) []string {
	slices.SortStableFunc(words, func(a, b string) int { return len(b) - len(a) })
	return words
}

// mostly blanks the words out of read, which is how typed may be read byte for
// byte, and looks at the letters of typed that remain.
func mostly(typed, read string, words []string) bool {
	found := 0
	for _, word := range words {
		if !strings.Contains(read, word) {
			continue
		}
		found += len(word) * strings.Count(read, word)
		read = strings.ReplaceAll(read, word, strings.Repeat(" ", len(word)))
	}
	rest := 0
	for i, r := range typed {
		letter := unicode.IsLetter(r) || r > unicode.MaxASCII && !unicode.IsSpace(r)
		if letter && read[i] != ' ' {
			rest++
		}
	}
	return rest < ownLetters && found >= wordLetters
}

var unleet = strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "5", "s", "7", "t", "@", "a", "$", "s", "!", "i")

// parts splits names and addresses into lower-case words of three letters and
// more. The whole is one of them.
func parts(values []string) []string {
	var words []string
	for _, value := range values {
		value = strings.ToLower(strings.TrimSpace(seen(value)))
		fields := strings.FieldsFunc(value, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		for _, word := range append(fields, value) {
			if utf8.RuneCountInString(word) >= 3 {
				words = append(words, word)
			}
		}
	}
	return words
}

const keyboard = "`1234567890-= qwertyuiop[]\\ asdfghjkl;' zxcvbnm,./ abcdefghijklmnopqrstuvwxyz 1qaz 2wsx 3edc 4rfv 5tgb 6yhn 7ujm 8ik 9ol"

// patternMax is the length from which a pattern is no longer worth guessing.
const patternMax = 32

// patterned says whether password is one short piece over and over, or walks
// along the keyboard or the alphabet with hardly a jump.
func patterned(password string) bool {
	runes := []rune(strings.ToLower(password))
	if len(runes) >= patternMax {
		return false
	}
	for period := 1; period <= 4 && period < len(runes); period++ {
		if repeats(runes, period) {
			return true
		}
	}
	jumps := 0
	for i := 1; i < len(runes); i++ {
		pair, back := string(runes[i-1:i+1]), string([]rune{runes[i], runes[i-1]})
		if runes[i] != runes[i-1] && !strings.Contains(keyboard, pair) && !strings.Contains(keyboard, back) {
			jumps++
		}
	}
	return jumps*4 < len(runes)
}

func repeats(runes []rune, period int) bool {
	for i := period; i < len(runes); i++ {
		if runes[i] != runes[i-period] {
			return false
		}
	}
	return true
}
