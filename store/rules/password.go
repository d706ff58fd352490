package rules

import (
	"bytes"
	"crypto/sha256"
	"io"
	"sort"
	"strings"
	"sync"
	"unicode/utf8"
)

// Limits of a password. The minimum is a setting between PasswordFloor and
// PasswordCeiling; the maximum is refused, never cut.
const (
	PasswordFloor    = 8
	PasswordDefault  = 12
	PasswordCeiling  = 64
	PasswordMax      = 128
	PasswordMaxBytes = 1024
)

// Passwords are the rules for new passwords.
type Passwords struct {
	// Min is the least number of code points of a new password.
	Min int
	// Common is the sorted list of the first commonBytes bytes of the SHA-256
	// of every common password, in lower case, one after another; nil is none.
	Common *io.SectionReader
	// Words are the site's own: its name and its host. Nobody may build a
	// password from them.
	Words []string

	split sync.Once
	words []string // parts of Words
}

const commonBytes = 5

// Check refuses a new password that is too short, too long, not UTF-8, in part
// invisible, well known, or built from what is personal to the account: its name,
// username and email address. There are no rules about kinds of characters (NIST SP
// 800-63B-4, 3.1.1.2).
func (p *Passwords) Check(password string, personal ...string) error {
	length, bare := utf8.RuneCountInString(password), seen(password)
	switch {
	case password == "":
		return Refuse("password", "Enter a password.")
	// What somebody types later would not be the same.
	case Pasted(password) || bare == "":
		return refusePasted("password", "The password")
	case spoilt(password) || strings.ContainsFunc(password, unshowable):
		return Refuse("password", "The password contains characters that no keyboard types, such as a line break. Type it without them.")
	case length < p.Min && p.Min-length == 1:
		return Refuse("password", "The password needs one more character.")
	case length < p.Min:
		return Refuse("password", "The password needs %d more characters.", p.Min-length)
	case length > PasswordMax || len(password) > PasswordMaxBytes:
		return Refuse("password", "Use at most %d characters for the password.", PasswordMax)
	case p.common(bare):
		return Refuse("password", "This password is too common. Try a few unrelated words.")
	case patterned(bare):
		return Refuse("password", "Repeated or neighbouring keys are easy to guess. Try a few unrelated words.")
	}
	own := append(parts(personal), p.SiteWords()...)
	if madeOf(bare, own) {
		return Refuse("password", "Don't build a password from your name, address or this site's name.")
	}
	if madeOf(bare, append(own, commonWords...)) {
		return Refuse("password", "A common word with digits or symbols is easy to guess. Try a few unrelated words.")
	}
	return nil
}

// CheckNew refuses a password that this person should not change to.
func (p *Passwords) CheckNew(current, password string, personal ...string) error {
	if err := p.Check(password, personal...); err != nil {
		return err
	}
	if password == current {
		return Refuse("password", "That's the password you have. Choose another.")
	}
	return nil
}

// Strength says how far a password has come, in four steps: begun, halfway to the least length,
// accepted, strong.
func (p *Passwords) Strength(password string, accepted bool) int {
	switch {
	case accepted && p.strong(password):
		return 4
	case accepted:
		return 3
	case 2*utf8.RuneCountInString(password) >= p.Min:
		return 2
	}
	return 1
}

// strong judges an accepted password by its length alone.
func (p *Passwords) strong(password string) bool {
	return utf8.RuneCountInString(password) >= max(20, p.Min+4)
}

// Praise says in words how good an accepted password is.
func (p *Passwords) Praise(password string) string {
	if p.strong(password) {
		return "That's a strong password."
	}
	return "That'll do. Another word would make it stronger."
}

// SiteWords are the parts of Words.
func (p *Passwords) SiteWords() []string {
	p.split.Do(func() { p.words = parts(p.Words) })
	return p.words
}

func (p *Passwords) common(password string) bool {
	sum := sha256.Sum256([]byte(strings.ToLower(password)))
	want := sum[:commonBytes]
	if p.Common == nil {
		return false
	}
	entry := make([]byte, commonBytes)
	_, found := sort.Find(int(p.Common.Size())/commonBytes, func(i int) int {
		if _, err := p.Common.ReadAt(entry, int64(i)*commonBytes); err != nil {
			return 1 // not for a list in memory
		}
		return bytes.Compare(want, entry)
	})
	return found
}
