package store

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// NameMax is the longest display name, in code points.
const NameMax = 100

// CanonicalName is the form in which a display name is stored. One in which
// nothing can be seen is none.
func CanonicalName(value string) string {
	if !strings.ContainsFunc(value, visible) {
		return ""
	}
	return strings.TrimSpace(value)
}

// visible leaves out the two letters of Unicode that are drawn as nothing: the
// Hangul filler and the empty Braille pattern.
func visible(r rune) bool {
	return unicode.IsGraphic(r) && !unicode.IsSpace(r) && r != '\u3164' && r != '\u2800'
}

// CheckName refuses display names that are too long or could upset the line
// they are shown in. An empty one is fine.
func CheckName(value string) error {
	name := CanonicalName(value)
	if utf8.RuneCountInString(name) > NameMax {
		return refuse("name", "Use at most %d characters for the name.", NameMax)
	}
	if !plainText(strings.TrimSpace(value)) {
		return refuse("name", "Your name contains characters that cannot be shown. Type it without them.")
	}
	return nil
}

// plainText says whether value is valid UTF-8 without characters that would
// upset the line it is shown in.
func plainText(value string) bool {
	return utf8.ValidString(value) && !strings.ContainsFunc(value, unshowable)
}

// shorten makes plain text of at most limit bytes from what a client sent.
func shorten(value string, limit int) string {
	if len(value) > limit {
		value = value[:limit]
	}
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || unshowable(r) {
			return -1
		}
		return r
	}, value)
}

// unshowable are control characters, line separators and the marks that turn
// the direction of what follows.
func unshowable(r rune) bool {
	return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' ||
		r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}
