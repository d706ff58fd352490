package rules

import (
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Rename makes a username of what another system let people be called: letters and digits of ASCII,
// and hyphens for everything else, none doubled or at the ends. It is empty where nothing is left.
func Rename(name string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(name) {
		switch {
		case unicode.Is(unicode.Mn, r):
			continue
		case r >= 'A' && r <= 'Z':
			b.WriteRune(r + 'a' - 'A')
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		default:
			if s := b.String(); s != "" && !strings.HasSuffix(s, "-") {
				b.WriteByte('-')
			}
		}
		if b.Len() >= UsernameMax {
			break
		}
	}
	return strings.Trim(b.String(), "-")
}

// Renamed is the nth username that is tried for somebody: the name itself, then name-2, name-3 and so
// on, never longer than UsernameMax.
func Renamed(name string, n int) string {
	if n < 2 {
		return name
	}
	end := "-" + strconv.Itoa(n)
	if len(name)+len(end) > UsernameMax {
		name = strings.TrimRight(name[:UsernameMax-len(end)], "-")
	}
	return name + end
}

// IsRenamed says whether a username is one that Renamed makes of a name.
func IsRenamed(username, name string) bool {
	if username == name {
		return true
	}
	at := strings.LastIndexByte(username, '-')
	if at < 0 {
		return false
	}
	n, err := strconv.Atoi(username[at+1:])
	return err == nil && n >= 2 && Renamed(name, n) == username
}
