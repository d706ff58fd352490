package sqlite

import (
	"context"
	"database/sql"
)

const skipSequences = `UPDATE sqlite_sequence SET seq = seq + $1`

// skipIDs moves all counters of ids on. A table that never had a row has none.
func skipIDs(ctx context.Context, tx *sql.Tx, gap int64) error {
	_, err := tx.ExecContext(ctx, skipSequences, gap)
	return err
}
