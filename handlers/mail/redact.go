package mail

import (
	"fmt"
	"regexp"
	"strings"
)

// Anything like a mail address: the local part is an atom (RFC 5322, 3.2.3) in any script, or
// quoted; the domain is a name or an address in brackets. The @ may be written as it is,
// percent-encoded as in a link, or in xtext (RFC 3461, 4). A leading apostrophe counts as a
// quotation mark. Inside a link some characters of an atom separate parts of the link, so there
// the match stops at them and the rest of the link stays readable.
const (
	anyAddress  = `(?:` + anyQuoted + `|` + anyAtom + `)(?:@|%(?:25)*40)` + anyDomain + `|` + anyAtom + `\+40` + anyName
	inLink      = `(?:` + anyQuoted + `|` + linkAtom + `)@` + anyDomain + `|[\pL\pM\pN%._~+-]+%(?:25)*40` + anyDomain + `|` + linkAtom + `\+40` + anyName
	anyQuoted   = `"(?:[^"\\\n]|\\.)*"`
	anyAtom     = `[` + linkLetters + `&/?][` + linkLetters + `&/?']*`
	linkAtom    = `[` + linkLetters + `][` + linkLetters + `']*`
	linkLetters = `\pL\pM\pN!#$%*+=^_{|}~.\x60\-`
	anyDomain   = `(?:\[[^\]\s]*\]|[\pL\pM\pN](?:[\pL\pM\pN._-]*[\pL\pM\pN])?)`
	anyName     = `[\pL\pM\pN](?:[\pL\pM\pN_-]*\.[\pL\pM\pN_-]+)+`
)

var (
	plainAddress, linkAddress = regexp.MustCompile(anyAddress), regexp.MustCompile(inLink)
	anyLink                   = regexp.MustCompile(`(?i)(?:[a-z][a-z0-9+.-]*://|www\.)[^\s<>"]*`)
)

// redact is the text of an error for the log, without addresses: mail servers repeat them. to
// is the recipient, whose address is recognized in more spellings than others.
func redact(err error, to string) string {
	text := err.Error()
	if to != "" {
		text = regexp.MustCompile(spellings(to)).ReplaceAllLiteralString(text, "ADDRESS")
	}
	var b strings.Builder
	for {
		link := anyLink.FindStringIndex(text)
		if link == nil {
			b.WriteString(plainAddress.ReplaceAllLiteralString(text, "ADDRESS"))
			return b.String()
		}
		b.WriteString(plainAddress.ReplaceAllLiteralString(text[:link[0]], "ADDRESS"))
		b.WriteString(linkAddress.ReplaceAllLiteralString(text[link[0]:link[1]], "ADDRESS"))
		text = text[link[1]:]
	}
}

// spellings matches an address in other spellings. Each character may be literal, after a
// backslash, percent-encoded or in xtext. The local part may be in quotes. The @ may be =, as
// in bounce addresses. A longer word that begins or ends with the address is redacted whole.
func spellings(address string) string {
	var b strings.Builder
	at := strings.LastIndexByte(address, '@')
	b.WriteString(`(?i)[` + linkLetters + `']*(?:\\*"|%(?:25)*22)?`)
	for i := range len(address) {
		c := address[i]
		each := fmt.Sprintf(`(?:\\*%s|%%(?:25)*%02x|\+%02x)`, regexp.QuoteMeta(string(c)), c, c)
		if i == at {
			each = `(?:\\*"|%(?:25)*22)?\s*(?:=|%(?:25)*3d|\+3d|` + each + `)\s*`
		}
		b.WriteString(each)
	}
	return b.String() + `(?:[\pL\pM\pN._-]*[\pL\pM\pN])?`
}
