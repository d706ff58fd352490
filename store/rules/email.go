package rules

import (
	"net/mail"
	"strings"

	"golang.org/x/net/idna"
)

// EmailMax is the longest address that SMTP can carry (RFC 5321, 4.5.3.1).
const EmailMax = 254

const localPartMax = 64

const theAddress = "The email address"

var longEmail = Refuse("email", "Use at most %d characters for the email address.", EmailMax)

// CanonicalEmail is the form in which addresses are compared: lower case, the
// domain in its ASCII form (IDNA lookup). Dots and +tags stay, because they
// belong to the mail system of the domain. It refuses what CheckEmail refuses.
func CanonicalEmail(value string) (string, error) {
	value = trimmed(value)
	if value == "" {
		return "", Refuse("email", "Enter your email address.")
	}
	if len(value) > EmailMax {
		return "", longEmail
	}
	malformed := Refuse("email", "That isn't a whole address yet.")
	switch {
	case strings.ContainsFunc(value, invisible): // IDNA may leave it out
		malformed = refusePasted("email", theAddress)
	case spoilt(value):
		malformed = refuseSpoilt("email", theAddress)
	}
	// A bare addr-spec only: no display name, comment, quoting or list can
	// bring a second recipient or a header into a letter.
	parsed, err := mail.ParseAddress(value)
	if err != nil || parsed.Name != "" || parsed.Address != value {
		return "", malformed
	}
	at := strings.LastIndexByte(value, '@')
	local, domain := value[:at], value[at+1:]
	if len(local) > localPartMax || !validLocalPart(local) {
		return "", malformed
	}
	ascii, err := domains.ToASCII(domain)
	if err != nil || !publicDomain(ascii) {
		return "", malformed
	}
	if len(local)+1+len(ascii) > EmailMax {
		return "", longEmail
	}
	return lowerASCII(local + "@" + ascii), nil
}

// CheckEmail refuses what cannot be an email address. It never says whether
// the address has an account: addresses are private.
func CheckEmail(value string) error {
	_, err := CanonicalEmail(value)
	return err
}

// domains are looked up as browsers and mail systems do (UTS 46), with the
// lengths that DNS allows.
var domains = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.StrictDomainName(true), idna.VerifyDNSLength(true))

// ASCIIDomain is a host name as DNS and mail systems write it, or an error for what
// is none.
func ASCIIDomain(name string) (string, error) { return domains.ToASCII(name) }

// DeliverableEmail is the address as it is stored and written to: the local
// part as it was typed, which some mail systems care about, and the domain in
// its ASCII form, so that nothing invisible is stored. The address must have passed
// CheckEmail.
func DeliverableEmail(value string) string {
	value = trimmed(value)
	at := strings.LastIndexByte(value, '@')
	ascii, _ := domains.ToASCII(value[at+1:])
	return value[:at+1] + ascii
}

// publicDomain wants two labels at least, and a last one that is no number, or
// an IP address would pass.
func publicDomain(ascii string) bool {
	dot := strings.LastIndexByte(ascii, '.')
	return dot > 0 && strings.ContainsFunc(ascii[dot+1:], func(r rune) bool { return r < '0' || r > '9' })
}

// validLocalPart accepts the unquoted ASCII local part of RFC 5322.
func validLocalPart(local string) bool {
	for i := range len(local) {
		c := local[i]
		letterOrDigit := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letterOrDigit && !strings.ContainsRune("!#$%&'*+-/=?^_`{|}~.", rune(c)) {
			return false
		}
	}
	return true
}
