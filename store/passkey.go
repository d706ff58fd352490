package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"gatehouse/store/rules"
)

// PasskeysMax is how many passkeys a person has at most.
const PasskeysMax = 20

// transportsMax is how many ways to reach an authenticator are stored of each.
const transportsMax = 8

var transportShape = regexp.MustCompile(`^[a-z-]{1,20}$`)

// Refusals of passkeys.
var (
	// ErrPasskeyFailed is the one answer to every passkey that fails, but for the two below.
	ErrPasskeyFailed = rules.Refuse("", "That passkey didn't work. Try again, or choose another way.")
	// ErrPasskeyUnknown is the answer to a passkey that no account has. Nothing else is
	// answered so, because browsers then delete it.
	ErrPasskeyUnknown = rules.Refuse("", "This passkey isn't known here. It may have been removed. Choose another way.")
	// ErrPasskeyLate is the answer to a ceremony whose time is up.
	ErrPasskeyLate = rules.Refuse("", "That took too long. Try again.")

	errPasskeysMax    = rules.Refuse("", "You have %d passkeys, which is the most an account can have. Remove one first.", PasskeysMax)
	errLastSecondStep = rules.Refuse("", "This passkey is all your second step has. Set up an authenticator app first, or turn the second step off.")
	errOnlyWayIn      = rules.Refuse("", "This passkey is your only way in. Choose a password first.")
)

// errReused says that a passkey that is on one device alone counted backwards: it may have been
// copied (WebAuthn Level 3, 6.1.1).
var errReused = errors.New("a passkey counted backwards")

// Passkey is a passkey of a person (a discoverable credential of WebAuthn Level 3).
type Passkey struct {
	// ID is what the authenticator calls it. It is no secret, and is told to its owner alone.
	ID []byte
	// Handle names it in addresses, Name to its owner.
	Handle, Name string
	// Domain is what it was made for.
	Domain string
	// Model is the id of the model of the authenticator (AAGUID), by its own word.
	Model string
	// Transports are the ways to reach the authenticator.
	Transports []string
	// SignCount is how often it was used, by its own word, or 0 where it does not count.
	SignCount int64
	// BackupEligible says that it can be on several devices, BackedUp that it is.
	BackupEligible, BackedUp bool
	// UsedAt is the last use, or the zero time.
	CreatedAt, UsedAt time.Time

	publicKey []byte
}

const (
	passkeyColumns = `passkeys.id, passkeys.handle, passkeys.domain, passkeys.name, passkeys.public_key, passkeys.model, passkeys.transports,
		passkeys.sign_count, passkeys.backup_eligible, passkeys.backed_up, passkeys.created_at, passkeys.used_at`

	selectPasskeys = `SELECT ` + passkeyColumns + `, users.passkey_user
		FROM passkeys JOIN users ON users.id = passkeys.user_id WHERE passkeys.user_id = $1 ORDER BY passkeys.created_at`

	selectPasskeyUser = `SELECT passkey_user FROM users WHERE id = $1`

	selectPasskey = `SELECT ` + userColumns + `, users.passkey_user, ` + passkeyColumns + `
		FROM passkeys JOIN users ON users.id = passkeys.user_id WHERE passkeys.id = $1`

	insertPasskey = `INSERT INTO passkeys (id, user_id, handle, domain, name, public_key, model, transports, sign_count, backup_eligible, backed_up, confirmed, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`

	updatePasskeyUser = `UPDATE users SET passkey_user = coalesce(passkey_user, $1), epoch = epoch + 1
		WHERE id = $2 AND epoch = $3 AND disabled_at IS NULL AND closed_at IS NULL`

	recountPasskeys = `UPDATE users SET passkeys = (SELECT count(*) FROM passkeys WHERE user_id = $1) WHERE id = $1`
	countPasskeys   = `SELECT count(*) FROM passkeys WHERE user_id = $1`

	// One that was made for another domain opens nothing here.
	countUsablePasskeys = `SELECT count(*) FROM passkeys WHERE user_id = $1 AND domain = $2`

	updateLessPasskeys = `UPDATE users SET passkeys = (SELECT count(*) FROM passkeys WHERE user_id = $1), epoch = epoch + 1 WHERE id = $1 AND epoch = $2`

	insertChallenge     = `INSERT INTO challenges (hash, expires_at) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING`
	deleteOldChallenges = `DELETE FROM challenges WHERE hash IN (SELECT hash FROM challenges WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)`

	selectSignCount = `SELECT sign_count FROM passkeys WHERE id = $1 AND user_id = $2`

	// One that is on several devices may count from 0 again on another one.
	usePasskey = `UPDATE passkeys SET sign_count = $1, backed_up = $2, backup_eligible = $3, used_at = $4
		WHERE id = $5 AND (sign_count < $1 OR sign_count = 0 AND $1 = 0 OR $3)`

	updatePasskeyName = `UPDATE passkeys SET name = $1 WHERE user_id = $2 AND handle = $3`
	deletePasskey     = `DELETE FROM passkeys WHERE user_id = $1 AND handle = $2 RETURNING name, domain`

	deleteSignInsBy = `DELETE FROM signins WHERE user_id = $1 AND passkey = $2 AND id <> $3`

	hasApp = `SELECT count(*) FROM totp WHERE user_id = $1`
)

// columns are where passkeyColumns are read into.
func (p *Passkey) columns() []any {
	return []any{
		&p.ID, &p.Handle, &p.Domain, &p.Name, &p.publicKey, &p.Model,
		words{&p.Transports},
		&p.SignCount, &p.BackupEligible, &p.BackedUp,
		UTC{&p.CreatedAt},
		UTC{&p.UsedAt},
	}
}

// words reads words that are joined by spaces.
type words struct{ list *[]string }

// Scan implements sql.Scanner.
func (w words) Scan(value any) error {
	var text sql.NullString
	err := text.Scan(value)
	*w.list = strings.Fields(text.String)
	return err
}

// passkeyOwner is a person with their passkeys. One query.
func (s *Store) passkeyOwner(ctx context.Context, user User) (passkeyOwner, error) {
	o, err := s.storedPasskeys(ctx, user)
	if err == nil && o.handle == nil {
		o.handle = s.newPasskeyUser(fmt.Sprintf("%d|%d", user.ID, user.CreatedAt.UnixMicro()))
	}
	return o, err
}

// storedPasskeys is passkeyOwner, without a name for somebody who never had a passkey.
func (s *Store) storedPasskeys(ctx context.Context, user User) (o passkeyOwner, err error) {
	o.user = user
	if user.Passkeys > 0 {
		o.keys, err = All(ctx, s, selectPasskeys, []any{user.ID}, func(p *Passkey) []any { return append(p.columns(), &o.handle) })
	}
	if err != nil || len(o.keys) > 0 {
		return o, err
	}
	if err = s.db.Read.QueryRowContext(s.db.ReadContext(ctx), selectPasskeyUser, user.ID).Scan(&o.handle); errors.Is(err, sql.ErrNoRows) {
		return o, ErrSignInEnded
	}
	if err != nil {
		return o, fmt.Errorf("look for passkeys: %w", err)
	}
	return o, nil
}

// newPasskeyUser is the name by which somebody's first passkey will know them: 64 bytes that
// nobody can predict or read anything from (WebAuthn Level 3, 14.6.1). It is the same in two tabs
// at once, so that neither makes a passkey that leads nowhere. It is none where people can have no
// passkeys.
func (s *Store) newPasskeyUser(of string) []byte {
	if !s.Passkeys() {
		return nil
	}
	return append(s.rules.Keys.PasskeyUser.Sum("1|"+of), s.rules.Keys.PasskeyUser.Sum("2|"+of)...)
}

// PasskeyList are the passkeys of a person.
type PasskeyList struct {
	// User is the name by which passkeys know the person. It is empty for somebody who has none where
	// nobody can have one.
	User []byte
	Keys []Passkey
}

// ListPasskeys lists the passkeys of a person, the oldest first. There are at most PasskeysMax.
func (s *Store) ListPasskeys(ctx context.Context, user User) (PasskeyList, error) {
	owner, err := s.passkeyOwner(ctx, user)
	return PasskeyList{owner.handle, owner.keys}, err
}

// AuthenticateByPasskey returns the entry of whoever answered a ceremony with a passkey. Nothing
// more is asked of them. ErrPasskeyUnknown says that no account has the passkey; everything else
// that fails is ErrPasskeyFailed or ErrPasskeyLate. It counts no failures: nobody can be locked
// out of a passkey.
func (s *Store) AuthenticateByPasskey(ctx context.Context, token, text, holder string, from Origin) (Entry, error) {
	b, err := s.open(ceremonySignIn, holder, User{}, token)
	if err != nil {
		return Entry{}, err
	}
	user, right, err := s.check(ctx, b, text, func(id []byte) (passkeyOwner, error) { return s.findPasskey(ctx, id) })
	e := Entry{User: user, Kind: KindPasskey, passkey: right, passed: true}
	if err == nil && (user.Disabled() || user.Closed() && !s.Now().Before(s.ErasedAt(user))) {
		err = ErrPasskeyFailed
	}
	if err == nil && e.Missing() != Nothing {
		e, err = s.useUp(ctx, e, from)
	}
	return e, s.notePasskeyFailure(ctx, user, err, from)
}

// findPasskey finds a passkey and whose it is. One query.
func (s *Store) findPasskey(ctx context.Context, id []byte) (passkeyOwner, error) {
	o := passkeyOwner{keys: make([]Passkey, 1)}
	row := s.db.Read.QueryRowContext(s.db.ReadContext(ctx), selectPasskey, id)
	err := o.user.scan(row, append([]any{&o.handle}, o.keys[0].columns()...)...)
	if errors.Is(err, ErrNotFound) {
		return passkeyOwner{}, ErrPasskeyUnknown
	}
	if err != nil {
		return passkeyOwner{}, fmt.Errorf("look for a passkey: %w", err)
	}
	return o, nil
}

// EnterPasskey takes the second step of an entry: a passkey of the same person. It counts no
// failures.
func (s *Store) EnterPasskey(ctx context.Context, e Entry, token, text, ticket string, from Origin) (Entry, error) {
	right, err := s.answerOf(ctx, ceremonySecond, e.User, token, text, ticket)
	if err == nil {
		e.Kind, e.passkey, e.passed = KindPasswordPasskey, right, true
		if e.Missing() != Nothing {
			e, err = s.useUp(ctx, e, from)
		}
	}
	return e, s.notePasskeyFailure(ctx, e.User, err, from)
}

// answerOf checks the answer to a ceremony that names its person.
func (s *Store) answerOf(ctx context.Context, purpose string, user User, token, text, holder string) (answer, error) {
	b, err := s.open(purpose, holder, user, token)
	if err != nil {
		return answer{}, err
	}
	_, right, err := s.check(ctx, b, text, func([]byte) (passkeyOwner, error) { return s.passkeyOwner(ctx, user) })
	return right, err
}

// useUp uses the answer of a passkey up where the entry lacks something else yet.
func (s *Store) useUp(ctx context.Context, e Entry, from Origin) (Entry, error) {
	err := s.Write(ctx, func(tx *Tx) error {
		if err := tx.lockUser(ctx, e.User.ID); err != nil {
			return err
		}
		if err := tx.usePasskey(ctx, e.User, e.passkey, from); err != nil {
			return err
		}
		return tx.resetFailures(ctx, e.User.ID, e.before)
	})
	e.passkey, e.before = answer{handle: e.passkey.handle}, ""
	return e, s.noteReuse(ctx, e.User, err, from)
}

// usePasskey uses the answer of a passkey up. Of any number at once one succeeds; the others get
// ErrPasskeyFailed.
func (tx *Tx) usePasskey(ctx context.Context, user User, a answer, from Origin) error {
	if err := tx.spend(ctx, a.challenge); err != nil {
		return err
	}
	var before int64
	err := tx.QueryRowContext(ctx, selectSignCount, a.id, user.ID).Scan(&before)
	if errors.Is(err, sql.ErrNoRows) {
		return ErrPasskeyFailed // it was removed meanwhile
	}
	if err != nil {
		return fmt.Errorf("use a passkey of user %d: %w", user.ID, err)
	}
	used, err := tx.changed(ctx, usePasskey, a.signCount, a.backedUp, a.eligible, tx.store.Now(), a.id)
	if err != nil {
		return fmt.Errorf("use a passkey of user %d: %w", user.ID, err)
	}
	if used == 0 {
		return errReused
	}
	if a.signCount > before || a.signCount == 0 && before == 0 {
		return nil
	}
	return tx.Record(ctx, user.ID, EventTokenReuse, DetailPasskey, from)
}

// spend uses a challenge up.
func (tx *Tx) spend(ctx context.Context, c challenge) error {
	fresh, err := tx.changed(ctx, insertChallenge, c.hash, c.expires)
	if err != nil {
		return fmt.Errorf("use a challenge: %w", err)
	}
	if fresh == 0 {
		return ErrPasskeyFailed
	}
	return nil
}

// noteReuse records that a passkey counted backwards, and turns that into its refusal. Every other
// error stays what it is.
func (s *Store) noteReuse(ctx context.Context, user User, err error, from Origin) error {
	if !errors.Is(err, errReused) {
		return err
	}
	err = s.Write(ctx, func(tx *Tx) error { return tx.Record(ctx, user.ID, EventTokenReuse, DetailPasskey, from) })
	if err != nil {
		return err
	}
	return ErrPasskeyFailed
}

// notePasskeyFailure records that the passkey of an account failed, and returns err.
func (s *Store) notePasskeyFailure(ctx context.Context, user User, err error, from Origin) error {
	if !errors.Is(err, ErrPasskeyFailed) || user.ID == 0 {
		return err
	}
	noted := s.Write(ctx, func(tx *Tx) error { return tx.Record(ctx, user.ID, EventFailed, DetailPasskey, from) })
	if noted != nil {
		return noted
	}
	return err
}

// ReauthenticateByPasskey takes a passkey as a proof of somebody who is signed in. It returns the
// sign-in under its new id. ErrSignInEnded says that the sign-in has ended.
func (s *Store) ReauthenticateByPasskey(ctx context.Context, n SignIn, user User, token, text string, from Origin) (renewed SignIn, err error) {
	right, err := s.answerOf(ctx, ceremonyProof, user, token, text, n.Handle)
	if err != nil {
		return n, s.notePasskeyFailure(ctx, user, err, from)
	}
	err = s.Write(ctx, func(tx *Tx) error {
		if err := tx.lockUser(ctx, user.ID); err != nil {
			return err
		}
		if renewed, err = tx.renewSignIn(ctx, n); err != nil {
			return err
		}
		if err := tx.usePasskey(ctx, user, right, from); err != nil {
			return err
		}
		return tx.Record(ctx, user.ID, EventReauthenticated, DetailPasskey, from)
	})
	return renewed, s.noteReuse(ctx, user, err, from)
}

// Added is what came of adding a passkey.
type Added struct {
	Passkey Passkey
	// SignIn is the sign-in under its new id.
	SignIn SignIn
	// Codes are new recovery codes where the passkey turned the second step on, which the site asks
	// for; otherwise there are none.
	Codes []string
}

// AddPasskey adds the passkey that answered a ceremony. name names it by its model. ErrSignInEnded
// says that the sign-in has ended or the account has changed.
func (s *Store) AddPasskey(ctx context.Context, n SignIn, user User, token, text string, name func(model string) string, from Origin) (Added, error) {
	var added Added
	if s.Mails() && !user.Verified() {
		return added, errUnconfirmed
	}
	b, err := s.open(ceremonyAdd, n.Handle, user, token)
	if err != nil {
		return added, err
	}
	owner, err := s.passkeyOwner(ctx, user)
	if err != nil {
		return added, err
	}
	key, err := s.checkNew(ctx, b, text, owner, name)
	if err != nil {
		return added, err
	}
	err = s.Write(ctx, func(tx *Tx) error {
		added = Added{Passkey: key}
		changed, err := tx.changed(ctx, updatePasskeyUser, owner.handle, user.ID, user.epoch)
		if err != nil {
			return fmt.Errorf("add a passkey: %w", err)
		}
		if changed == 0 {
			return ErrSignInEnded
		}
		if err := tx.spend(ctx, b.challenge()); err != nil {
			return err
		}
		if err := tx.insertPasskey(ctx, user, key); err != nil {
			return err
		}
		if !user.SecondStep() && s.RequiresSecondStep(user) {
			letter := factorLetter(LetterSecondOn, user)
			if user.Passkeys == 0 {
				letter = LetterSecondOn // the one about the passkey has the way back
			}
			withPasskey := user
			withPasskey.Passkeys++
			withPasskey.epoch++
			added.SignIn, added.Codes, err = tx.turnSecondOn(ctx, n, withPasskey, letter, from)
		} else {
			added.SignIn, err = tx.renewSignIn(ctx, n)
		}
		if err != nil {
			return err
		}
		data := letterFor(user.Email, user, from)
		data.Passkey = key.Name
		if err := tx.notifyFactor(ctx, factorLetter(LetterPasskeyAdded, user), user, data); err != nil {
			return err
		}
		return tx.Record(ctx, user.ID, EventPasskeyAdded, key.Name, from)
	})
	if s.Conflict(err) == "passkeys.id" {
		err = ErrPasskeyFailed // somebody has it
	}
	return added, err
}

// insertPasskey stores a passkey and counts those of its person anew.
func (tx *Tx) insertPasskey(ctx context.Context, user User, key Passkey) error {
	var have int
	if err := tx.QueryRowContext(ctx, countPasskeys, user.ID).Scan(&have); err != nil {
		return fmt.Errorf("count passkeys: %w", err)
	}
	if have >= PasskeysMax {
		return errPasskeysMax
	}
	_, err := tx.ExecContext(ctx, insertPasskey, key.ID, user.ID, key.Handle, key.Domain, key.Name, key.publicKey, key.Model,
		strings.Join(key.Transports, " "), key.SignCount, key.BackupEligible, key.BackedUp, user.Verified(), key.CreatedAt)
	if err == nil {
		_, err = tx.ExecContext(ctx, recountPasskeys, user.ID)
	}
	if err != nil {
		return fmt.Errorf("add a passkey: %w", err)
	}
	return nil
}

// RenamePasskey gives a passkey another name. ErrNotFound says that the person has no such
// passkey.
func (s *Store) RenamePasskey(ctx context.Context, user User, handle, typed string, from Origin) error {
	name, err := rules.PasskeyName(typed)
	if err != nil {
		return err
	}
	return s.Write(ctx, func(tx *Tx) error {
		renamed, err := tx.changed(ctx, updatePasskeyName, name, user.ID, handle)
		if err != nil {
			return fmt.Errorf("rename a passkey: %w", err)
		}
		if renamed == 0 {
			return ErrNotFound
		}
		return tx.Record(ctx, user.ID, EventPasskeyRenamed, name, from)
	})
}

// RemovePasskey removes a passkey and ends the sign-ins that it made, but this one, which is
// returned under its new id. It is refused for one that the person cannot do without. ErrNotFound
// says that they have no such passkey, ErrSignInEnded that the sign-in has ended or the account
// has changed.
func (s *Store) RemovePasskey(ctx context.Context, n SignIn, user User, handle string, from Origin) (renewed SignIn, err error) {
	err = s.Write(ctx, func(tx *Tx) error {
		if err := tx.lockUser(ctx, user.ID); err != nil {
			return err
		}
		var name, domain string
		err := tx.QueryRowContext(ctx, deletePasskey, user.ID, handle).Scan(&name, &domain)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrNotFound
		}
		if err != nil {
			return fmt.Errorf("remove a passkey: %w", err)
		}
		changed, err := tx.changed(ctx, updateLessPasskeys, user.ID, user.epoch)
		if err != nil {
			return fmt.Errorf("remove a passkey: %w", err)
		}
		if changed == 0 {
			return ErrSignInEnded
		}
		if err := tx.canDoWithout(ctx, user, domain); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, deleteSignInsBy, user.ID, handle, n.ID); err != nil {
			return fmt.Errorf("remove a passkey: %w", err)
		}
		if renewed, err = tx.renewSignIn(ctx, n); err != nil {
			return err
		}
		data := letterFor(user.Email, user, from)
		data.Passkey = name
		if err := tx.notifyIn(ctx, LetterPasskeyRemoved, user, data); err != nil {
			return err
		}
		return tx.Record(ctx, user.ID, EventPasskeyRemoved, name, from)
	})
	return renewed, err
}

const (
	deleteUnconfirmedPasskeys = `DELETE FROM passkeys WHERE user_id = $1 AND NOT confirmed`
	deletePasskeys            = `DELETE FROM passkeys WHERE user_id = $1`
)

// dropPasskeys removes the passkeys of a person that a statement names. The sign-ins that they made
// are ended by whoever calls it. It says how many there were.
func (tx *Tx) dropPasskeys(ctx context.Context, user User, statement string, from Origin) (dropped int64, err error) {
	dropped, err = tx.changed(ctx, statement, user.ID)
	if err == nil && dropped > 0 {
		_, err = tx.ExecContext(ctx, recountPasskeys, user.ID)
	}
	if err != nil {
		return 0, fmt.Errorf("remove the passkeys of user %d: %w", user.ID, err)
	}
	if dropped == 0 {
		return 0, nil
	}
	return dropped, tx.Record(ctx, user.ID, EventPasskeyRemoved, "", from)
}

// usablePasskeys is how many passkeys somebody has that work at this site.
func (tx *Tx) usablePasskeys(ctx context.Context, user User) (n int, err error) {
	if err := tx.QueryRowContext(ctx, countUsablePasskeys, user.ID, tx.store.PasskeyDomain()).Scan(&n); err != nil {
		return 0, fmt.Errorf("count passkeys: %w", err)
	}
	return n, nil
}

// canDoWithout refuses to remove the last passkey of somebody who has no other second step, or no
// other way in. It is asked once the passkey is gone, in the same transaction. domain is what that was
// made for: those of another domain take the place of none that works here.
func (tx *Tx) canDoWithout(ctx context.Context, user User, domain string) error {
	var left, apps int
	var err error
	if domain == tx.store.PasskeyDomain() {
		left, err = tx.usablePasskeys(ctx, user)
	} else {
		err = tx.QueryRowContext(ctx, countPasskeys, user.ID).Scan(&left)
	}
	if err == nil {
		err = tx.QueryRowContext(ctx, hasApp, user.ID).Scan(&apps)
	}
	switch {
	case err != nil:
		return fmt.Errorf("remove a passkey: %w", err)
	case left == 0 && !user.HasPassword:
		return errOnlyWayIn
	case left == 0 && user.SecondStep() && apps == 0:
		return errLastSecondStep
	}
	return nil
}
