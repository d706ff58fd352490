package store

import (
	"context"
	"database/sql"
	"fmt"

	"gatehouse/store/rules"
)

const (
	// The name may have changed since it was read. A change of the name itself empties the keys (the
	// trigger users_unfold), so it is never one statement with them.
	updateNameKeys = `UPDATE users SET name_key = $1, name_turned = $2 WHERE id = $3 AND name = $4`

	// id > 0 is for the planners, which then use the index of names that are to be folded.
	selectUnfolded = `SELECT id, name FROM users WHERE name_key IS NULL AND name <> '' AND id > 0 ORDER BY id LIMIT $1`
)

// nameKeys are what a search finds a name by, as they are stored: NULL where there is no name. One
// without a letter has empty keys, or it would be folded again and again.
func nameKeys(name string) (key, turned sql.NullString) {
	key.Valid, turned.Valid = name != "", name != ""
	key.String, turned.String = rules.NameKeys(name)
	return key, turned
}

// fold writes the keys of a name.
func (tx *Tx) fold(ctx context.Context, userID int64, name string) error {
	key, turned := nameKeys(name)
	if _, err := tx.ExecContext(ctx, updateNameKeys, key, turned, userID, name); err != nil {
		return fmt.Errorf("fold the name of user %d: %w", userID, err)
	}
	return nil
}

// FoldNames folds up to limit names whose keys are not there: those of accounts from before there
// were keys, and those that a copy of the version before has written since. It says how many there
// were. Several copies may do so at once.
func (s *Store) FoldNames(ctx context.Context, limit int) (int64, error) {
	ctx, cancel := background(ctx)
	defer cancel()
	type named struct {
		id   int64
		name string
	}
	list, err := All(ctx, s, selectUnfolded, []any{limit}, func(n *named) []any { return []any{&n.id, &n.name} })
	if err != nil || len(list) == 0 {
		return 0, err
	}
	err = s.Write(ctx, func(tx *Tx) error {
		for _, n := range list {
			if err := tx.fold(ctx, n.id, n.name); err != nil {
				return err
			}
		}
		return nil
	})
	return int64(len(list)), err
}
