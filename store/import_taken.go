package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"gatehouse/store/rules"
)

// lookUpBatch is how many usernames or addresses one statement looks up: those of hundred.
const lookUpBatch = 100

// lookUp compares rows with whom there is already.
func (c *checking) lookUp(ctx context.Context) error {
	if len(c.batch) == 0 {
		return nil
	}
	names, keys := make([]any, lookUpBatch), make([]any, lookUpBatch)
	for i := range lookUpBatch {
		names[i], keys[i] = "", ""
		if i < len(c.batch) {
			names[i], keys[i] = c.batch[i].Username, c.batch[i].emailKey
		}
	}
	type account struct{ username, email string }
	columns := func(a *account) []any { return []any{&a.username, &a.email} }
	byName, err := All(ctx, c.store, selectUsernamesOf, names, columns)
	if err != nil {
		return err
	}
	byEmail, err := All(ctx, c.store, selectEmailsOf, keys, columns)
	if err != nil {
		return err
	}
	emailOf, nameOf := map[string]string{}, map[string]string{}
	for _, a := range byName {
		emailOf[a.username] = a.email
	}
	for _, a := range byEmail {
		nameOf[a.email] = a.username
	}
	reserved, err := c.store.reserved(ctx, c.store.db.Read, names, keys)
	if err != nil {
		return err
	}
	for _, r := range c.batch {
		c.compare(r, emailOf[r.Username], nameOf[r.emailKey], reserved)
	}
	c.batch = c.batch[:0]
	return nil
}

// compare decides about a row. email is the address of whoever has its username, name the username of
// whoever has its address; both are empty where nobody does.
func (c *checking) compare(r checkedRow, email, name string, reserved map[string]bool) {
	bad := func(why string) {
		c.verdicts[r.index] = importBad
		c.usernames[r.index], c.emails[r.index] = 0, 0
		c.reject(r.row, why)
	}
	renamed := c.options.Rename && rules.IsRenamed(name, c.renamedFrom(r))
	switch {
	case name != "" && (name == r.Username || renamed):
		c.verdicts[r.index] = importPresent
	case name != "":
		bad("the email address has an account already, with another username")
	case reserved[r.emailKey]:
		bad("the email address is one that somebody may still take back")
	case r.Username != "" && email == "" && !reserved[r.Username]:
	case c.options.Rename:
		c.usernames[r.index] = 0
		c.renames = append(c.renames, renaming{r.index, r.row.Line, r.row.Username})
	default:
		bad("the username is taken")
	}
}

// renamedFrom is what the username of a row is made of where it is renamed.
func (c *checking) renamedFrom(r checkedRow) string {
	if name := rules.Rename(r.row.Username); name != "" {
		return name
	}
	return fmt.Sprintf("person-%d", r.row.Line)
}

// querier is a pool or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// reserved are those of some usernames and addresses that are kept for somebody.
func (s *Store) reserved(ctx context.Context, q querier, names, keys []any) (map[string]bool, error) {
	now, taken := s.Now(), map[string]bool{}
	type keeping struct {
		what  string
		until time.Time
	}
	for _, look := range []struct {
		query string
		args  []any
		lasts time.Duration
	}{{selectReservedOf, names, UsernameReservation}, {selectPendingOf, names, PendingValid}, {selectUndoOf, keys, UndoValid}} {
		rows, err := q.QueryContext(s.db.ReadContext(ctx), look.query, look.args...)
		list, err := collect(rows, err, func(k *keeping) []any { return []any{&k.what, UTC{&k.until}} })
		if err != nil {
			return nil, err
		}
		for _, k := range list {
			if k.until.After(now) && possible(k.until, now, look.lasts) {
				taken[k.what] = true
			}
		}
	}
	return taken, nil
}

// reservedOf are those of a batch that were reserved since the file was checked.
func (tx *Tx) reservedOf(ctx context.Context, batch []importing) (map[string]bool, error) {
	taken := map[string]bool{}
	for at := 0; at < len(batch); at += lookUpBatch {
		names, keys := make([]any, lookUpBatch), make([]any, lookUpBatch)
		for i := range lookUpBatch {
			names[i], keys[i] = "", ""
			if at+i < len(batch) {
				names[i], keys[i] = batch[at+i].registrant.Username, batch[at+i].emailKey
			}
		}
		some, err := tx.store.reserved(ctx, tx, names, keys)
		if err != nil {
			return nil, err
		}
		for what := range some {
			taken[what] = true
		}
	}
	return taken, nil
}
