package storetest_test

import (
	"testing"

	"gatehouse/store"
	. "gatehouse/store/storetest"
)

// Two hundred keys of each algorithm, half of which begin with a zero byte, which some
// implementations cut off: each is added and signs in.
func TestEveryKeyThatIsMadeSignsIn(t *testing.T) {
	t.Parallel()
	for name, algorithm := range map[string]int64{"ES256": ES256, "EdDSA": EdDSA} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := open(t, SQLite)
			n := h.signIn(t, false)
			for i := range 200 {
				if i%store.PasskeysMax == 0 { // the places that an account has
					h.exec(t, `DELETE FROM passkeys`)
				}
				a := NewAuthenticator(Origin)
				a.Algorithm, a.Zero = algorithm, i%2 == 0
				n = AddPasskey(t, h.Store, a, n).SignIn
				token, text := h.answered(t, a)
				entry, err := h.AuthenticateByPasskey(h.ctx, token, text, Browser, From)
				if err != nil || entry.Missing() != store.Nothing {
					t.Errorf("key %d: %v", i, err)
				}
			}
		})
	}
}
