package rules

import (
	"slices"
	"strings"
)

// Usernames are 3 to 32 ASCII characters, so that no two look alike; a free
// display name stands beside them and never identifies anybody.
const (
	UsernameMin = 3
	UsernameMax = 32
)

// reservedUsernames would pass for the site itself, or collide with addresses
// that products put at their root.
var reservedUsernames = []string{
	"abuse", "account", "accounts", "admin", "administrator", "anonymous", "api", "app", "assets", "auth",
	"billing", "blog", "confirm", "contact", "daemon", "dev", "email", "everyone", "factors", "favicon", "ftp",
	"guest", "healthz", "help", "home", "hostmaster", "info", "invite", "localhost", "login", "logout", "mail",
	"mailer-daemon", "me", "moderator", "noc", "nobody", "no-reply", "noreply", "null", "official", "operator",
	"owner", "password", "postmaster", "privacy", "profile", "readyz", "register", "robots", "root", "sales",
	"security", "self", "settings", "signin", "signout", "signup", "site", "staff", "static", "status", "sudo",
	"superuser", "support", "sysadmin", "system", "team", "terms", "test", "theme", "undefined", "user", "users",
	"webmaster", "well-known", "www",
}

// CanonicalUsername is the form that is stored, shown and compared: without
// spaces and invisible characters around it, and in lower case. Only ASCII letters
// are folded, so that nothing outside ASCII can turn into a letter.
func CanonicalUsername(value string) string {
	return lowerASCII(trimmed(value))
}

// CheckUsername refuses what cannot be a username, in words for the person who
// chose it. Whether it is taken is a question for UsernameFree.
func CheckUsername(value string) error {
	name := CanonicalUsername(value)
	switch {
	case name == "":
		return Refuse("username", "Enter a username.")
	case strings.ContainsFunc(name, invisible):
		return refusePasted("username", "The username")
	case spoilt(name):
		return refuseSpoilt("username", "The username")
	case strings.HasPrefix(name, "-") || strings.HasPrefix(name, "_"):
		return Refuse("username", "Begin with a letter or digit.")
	case !ValidUsername(name):
		return Refuse("username", "Only a to z, digits, hyphen, underscore.")
	case len(name) == UsernameMin-1:
		return Refuse("username", "The username needs one more character.")
	case len(name) < UsernameMin:
		return Refuse("username", "The username needs %d more characters.", UsernameMin-len(name))
	case len(name) > UsernameMax:
		return Refuse("username", "Use at most %d characters for the username.", UsernameMax)
	case slices.Contains(reservedUsernames, name):
		return ErrReserved
	}
	return nil
}

// ErrReserved refuses a username that nobody may have.
var ErrReserved = Refuse("username", "This username is reserved.")

// ValidUsername says whether a canonical username has the shape of one.
func ValidUsername(name string) bool {
	for i := range len(name) {
		c := name[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

func lowerASCII(value string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, value)
}
