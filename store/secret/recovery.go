package secret

import (
	"crypto/rand"

	"gatehouse/store/rules"
)

// NewRecoveryCode makes a code of 120 random bits, in groups for reading: too many to be
// guessed, so that a fast digest of it suffices (OWASP ASVS 5.0, 6.5.2).
func NewRecoveryCode() string {
	code := make([]byte, rules.RecoveryLength)
	rand.Read(code)
	for i, b := range code {
		code[i] = rules.RecoveryAlphabet[int(b)%len(rules.RecoveryAlphabet)]
	}
	return rules.GroupRecoveryCode(string(code))
}
