package storetest_test

import (
	"slices"
	"testing"

	. "gatehouse/store/storetest"
)

// foreignKeys asks for the columns that refer to another table, and whether the
// rows are found by an index that begins with them.
var foreignKeys = map[string]string{
	"sqlite": `SELECT m.name || '.' || f."from", EXISTS (
			SELECT 1 FROM pragma_index_list(m.name) i JOIN pragma_index_info(i.name) c ON c.seqno = 0
			WHERE c.name = f."from" AND NOT i.partial)
		FROM sqlite_schema m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table'`,
	"postgres": `SELECT c.conrelid::regclass || '.' || a.attname, EXISTS (
			SELECT 1 FROM pg_index i WHERE i.indrelid = c.conrelid AND i.indkey[0] = a.attnum AND i.indpred IS NULL)
		FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
		WHERE c.contype = 'f' AND c.connamespace = current_schema()::regnamespace`,
}

// Erasing an account finds what refers to it by an index.
func TestForeignKeysHaveAnIndex(t *testing.T) {
	onEach(t, func(t *testing.T, d Database) {
		rows, err := d.Migrated(t).Accounts().Read.QueryContext(t.Context(), foreignKeys[d.Name])
		must(t, err)
		defer rows.Close()
		var found []string
		for rows.Next() {
			var column string
			var indexed bool
			must(t, rows.Scan(&column, &indexed))
			found = append(found, column)
			if !indexed {
				t.Errorf("%s refers to another table and has no index", column)
			}
		}
		must(t, rows.Err())
		if !slices.Contains(found, "signins.user_id") || len(found) < 5 {
			t.Errorf("found %q, so this test looks in the wrong place", found)
		}
	})
}
