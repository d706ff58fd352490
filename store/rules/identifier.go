package rules

import "strings"

// CheckIdentifier refuses what cannot be the username or address of an account, because
// it is empty, contains an invisible character, or is not UTF-8.
func CheckIdentifier(value string) error {
	name := trimmed(value)
	_, err := CanonicalEmail(name)
	switch {
	case name == "":
		return Refuse("username", "Enter your username or email address.")
	case err != nil && strings.ContainsFunc(name, invisible):
		return refusePasted("username", "The username or email address")
	case spoilt(name):
		return refuseSpoilt("username", "The username or email address")
	}
	return nil
}
