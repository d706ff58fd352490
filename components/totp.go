package components

import (
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"gatehouse/store"
	"gatehouse/store/secret"
)

// TOTPForm takes the first code of an authenticator app that is being set up.
type TOTPForm struct {
	Form
	Code *Field
	// Key is what the app is given, Address the same as an otpauth: link.
	Key     string
	Address string

	// Moves says that the person has an app already.
	Moves bool
}

// NewTOTPForm states the form for a person of a site and the key that they are shown.
func NewTOTPForm(site string, user store.User, key []byte) *TOTPForm {
	f := &TOTPForm{Form: Form{ID: "totp", Action: "/account/totp", Title: setUpAppTitle, Submit: "Turn it on", Busy: checking}}
	if user.SecondStep() {
		f.Title, f.Submit, f.Moves = moveAppTitle, "Use this app", true
	}
	f.Key, f.Address = groups(secret.AppKeyText(key)), appAddress(site, user.Username, key)
	f.Code = appCodeField()
	f.Code.Hint = "The 6 digits that the app shows now."
	f.Fields = []*Field{f.Code}
	return f
}

// appAddress is what an authenticator app reads (the key URI format of Google Authenticator, which all apps know).
// Whatever is a default is left out, so that the QR code has fewer modules.
func appAddress(site, username string, key []byte) string {
	site = strings.TrimSpace(strings.ReplaceAll(site, ":", " "))
	escape := func(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }
	return "otpauth://totp/" + escape(site) + ":" + escape(username) + "?secret=" + secret.AppKeyText(key) + "&issuer=" + escape(site)
}

// groups writes a key in groups of four for reading.
func groups(key string) string {
	var parts []string
	for ; len(key) > 4; key = key[4:] {
		parts = append(parts, key[:4])
	}
	return strings.Join(append(parts, key), " ")
}

// open leads to the app on this device. The address is our own, with every part escaped.
func (f *TOTPForm) open() templ.SafeURL { return templ.SafeURL(f.Address) }

// qr is the address as a QR code. An address is never too long for one.
func (f *TOTPForm) qr() qrCode {
	code, _ := newQR(f.Address)
	return code
}
