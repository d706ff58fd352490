package secret

import (
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/scrypt"
	"golang.org/x/text/unicode/norm"
)

// Schemes of passwords that come from other systems and derive a key. They are replaced at the next
// sign-in. SchemeScryptNFKC is scrypt of the NFKC form of a password, all others are of what is typed.
const (
	SchemePBKDF2     = "pbkdf2-sha256"
	SchemeScrypt     = "scrypt"
	SchemeScryptNFKC = "scrypt-nfkc"
	SchemeArgon2id   = "argon2id"
)

// KindsMax is how many kinds of memory-hard passwords may be in use at a time, because every sign-in
// takes as long as all of them together.
const KindsMax = 3

// scryptMemoryMax is the most memory that scrypt may take for a password, in bytes.
const scryptMemoryMax = 64 << 20

// Kind is a scheme that derives a key, with what that costs. The zero Kind is none.
type Kind struct {
	Scheme string
	costs  [3]int
}

// parameter is what a scheme takes, by its name in the PHC string format, from least to most.
type parameter struct {
	name        string
	least, most int
}

// schemes are what derives a key, with the parameters of each.
var schemes = map[string][]parameter{
	SchemePBKDF2:     {{"i", 1_000, 2_000_000}},
	SchemeScrypt:     {{"ln", 1, 16}, {"r", 1, 32}, {"p", 1, 8}},
	SchemeScryptNFKC: {{"ln", 1, 16}, {"r", 1, 32}, {"p", 1, 8}},
	SchemeArgon2id:   {{"m", 8, 128 << 10}, {"t", 1, 6}, {"p", 1, 8}},
}

// argon2Version is the one version of argon2 that is in use, and the one that has a version.
const argon2Version = "v=19"

// String is the kind as the PHC string format begins: "$scrypt$ln=15,r=8,p=1".
func (k Kind) String() string {
	params := schemes[k.Scheme]
	if params == nil {
		return ""
	}
	costs := make([]string, len(params))
	for i, p := range params {
		costs[i] = p.name + "=" + strconv.Itoa(k.costs[i])
	}
	version := ""
	if k.Scheme == SchemeArgon2id {
		version = "$" + argon2Version
	}
	return "$" + k.Scheme + version + "$" + strings.Join(costs, ",")
}

// MemoryHard says whether deriving a key takes much memory.
func (k Kind) MemoryHard() bool { return k.Scheme != "" && k.Scheme != SchemePBKDF2 }

// tooCostly says in words what of the kind is beyond its bounds, or is empty.
func (k Kind) tooCostly() string {
	for i, p := range schemes[k.Scheme] {
		if k.costs[i] < p.least || k.costs[i] > p.most {
			return fmt.Sprintf("%s is %s=%d, and may be %d to %d", k.Scheme, p.name, k.costs[i], p.least, p.most)
		}
	}
	switch k.Scheme {
	case SchemeScrypt, SchemeScryptNFKC:
		if memory := 128 << k.costs[0] * k.costs[1]; memory > scryptMemoryMax {
			return fmt.Sprintf("%s takes %d MiB of memory, and may take %d", k.Scheme, memory>>20, scryptMemoryMax>>20)
		}
	case SchemeArgon2id:
		if k.costs[0] < 8*k.costs[2] {
			return fmt.Sprintf("%s has too little memory for p=%d", k.Scheme, k.costs[2])
		}
	}
	return ""
}

// Bounds of what a derived key is made of, in bytes.
const (
	saltMax        = 256
	keyMin, keyMax = 16, 64
)

// Derived is a password as another system keeps it: the salt, and the key derived with it.
type Derived struct {
	Kind
	Salt, Key []byte
}

// String is the PHC string format, as it is stored.
func (d Derived) String() string {
	encode := base64.RawStdEncoding.EncodeToString
	return d.Kind.String() + "$" + encode(d.Salt) + "$" + encode(d.Key)
}

// phcShape is the PHC string format of the schemes above.
var phcShape = regexp.MustCompile(`^\$([a-z0-9-]{1,20})(?:\$(v=[0-9]{1,3}))?\$([a-z]{1,2}=[0-9]{1,10}(?:,[a-z]{1,2}=[0-9]{1,10}){0,2})\$([A-Za-z0-9+/]{1,343})\$([A-Za-z0-9+/]{22,86})$`)

// ParseDerived reads the PHC string format. why says in words why it cannot be compared; it is empty
// for what can. Text of another format is no Derived, and why is "unknown format".
func ParseDerived(text string) (d Derived, why string) {
	const unknown = "unknown format"
	parts := phcShape.FindStringSubmatch(text)
	if parts == nil || schemes[parts[1]] == nil || (parts[1] == SchemeArgon2id) != (parts[2] == argon2Version) {
		return Derived{}, unknown
	}
	d.Scheme = parts[1]
	costs := strings.Split(parts[3], ",")
	if len(costs) != len(schemes[d.Scheme]) {
		return Derived{}, unknown
	}
	for i, p := range schemes[d.Scheme] {
		value, named := strings.CutPrefix(costs[i], p.name+"=")
		n, err := strconv.ParseInt(value, 10, 32)
		if !named || err != nil || strconv.FormatInt(n, 10) != value {
			return Derived{}, unknown
		}
		d.costs[i] = int(n)
	}
	decode := base64.RawStdEncoding.Strict().DecodeString
	var err error
	if d.Salt, err = decode(parts[4]); err != nil {
		return Derived{}, unknown
	}
	if d.Key, err = decode(parts[5]); err != nil {
		return Derived{}, unknown
	}
	return d, d.refusal()
}

// refusal says in words why it cannot be compared, or is empty.
func (d Derived) refusal() string {
	switch {
	case len(d.Salt) == 0 || len(d.Salt) > saltMax:
		return fmt.Sprintf("its salt has %d bytes, and may have 1 to %d", len(d.Salt), saltMax)
	case len(d.Key) < keyMin || len(d.Key) > keyMax:
		return fmt.Sprintf("its key has %d bytes, and may have %d to %d", len(d.Key), keyMin, keyMax)
	}
	// A longer key would take a whole PBKDF2 more.
	if d.Scheme == SchemePBKDF2 && len(d.Key) > sha256.Size {
		return fmt.Sprintf("its key has %d bytes, and may have %d to %d", len(d.Key), keyMin, sha256.Size)
	}
	return d.tooCostly()
}

// ParseKind reads what Kind.String wrote. Anything else is the zero Kind.
func ParseKind(text string) Kind {
	d, why := ParseDerived(text + "$c2FsdA$AAAAAAAAAAAAAAAAAAAAAA")
	if why != "" {
		return Kind{}
	}
	return d.Kind
}

// derive derives as many bytes as the key has from a password.
func (d Derived) derive(password string) ([]byte, error) {
	switch d.Scheme {
	case SchemePBKDF2:
		return pbkdf2.Key(sha256.New, password, d.Salt, d.costs[0], len(d.Key))
	case SchemeScryptNFKC:
		password = norm.NFKC.String(password)
		fallthrough
	case SchemeScrypt:
		return scrypt.Key([]byte(password), d.Salt, 1<<d.costs[0], d.costs[1], d.costs[2], len(d.Key))
	case SchemeArgon2id:
		return argon2.IDKey([]byte(password), d.Salt, uint32(d.costs[1]), uint32(d.costs[0]), uint8(d.costs[2]), uint32(len(d.Key))), nil
	}
	return nil, fmt.Errorf("derive a key: no scheme %q", d.Scheme)
}
