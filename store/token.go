package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"gatehouse/store/rules"
	"gatehouse/store/secret"
)

// What a token in a link is for. Each purpose has its own lifetime.
const (
	PurposeVerify   = "confirm"  // the address of an account
	PurposeRegister = "register" // a pending registration, whose row holds the token
	PurposeNewEmail = "address"  // a new address
	PurposeReset    = "reset"    // a new password
	PurposeUndo     = "undo"     // the old address back
	PurposeInvite   = "invite"   // an account for whoever was invited
	PurposeSetup    = "setup"    // the account of the first administrator
	PurposeFactors  = "factors"  // the account back from whoever set up its first factor

	VerifyValid   = 24 * time.Hour
	NewEmailValid = time.Hour
	ResetValid    = 30 * time.Minute
	UndoValid     = 7 * 24 * time.Hour
	InviteValid   = 7 * 24 * time.Hour
	SetupValid    = 30 * time.Minute
)

// ErrInvalidLink is the one answer to every token that is unknown, used, expired,
// for another purpose, or void because the account has changed.
var ErrInvalidLink = errors.New("the link is not good, or not any more")

// Token is a live token, as the page behind its link needs it.
type Token struct {
	Purpose string
	// Email is the address that the token was sent for.
	Email string
	// User is whose it is; the zero User for an invitation or a registration.
	User User
	// Role is that of an invitation.
	Role string

	// by is who wrote the invitation, or 0 for the operator, and handle names it.
	by     int64
	handle string

	emailKey         string
	created, expires time.Time
}

// tokenValid is how long a token of each purpose works, as the kinds of letters
// that carry it state.
var tokenValid = func() map[string]time.Duration {
	valid := map[string]time.Duration{}
	for _, k := range letterKinds {
		if k.purpose != "" {
			valid[k.purpose] = k.valid
		}
	}
	valid[PurposeSetup] = SetupValid
	valid[PurposeReach] = ReachValid
	return valid
}()

const (
	insertToken = `INSERT INTO tokens (hash, purpose, user_id, email, email_key, epoch, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`

	tokenColumns = `tokens.purpose, tokens.email, tokens.email_key, tokens.epoch, tokens.created_at, tokens.expires_at`

	selectToken = `SELECT ` + userColumns + `, ` + tokenColumns + ` FROM tokens JOIN users ON users.id = tokens.user_id
		WHERE tokens.hash = $1 AND tokens.used_at IS NULL AND tokens.expires_at > $2`

	// An invitation is nobody's yet, and neither is what the operator asks for.
	selectInvite = `SELECT ` + tokenColumns + `, tokens.role, coalesce(tokens.by_id, 0), tokens.handle FROM tokens
		WHERE tokens.hash = $1 AND tokens.used_at IS NULL AND tokens.expires_at > $2`

	useToken = `UPDATE tokens SET used_at = $1 WHERE hash = $2 AND used_at IS NULL AND expires_at > $1`

	deleteTokens = `DELETE FROM tokens WHERE user_id = $1 AND purpose NOT IN ('undo', 'factors')`

	deleteOldTokens = `DELETE FROM tokens WHERE hash IN (SELECT hash FROM tokens WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)`
)

// issue makes a token and stores its digest. The zero User stands for nobody yet.
func (tx *Tx) issue(ctx context.Context, purpose string, user User, email string) (string, error) {
	token, now := secret.NewToken(), tx.store.Now()
	key, err := rules.CanonicalEmail(email)
	if err != nil {
		return "", fmt.Errorf("issue a token: %w", err)
	}
	id := sql.NullInt64{Int64: user.ID, Valid: user.ID != 0}
	if _, err := tx.ExecContext(ctx, insertToken, secret.Digest(token), purpose, id, email, key, user.epoch, now, now.Add(tokenValid[purpose])); err != nil {
		return "", fmt.Errorf("issue a token: %w", err)
	}
	return token, nil
}

// Token returns what a live token is for, or ErrInvalidLink. It changes nothing. One
// query.
func (s *Store) Token(ctx context.Context, token string, purposes ...string) (Token, error) {
	var t Token
	var epoch int64
	now := s.Now()
	columns := []any{&t.Purpose, &t.Email, &t.emailKey, &epoch, UTC{&t.created}, UTC{&t.expires}}
	query, into := selectToken, append(t.User.columns(), columns...)
	if slices.ContainsFunc(purposes, ofNobody) {
		query, into = selectInvite, append(columns, &t.Role, &t.by, &t.handle)
	}
	err := s.db.Read.QueryRowContext(s.db.ReadContext(ctx), query, secret.Digest(token), now).Scan(into...)
	if errors.Is(err, sql.ErrNoRows) {
		return Token{}, ErrInvalidLink
	}
	if err != nil {
		return Token{}, fmt.Errorf("look for a token: %w", err)
	}
	// A new epoch voids what was sent before, except the links that undo a change of address or a
	// first factor.
	void := t.Purpose != PurposeUndo && t.Purpose != PurposeFactors && t.User.epoch != epoch
	if !slices.Contains(purposes, t.Purpose) || t.User.Disabled() || void || !possible(t.expires, now, tokenValid[t.Purpose]) {
		return Token{}, ErrInvalidLink
	}
	return t, nil
}

// ofNobody says whether tokens for that purpose belong to no account.
func ofNobody(purpose string) bool {
	return purpose == PurposeInvite || purpose == PurposeSetup || purpose == PurposeReach
}

// ToPresentAddress says whether the address that the token was sent for is still that of its user.
func (t Token) ToPresentAddress() bool { return t.sentTo(t.User) }

func (t Token) sentTo(user User) bool {
	key, err := rules.CanonicalEmail(user.Email)
	return err == nil && key == t.emailKey
}

// redeem uses up a token of a user, in the transaction of what it is for. Of any number
// at once one succeeds. The user is locked first, as where tokens are voided: in another
// order the two could deadlock.
func (tx *Tx) redeem(ctx context.Context, token string, user User) error {
	if err := tx.lockUser(ctx, user.ID); err != nil {
		return err
	}
	used, err := tx.changed(ctx, useToken, tx.store.Now(), secret.Digest(token))
	if err != nil {
		return fmt.Errorf("use a token: %w", err)
	}
	if used == 0 {
		return ErrInvalidLink
	}
	return nil
}
