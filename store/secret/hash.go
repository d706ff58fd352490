package secret

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
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

// usable says whether there is a password, and how much it costs to compare.
func (stored PasswordHash) usable() (cost int, ok bool) {
	parts := hashShape.FindStringSubmatch(stored.Hash)
	if parts == nil || stored.Scheme != SchemeHMAC && stored.Scheme != SchemeBcrypt {
		return 0, false
	}
	cost, err := strconv.Atoi(parts[1])
	if err != nil || cost < bcrypt.MinCost || cost > BcryptCostMax {
		return 0, false
	}
	return cost, true
}

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

// Matches compares password with a stored hash. It always takes as long as one
// comparison at the highest cost in use, even where there is no hash. It waits for the
// gate.
func (h *Hasher) Matches(ctx context.Context, stored PasswordHash, password string) (bool, error) {
	match := false
	err := h.Gate.Do(ctx, func() { match = h.compare(stored, password) })
	if err != nil {
		return false, fmt.Errorf("compare a password: %w", err)
	}
	return match, nil
}

func (h *Hasher) compare(stored PasswordHash, password string) bool {
	typed := preHash(password)
	plain := []byte(password)
	cost, usable := stored.usable()
	highest := h.RaiseHighestCost(cost)
	if !usable || len(password) > rules.PasswordMaxBytes || stored.Scheme == SchemeBcrypt && strings.Contains(password, "\x00") {
		_ = h.bcrypt(decoy(highest), typed)
		return false
	}
	if stored.Scheme == SchemeBcrypt {
		typed = plain
	}
	match := h.bcrypt([]byte(stored.Hash), typed) == nil
	// Each step of cost doubles the time. So one more comparison at each cost from this
	// one up to, but not including, the highest adds up to one at the highest.
	for c := cost; c < highest; c++ {
		_ = h.bcrypt(decoy(c), typed)
	}
	return match
}

// bcrypt compares, and lets tests see the hash.
func (h *Hasher) bcrypt(hash, password []byte) error {
	if h.compared != nil {
		h.compared(hash)
	}
	return bcrypt.CompareHashAndPassword(hash, password)
}

// Outdated says whether stored should be replaced after a sign-in with password. By
// SchemeBcrypt only the first 72 bytes of a longer one were compared, so the rest may be
// wrong, and must not become part of the password.
func (h *Hasher) Outdated(stored PasswordHash, password string) bool {
	if stored.Scheme == SchemeBcrypt {
		return len(password) <= 72
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
