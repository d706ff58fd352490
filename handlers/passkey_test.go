package handlers

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"gatehouse/store/storetest"
)

// authenticator is one whose browser is at this site.
func (h *house) authenticator() *storetest.Authenticator {
	return storetest.NewAuthenticator(h.BaseURL.Scheme + "://" + h.BaseURL.Host)
}

// beginsWith begins with a passkey, as site.js does for the form that is sent to a path, and returns the
// token of the ceremony and the options.
func (v *visitor) beginsWith(path string, form url.Values) (ceremony string, publicKey json.RawMessage) {
	v.t.Helper()
	answer := v.send(post, path+"/options", strings.NewReader(form.Encode()), http.Header{"Content-Type": {formType}}).is(200)
	var asked struct {
		Ceremony  string
		PublicKey json.RawMessage
	}
	if err := json.Unmarshal([]byte(answer.body), &asked); err != nil {
		v.t.Fatalf("%s/options: %v in %q", path, err, answer.body)
	}
	return asked.Ceremony, asked.PublicKey
}

// answers is the form that the answer of an authenticator makes for a path. does is its Create or Get.
func (v *visitor) answers(path string, does func(t testing.TB, publicKey any) string) url.Values {
	v.t.Helper()
	ceremony, publicKey := v.beginsWith(path, nil)
	return url.Values{"ceremony": {ceremony}, "passkey": {does(v.t, publicKey)}}
}

// addsPasskey gives Ada, who is signed in by this visitor, a passkey.
func (v *visitor) addsPasskey(a *storetest.Authenticator) {
	v.t.Helper()
	if v.h.Store.Mails() && !v.h.user(v.t, "ada").Verified() {
		v.h.verifies(v.t, "ada")
	}
	v.get("/account/passkeys/new").is(200)
	v.post("/account/passkeys/new", v.answers("/account/passkeys/new", a.Create)).goesTo(passkeysPage).is(200)
}

func TestAPasskeySignsIn(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		a := h.authenticator()
		v.addsPasskey(a)
		v.get(passkeysPage).says("On one device only").says("never used")
		other := v.another()
		other.post("/login/passkey", other.answers("/login/passkey", a.Get)).goesTo("/").is(200).says("Welcome back, Ada Lovelace.")
		if got := other.signedIn(); got != "ada" {
			t.Fatalf("signed in as %q", got)
		}
		other.get(passkeysPage).says("Used for this sign-in")
		other.get("/account/signins").says("passkey")
	}, withMail)
}
