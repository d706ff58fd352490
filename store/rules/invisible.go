package rules

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Pasted and piped text often contains invisible characters. They are removed from the
// ends of usernames, addresses and names. Inside of usernames and addresses, and in new
// passwords, they are refused, because nobody could type them again.

// blanks are drawn as nothing although Unicode counts them as letters or
// symbols: the empty Braille pattern, the null notehead of music, and two
// spaces between hieroglyphs.
const blanks = "\u2800\U0001d159\U00013441\U00013442"

// invisible says whether r is drawn as nothing: whatever has the property
// Default_Ignorable_Code_Point (Unicode Standard Annex #44), every other format
// character but those that are drawn, line separators, and blanks. A space is
// seen.
func invisible(r rune) bool {
	if r < utf8.RuneSelf {
		return false
	}
	return unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) &&
		!unicode.Is(unicode.Prepended_Concatenation_Mark, r) || strings.ContainsRune(blanks, r)
}

// joins says whether r, unseen itself, shapes what stands beside it: the joiners
// of Persian and Hindi words, and with variation selectors and tags of emoji.
func joins(r rune) bool {
	return unicode.In(r, unicode.Join_Control, unicode.Variation_Selector) || r >= '\U000e0020' && r <= '\U000e007f'
}

// stray is invisible and shapes nothing.
func stray(r rune) bool { return invisible(r) && !joins(r) }

// visible says whether r alone can be seen. A combining mark needs something to
// stand on, and what a private character looks like is anybody's guess.
func visible(r rune) bool {
	return !invisible(r) && !unicode.In(r, unicode.White_Space, unicode.M, unicode.Cc, unicode.Co)
}

// trimmed is value without spaces and invisible characters at its ends.
func trimmed(value string) string {
	return strings.TrimFunc(value, func(r rune) bool { return unicode.IsSpace(r) || invisible(r) })
}

// Padded says whether a username or an address has an invisible character other than a
// space at one of its ends.
func Padded(value string) bool { return len(trimmed(value)) < len(strings.TrimSpace(value)) }

// Pasted says whether something in value is invisible and shapes nothing.
func Pasted(value string) bool { return strings.ContainsFunc(value, stray) }

// seen is value without invisible characters, for rules that these must not help to
// evade.
func seen(value string) string {
	return strings.Map(func(r rune) rune {
		if invisible(r) {
			return -1
		}
		return r
	}, value)
}

// refusePasted refuses the value of a field for an invisible character in it.
func refusePasted(field, what string) error {
	return Refuse(field, "%s contains an invisible character. Type it instead of pasting it.", what)
}

// spoilt says whether a letter of value did not come as UTF-8: it contains other
// bytes, or U+FFFD, which decoders put in their place.
func spoilt(value string) bool { return strings.ContainsRune(value, utf8.RuneError) }

// refuseSpoilt refuses the value of a field for that.
func refuseSpoilt(field, what string) error {
	return Refuse(field, "%s has \ufffd where a letter did not come as UTF-8. Set the program you type it in to UTF-8 and type it again.", what)
}
