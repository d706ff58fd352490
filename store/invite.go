package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"gatehouse/store/rules"
	"gatehouse/store/secret"
)

const (
	updateInvite = `UPDATE tokens SET role = $1, handle = $2, by_id = $3 WHERE hash = $4`

	setRole = `UPDATE users SET role = $1 WHERE id = $2`

	// What somebody wrote who may do less by now is void.
	deleteInvitesBy = `DELETE FROM tokens WHERE by_id = $1 AND purpose = 'invite' AND used_at IS NULL AND role <> '' RETURNING hash`

	// All are good for equally long, so this is the order in which they were written.
	selectInvites = `SELECT invites.handle, invites.email, invites.role, coalesce(invites.by_id, 0), coalesce(users.username, ''), invites.created_at, invites.expires_at
		FROM (SELECT * FROM tokens WHERE purpose = 'invite' AND handle <> '' AND expires_at > $1 AND (expires_at, handle) < ($2, $3) AND used_at IS NULL
			ORDER BY expires_at DESC, handle DESC LIMIT $4) AS invites
		LEFT JOIN users ON users.id = invites.by_id`

	deleteInvite = `DELETE FROM tokens WHERE handle = $1 AND handle <> '' AND purpose = 'invite' AND used_at IS NULL RETURNING hash, email, role`
)

// InvitesPerPage is how many open invitations are listed at a time.
const InvitesPerPage = 25

// ErrInvitedTooOften refuses a further invitation to an address.
var ErrInvitedTooOften = rules.Refuse("email", "This address was invited %d times within an hour. Wait before you invite it again.", LettersPerHour)

// ErrNoMail refuses an invitation on a site that could not send it.
var ErrNoMail = rules.Refuse("", "This site sends no mail, so nobody can be invited.")

// Invitation is one that nobody has accepted yet.
type Invitation struct {
	// Handle names it. It opens nothing.
	Handle, Email, Role string
	// ByID is the number of who wrote it, or 0 for the operator. By is their username, or empty for
	// somebody who is erased.
	ByID                 int64
	By                   string
	CreatedAt, ExpiresAt time.Time
}

// Invite writes to an address that its owner may open an account with that role, or as a member. It
// is refused where the address has one, or was invited LettersPerHour times within the last hour.
func (s *Store) Invite(ctx context.Context, email, role string, from Origin) error {
	if _, err := rules.CanonicalEmail(email); err != nil {
		return err
	}
	if err := CheckRole(role); err != nil {
		return err
	}
	return s.Write(ctx, func(tx *Tx) error {
		if err := tx.serialize(ctx); err != nil {
			return err
		}
		return tx.invite(ctx, email, role, from)
	})
}

// invite is Invite, once deeds wait for each other.
func (tx *Tx) invite(ctx context.Context, email, role string, from Origin) error {
	if err := tx.mayInvite(ctx, from, role); err != nil {
		return err
	}
	key, err := rules.CanonicalEmail(email)
	if err != nil {
		return err
	}
	var owner User
	if err := owner.scan(tx.QueryRowContext(ctx, selectOwner, key)); err == nil {
		return ErrEmailTaken
	} else if !errors.Is(err, ErrNotFound) {
		return fmt.Errorf("invite: %w", err)
	}
	if !tx.store.Mails() {
		return nil
	}
	token, err := tx.issue(ctx, PurposeInvite, User{}, rules.DeliverableEmail(email))
	if err != nil {
		return err
	}
	handle := rand.Text()[:handleChars]
	by := sql.NullInt64{Int64: from.By, Valid: from.By != 0}
	if _, err := tx.ExecContext(ctx, updateInvite, role, handle, by, secret.Digest(token)); err != nil {
		return fmt.Errorf("invite: %w", err)
	}
	data := letterFor(rules.DeliverableEmail(email), User{}, from)
	data.Token, data.Valid, data.Role = token, InviteValid, role
	if err := tx.enqueue(ctx, LetterInvite, User{}, data); err != nil {
		return err
	}
	if !tx.letters {
		return ErrInvitedTooOften
	}
	return tx.audit(ctx, from, EventInvited, 0, handle+" "+roleWord(role), "")
}

// mayInvite refuses an invitation by who may not write it: one with a role takes the right to give it.
func (tx *Tx) mayInvite(ctx context.Context, from Origin, role string) error {
	if _, err := tx.actor(ctx, from, ManagePeople); err != nil || role == "" {
		return err
	}
	given, known := FindRole(role)
	if !known {
		return CheckRole(role) // a link from before this program
	}
	return tx.mayGive(ctx, from, given)
}

// AcceptInvite makes the account of whoever holds the token of an invitation.
// Its address is the one that was invited, whatever the registration says, and
// counts as confirmed, and its role is that of the invitation. After a refusal the token still works.
// A token that does not work, or whose writer could not write it by now, gives ErrInvalidLink.
func (s *Store) AcceptInvite(ctx context.Context, token string, r Registration, from Origin) (User, error) {
	t, err := s.Token(ctx, token, PurposeInvite)
	if err != nil {
		return User{}, err
	}
	r.Email = t.Email
	g := grant{role: t.Role, confirmed: true, redeem: func(tx *Tx) error { return tx.redeem(ctx, token, User{}) }}
	if t.Role != "" {
		g = s.withRole(ctx, t, g)
	}
	user, err := s.register(ctx, r, from, g)
	if refusal, refused := rules.AsRefusal(err); refused && refusal.Field == "email" {
		return User{}, ErrInvalidLink // has an account by now
	}
	return user, err
}

// withRole is what an invitation with a role gives: it is asked once more whether its writer may give
// that, and the audit names them beside the new account.
func (s *Store) withRole(ctx context.Context, t Token, g grant) grant {
	writer := Origin{By: t.by, Operator: t.by == 0}
	redeem := g.redeem
	g.redeem = func(tx *Tx) error {
		if err := tx.serialize(ctx); err != nil {
			return err
		}
		if err := tx.mayInvite(ctx, writer, t.Role); err != nil {
			return voidFor(err)
		}
		return redeem(tx)
	}
	g.audit = func(tx *Tx, user User) error {
		return tx.audit(ctx, writer, EventRegistered, user.ID, t.handle+" "+t.Role, "")
	}
	return g
}

// voidFor is ErrInvalidLink where somebody is refused what they once gave a link for. A fault stays one.
func voidFor(err error) error {
	if _, refused := rules.AsRefusal(err); refused || errors.Is(err, ErrForbidden) {
		return ErrInvalidLink
	}
	return err
}
