package secret

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/bits"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/crypto/bcrypt"
)

// Schemes of bcrypt hashes that come from other systems. SchemeBcryptSHA256 is of the SHA-256 of the
// password in hexadecimal digits, as Django and Flask-Bcrypt make it. SchemeBcryptPepper is of the
// password followed by a pepper, as Devise makes it.
const (
	SchemeBcryptSHA256 = "bcrypt-sha256-hex"
	SchemeBcryptPepper = "bcrypt-pepper"
)

// NoPassword says why somebody comes without a password. It is no hash that is compared.
type NoPassword string

// ForeignScheme is the scheme of bcrypt hashes that do not say it themselves: SchemeBcrypt,
// SchemeBcryptSHA256 or SchemeBcryptPepper.
type ForeignScheme = string

// ReadForeign reads a hash as another system writes it, or as Portable does. A hash that cannot be
// compared gives the zero PasswordHash and says in words why; so does none, and says nothing.
func ReadForeign(text string, plain ForeignScheme) (PasswordHash, NoPassword) {
	text = unwrap(strings.TrimSpace(text))
	if text == "" || strings.HasPrefix(text, "!") { // Django writes that where there is none
		return PasswordHash{}, ""
	}
	for prefix, scheme := range map[string]string{
		SchemeHMAC + "$": SchemeHMAC, "bcrypt$": SchemeBcrypt, "bcrypt_sha256$": SchemeBcryptSHA256, SchemeBcryptPepper + "$": SchemeBcryptPepper,
	} {
		if hash, has := strings.CutPrefix(text, prefix); has {
			return readBcrypt(hash, scheme)
		}
	}
	if strings.HasPrefix(text, "$2") {
		return readBcrypt(text, plain)
	}
	d, why := readDerived(text)
	if why != "" {
		return PasswordHash{}, NoPassword(why)
	}
	return PasswordHash{Scheme: d.Scheme, Hash: d.String()}, ""
}

// Portable is the password as ReadForeign takes it back, on any site. It is empty where there is none.
func (stored PasswordHash) Portable() string {
	switch stored.Scheme {
	case SchemeHMAC, SchemeBcrypt, SchemeBcryptPepper:
		return stored.Scheme + "$" + stored.Hash
	case SchemeBcryptSHA256:
		return "bcrypt_sha256$" + stored.Hash
	}
	return stored.Hash
}

// Kind is the kind of password that is counted: the zero Kind for bcrypt.
func (stored PasswordHash) Kind() Kind {
	d, why := ParseDerived(stored.Hash)
	if why != "" || d.Scheme != stored.Scheme {
		return Kind{}
	}
	return d.Kind
}

// bytesLiteral and hexLiteral are what bytes become in a text column: by Python, and by PostgreSQL.
var (
	bytesLiteral = regexp.MustCompile(`^b(?:'([^']*)'|"([^"]*)")$`)
	hexLiteral   = regexp.MustCompile(`^\\x([0-9a-fA-F]+)$`)
)

// unwrap takes a hash out of what was made of its bytes.
func unwrap(text string) string {
	if parts := bytesLiteral.FindStringSubmatch(text); parts != nil {
		return parts[1] + parts[2]
	}
	if parts := hexLiteral.FindStringSubmatch(text); parts != nil {
		if raw, err := hex.DecodeString(parts[1]); err == nil {
			return string(raw)
		}
	}
	return text
}

// readBcrypt reads a bcrypt hash under a scheme.
func readBcrypt(hash, scheme string) (PasswordHash, NoPassword) {
	parts := hashShape.FindStringSubmatch(hash)
	if parts == nil {
		if strings.HasPrefix(hash, "$2x$") || strings.HasPrefix(hash, "$2$") {
			return PasswordHash{}, "a bcrypt hash by a flawed program"
		}
		return PasswordHash{}, "unknown format"
	}
	cost, _ := strconv.Atoi(parts[1])
	if cost < bcrypt.MinCost || cost > BcryptCostMax {
		return PasswordHash{}, NoPassword(fmt.Sprintf("bcrypt has cost %d, and may have %d to %d", cost, bcrypt.MinCost, BcryptCostMax))
	}
	stored := PasswordHash{Scheme: scheme, Hash: hash, Cost: cost}
	if _, usable := stored.usable(); !usable {
		return PasswordHash{}, "unknown format"
	}
	return stored, ""
}

// format is how a system writes a hash: the shape, and what to make of its parts.
type format struct {
	shape *regexp.Regexp
	read  func(parts []string) (d Derived, err error)
}

var formats = []format{
	// Werkzeug.
	{regexp.MustCompile(`^pbkdf2:sha256:([0-9]{1,9})\$([^$]+)\$([0-9a-f]+)$`), func(parts []string) (Derived, error) {
		return derived(SchemePBKDF2, []byte(parts[2]), parts[3], hex.DecodeString, parts[1])
	}},
	{regexp.MustCompile(`^scrypt:([0-9]{1,9}):([0-9]{1,3}):([0-9]{1,3})\$([^$]+)\$([0-9a-f]+)$`), func(parts []string) (Derived, error) {
		return derived(SchemeScrypt, []byte(parts[4]), parts[5], hex.DecodeString, logN(parts[1]), parts[2], parts[3])
	}},
	// Django.
	{regexp.MustCompile(`^pbkdf2_sha256\$([0-9]{1,9})\$([^$]+)\$([A-Za-z0-9+/=]+)$`), func(parts []string) (Derived, error) {
		return derived(SchemePBKDF2, []byte(parts[2]), parts[3], base64.StdEncoding.DecodeString, parts[1])
	}},
	{regexp.MustCompile(`^scrypt\$([0-9]{1,9})\$([^$]+)\$([0-9]{1,3})\$([0-9]{1,3})\$([A-Za-z0-9+/=]+)$`), func(parts []string) (Derived, error) {
		return derived(SchemeScrypt, []byte(parts[2]), parts[5], base64.StdEncoding.DecodeString, logN(parts[1]), parts[3], parts[4])
	}},
	// Better Auth, whose parameters are fixed.
	{regexp.MustCompile(`^([0-9a-f]{32}):([0-9a-f]{128})$`), func(parts []string) (Derived, error) {
		return derived(SchemeScryptNFKC, []byte(parts[1]), parts[2], hex.DecodeString, "14", "16", "1")
	}},
}

// readDerived reads a hash with a derived key. why says in words why it cannot be compared.
func readDerived(text string) (d Derived, why string) {
	const lengthMax = 2048 // longer than any that can be compared
	if len(text) > lengthMax {
		return Derived{}, fmt.Sprintf("its hash has %d bytes", len(text))
	}
	for _, f := range formats {
		if parts := f.shape.FindStringSubmatch(text); parts != nil {
			d, err := f.read(parts)
			if err != nil {
				return Derived{}, err.Error()
			}
			return d, d.refusal()
		}
	}
	text, _ = strings.CutPrefix(text, "argon2$argon2id") // Django
	if strings.HasPrefix(text, "$v=") {
		text = "$argon2id" + text
	}
	return ParseDerived(text)
}

// derived is a key as another system writes it, by its scheme and costs.
func derived(scheme string, salt []byte, key string, decode func(string) ([]byte, error), costs ...string) (d Derived, err error) {
	d = Derived{Kind: Kind{Scheme: scheme}, Salt: salt}
	for i, cost := range costs {
		if d.costs[i], err = strconv.Atoi(cost); err != nil {
			return d, fmt.Errorf("its parameters can't be read")
		}
	}
	if d.Key, err = decode(key); err != nil {
		return d, fmt.Errorf("its key can't be read")
	}
	return d, nil
}

// logN is the exponent of the N of scrypt, or no number where N is no power of two.
func logN(n string) string {
	value, err := strconv.ParseUint(n, 10, 63)
	if err != nil || bits.OnesCount64(value) != 1 {
		return "none"
	}
	return strconv.Itoa(bits.TrailingZeros64(value))
}
