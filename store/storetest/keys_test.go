package storetest_test

import (
	"slices"
	"testing"

	. "gatehouse/store/storetest"
)

// Erasing an account finds what refers to it by an index.
func TestForeignKeysHaveAnIndex(t *testing.T) {
	onEach(t, func(t *testing.T, d Database) {
		db := d.Migrated(t).Accounts()
		keys, indexed := d.Keys(t, db), d.Indexed(t, db)
		for column := range keys {
			if !slices.Contains(indexed, column) {
				t.Errorf("%s refers to another table and has no index", column)
			}
		}
		if keys["signins.user_id"] != "users" || len(keys) < 5 {
			t.Errorf("found %v, so this test looks in the wrong place", keys)
		}
	})
}

// A key that SQLite keeps no index for, because the table is sorted by it, and one that
// only some rows are found by.
func TestIndexesAreFound(t *testing.T) {
	onEach(t, func(t *testing.T, d Database) {
		db := d.Migrated(t).Accounts()
		for _, statement := range []string{
			`CREATE TABLE notes (user_id INTEGER PRIMARY KEY REFERENCES users (id), text TEXT, seen INTEGER)`,
			`CREATE TABLE marks (a INTEGER, b INTEGER, c INTEGER, PRIMARY KEY (a, b))`,
			`CREATE INDEX marks_c ON marks (c) WHERE b > 0`,
		} {
			_, err := db.Write.ExecContext(t.Context(), statement)
			must(t, err)
		}
		indexed := d.Indexed(t, db)
		for column, want := range map[string]bool{"notes.user_id": true, "notes.text": false, "marks.a": true, "marks.b": false, "marks.c": false} {
			if slices.Contains(indexed, column) != want {
				t.Errorf("%s begins an index: %v, want %v", column, !want, want)
			}
		}
	})
}
