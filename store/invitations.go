package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// InviteMark is the last invitation of a page. The next one begins behind it, whether or not it is
// still open.
type InviteMark struct {
	ExpiresAt time.Time
	Handle    string
}

var inviteMarkShape = regexp.MustCompile(`^([0-9]{1,17})-([0-9A-Z]{1,32})$`)

// String is the mark as an address has it.
func (m InviteMark) String() string {
	return strconv.FormatInt(m.ExpiresAt.UnixMicro(), 10) + "-" + m.Handle
}

// ParseInviteMark reads what String wrote.
func ParseInviteMark(text string) (m InviteMark, ok bool) {
	parts := inviteMarkShape.FindStringSubmatch(text)
	if parts == nil {
		return m, false
	}
	micros, err := strconv.ParseInt(parts[1], 10, 64)
	return InviteMark{time.UnixMicro(micros).UTC(), parts[2]}, err == nil
}

// Mark is where a page ends whose last invitation this is.
func (i Invitation) Mark() InviteMark { return InviteMark{i.ExpiresAt, i.Handle} }

// Invitations lists the open invitations, newest first, InvitesPerPage at a time: those behind a mark,
// or the newest for the zero InviteMark. more says whether there are older ones.
func (s *Store) Invitations(ctx context.Context, after InviteMark) (list []Invitation, more bool, err error) {
	now := s.Now()
	// What ends later was written by a clock that was ahead.
	if end := (InviteMark{ExpiresAt: latest(now, InviteValid).Add(time.Microsecond)}); after == (InviteMark{}) || after.ExpiresAt.After(end.ExpiresAt) {
		after = end
	}
	list, err = All(ctx, s, selectInvites, []any{now, after.ExpiresAt, after.Handle, InvitesPerPage + 1}, func(i *Invitation) []any {
		return []any{&i.Handle, &i.Email, &i.Role, &i.ByID, &i.By, UTC{&i.CreatedAt}, UTC{&i.ExpiresAt}}
	})
	slices.SortFunc(list, func(a, b Invitation) int {
		return cmp.Or(b.ExpiresAt.Compare(a.ExpiresAt), strings.Compare(b.Handle, a.Handle))
	})
	if len(list) > InvitesPerPage {
		return list[:InvitesPerPage], true, err
	}
	return list, false, err
}

// RevokeInvite voids an open invitation, also in a letter that still waits, and says to whom it was.
// ErrNotFound says that there is none with that handle.
func (s *Store) RevokeInvite(ctx context.Context, handle string, from Origin) (email string, err error) {
	err = s.Write(ctx, func(tx *Tx) error {
		email = ""
		if err := tx.serialize(ctx); err != nil {
			return err
		}
		email, _, err = tx.revokeInvite(ctx, handle, from)
		return err
	})
	return email, err
}

// InviteAgain revokes an open invitation and writes another one, which is as good for as long as any,
// and says to whom. A refusal leaves the old one as it was.
func (s *Store) InviteAgain(ctx context.Context, handle string, from Origin) (email string, err error) {
	if !s.Mails() {
		return "", ErrNoMail
	}
	err = s.Write(ctx, func(tx *Tx) error {
		if err := tx.serialize(ctx); err != nil {
			return err
		}
		var role string
		if email, role, err = tx.revokeInvite(ctx, handle, from); err != nil {
			return err
		}
		return tx.invite(ctx, email, role, from)
	})
	return email, err
}

// revokeInvite is RevokeInvite, once deeds wait for each other. It says what the invitation was.
func (tx *Tx) revokeInvite(ctx context.Context, handle string, from Origin) (email, role string, err error) {
	if _, err := tx.actor(ctx, from, ManagePeople); err != nil {
		return "", "", err
	}
	var digest string
	err = tx.QueryRowContext(ctx, deleteInvite, handle).Scan(&digest, &email, &role)
	if errors.Is(err, sql.ErrNoRows) {
		return "", "", ErrNotFound
	}
	if err != nil {
		return "", "", fmt.Errorf("revoke an invitation: %w", err)
	}
	if err := tx.dropLetter(ctx, digest); err != nil {
		return "", "", err
	}
	return email, role, tx.audit(ctx, from, EventInviteRevoked, 0, handle+" "+roleWord(role), "")
}

// voidInvitesBy voids the invitations with a role that somebody wrote who may do less by now, and empties
// their letters that still wait.
func (tx *Tx) voidInvitesBy(ctx context.Context, id int64) error {
	rows, err := tx.QueryContext(ctx, deleteInvitesBy, id)
	digests, err := collect(rows, err, func(digest *string) []any { return []any{digest} })
	if err != nil {
		return fmt.Errorf("void the invitations of user %d: %w", id, err)
	}
	for _, digest := range digests {
		if err := tx.dropLetter(ctx, digest); err != nil {
			return err
		}
	}
	return nil
}
