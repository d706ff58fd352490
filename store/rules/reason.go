package rules

import "unicode/utf8"

// Reason is a reason as it is stored: a line of plain text, at most limit characters of it. An empty one is
// fine here.
func Reason(typed string, limit int) (string, error) {
	reason := CanonicalName(typed)
	switch {
	case utf8.RuneCountInString(reason) > limit:
		return "", Refuse("reason", "Use at most %d characters for the reason.", limit)
	case spoilt(reason), !plainText(reason):
		return "", Refuse("reason", "The reason contains an invisible character, such as a line break. Type it instead of pasting it.")
	}
	return reason, nil
}
