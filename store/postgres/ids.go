package postgres

import (
	"context"
	"database/sql"
)

const (
	selectIdentities = `SELECT table_name, column_name FROM information_schema.columns
		WHERE table_schema = current_schema() AND is_identity = 'YES' ORDER BY table_name`

	skipSequence = `SELECT setval(pg_get_serial_sequence($1, $2), nextval(pg_get_serial_sequence($1, $2)) + $3)`
)

// skipIDs moves all counters of ids on.
func skipIDs(ctx context.Context, tx *sql.Tx, gap int64) error {
	rows, err := tx.QueryContext(ctx, selectIdentities)
	if err != nil {
		return err
	}
	defer rows.Close()
	var identities [][2]string
	for rows.Next() {
		var i [2]string
		if err := rows.Scan(&i[0], &i[1]); err != nil {
			return err
		}
		identities = append(identities, i)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for _, i := range identities {
		if _, err := tx.ExecContext(ctx, skipSequence, i[0], i[1], gap); err != nil {
			return err
		}
	}
	return nil
}
