package handlers

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"gatehouse/store/storetest"
)

// passkeyFuzzer is a house in which Ada has passkeys and a second step, for many answers one after another.
type passkeyFuzzer struct {
	*house
	a *storetest.Authenticator
	// session is the cookie of Ada, who is signed in.
	session string
	// waits is the link of somebody who registered without a password.
	waits string
}

func newPasskeyFuzzer(f *testing.F) *passkeyFuzzer {
	f.Helper()
	h := newHouse(f, withConfirm)
	user := storetest.Register(f, h.Store, registration("ada"))
	h.verifies(f, user.Username)
	p := &passkeyFuzzer{house: h, a: h.authenticator()}
	p.a.Synced = true // it counts nothing, so that a refused answer spoils no later one
	v := h.visitor(f)
	v.signsIn()
	v.addsPasskey(p.a)
	v.post("/account/second/on", nil).is(200)
	p.session = v.session()
	return p
}

// inside asks a site without a connection: thousands of browsers, each with its own, would use up all ports.
type inside struct{ http.Handler }

func (i inside) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.RequestURI, r.RemoteAddr, r.Host = r.URL.RequestURI(), "127.0.0.1:1815", cmp.Or(r.Host, r.URL.Host)
	if r.Body == nil {
		r.Body = http.NoBody
	}
	recorder := httptest.NewRecorder()
	i.ServeHTTP(recorder, r)
	response := recorder.Result()
	response.Request = r
	return response, nil
}

// answered are the routes that take the answer of a passkey.
var answered = []string{"/login/passkey", "/login/second/passkey", "/confirm/passkey", "/account/passkeys/new", "/email/verify/passkey"}

// begins is somebody who has a good answer for a route.
func (p *passkeyFuzzer) begins(t *testing.T, path string) (*visitor, url.Values) {
	t.Helper()
	v, does := p.visitor(t), p.a.Get
	v.client.Transport = inside{p.server.Config.Handler}
	switch path {
	case "/login/second/passkey":
		v.tries("ada", storetest.Password)
	case "/confirm/passkey", "/account/passkeys/new":
		v.present(p.session)
	}
	if path == "/account/passkeys/new" || path == "/email/verify/passkey" {
		does = p.authenticator().Create
	}
	if path == "/email/verify/passkey" {
		if p.waits == "" {
			p.waits = p.waitsForPasskey(t)
		}
		v.follows(p.waits)
	}
	return v, v.answers(path, does)
}

// holds is what an answer that was refused must leave alone.
func (p *passkeyFuzzer) holds(t *testing.T) (rows [8]int64) {
	t.Helper()
	row := p.data.Read.QueryRow(`SELECT (SELECT count(*) FROM users), (SELECT sum(epoch) FROM users), (SELECT count(*) FROM passkeys),
		(SELECT sum(sign_count) FROM passkeys), (SELECT count(*) FROM signins), (SELECT count(*) FROM challenges),
		(SELECT count(*) FROM pending), (SELECT count(*) FROM devices)`)
	if err := row.Scan(&rows[0], &rows[1], &rows[2], &rows[3], &rows[4], &rows[5], &rows[6], &rows[7]); err != nil {
		t.Fatal(err)
	}
	return rows
}

// sends sends an answer that may have been changed. It says whether it was taken, and requires that otherwise it
// changed nothing.
func (p *passkeyFuzzer) sends(t *testing.T, v *visitor, path string, form url.Values) (taken bool) {
	t.Helper()
	before := p.holds(t)
	answer := v.post(path, form)
	switch answer.status {
	case http.StatusSeeOther, http.StatusOK:
		taken = true
	case http.StatusUnprocessableEntity, http.StatusBadRequest, http.StatusRequestEntityTooLarge:
		if after := p.holds(t); after != before {
			t.Errorf("%s was refused, and the rows went from %v to %v", path, before, after)
		}
	default:
		t.Errorf("%s answers %d to %q", path, answer.status, form)
	}
	if strings.Contains(p.log.String(), `"level":"ERROR"`) {
		t.Fatal(p.log.String())
	}
	p.log.mu.Lock()
	p.log.text.Reset()
	p.log.mu.Unlock()
	if taken {
		p.settles(t, v, path)
	}
	return taken
}

// settles puts things back to where they were before an answer was taken.
func (p *passkeyFuzzer) settles(t *testing.T, v *visitor, path string) {
	t.Helper()
	switch path {
	case "/confirm/passkey":
		p.session = v.session()
	case "/login/passkey", "/login/second/passkey":
		v.post("/logout", nil) // or the sign-in of Ada becomes the oldest of too many
	case "/account/passkeys/new":
		p.session = v.session()
		if _, err := p.data.Write.Exec(`DELETE FROM passkeys WHERE id <> $1`, p.a.Keys[0].ID); err != nil {
			t.Fatal(err)
		}
		if _, err := p.data.Write.Exec(`UPDATE users SET passkeys = 1 WHERE username = 'ada'`); err != nil {
			t.Fatal(err)
		}
	case "/email/verify/passkey":
		p.waits = ""
		if _, err := p.data.Write.Exec(`DELETE FROM users WHERE username = 'maria'`); err != nil {
			t.Fatal(err)
		}
		if _, err := p.data.Write.Exec(`DELETE FROM letters`); err != nil {
			t.Fatal(err)
		}
	}
}

// members are the parts of an answer that hold bytes.
var members = []string{"id", "rawId", "clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"}

// said is what an answer says, however it is written: its members and what they hold. What cannot be read says nothing.
func said(form url.Values) map[string]string {
	var credential struct {
		ID, RawID string
		Response  map[string]any
	}
	json.Unmarshal([]byte(form.Get("passkey")), &credential) //nolint:errcheck // it says nothing
	values := map[string]string{"id": credential.ID, "rawId": credential.RawID, "ceremony": form.Get("ceremony")}
	for name, value := range credential.Response {
		if text, ok := value.(string); ok && slices.Contains(members, name) {
			values[name] = text
		}
	}
	for name, text := range values {
		data, _ := base64.RawURLEncoding.DecodeString(strings.TrimRight(text, "="))
		values[name] = string(data)
	}
	return values
}

// signed says whether two answers to a ceremony say the same where a signature or a seal holds it.
func signed(path string, a, b url.Values) bool {
	wanted := []string{"ceremony", "clientDataJSON", "authenticatorData", "signature", "id"}
	if path == "/account/passkeys/new" || path == "/email/verify/passkey" {
		// The page may say of a new passkey what it likes, but not that another page made it.
		wanted = []string{"ceremony"}
	}
	one, other := said(a), said(b)
	return !slices.ContainsFunc(wanted, func(name string) bool { return one[name] != other[name] })
}

// changed puts bytes in place of as many others.
func changed(text string, at uint16, cut uint8, with string) string {
	from := min(int(at), len(text))
	return text[:from] + with + text[min(from+int(cut), len(text)):]
}

// A changed answer, in whichever part and whichever form, is refused and no fault, and changes nothing. Where it is
// taken, it still says what was signed.
func FuzzPasskey(f *testing.F) {
	p := newPasskeyFuzzer(f)
	for route := range answered {
		for part := range len(members) + 2 {
			f.Add(uint8(route), uint8(part), uint16(0), uint8(1), "x")
			f.Add(uint8(route), uint8(part), uint16(32), uint8(1), "\x5d")
			f.Add(uint8(route), uint8(part), uint16(40), uint8(0), "\xff\xff\xff")
			f.Add(uint8(route), uint8(part), uint16(200), uint8(255), "")
		}
	}
	// Attestation that was not asked for.
	for _, statement := range []string{"packed", "tpm", "android-key", "android-safetynet", "fido-u2f", "apple", "compound"} {
		f.Add(uint8(3), uint8(3), uint16(0), uint8(17), "\xa3\x63fmt"+string(byte(0x60+len(statement)))+statement+"gattStmt\xa0")
	}
	f.Fuzz(func(t *testing.T, route, part uint8, at uint16, cut uint8, with string) {
		path := answered[int(route)%len(answered)]
		v, good := p.begins(t, path)
		form := url.Values{"passkey": good["passkey"], "ceremony": good["ceremony"]}
		text := good.Get("passkey")
		switch i := int(part) % (len(members) + 2); {
		case i == len(members):
			form.Set("passkey", changed(text, at, cut, with))
		case i == len(members)+1:
			form.Set("ceremony", changed(good.Get("ceremony"), at, cut, with))
		default:
			var credential map[string]any
			if err := json.Unmarshal([]byte(text), &credential); err != nil {
				t.Fatal(err)
			}
			in := credential
			if i > 1 {
				in = credential["response"].(map[string]any)
			}
			value, _ := in[members[i]].(string)
			data, _ := base64.RawURLEncoding.DecodeString(value)
			in[members[i]] = base64.RawURLEncoding.EncodeToString([]byte(changed(string(data), at, cut, with)))
			written, err := json.Marshal(credential)
			if err != nil {
				t.Fatal(err)
			}
			form.Set("passkey", string(written))
		}
		if p.sends(t, v, path, form) && !signed(path, good, form) {
			t.Errorf("%s takes\n%q\nin place of\n%q", path, form, good)
		}
	})
}

// An answer or a token that is anything at all.
func FuzzPasskeyText(f *testing.F) {
	p := newPasskeyFuzzer(f)
	for _, text := range []string{"", "{}", "null", "[]", "x", `{"id":"AA","rawId":"AA","type":"public-key","response":{}}`, strings.Repeat("[", 300)} {
		f.Add(text, "", uint8(0))
	}
	f.Fuzz(func(t *testing.T, passkey, ceremony string, route uint8) {
		path := answered[int(route)%len(answered)]
		v, good := p.begins(t, path)
		for _, form := range []url.Values{
			{"passkey": {passkey}, "ceremony": good["ceremony"]}, {"passkey": good["passkey"], "ceremony": {ceremony}}, {"passkey": {passkey}, "ceremony": {ceremony}},
		} {
			if p.sends(t, v, path, form) && !signed(path, good, form) {
				t.Errorf("%s takes %q", path, form)
			}
		}
	})
}

// A token is good for the ceremony that it was made for and for no other.
func FuzzCeremony(f *testing.F) {
	p := newPasskeyFuzzer(f)
	for begun := range answered {
		for ended := range answered {
			f.Add(uint8(begun), uint8(ended), uint16(0), uint8(0))
			f.Add(uint8(begun), uint8(ended), uint16(100), uint8(1))
		}
	}
	f.Fuzz(func(t *testing.T, begun, ended uint8, at uint16, with uint8) {
		from, to := answered[int(begun)%len(answered)], answered[int(ended)%len(answered)]
		_, other := p.begins(t, from)
		v, good := p.begins(t, to)
		token := other.Get("ceremony")
		if data, err := base64.RawURLEncoding.DecodeString(token); err == nil && with != 0 {
			data[int(at)%len(data)] ^= with
			token = base64.RawURLEncoding.EncodeToString(data)
		}
		for _, form := range []url.Values{{"passkey": other["passkey"], "ceremony": {token}}, {"passkey": good["passkey"], "ceremony": {token}}} {
			same := from == to && (to == "/confirm/passkey" || to == "/account/passkeys/new" || to == "/email/verify/passkey") && with == 0
			if p.sends(t, v, to, form) && !same {
				t.Errorf("begun at %s, %s takes %q", from, to, form)
			}
		}
	})
}
