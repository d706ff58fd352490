package secret

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"time"

	"gatehouse/store/rules"
)

// kindsInUse are what every comparison derives, for real or for nothing.
type kindsInUse struct {
	// rounds are the most of PBKDF2, or 0. Fewer are brought up to them.
	rounds int
	// hard are the memory-hard kinds.
	hard []Kind
}

// with are the kinds and one more. It is false where that would be too many.
func (u *kindsInUse) with(k Kind) (*kindsInUse, bool) {
	grown := kindsInUse{}
	if u != nil {
		grown = *u
	}
	switch {
	case k.Scheme == "":
	case k.Scheme == SchemePBKDF2:
		grown.rounds = max(grown.rounds, k.costs[0])
	case slices.Contains(grown.hard, k):
	case len(grown.hard) == KindsMax:
		return u, false
	default:
		grown.hard = append(slices.Clip(grown.hard), k)
	}
	return &grown, true
}

// UseKinds takes the kinds of passwords in use, of those that derive a key. ErrTooManyKinds says that
// more than KindsMax of them are memory-hard; passwords of the others match nothing then.
func (h *Hasher) UseKinds(kinds []Kind) error {
	used, all := &kindsInUse{}, true
	for _, k := range kinds {
		var fits bool
		used, fits = used.with(k)
		all = all && fits
	}
	h.kinds.Store(used)
	if !all {
		return ErrTooManyKinds
	}
	return nil
}

// ErrTooManyKinds says that passwords of more than KindsMax memory-hard kinds are in use.
var ErrTooManyKinds = errors.New("too many kinds of passwords of earlier systems")

// meet adds a kind that a stored password has, and says whether it can be compared.
func (h *Hasher) meet(k Kind) (*kindsInUse, bool) {
	for {
		old := h.kinds.Load()
		grown, fits := old.with(k)
		if !fits {
			return old, false
		}
		if h.kinds.CompareAndSwap(old, grown) {
			return grown, true
		}
	}
}

// compareKeys derives a key of each kind in use, and says whether that of the stored password is right.
func (h *Hasher) compareKeys(ctx context.Context, stored PasswordHash, password string) (match bool, err error) {
	d, why := ParseDerived(stored.Hash)
	if why != "" || d.Scheme != stored.Scheme {
		d = Derived{}
	}
	used, fits := h.meet(d.Kind)
	if !fits {
		d = Derived{}
	}
	if len(password) > rules.PasswordMaxBytes {
		password, d = "", Derived{}
	}
	if used.rounds > 0 {
		match = h.comparePBKDF2(d, password, used.rounds)
	}
	for _, kind := range used.hard {
		if kind != d.Kind {
			// Nobody waits for the answer, so a failure is nobody's either.
			_, _ = h.deriveHard(ctx, nothing(kind), password)
			continue
		}
		key, failed := h.deriveHard(ctx, d, password)
		err = errors.Join(err, failed)
		match = match || failed == nil && subtle.ConstantTimeCompare(key, d.Key) == 1
	}
	return match, err
}

// comparePBKDF2 takes as many rounds as the most in use, whatever is stored.
func (h *Hasher) comparePBKDF2(d Derived, password string, most int) (match bool) {
	rest := most
	if d.Scheme == SchemePBKDF2 {
		key, err := h.derive(d, password)
		match = err == nil && subtle.ConstantTimeCompare(key, d.Key) == 1
		rest -= d.costs[0]
	}
	if rest > 0 {
		_, _ = h.derive(nothing(Kind{SchemePBKDF2, [3]int{rest}}), password)
	}
	return match
}

// deriveHard derives a memory-hard key, one at a time.
func (h *Hasher) deriveHard(ctx context.Context, d Derived, password string) ([]byte, error) {
	h.deriving.Lock()
	defer h.deriving.Unlock()
	if h.Derive == nil {
		return h.derive(d, password)
	}
	if h.derived != nil {
		h.derived(d)
	}
	return h.Derive(ctx, d, password)
}

// derive derives here, and lets tests see what.
func (h *Hasher) derive(d Derived, password string) ([]byte, error) {
	if h.derived != nil {
		h.derived(d)
	}
	return d.derive(password)
}

// nothing is what no password matches, and costs what one of the kind does.
func nothing(k Kind) Derived {
	salt := make([]byte, 16)
	rand.Read(salt)
	return Derived{Kind: k, Salt: salt, Key: make([]byte, 32)}
}

// DeriveIn derives keys in a program of its own for each, whose end gives the memory back. Its command
// has to call DeriveOne. called is the program's name there, such as os.Args[0]. A password goes there by a pipe, and never into an argument.
func DeriveIn(program, called string, args ...string) func(ctx context.Context, d Derived, password string) ([]byte, error) {
	return func(ctx context.Context, d Derived, password string) ([]byte, error) {
		c := exec.CommandContext(ctx, program, args...)
		c.Args[0] = called
		c.Env = []string{"GOMAXPROCS=1"}
		c.Stdin = strings.NewReader(d.String() + "\n" + base64.StdEncoding.EncodeToString([]byte(password)) + "\n")
		var out, complaint bytes.Buffer
		c.Stdout, c.Stderr = &out, &complaint
		// A thread of the gate would start it at its own low priority. It lowers it itself, once it has begun.
		ended := make(chan error, 1)
		go func() { ended <- c.Run() }()
		if err := <-ended; ctx.Err() != nil {
			return nil, ErrBusy // it did not get its turn in time
		} else if err != nil {
			return nil, fmt.Errorf("derive a key in another process: %w: %s", err, rules.Shorten(complaint.String(), 200))
		}
		key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(out.String()))
		if err != nil {
			return nil, fmt.Errorf("derive a key in another process: %w", err)
		}
		return key, nil
	}
}

// DeriveOne is the other end of DeriveIn: it reads what to derive, and writes the key.
func DeriveOne(in io.Reader, out io.Writer) error {
	lines := bufio.NewReader(in)
	kind, err := lines.ReadString('\n')
	if err != nil {
		return fmt.Errorf("read what to derive: %w", err)
	}
	d, why := ParseDerived(strings.TrimSpace(kind))
	if why != "" {
		return fmt.Errorf("read what to derive: %s", why)
	}
	line, err := lines.ReadString('\n')
	if err != nil {
		return fmt.Errorf("read the password: %w", err)
	}
	password, err := base64.StdEncoding.DecodeString(strings.TrimSpace(line))
	if err != nil {
		return fmt.Errorf("read the password: %w", err)
	}
	lowerProcess()
	key, err := d.derive(string(password))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, base64.StdEncoding.EncodeToString(key))
	return err
}

// Measure is how long deriving a key of a kind takes here, in this process.
func Measure(k Kind) time.Duration {
	begun := time.Now()
	_, _ = nothing(k).derive("how long does it take")
	return time.Since(begun)
}
