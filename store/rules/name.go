package rules

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// NameMax is the longest display name, in code points.
const NameMax = 100

// CanonicalName is the form in which a display name is stored: without spaces and
// invisible characters at its ends. It is empty if all of it is invisible.
func CanonicalName(value string) string {
	if !strings.ContainsFunc(value, visible) {
		return ""
	}
	return strings.TrimFunc(value, func(r rune) bool { return unicode.IsSpace(r) || stray(r) })
}

// CheckName refuses display names that are too long, that another encoding has
// spoilt, or that could upset the line they are shown in. An empty one is fine.
func CheckName(value string) error {
	return checkLine("Your name", value, NameMax)
}

// checkLine refuses a name that would not be shown well in one line.
func checkLine(what, value string, limit int) error {
	name := CanonicalName(value)
	switch {
	case utf8.RuneCountInString(name) > limit:
		return Refuse("name", "Use at most %d characters for the name.", limit)
	case spoilt(name):
		return refuseSpoilt("name", what)
	// An override of the direction can deceive even at the end of a name.
	case !plainText(name) || strings.ContainsRune(value, '\u202e'):
		return Refuse("name", "%s contains an invisible character, such as a line break. Type it instead of pasting it.", what)
	}
	return nil
}

// PasskeyNameMax is the longest name of a passkey, in characters.
const PasskeyNameMax = 40

// PasskeyName is the name of a passkey as it is stored. It is refused where it is empty, too long,
// or could upset the line it is shown in.
func PasskeyName(typed string) (string, error) {
	name := CanonicalName(typed)
	if name == "" {
		return "", Refuse("name", "Give it a name, such as Phone.")
	}
	return name, checkLine("This name", typed, PasskeyNameMax)
}

// plainText says whether value is valid UTF-8 without characters that would
// upset the line it is shown in.
func plainText(value string) bool {
	return utf8.ValidString(value) && !strings.ContainsFunc(value, unshowable)
}

// Shorten makes plain text of at most limit bytes from what a client sent.
func Shorten(value string, limit int) string {
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

// unshowable are control characters, line separators, the marks that turn the
// direction of what follows, those that stand for something that is not text,
// and what is no character.
func unshowable(r rune) bool {
	return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' ||
		r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' ||
		r == '\ufeff' || r >= '\ufff9' && r <= '\ufffc' || unicode.Is(unicode.Noncharacter_Code_Point, r)
}
