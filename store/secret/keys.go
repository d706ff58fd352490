package secret

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
)

// Keys are what the site's secret is used for, a key for each purpose (HKDF, RFC 5869). A
// key that leaks tells nothing about the others.
type Keys struct {
	// Letters seals letters that wait to be sent.
	Letters *Seal
	// Apps seals the keys of authenticator apps.
	Apps *Seal
	// AppSetup makes the keys that are shown while an app is set up.
	AppSetup *MAC
	// Ceremonies seals what a browser carries from the beginning of a passkey ceremony to its end.
	Ceremonies *Seal
	// PasskeyUser makes the names by which passkeys know people.
	PasskeyUser *MAC
}

// NewKeys derives all keys. It returns an error for a secret of the wrong length.
func NewKeys(secret []byte) (*Keys, error) {
	var k Keys
	var err error
	if k.Letters, err = NewSeal(secret, "letters"); err != nil {
		return nil, err
	}
	if k.Apps, err = NewSeal(secret, "totp"); err != nil {
		return nil, err
	}
	if k.AppSetup, err = NewMAC(secret, "totp setup"); err != nil {
		return nil, err
	}
	if k.Ceremonies, err = NewSeal(secret, "ceremonies"); err != nil {
		return nil, err
	}
	if k.PasskeyUser, err = NewMAC(secret, "passkey user"); err != nil {
		return nil, err
	}
	return &k, nil
}

// derive makes the key of a purpose. It returns an error for a secret of the wrong length.
func derive(secret []byte, purpose string) ([]byte, error) {
	if len(secret) != Length {
		return nil, fmt.Errorf("the secret must have %d bytes, not %d", Length, len(secret))
	}
	// This word never changes, whatever the program is called: with another one nothing that
	// was sealed could be opened any more.
	key, err := hkdf.Key(sha256.New, secret, nil, "gatehouse "+purpose, 32)
	if err != nil {
		return nil, fmt.Errorf("derive a key: %w", err)
	}
	return key, nil
}

// MAC makes bytes from text that nobody can predict without the site's secret: HMAC-SHA-256
// (RFC 2104) under a key derived for one purpose.
type MAC struct{ key []byte }

// NewMAC derives the key of a purpose. It returns an error for a secret of the wrong length.
func NewMAC(secret []byte, purpose string) (*MAC, error) {
	key, err := derive(secret, purpose)
	if err != nil {
		return nil, err
	}
	return &MAC{key}, nil
}

// Sum is the same 32 bytes each time for the same text.
func (m *MAC) Sum(text string) []byte {
	hash := hmac.New(sha256.New, m.key)
	hash.Write([]byte(text))
	return hash.Sum(nil)
}
