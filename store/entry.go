package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Kinds of proof by which a sign-in begins. SignIn lets in only those that are
// named in complete.
const (
	// KindPassword is a password. A registration ends in a sign-in of this kind, too.
	KindPassword = "password"
)

// complete are the kinds of proof that suffice for a sign-in.
var complete = map[string]bool{KindPassword: true}

// Step is what an entry still lacks before it can become a sign-in.
type Step int

const (
	// Nothing is missing.
	Nothing Step = iota
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

	// bucket is where the attempt was counted that a sign-in makes good.
	bucket string
}

// ByPassword is the entry of a user who gave the right password just now, or whose
// account a verb such as Register made just now.
func ByPassword(user User) Entry { return Entry{User: user, Kind: KindPassword} }

// Missing is what comes next.
func (e Entry) Missing() Step {
	if e.User.Closed() {
		return Reopening
	}
	return Nothing
}

// ticketValid is how long an entry may take to become complete.
const ticketValid = 10 * time.Minute

// Ticket is an entry that waits for what is missing. It is good for ten minutes, and
// only while nothing else about the account changes. It is no secret but must be kept
// where its owner cannot write it.
func (s *Store) Ticket(e Entry) string {
	return fmt.Sprintf("%d.%d.%d", e.User.ID, e.User.epoch, s.Now().Add(ticketValid).Unix())
}

// Resume returns the entry that a ticket is for, or ErrNotFound once it is no longer
// good.
func (s *Store) Resume(ctx context.Context, ticket string) (Entry, error) {
	id, epoch, ok := s.readTicket(ticket)
	if !ok {
		return Entry{}, ErrNotFound
	}
	user, err := s.UserByID(ctx, id)
	if err != nil {
		return Entry{}, err
	}
	if user.epoch != epoch || user.Disabled() || !user.Closed() || !s.Now().Before(s.ErasedAt(user)) {
		return Entry{}, ErrNotFound
	}
	return ByPassword(user), nil
}

func (s *Store) readTicket(ticket string) (id, epoch int64, ok bool) {
	parts := strings.Split(ticket, ".")
	if len(parts) != 3 {
		return 0, 0, false
	}
	var numbers [3]int64
	for i, part := range parts {
		n, err := strconv.ParseInt(part, 10, 64)
		if err != nil {
			return 0, 0, false
		}
		numbers[i] = n
	}
	now, end := s.Now(), time.Unix(numbers[2], 0)
	return numbers[0], numbers[1], now.Before(end) && possible(end, now, ticketValid)
}
