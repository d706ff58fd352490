package store

import (
	"context"
	"crypto/rand"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"gatehouse/store/secret"
)

// Kinds of proof by which a sign-in begins. SignIn lets in only those that are
// named in passesSecondStep. They are stored, so they never change.
const (
	// KindPassword is a password. A registration ends in a sign-in of this kind, too.
	KindPassword = "password"
	// KindCode is a password and a code of an authenticator app.
	KindCode = "code"
	// KindRecovery is a password and a recovery code.
	KindRecovery = "recovery"
	// KindTrusted is a password on a trusted browser.
	KindTrusted = "trusted"
	// KindPasskey is a passkey alone, which is two factors in one.
	KindPasskey = "passkey"
	// KindPasswordPasskey is a password and then a passkey.
	KindPasswordPasskey = "password-passkey"
)

// passesSecondStep says of every kind of proof whether it suffices for somebody with a
// second step. All of them suffice for everybody else.
var passesSecondStep = map[string]bool{KindPassword: false, KindCode: true, KindRecovery: true, KindTrusted: true, KindPasskey: true, KindPasswordPasskey: true}

// Step is what an entry still lacks before it can become a sign-in.
type Step int

const (
	// Nothing is missing.
	Nothing Step = iota
	// SecondStep is for somebody who set one up and gave only a password.
	SecondStep
	// Reopening is for an account that its owner closed.
	Reopening
)

// Entry is somebody who proved who they are and is not signed in yet. SignIn turns it
// into a sign-in once nothing is missing.
type Entry struct {
	User User
	// Kind is by what they proved it.
	Kind string
	// Remembered says that they asked to stay signed in on this device.
	Remembered bool
	// Trust is a new token for a cookie, if they asked to trust this browser, or empty.
	Trust string

	// attempt is what a fault of the sign-in takes back. before is the bucket of a password
	// that was right and taken back at once, because something was missing yet. The sign-in
	// forgets the failures of both.
	attempt attempt
	before  string
	// code and passkey are what the sign-in uses up, or zero. passed says that a code or a
	// passkey was right: the name of a kind is no proof.
	code    code
	passkey answer
	passed  bool
}

// suffices says whether the kind of proof is known and was really given, and whether it
// passes a second step.
func (e Entry) suffices() (proved, passes bool) {
	passes, proved = passesSecondStep[e.Kind]
	if e.Kind != KindPassword && e.Kind != KindTrusted {
		proved = proved && e.passed
	}
	return proved, passes && proved
}

// ByPassword is the entry of a user who gave the right password just now, or whose
// account a verb such as Register made just now.
func ByPassword(user User) Entry { return Entry{User: user, Kind: KindPassword} }

// refusal is the answer to an entry whose account changed meanwhile, in the words of its proof.
func (e Entry) refusal() error {
	if e.Kind == KindPasskey {
		return ErrPasskeyFailed
	}
	return ErrWrongLogin
}

// Missing is what comes next. The second step comes before everything else, so that
// nobody without it sees or changes the state of the account.
func (e Entry) Missing() Step {
	switch {
	case e.User.SecondStep() && !passesSecondStep[e.Kind]:
		return SecondStep
	case e.User.Closed():
		return Reopening
	}
	return Nothing
}

const (
	// ticketValid is how long an entry may take to become complete.
	ticketValid = 10 * time.Minute
	// ticketParts are id, epoch, end, kind, remembered, random part and bucket. A copy of the
	// program that knows no second step writes the first three alone.
	ticketParts       = 7
	formerTicketParts = 3
)

// Ticket is an entry that waits for what is missing. It is good for ten minutes, and
// only while nothing else about the account changes. It is no secret but must be kept
// where its owner cannot write it.
func (s *Store) Ticket(e Entry) string {
	return fmt.Sprintf("%d.%d.%d.%s.%t.%s.%s", e.User.ID, e.User.epoch, s.Now().Add(ticketValid).Unix(),
		e.kind(), e.Remembered, rand.Text()[:16], e.before)
}

// kind is the kind of proof as a ticket has it: with the handle of the passkey, if it was one.
func (e Entry) kind() string {
	if e.passkey.handle == "" {
		return e.Kind
	}
	return e.Kind + ":" + e.passkey.handle
}

// ticketRest are the last three parts of a ticket.
var ticketRest = regexp.MustCompile(`^(true|false)\.[A-Z2-7]{16}\.(user:[0-9]+(:device:[0-9a-f]{64})?)?$`)

// TicketID names a ticket in the forms of its pages, so that a form can be refused that was
// drawn for another one.
func TicketID(ticket string) string { return secret.Digest(ticket)[:16] }

// Resume returns the entry that a ticket is for, or ErrNotFound once it is no longer
// good or lacks nothing any more.
func (s *Store) Resume(ctx context.Context, ticket string) (Entry, error) {
	e, ok := s.readTicket(ticket)
	if !ok {
		return Entry{}, ErrNotFound
	}
	user, err := s.UserByID(ctx, e.User.ID)
	if err != nil {
		return Entry{}, err
	}
	epoch := e.User.epoch
	e.User = user
	erased := user.Closed() && !s.Now().Before(s.ErasedAt(user))
	if user.epoch != epoch || user.Disabled() || erased || e.Missing() == Nothing {
		return Entry{}, ErrNotFound
	}
	return e, nil
}

// readTicket reads a ticket into an entry whose user has only the id and the epoch.
func (s *Store) readTicket(ticket string) (e Entry, ok bool) {
	parts := strings.SplitN(ticket, ".", ticketParts)
	if len(parts) != ticketParts && len(parts) != formerTicketParts {
		return e, false
	}
	var numbers [3]int64
	for i := range numbers {
		n, err := strconv.ParseInt(parts[i], 10, 64)
		if err != nil {
			return e, false
		}
		numbers[i] = n
	}
	e.User.ID, e.User.epoch, e.Kind = numbers[0], numbers[1], KindPassword
	if len(parts) == ticketParts {
		kind, handle, _ := strings.Cut(parts[3], ":")
		_, known := passesSecondStep[kind]
		if !known || !ticketRest.MatchString(strings.Join(parts[4:], ".")) || parts[6] != "" && !strings.HasPrefix(parts[6]+":", accountBucket(e.User)+":") {
			return e, false
		}
		e.Kind, e.passkey.handle, e.Remembered, e.before = kind, handle, parts[4] == "true", parts[6]
		e.passed = passesSecondStep[e.Kind]
	}
	now, end := s.Now(), time.Unix(numbers[2], 0)
	return e, now.Before(end) && possible(end, now, ticketValid)
}
