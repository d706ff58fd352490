package mail

import (
	"fmt"
	"regexp"
	"strings"
)

// Anything like a mail address: the local part an atom (RFC 5322, 3.2.3) in any script,
// or quoted; at a name or an address in brackets; as it is, as it stands in a link, or
// in xtext (RFC 3461, 4). An apostrophe in front is rather a quotation mark. In a
// link some characters of an atom are where another part of it begins, so that the
// rest of the link stays readable.
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
	plain, linked = regexp.MustCompile(anyAddress), regexp.MustCompile(inLink)
	anyLink       = regexp.MustCompile(`(?i)(?:[a-z][a-z0-9+.-]*://|www\.)[^\s<>"]*`)
)

// nameless is an error as it may stand in the log, which names nobody: mail servers
// repeat whom they refuse. to is whom the letter is for, who is known in more
// spellings than others.
func nameless(err error, to string) string {
	text := err.Error()
	if to != "" {
		text = regexp.MustCompile(spellings(to)).ReplaceAllLiteralString(text, "ADDRESS")
	}
	var b strings.Builder
	for {
		link := anyLink.FindStringIndex(text)
		if link == nil {
			b.WriteString(plain.ReplaceAllLiteralString(text, "ADDRESS"))
			return b.String()
		}
		b.WriteString(plain.ReplaceAllLiteralString(text[:link[0]], "ADDRESS"))
		b.WriteString(linked.ReplaceAllLiteralString(text[link[0]:link[1]], "ADDRESS"))
		text = text[link[1]:]
	}
}

// spellings matches an address with each character as it is, behind a backslash, as in
// a link or in xtext; with the local part in quotes or not; and with = for @, as
// in the address to which mail comes back that cannot be delivered. What only begins or
// ends with the address is somebody else's.
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
