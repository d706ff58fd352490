package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
)

// Length is the length of the site's secret.
const Length = 32

// Seal encrypts what must be read again, so that the database alone does not reveal
// it: AES-256-GCM under a key derived (HKDF, RFC 5869) from the site's secret for one
// purpose.
type Seal struct{ aead cipher.AEAD }

// NewSeal derives the key of a purpose. It returns an error for a secret of
// the wrong length.
func NewSeal(secret []byte, purpose string) (*Seal, error) {
	key, err := derive(secret, purpose)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("make a cipher: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("make a cipher: %w", err)
	}
	return &Seal{aead}, nil
}

// Seal encrypts text. Open needs the same label.
func (s *Seal) Seal(text []byte, label string) []byte {
	return s.aead.Seal(nil, nil, text, []byte(label))
}

// errSealed says that something was sealed with another secret, or was changed.
var errSealed = errors.New("cannot be opened: it was sealed with another --secret, or is damaged")

// Open returns what was sealed with that label, or an error that says why not.
func (s *Seal) Open(sealed []byte, label string) ([]byte, error) {
	text, err := s.aead.Open(nil, nil, sealed, []byte(label))
	if err != nil {
		return nil, errSealed
	}
	return text, nil
}

// New makes a secret for a site.
func New() []byte {
	secret := make([]byte, Length)
	rand.Read(secret)
	return secret
}
