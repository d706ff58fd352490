package rules

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// SearchMax is the longest text that people are searched for by, in bytes: as long as an address.
const SearchMax = EmailMax

// numberShape is the format of the number of an account.
var numberShape = regexp.MustCompile(`^[1-9][0-9]{0,17}$`)

// Beginnings are how what is known of people has to begin for a search to find them. What is empty
// is not looked at.
type Beginnings struct {
	// Number is that of an account, and found as a whole.
	Number          int64
	Username, Email string
	// Name is folded, and that of first names and surnames.
	Name string
}

// SearchFor reads what somebody typed into a search. Nobody is found, and nothing asked, by what is
// too long, no UTF-8, or has control characters.
func SearchFor(typed string) (b Beginnings) {
	if !Searchable(typed) {
		return b
	}
	text := trimmed(typed)
	if b.Email = emailBeginning(text); strings.Contains(text, "@") {
		return b
	}
	if numberShape.MatchString(text) {
		b.Number, _ = strconv.ParseInt(text, 10, 64) // of so few digits each fits
	}
	b.Username = CanonicalUsername(text)
	b.Name, _ = NameKeys(text)
	return b
}

// emailBeginning is how the canonical form of an address begins that begins like text.
func emailBeginning(text string) string {
	if whole, err := CanonicalEmail(text); err == nil {
		return whole
	}
	return lowerASCII(text)
}

// Searchable says whether a text can be part of what people are found by.
func Searchable(text string) bool {
	return len(text) <= SearchMax && utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl)
}
