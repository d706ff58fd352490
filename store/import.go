package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"time"

	"gatehouse/store/rules"
	"gatehouse/store/secret"
)

// ImportRow is one person as a file of another system names them.
type ImportRow struct {
	// Line is where the row stands in its file, from 1.
	Line int
	// Name, Username and Email are by the rules of registration. Hash is the password as that system
	// writes it. Role is the name of a role, or empty.
	Name, Username, Email, Hash, Role string
	// CreatedAt is the zero time where the file does not say it: then it is now. VerifiedAt and
	// DisabledAt are the zero time for who is not.
	CreatedAt, VerifiedAt, DisabledAt time.Time
	// Closed people are left out. SecondStep says that their password alone did not sign them in.
	Closed, SecondStep bool
	// Bad says why the row cannot be read, or is empty.
	Bad string
}

// ImportOptions are how people come from a file.
type ImportOptions struct {
	// Rename makes usernames that fit of those that do not. Skip takes the good rows where others are bad.
	Rename, Skip bool
	// Roles takes roles over. A row with one is bad otherwise.
	Roles bool
	// WithoutPasswords leaves all passwords behind. PasswordAlone takes over those of people with a second
	// step as well, whom the password alone signs in then.
	WithoutPasswords, PasswordAlone bool
	// Scheme is that of bcrypt hashes that do not say it; see secret.ReadForeign.
	Scheme secret.ForeignScheme
	// OldUntil is when passwords of earlier systems end.
	OldUntil time.Time
	// Name and Sum are what the audit says of the file.
	Name, Sum string
	// Progress, where set, is told how many rows of the file are done; see ImportPlan.Tell.
	Progress func(rows int)
	// Renamed, where set, is told who comes under another username.
	Renamed func(line int, from, to string)
	// Rejected, where set, is told which row does not come, and why.
	Rejected func(row ImportRow, why string)
}

// ImportRows reads the rows of a file from its beginning. It is read more than once. An error ends it.
type ImportRows func() iter.Seq2[ImportRow, error]

// importBatch is how many people come in a transaction, so that a running site is not held up.
const importBatch = 200

const (
	hundred = `$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
	$21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40,
	$41, $42, $43, $44, $45, $46, $47, $48, $49, $50, $51, $52, $53, $54, $55, $56, $57, $58, $59, $60,
	$61, $62, $63, $64, $65, $66, $67, $68, $69, $70, $71, $72, $73, $74, $75, $76, $77, $78, $79, $80,
	$81, $82, $83, $84, $85, $86, $87, $88, $89, $90, $91, $92, $93, $94, $95, $96, $97, $98, $99, $100`

	insertImported = `INSERT INTO users (` + registrantColumns + `, created_at, confirmed_at, disabled_at, role,
		password_kind, password_until, name_key, name_turned)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) ON CONFLICT DO NOTHING RETURNING id`

	takeImport = `INSERT INTO locks (name, at) VALUES ('import', $1) ON CONFLICT (name) DO UPDATE SET at = $1
		WHERE locks.at <= $2 OR locks.at > $1`

	renewImport = `UPDATE locks SET at = $1 WHERE name = 'import' AND at = $2`

	endImport = `DELETE FROM locks WHERE name = 'import' AND at = $1`
)

// importLasts is how long an import that says nothing any more keeps others out.
const importLasts = time.Minute

// ErrImporting says that somebody else imports people at the moment, or did until a moment ago.
var ErrImporting = errors.New("another import is under way, or ended less than a minute ago without saying so; try again in a minute")

// Import makes the accounts of a plan, importBatch at a time, and says how many there were. What was
// made stays when it is broken off; the same import again goes on from there. Each account has an event,
// and the audit has one row about all of them.
func (s *Store) Import(ctx context.Context, rows ImportRows, plan *ImportPlan, from Origin) (added int, err error) {
	if !from.Operator {
		return 0, ErrForbidden
	}
	lock := s.Now()
	n, err := s.db.Exec(ctx, takeImport, lock, lock.Add(-importLasts))
	if err != nil {
		return 0, fmt.Errorf("begin an import: %w", err)
	}
	if n == 0 {
		return 0, ErrImporting
	}
	defer func() {
		ending, cancel := background(context.WithoutCancel(ctx))
		defer cancel()
		_, ended := s.db.Exec(ending, endImport, lock)
		err = errors.Join(err, ended)
	}()
	var batch []importing
	flush := func() error {
		n, next, err := s.importBatch(ctx, batch, plan, lock, from)
		added, batch = added+n, batch[:0]
		if err == nil {
			lock = next
		}
		return err
	}
	i := 0
	for row, err := range rows() {
		if err != nil {
			return added, err
		}
		if err := ctx.Err(); err != nil {
			return added, err
		}
		if i >= len(plan.verdicts) {
			return added, errors.New("the file has changed since it was checked")
		}
		if plan.verdicts[i] == importAdd {
			batch = append(batch, plan.importing(i, row))
			if len(batch) == importBatch {
				if err := flush(); err != nil {
					return added, err
				}
			}
		}
		if i++; plan.options.Progress != nil {
			plan.options.Progress(i)
		}
	}
	if err := flush(); err != nil {
		return added, err
	}
	if i < len(plan.verdicts) {
		return added, errors.New("the file has changed since it was checked")
	}
	if added == 0 {
		return 0, nil
	}
	return added, s.Write(ctx, func(tx *Tx) error {
		return tx.audit(ctx, from, EventRegistered, 0, plan.inWords(added), "")
	})
}

// importing is one person on their way.
type importing struct {
	registrant
	ImportRow
	until time.Time
}

// importBatch makes some accounts in one transaction. Whose username or address was taken since the
// file was checked is left out. It returns the new time of the lock.
func (s *Store) importBatch(ctx context.Context, batch []importing, plan *ImportPlan, lock time.Time, from Origin) (added int, next time.Time, err error) {
	var late []importing
	err = s.Write(ctx, func(tx *Tx) error {
		added, late = 0, nil
		next = s.Now()
		if n, err := tx.changed(ctx, renewImport, next, lock); err != nil || n == 0 {
			return errors.Join(err, ErrImporting)
		}
		taken, err := tx.reservedOf(ctx, batch)
		if err != nil {
			return err
		}
		for _, p := range batch {
			if taken[p.registrant.Username] || taken[p.emailKey] {
				late = append(late, p)
				continue
			}
			made, err := tx.insertImported(ctx, p, next, from)
			if err != nil {
				return err
			}
			if made {
				added++
			} else {
				late = append(late, p)
			}
		}
		return nil
	})
	if err != nil {
		return 0, lock, fmt.Errorf("import: %w", err)
	}
	for _, p := range late {
		plan.reject(p.ImportRow, "the username or the email address was taken while the file was imported")
	}
	return added, next, nil
}

// insertImported makes an account, unless somebody has its username or address.
func (tx *Tx) insertImported(ctx context.Context, p importing, now time.Time, from Origin) (made bool, err error) {
	at := func(t time.Time) sql.NullTime { return sql.NullTime{Time: t, Valid: !t.IsZero()} }
	created := p.CreatedAt
	if created.IsZero() || created.After(now) {
		created = now
	}
	var id int64
	key, turned := nameKeys(p.registrant.Name)
	args := append(p.registrant.columns(), created, at(p.VerifiedAt), at(p.DisabledAt), p.Role, oldKind(p.stored), at(p.until), key, turned)
	err = tx.QueryRowContext(ctx, insertImported, args...).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	// Not Record: a line of the log for each of a million people says nothing.
	_, err = tx.ExecContext(ctx, insertEvent, now, EventRegistered, from.Operator, nil, "", "", from.Request, DetailImported, id)
	return err == nil, err
}

// DetailImported marks an account that came from another system.
const DetailImported = "imported"

// registrantOf is what is stored of a row, but for its password. The error is a refusal.
func registrantOf(row ImportRow) (registrant, error) {
	key, err := rules.CanonicalEmail(row.Email)
	if err != nil {
		return registrant{}, err
	}
	if err := rules.CheckName(row.Name); err != nil {
		return registrant{}, err
	}
	return registrant{
		Username: rules.CanonicalUsername(row.Username), Email: rules.DeliverableEmail(row.Email),
		Name: rules.CanonicalName(row.Name), emailKey: key,
	}, nil
}
