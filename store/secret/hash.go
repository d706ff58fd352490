package secret

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"gatehouse/store/rules"

	"golang.org/x/crypto/bcrypt"
	"golang.org/x/text/unicode/norm"
)

// Schemes by which a password is stored. SchemeBcrypt is that of imported hashes
// ($2a$, $2b$, $2y$); it is replaced at the next sign-in.
const (
	SchemeHMAC   = "bcrypt-hmac-sha384"
	SchemeBcrypt = "bcrypt"
)

// Costs of bcrypt that may be configured. A hash that costs more than
// BcryptCostMax is never compared, because every sign-in would then have to take as
// long. Its account counts as one without a password.
const (
	BcryptCostMin = 10
	BcryptCostMax = 14
)

// Hasher hashes passwords and compares them.
type Hasher struct {
	// Cost is the bcrypt cost of new hashes.
	Cost int
	// Gate bounds how many passwords are hashed at a time.
	Gate *Gate

	// OldPepper follows the passwords of SchemeBcryptPepper. Without it none of them matches.
	OldPepper string
	// Derive derives a memory-hard key somewhere whose memory is given back afterwards. It is called
	// for one password at a time. nil derives it here.
	Derive func(ctx context.Context, d Derived, password string) ([]byte, error)

	// kinds are the kinds in use of passwords that derive a key. deriving is held while one is
	// derived that takes much memory.
	kinds    atomic.Pointer[kindsInUse]
	deriving sync.Mutex
	// derived, where set, sees every derivation.
	derived func(d Derived)

	// highestCost is the highest cost in use. Every comparison takes as long as one at
	// that cost, so that the time does not tell one account from another.
	highestCost atomic.Int32
	// compared, where set, sees the hash of every comparison.
	compared func(hash []byte)
}

// PasswordHash is a password as the database stores it. The zero value stands for no
// password.
type PasswordHash struct {
	Scheme string
	Hash   string
	// Cost repeats what the hash says, so that an index finds the highest.
	Cost int
}

// hashShape is the shape of a bcrypt hash that is compared. $2$ and $2x$ come from
// flawed programs. It excludes what bcrypt would refuse without any work, because that
// would show in the time.
var hashShape = regexp.MustCompile(`^\$2[aby]\$([0-9]{2})\$[./A-Za-z0-9]{53}$`)

// usable says whether there is a bcrypt hash that is compared, and how much that costs.
func (stored PasswordHash) usable() (cost int, ok bool) {
	parts := hashShape.FindStringSubmatch(stored.Hash)
	if parts == nil || !slices.Contains(bcryptSchemes, stored.Scheme) {
		return 0, false
	}
	cost, err := strconv.Atoi(parts[1])
	if err != nil || cost < bcrypt.MinCost || cost > BcryptCostMax {
		return 0, false
	}
	return cost, true
}

// bcryptSchemes are those whose hash is one of bcrypt.
var bcryptSchemes = []string{SchemeHMAC, SchemeBcrypt, SchemeBcryptSHA256, SchemeBcryptPepper}

// preHashKey is public and fixed. It makes these hashes differ from plain SHA-384 sums
// of the same passwords that leaked elsewhere. It never changes, whatever the program is
// called: with another key no password would match any more.
const preHashKey = "gatehouse password v1"

// preHash makes 64 ASCII bytes of a password of any length, because bcrypt
// ignores what follows byte 72 and repeats its key after a NUL.
func preHash(password string) []byte {
	mac := hmac.New(sha512.New384, []byte(preHashKey))
	mac.Write(norm.NFC.AppendString(nil, password))
	return base64.StdEncoding.AppendEncode(nil, mac.Sum(nil))
}

// Hash hashes a new password. It waits for the gate.
func (h *Hasher) Hash(ctx context.Context, password string) (PasswordHash, error) {
	var hash []byte
	var failed error
	err := h.Gate.Do(ctx, func() {
		hash, failed = bcrypt.GenerateFromPassword(preHash(password), h.Cost)
	})
	if err = errors.Join(err, failed); err != nil {
		return PasswordHash{}, fmt.Errorf("hash a password: %w", err)
	}
	return PasswordHash{SchemeHMAC, string(hash), h.Cost}, nil
}

// Matches compares password with a stored hash. It always takes as long as one bcrypt comparison at
// the highest cost in use and, while passwords of earlier systems are in use, one derivation of each
// of their kinds, even where there is no hash. It waits for the gate.
func (h *Hasher) Matches(ctx context.Context, stored PasswordHash, password string) (bool, error) {
	match := false
	var failed error
	err := h.Gate.Do(ctx, func() { match, failed = h.compare(ctx, stored, password) })
	if err = errors.Join(err, failed); err != nil {
		return false, fmt.Errorf("compare a password: %w", err)
	}
	return match, nil
}

func (h *Hasher) compare(ctx context.Context, stored PasswordHash, password string) (bool, error) {
	byBcrypt := h.compareBcrypt(stored, password)
	byKey, err := h.compareKeys(ctx, stored, password)
	return byBcrypt || byKey, err
}

// compareBcrypt takes as long as one comparison at the highest cost, whatever is stored.
func (h *Hasher) compareBcrypt(stored PasswordHash, password string) bool {
	cost, usable := stored.usable()
	highest := h.RaiseHighestCost(cost)
	typed := h.typed(stored.Scheme, password)
	if !usable || len(password) > rules.PasswordMaxBytes || typed == nil {
		_ = h.bcrypt(decoy(highest), preHash(password))
		return false
	}
	match := h.bcrypt([]byte(stored.Hash), typed) == nil
	// Each step of cost doubles the time. So one more comparison at each cost from this
	// one up to, but not including, the highest adds up to one at the highest.
	for c := cost; c < highest; c++ {
		_ = h.bcrypt(decoy(c), typed)
	}
	return match
}

// typed is what bcrypt hashes of a password by a scheme. It is nil where no password matches: bcrypt
// repeats its key after a NUL, and a pepper may be missing.
func (h *Hasher) typed(scheme, password string) []byte {
	switch scheme {
	case SchemeBcryptSHA256:
		sum := sha256.Sum256([]byte(password))
		return hex.AppendEncode(nil, sum[:])
	case SchemeBcrypt, SchemeBcryptPepper:
		if strings.Contains(password, "\x00") {
			return nil
		}
		if scheme == SchemeBcrypt {
			return []byte(password)
		}
		if h.OldPepper == "" {
			return nil
		}
		return []byte(password + h.OldPepper)
	}
	return preHash(password)
}

// bcrypt compares, and lets tests see the hash.
func (h *Hasher) bcrypt(hash, password []byte) error {
	if h.compared != nil {
		h.compared(hash)
	}
	return bcrypt.CompareHashAndPassword(hash, password)
}

// Outdated says whether stored should be replaced after a sign-in with password. Plain bcrypt compared
// only the first 72 bytes of a longer one, so the rest may be wrong, and must not become part of the
// password.
func (h *Hasher) Outdated(stored PasswordHash, password string) bool {
	switch stored.Scheme {
	case SchemeHMAC:
	case SchemeBcrypt, SchemeBcryptPepper:
		return len(password) <= 72
	default:
		return stored.Scheme != ""
	}
	cost, usable := stored.usable()
	return usable && cost < h.Cost
}

// RaiseHighestCost takes a cost that is in use, and returns the highest so far.
func (h *Hasher) RaiseHighestCost(cost int) int {
	for {
		seen := h.highestCost.Load()
		want := int32(max(cost, h.Cost))
		if want <= seen || h.highestCost.CompareAndSwap(seen, want) {
			return int(max(want, seen))
		}
	}
}

// decoyTail is the salt and digest of no password, random in each process, so
// that nobody can choose a password that matches it.
var decoyTail = func() string {
	const alphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	tail := make([]byte, 53)
	rand.Read(tail)
	for i := range tail {
		tail[i] = alphabet[tail[i]%64]
	}
	return string(tail)
}()

// decoy is a hash that costs what a real one of that cost does and that
// nothing matches.
func decoy(cost int) []byte { return fmt.Appendf(nil, "$2a$%02d$%s", cost, decoyTail) }
