package handlers

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"net/url"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"

	"gatehouse/store"
)

// rsaKey has an authenticator say that the key it made is an RSA key with a modulus of that many bytes. Nothing
// proves that there is a private half.
func rsaKey(t testing.TB, modulus int) func(credential, response map[string]any) {
	return func(_, response map[string]any) {
		object := map[string]any{}
		text, err := base64.RawURLEncoding.DecodeString(response["attestationObject"].(string))
		if err == nil {
			err = cbor.Unmarshal(text, &object)
		}
		if err != nil {
			t.Fatal(err)
		}
		const idAt = 32 + 1 + 4 + 16 // after the digest of the domain, flags, count and model
		data := object["authData"].([]byte)
		data = data[:idAt+2+int(binary.BigEndian.Uint16(data[idAt:]))]
		key, err := cbor.Marshal(map[int]any{1: 3, 3: -257, -1: bytes.Repeat([]byte{0xff}, modulus), -2: []byte{1, 0, 1}})
		if err != nil {
			t.Fatal(err)
		}
		object["authData"] = append(bytes.Clone(data), key...)
		if text, err = cbor.Marshal(object); err != nil {
			t.Fatal(err)
		}
		response["attestationObject"] = base64.RawURLEncoding.EncodeToString(text)
	}
}

// FX-45: whoever has an account chooses what everybody's sign-ins wait for: checking one signature with an RSA key
// that fills a form took eight seconds, and nobody need be signed in to have it checked.
func TestFX45NoPasskeyCostsSeconds(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		for modulus, taken := range map[int]bool{256: true, 512: true, 1 << 10: false, 4 << 10: false, 32 << 10: false} {
			a := h.authenticator()
			a.Sent = rsaKey(t, modulus)
			answer := v.post("/account/passkeys/new", v.answers("/account/passkeys/new", a.Create))
			if taken {
				answer.goesTo(passkeysPage)
			} else {
				answer.is(422).says(store.ErrPasskeyFailed.Error())
			}
		}
		if got := h.rows(t, "passkeys"); got != 2 {
			t.Errorf("%d passkeys", got)
		}
	})
}

// An answer is as long as it has to be, wherever it is given, before anything in it is read.
func TestAnswersOfPasskeysAreShort(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		a := h.authenticator()
		v.registers()
		v.addsPasskey(a)
		for length, taken := range map[int]bool{8 << 10: true, 8<<10 + 1: false} {
			long := func(form url.Values) url.Values {
				text := strings.TrimSuffix(form.Get("passkey"), "}") + `,"more":""}`
				form.Set("passkey", strings.Replace(text, `"more":"`, `"more":"`+strings.Repeat("x", length-len(text)), 1))
				return form
			}
			for path, to := range map[string]string{"/account/passkeys/new": passkeysPage, "/confirm/passkey": "/"} {
				does := a.Get
				if to == passkeysPage {
					does = h.authenticator().Create
				}
				answer := v.post(path, long(v.answers(path, does)))
				if taken {
					answer.goesTo(to)
				} else {
					answer.is(422).says(store.ErrPasskeyFailed.Error())
				}
			}
			other := v.another()
			answer := other.post("/login/passkey", long(other.answers("/login/passkey", a.Get)))
			if taken {
				answer.goesTo("/")
			} else {
				answer.is(422).says(store.ErrPasskeyFailed.Error())
			}
		}
	})
}
