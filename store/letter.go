package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"gatehouse/store/rules"
	"gatehouse/store/secret"
)

// Kinds of letters.
const (
	LetterVerify          = "confirm"          // confirm the address of an account
	LetterRegister        = "register"         // confirm the address and so open the account
	LetterOwner           = "owner"            // somebody asked for an account with your address
	LetterReset           = "reset"            // choose a new password
	LetterEmailRestored   = "address-back"     // the same, after the old address was put back
	LetterNewEmail        = "new-address"      // confirm the new address
	LetterEmailChanged    = "address-changed"  // to the old address, with a way back
	LetterPasswordChanged = "password-changed" // the password was changed
	LetterNewDevice       = "new-device"       // somebody signed in on a new device
	LetterClosed          = "closed"           // the account was closed
	LetterPasswordOff     = "password-off"     // too many wrong passwords: it takes none any more
	LetterInvite          = "invite"           // choose a name and a password
	LetterSecondOn        = "second-on"        // the second step was turned on
	LetterSecondOff       = "second-off"       // the second step was turned off
	LetterAppChanged      = "app-changed"      // another authenticator app was set up
	LetterCodesMade       = "codes-made"       // new recovery codes were made
	LetterCodeUsed        = "code-used"        // somebody signed in with a recovery code
	LetterCodesWrong      = "codes-wrong"      // a right password and wrong codes
	LetterFactorsReset    = "factors-reset"    // the operator took the second step away
	LetterAppRemoved      = "app-removed"      // the app was removed and passkeys are left
	LetterPasskeyAdded    = "passkey-added"    // a passkey was added
	LetterPasskeyRemoved  = "passkey-removed"  // a passkey was removed
	LetterPasswordRemoved = "password-removed" // the password was removed and passkeys are left
	LetterFirstFactor     = "first-factor"     // the first factor was set up, with a way back
	LetterRoleGained      = "role-gained"      // the role was changed to one that may do more
	LetterLookedAt        = "looked-at"        // an administrator looked at the account
	LetterFactorsUndone   = "factors-undone"   // choose a new password, after the first factor was undone

	// askReset is no letter yet: the question of somebody who forgot a password.
	// It is answered in the background, so that the page takes the same time
	// whether or not there is an account.
	askReset = "ask-reset"
)

// letterKind is what all letters of a kind have in common.
type letterKind struct {
	name string
	// purpose is what its link is for, and valid how long the link works. A letter
	// without a purpose has no link with a token.
	purpose  string
	valid    time.Duration
	priority Priority
	// notice says that it only tells of something, so that NoNotices leaves it out.
	notice bool
}

var letterKinds = []letterKind{
	{name: LetterVerify, purpose: PurposeVerify, valid: VerifyValid},
	{name: LetterRegister, purpose: PurposeRegister, valid: PendingValid},
	{name: LetterOwner},
	{name: LetterReset, purpose: PurposeReset, valid: ResetValid},
	{name: LetterEmailRestored, purpose: PurposeReset, valid: ResetValid},
	{name: LetterNewEmail, purpose: PurposeNewEmail, valid: NewEmailValid},
	{name: LetterEmailChanged, purpose: PurposeUndo, valid: UndoValid, priority: Notice},
	{name: LetterPasswordChanged, priority: Notice, notice: true},
	{name: LetterNewDevice, priority: Notice, notice: true},
	{name: LetterClosed, priority: Notice, notice: true},
	{name: LetterPasswordOff, priority: Notice, notice: true},
	{name: LetterSecondOn, priority: Notice, notice: true},
	{name: LetterSecondOff, priority: Notice, notice: true},
	{name: LetterAppChanged, priority: Notice, notice: true},
	{name: LetterCodesMade, priority: Notice, notice: true},
	{name: LetterCodeUsed, priority: Notice, notice: true},
	{name: LetterCodesWrong, priority: Notice, notice: true},
	{name: LetterFactorsReset, priority: Notice, notice: true},
	{name: LetterAppRemoved, priority: Notice, notice: true},
	{name: LetterPasskeyAdded, priority: Notice, notice: true},
	{name: LetterPasskeyRemoved, priority: Notice, notice: true},
	{name: LetterPasswordRemoved, priority: Notice, notice: true},
	{name: LetterFirstFactor, purpose: PurposeFactors, valid: UndoValid, priority: Notice},
	{name: LetterRoleGained, priority: Notice, notice: true},
	{name: LetterLookedAt, priority: Notice}, // people are always told
	{name: LetterFactorsUndone, purpose: PurposeReset, valid: ResetValid},
	{name: LetterInvite, purpose: PurposeInvite, valid: InviteValid, priority: Bulk},
}

// LetterKinds are the names of all kinds.
var LetterKinds = func() (names []string) {
	for _, k := range letterKinds {
		names = append(names, k.name)
	}
	return names
}()

// kindOf finds a kind by its name. One that is unknown has neither a link nor a
// priority, as askReset has not. Letters of a product wait for nobody at a screen.
func kindOf(name string) letterKind {
	for _, k := range letterKinds {
		if k.name == name {
			return k
		}
	}
	if productKind.MatchString(name) {
		return letterKind{name: name, priority: Bulk}
	}
	return letterKind{}
}

// Letter is a letter on its way: what it says, not how.
type Letter struct {
	ID    int64
	Kind  string
	Tries int
	// Written is when it was put into the outbox, Expires when it is not worth
	// sending any more.
	Written, Expires time.Time
	LetterData
}

// LetterData is what a letter is about. It is stored sealed, because Token is a secret,
// and erased once the letter is delivered.
type LetterData struct {
	// To is the address. Verified says that the owner of the account confirmed it.
	To       string `json:"to"`
	Verified bool   `json:"confirmed,omitempty"`
	// Name and Username are the person's. They are empty unless To is confirmed.
	Name     string `json:"name,omitempty"`
	Username string `json:"username,omitempty"`
	// Token belongs into the link, and Valid is how long it works.
	Token string        `json:"token,omitempty"`
	Valid time.Duration `json:"valid,omitempty"`
	// Address is another mail address that the letter speaks of.
	Address string `json:"address,omitempty"`
	// At, From and Agent are when, from which network address and with which
	// browser it happened.
	At    time.Time `json:"at"`
	From  string    `json:"from,omitempty"`
	Agent string    `json:"agent,omitempty"`
	// Zone is the time zone in which the letter says times: the one that the person
	// chose, or else that of the browser with which it happened. Empty is UTC.
	Zone string `json:"zone,omitempty"`
	// ByStaff says that an administrator or the operator did it.
	ByStaff bool `json:"by_staff,omitempty"`
	// Within is how long something can still be undone.
	Within time.Duration `json:"within,omitempty"`
	// Left is how many recovery codes are left.
	Left int `json:"left,omitempty"`
	// Role is the name of a role.
	Role string `json:"role,omitempty"`
	// Passkey is the name of a passkey.
	Passkey string `json:"passkey,omitempty"`
	// Product is what a letter of a product is about, as JSON.
	Product string `json:"product,omitempty"`
}

// About reads what Tx.Letter was given into the value that about points to.
func (d LetterData) About(about any) error {
	if err := json.Unmarshal([]byte(d.Product), about); err != nil {
		return fmt.Errorf("read what a letter is about: %w", err)
	}
	return nil
}

const (
	// LettersPerHour is how many letters of one kind an address gets within an
	// hour, whatever asks for them.
	LettersPerHour = 3
	letterWindow   = time.Hour
	// LetterLasts is how long a letter is worth sending, unless its link expires sooner.
	LetterLasts = 24 * time.Hour
)

const (
	lockAddress = `INSERT INTO letter_addresses (address, at) VALUES ($1, $2) ON CONFLICT (address) DO UPDATE SET at = $2`

	countLetters = `SELECT count(*) FROM letters WHERE address = $1 AND kind = $2 AND created_at > $3 AND created_at <= $4`

	insertLetter = `INSERT INTO letters (kind, address, sealed, created_at, due_at, expires_at, priority, user_id, token)
		VALUES ($1, $2, $3, $4, $4, $5, $6, $7, $8)`
)

// Mails says whether the site sends mail.
func (s *Store) Mails() bool { return s.rules.Mails }

// enqueue puts a letter into the outbox, in the transaction of what it speaks
// of. user is whose page lists it, or the zero User for somebody without an account. An address that
// had LettersPerHour of that kind gets none, and nobody learns that.
func (tx *Tx) enqueue(ctx context.Context, kind string, user User, data LetterData) error {
	s := tx.store
	if !s.Mails() {
		return nil
	}
	address, now := addressKey(data.To), s.Now()
	if _, err := tx.ExecContext(ctx, lockAddress, address, now); err != nil {
		return fmt.Errorf("write a letter: %w", err)
	}
	var sent int
	if err := tx.QueryRowContext(ctx, countLetters, address, kind, now.Add(-letterWindow), latest(now, 0)).Scan(&sent); err != nil {
		return fmt.Errorf("count letters: %w", err)
	}
	if sent >= LettersPerHour && kind != askReset {
		s.log.InfoContext(ctx, "letter not written: its address had enough of that kind", "kind", kind)
		return nil
	}
	if data.At.IsZero() {
		data.At = now
	}
	text, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("write a letter: %w", err)
	}
	expires := now.Add(LetterLasts)
	if data.Valid > 0 && data.Valid < LetterLasts {
		expires = now.Add(data.Valid)
	}
	k, token := kindOf(kind), ""
	if k.purpose != "" {
		token = secret.Digest(data.Token)
	}
	owner := sql.NullInt64{Int64: user.ID, Valid: user.ID != 0}
	if _, err := tx.ExecContext(ctx, insertLetter, kind, address, s.rules.Keys.Letters.Seal(text, kind), now, expires, k.priority, owner, token); err != nil {
		return fmt.Errorf("write a letter: %w", err)
	}
	tx.letters = true
	return nil
}

// addressKey stands for an address in the outbox, in whatever spelling it is written.
func addressKey(to string) string {
	key, err := rules.CanonicalEmail(to)
	if err != nil {
		key = to // a username, as in AskReset
	}
	return secret.Digest(key)
}

// letterFor begins a letter to an address. It names the user only where the address is
// the one that they confirmed. Any other may belong to a stranger, and a name is free
// text: nobody should be able to send words of their own to strangers through us.
func letterFor(email string, user User, from Origin) LetterData {
	byStaff := from.By != 0 || from.Operator
	from = from.shown()
	data := LetterData{ByStaff: byStaff, To: email, From: from.Address, Agent: rules.Shorten(from.Agent, agentMax), Zone: cmp.Or(user.Zone, from.Zone)}
	if email == user.Email && user.Verified() {
		data.Verified, data.Name, data.Username = true, rules.CanonicalName(user.Name), user.Username
	}
	return data
}

// sendLink writes a letter to an address, with a new token in it.
func (tx *Tx) sendLink(ctx context.Context, kind string, user User, email string, from Origin) error {
	return tx.sendLinkIn(ctx, kind, user, letterFor(email, user, from))
}

// sendLinkIn is sendLink for a letter that letterFor began.
func (tx *Tx) sendLinkIn(ctx context.Context, kind string, user User, data LetterData) error {
	if !tx.store.Mails() {
		return nil
	}
	k := kindOf(kind)
	token, err := tx.issue(ctx, k.purpose, user, data.To)
	if err != nil {
		return err
	}
	data.Token, data.Valid = token, k.valid
	return tx.enqueue(ctx, kind, user, data)
}

// notify writes to a person about something that was done to their account. An
// address that was never confirmed may be anybody's, and gets no letter.
func (tx *Tx) notify(ctx context.Context, kind string, user User, from Origin) error {
	data := letterFor(user.Email, user, from)
	data.Within = tx.store.rules.Reopen
	return tx.notifyIn(ctx, kind, user, data)
}

// notifyIn is notify for a letter that letterFor began.
func (tx *Tx) notifyIn(ctx context.Context, kind string, user User, data LetterData) error {
	if !user.Verified() || kindOf(kind).notice && tx.store.rules.NoNotices {
		return nil
	}
	return tx.enqueue(ctx, kind, user, data)
}
