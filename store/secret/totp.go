package secret

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"time"
)

const (
	// AppKeyLength is the length of the key that an authenticator app shares with the site,
	// in bytes: the 160 bits that RFC 4226 recommends.
	AppKeyLength = 20
	// AppStep is how long a code is shown.
	AppStep = 30 * time.Second

	appDigits = 6
)

// AppCode is the code of six digits that an authenticator app shows in a step (TOTP, RFC
// 6238, with SHA-1, which is what every app can do).
func AppCode(key []byte, step int64) string {
	hash := hmac.New(sha1.New, key)
	binary.Write(hash, binary.BigEndian, step) //nolint:errcheck // a hash takes everything
	sum := hash.Sum(nil)
	offset := sum[len(sum)-1] & 0xf
	number := binary.BigEndian.Uint32(sum[offset:]) & 0x7fff_ffff
	return fmt.Sprintf("%0*d", appDigits, number%1_000_000)
}

// AppStepAt is the number of the step at a time.
func AppStepAt(at time.Time) int64 { return at.Unix() / int64(AppStep/time.Second) }

// MatchAppCode returns the latest step from first to last whose code this is, and whether
// there is one. It takes the same time for every code.
func MatchAppCode(key []byte, code string, first, last int64) (step int64, ok bool) {
	found := 0
	for n := first; n <= last; n++ {
		same := subtle.ConstantTimeCompare([]byte(AppCode(key, n)), []byte(code))
		step = int64(subtle.ConstantTimeSelect(same, int(n), int(step)))
		found |= same
	}
	return step, found == 1
}

// AppKeyText is a key as people type it into an app: 32 characters of base32 (RFC 4648).
func AppKeyText(key []byte) string { return base32.StdEncoding.EncodeToString(key) }
