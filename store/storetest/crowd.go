package storetest

import (
	"testing"

	"gatehouse/store"
)

const insertCrowd = `INSERT INTO users (username, email, email_key, name, name_key, name_turned, created_at, confirmed_at)
	WITH RECURSIVE n(i) AS (SELECT CAST($1 AS INTEGER) UNION ALL SELECT i + 1 FROM n WHERE i < $2)
	SELECT 'crowd-' || i, 'crowd-' || i || '@crowd.example', 'crowd-' || i || '@crowd.example',
		'Crowd ' || i, 'crowd ' || i, i || ' crowd', '2026-01-01 00:00:00+00:00', '2026-01-01 00:00:00+00:00'
	FROM n`

// crowdStates put one of a hundred of those after a number into each state.
var crowdStates = []string{
	`UPDATE users SET confirmed_at = NULL WHERE id > $1 AND id % 100 = 1`,
	`UPDATE users SET disabled_at = created_at WHERE id > $1 AND id % 100 = 2`,
	`UPDATE users SET closed_at = created_at WHERE id > $1 AND id % 100 = 3`,
	`UPDATE users SET role = 'support' WHERE id > $1 AND id % 100 = 4`,
}

// crowdBatch is how many come at a time, so that a busy machine takes no statement for endless.
const crowdBatch = 5000

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
	for done := 0; done < people; done += crowdBatch {
		var last int64
		if err := db.Write.QueryRow(`SELECT coalesce(max(id), 0) FROM users`).Scan(&last); err != nil {
			t.Fatal(err)
		}
		exec(insertCrowd, done+1, min(done+crowdBatch, people))
		for _, text := range crowdStates {
			exec(text, last)
		}
	}
	if d.Name == PostgreSQL.Name {
		exec(`ANALYZE users`) // as autovacuum does in time; SQLite is never asked to
	}
}
