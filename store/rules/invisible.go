package rules

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// What nobody sees comes along with what is pasted and piped. It is taken off
// the ends of usernames, addresses and names, and refused inside of usernames
// and addresses and in new passwords, which nobody could type again.

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

// trimmed is value without spaces and what nobody sees at its ends.
func trimmed(value string) string {
	return strings.TrimFunc(value, func(r rune) bool { return unicode.IsSpace(r) || invisible(r) })
}

// Padded says whether anything but spaces that nobody sees stands at an end of
// what was typed for a username or an address.
func Padded(value string) bool { return len(trimmed(value)) < len(strings.TrimSpace(value)) }

// Pasted says whether something in value is invisible and shapes nothing.
func Pasted(value string) bool { return strings.ContainsFunc(value, stray) }

// seen is value without what nobody sees, for rules that must not be passed by
// with it.
func seen(value string) string {
	return strings.Map(func(r rune) rune {
		if invisible(r) {
			return -1
		}
		return r
	}, value)
}

// refusePasted refuses the value of a field for what nobody sees in it.
func refusePasted(field, what string) error {
	return Refuse(field, "%s contains an invisible character. Type it instead of pasting it.", what)
}

// spoilt says whether a letter of value did not come as UTF-8: it holds other
// bytes, or U+FFFD, which decoders put in their place.
func spoilt(value string) bool { return strings.ContainsRune(value, utf8.RuneError) }

// refuseSpoilt refuses the value of a field for that.
func refuseSpoilt(field, what string) error {
	return Refuse(field, "%s has \ufffd where a letter did not come as UTF-8. Set the program you type it in to UTF-8 and type it again.", what)
}
