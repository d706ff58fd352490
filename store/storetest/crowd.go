package storetest

import (
	"testing"

	"gatehouse/store"
)

const insertCrowd = `INSERT INTO users (username, email, email_key, name, name_key, name_turned, created_at, confirmed_at)
	WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
	SELECT 'crowd-' || i, 'crowd-' || i || '@crowd.example', 'crowd-' || i || '@crowd.example',
		'Crowd ' || i, 'crowd ' || i, i || ' crowd', '2026-01-01 00:00:00+00:00', '2026-01-01 00:00:00+00:00'
	FROM n`

// crowdStates put one of a hundred into each state.
var crowdStates = []string{
	`UPDATE users SET confirmed_at = NULL WHERE name_key >= 'crowd' AND name_key < 'crowe' AND id % 100 = 1`,
	`UPDATE users SET disabled_at = created_at WHERE name_key >= 'crowd' AND name_key < 'crowe' AND id % 100 = 2`,
	`UPDATE users SET closed_at = created_at WHERE name_key >= 'crowd' AND name_key < 'crowe' AND id % 100 = 3`,
	`UPDATE users SET role = 'support' WHERE name_key >= 'crowd' AND name_key < 'crowe' AND id % 100 = 4`,
}

// Crowd fills a database with the accounts crowd-1, crowd-2 and so on, to which nobody can sign in. Of
// a hundred one each is disabled, closed, of staff, and not confirmed.
func Crowd(t testing.TB, d Database, db store.Database, people int) {
	t.Helper()
	exec := func(text string, args ...any) {
		t.Helper()
		if _, err := db.Write.Exec(text, args...); err != nil {
			t.Fatal(err)
		}
	}
	exec(insertCrowd, people)
	for _, text := range crowdStates {
		exec(text)
	}
	if d.Name == PostgreSQL.Name {
		exec(`ANALYZE users`) // as autovacuum does in time; SQLite is never asked to
	}
}
