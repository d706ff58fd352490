package storetest_test

import (
	"testing"

	"gatehouse/store"
	. "gatehouse/store/storetest"
)

// The contract of passkeys.
func TestPasskeyContract(t *testing.T) {
	contract(t, []promise{
		{"signs in whoever has one, with nothing else asked", passkeySignsIn},
	})
}

// keyholder is Ada with a passkey.
func (h house) keyholder(t *testing.T) (*Authenticator, store.SignIn) {
	t.Helper()
	a := NewAuthenticator(Origin)
	return a, AddPasskey(t, h.Store, a, h.signIn(t, false)).SignIn
}

func passkeySignsIn(t *testing.T, h house) {
	for _, algorithm := range []int64{ES256, EdDSA} {
		a := NewAuthenticator(Origin)
		a.Algorithm = algorithm
		r := Ada()
		if algorithm == EdDSA {
			r = grace()
		}
		Register(t, h.Store, r)
		added := AddPasskey(t, h.Store, a, h.enter(t, r.Username, r.Password, From))
		n, err := SignInByPasskey(t, h.Store, a, From)
		if err != nil || n.Kind != store.KindPasskey || !n.By(added.Passkey) {
			t.Errorf("by %d: %+v, %v", algorithm, n, err)
		}
		if user := h.find(t, r.Username); user.Passkeys != 1 || !user.HasPassword {
			t.Errorf("%+v", user)
		}
	}
}
