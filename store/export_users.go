package store

import (
	"context"
	"fmt"

	"gatehouse/store/secret"
)

const selectExported = `SELECT ` + userColumns + `, users.password_scheme, users.password_hash FROM users WHERE users.id > $1 ORDER BY users.id LIMIT $2`

// ExportedUser is an account as it leaves for another system.
type ExportedUser struct {
	User
	// Password is the hash as secret.ReadForeign takes it back. It is empty unless it was asked for.
	Password string
}

// exportPage is how many accounts are read at a time.
const exportPage = 500

// ExportUsers hands out all accounts, oldest first, and says how many there were. The audit has a row
// about it before the first.
func (s *Store) ExportUsers(ctx context.Context, passwords bool, from Origin, each func(ExportedUser) error) (n int, err error) {
	detail := DetailUsers
	if passwords {
		detail = DetailUsersWithPasswords
	}
	if err := s.NoteExport(ctx, detail, from); err != nil {
		return 0, err
	}
	type row struct {
		user   User
		stored secret.PasswordHash
	}
	for after := int64(0); ; {
		rows, err := All(ctx, s, selectExported, []any{after, exportPage}, func(r *row) []any {
			return append(r.user.columns(), &r.stored.Scheme, &r.stored.Hash)
		})
		if err != nil {
			return n, fmt.Errorf("export accounts: %w", err)
		}
		for _, r := range rows {
			after = r.user.ID
			u := ExportedUser{User: r.user}
			if passwords {
				u.Password = r.stored.Portable()
			}
			if err := each(u); err != nil {
				return n, err
			}
			n++
		}
		if len(rows) < exportPage {
			return n, nil
		}
	}
}

// NoteExport writes into the audit that everybody's data leave, before they do.
func (s *Store) NoteExport(ctx context.Context, what string, from Origin) error {
	if !from.Operator {
		return ErrForbidden
	}
	return s.Write(ctx, func(tx *Tx) error { return tx.audit(ctx, from, EventExported, 0, what, "") })
}
