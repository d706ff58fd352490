package rules

import "strings"

// CheckIdentifier refuses what cannot be the username or address of an account, because
// it is empty, contains an invisible character, or is not UTF-8.
func CheckIdentifier(value string) error {
	const what = "The username or email address"
	name := trimmed(value)
	_, err := CanonicalEmail(name)
	switch {
	case name == "":
		return Refuse("username", "Enter your username or email address.")
	case err != nil && strings.ContainsFunc(name, invisible):
		return refusePasted("username", what)
	case spoilt(name):
		return refuseSpoilt("username", what)
	}
	return nil
}
