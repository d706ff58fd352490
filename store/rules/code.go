package rules

import "strings"

const (
	// AppCodeLength is how many digits an authenticator app shows.
	AppCodeLength = 6

	// RecoveryAlphabet is Crockford's base32, in which no two characters look alike.
	RecoveryAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	// RecoveryLength is how many characters a recovery code has, of five bits each.
	RecoveryLength = 24
	recoveryGroup  = 6
)

// Refusals of codes that have not the shape of one.
var (
	ErrAppCodeShape      = Refuse("code", "Enter the 6 digits that your app shows.")
	ErrRecoveryCodeShape = Refuse("code", "A recovery code has 24 letters and digits, like 7KQ2M9-….")
)

// AppCode is the code of an authenticator app without the spaces that apps show in it. It
// is refused unless it has exactly six ASCII digits.
func AppCode(typed string) (string, error) {
	code := strings.ReplaceAll(typed, " ", "")
	if len(code) != AppCodeLength || strings.Trim(code, "0123456789") != "" {
		return "", ErrAppCodeShape
	}
	return code, nil
}

// likeness reads what people type for characters that look alike.
var likeness = strings.NewReplacer(" ", "", "-", "", "I", "1", "L", "1", "O", "0")

// RecoveryCode is a recovery code as it was shown, however it was typed. It is refused
// unless it has the shape of one.
func RecoveryCode(typed string) (string, error) {
	if len(typed) > 4*RecoveryLength {
		return "", ErrRecoveryCodeShape
	}
	plain := likeness.Replace(strings.ToUpper(typed))
	if len(plain) != RecoveryLength || strings.Trim(plain, RecoveryAlphabet) != "" {
		return "", ErrRecoveryCodeShape
	}
	return GroupRecoveryCode(plain), nil
}

// GroupRecoveryCode writes the characters of a recovery code in groups for reading.
func GroupRecoveryCode(plain string) string {
	var groups []string
	for ; len(plain) > recoveryGroup; plain = plain[recoveryGroup:] {
		groups = append(groups, plain[:recoveryGroup])
	}
	return strings.Join(append(groups, plain), "-")
}
