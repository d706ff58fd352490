package store

import (
	"context"
	"fmt"
	"strings"

	"gatehouse/store/rules"
	"gatehouse/store/secret"
)

const (
	selectUsers = `SELECT ` + userColumns + ` FROM users WHERE users.id > $1 ORDER BY users.id LIMIT $2`

	selectUserByID = `SELECT ` + userColumns + ` FROM users WHERE users.id = $1`

	updateDisabled = `UPDATE users SET disabled_at = $1, epoch = epoch + 1 WHERE id = $2 AND disabled_at IS NULL`
	updateEnabled  = `UPDATE users SET disabled_at = NULL, epoch = epoch + 1 WHERE id = $1 AND disabled_at IS NOT NULL`
	deleteSignIns  = `DELETE FROM signins WHERE user_id = $1 RETURNING id, user_id, coalesce(looks_at_id, 0)`
)

// Users lists accounts in the order they were made, at most limit of them,
// beginning behind the id after.
func (s *Store) Users(ctx context.Context, after int64, limit int) ([]User, error) {
	return All(ctx, s, selectUsers, []any{after, limit}, (*User).columns)
}

// Find returns the account with that username or email address, or ErrNotFound.
func (s *Store) Find(ctx context.Context, identifier string) (User, error) {
	user, _, err := s.identify(ctx, identifier)
	return user, err
}

// UserByID returns the account with that id, or ErrNotFound.
func (s *Store) UserByID(ctx context.Context, id int64) (User, error) {
	var user User
	err := user.scan(s.db.Read.QueryRowContext(s.db.ReadContext(ctx), selectUserByID, id))
	return user, err
}

// identify resolves what a person typed to say who they are. The two kinds
// cannot be confused, because no username contains an @.
func (s *Store) identify(ctx context.Context, identifier string) (User, secret.PasswordHash, error) {
	if !strings.Contains(identifier, "@") {
		name := rules.CanonicalUsername(identifier)
		if !rules.ValidUsername(name) {
			return User{}, secret.PasswordHash{}, ErrNotFound
		}
		return s.findAccount(ctx, s.userByUsername, name)
	}
	key, err := rules.CanonicalEmail(identifier)
	if err != nil {
		return User{}, secret.PasswordHash{}, ErrNotFound
	}
	return s.findAccount(ctx, s.userByEmail, key)
}

// AddUser makes an account with a role for the operator, or for an administrator who may give it, by
// the rules of Register.
func (s *Store) AddUser(ctx context.Context, r Registration, role string, from Origin) (User, error) {
	if err := CheckRole(role); err != nil {
		return User{}, err
	}
	may := func(tx *Tx) error {
		if err := tx.serialize(ctx); err != nil {
			return err
		}
		return tx.mayInvite(ctx, from, role)
	}
	audit := func(tx *Tx, user User) error {
		return tx.audit(ctx, from, EventRegistered, user.ID, roleWord(role), "")
	}
	return s.register(ctx, r, from, grant{role: role, redeem: may, audit: audit})
}

// Disable keeps the owner of an account out of it, and ends all its sign-ins and all trust. Their
// open links are void, but for the ways back from a change of address and from a first factor, and so are
// their open invitations with a role. Doing it twice is no error.
func (s *Store) Disable(ctx context.Context, user User, from Origin) error {
	return s.Write(ctx, func(tx *Tx) error {
		user, err := tx.act(ctx, from, ManagePeople, user.ID)
		if err != nil {
			return err
		}
		if err := tx.keepAdmin(ctx, user); err != nil {
			return err
		}
		changed, err := tx.shut(ctx, updateDisabled, user)
		if err != nil {
			return fmt.Errorf("disable user %d: %w", user.ID, err)
		}
		if !changed {
			return nil
		}
		if err := tx.endTrust(ctx, user); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, deleteTokens, user.ID); err != nil {
			return fmt.Errorf("disable user %d: %w", user.ID, err)
		}
		return tx.deed(ctx, from, EventDisabled, user, "")
	})
}

// shut disables or closes an account, by a statement that takes the time and the id, ends all its
// sign-ins and what anybody looks at of it, and voids the invitations with a role that its owner wrote.
// It returns false where that was done before.
func (tx *Tx) shut(ctx context.Context, statement string, user User) (bool, error) {
	n, err := tx.changed(ctx, statement, tx.store.Now(), user.ID)
	if err == nil {
		_, err = tx.endSignIns(ctx, deleteSignIns, user.ID)
	}
	if err == nil {
		err = tx.endLooksAt(ctx, user.ID)
	}
	if err == nil {
		err = tx.voidInvitesBy(ctx, user.ID)
	}
	return n > 0, err
}

// Enable ends what Disable began. Sign-ins do not come back.
func (s *Store) Enable(ctx context.Context, user User, from Origin) error {
	return s.Write(ctx, func(tx *Tx) error {
		user, err := tx.act(ctx, from, ManagePeople, user.ID)
		if err != nil {
			return err
		}
		n, err := tx.changed(ctx, updateEnabled, user.ID)
		if err != nil {
			return fmt.Errorf("enable user %d: %w", user.ID, err)
		}
		if n == 0 {
			return nil
		}
		return tx.deed(ctx, from, EventEnabled, user, "")
	})
}
