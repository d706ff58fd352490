package secret

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
)

// NewToken makes 256 random bits for a link.
func NewToken() string {
	bits := make([]byte, 32)
	rand.Read(bits)
	return base64.RawURLEncoding.EncodeToString(bits)
}

// Digest is how tokens and typed names are stored: the SHA-256 of text, in hexadecimal digits.
func Digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
