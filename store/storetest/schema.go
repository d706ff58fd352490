package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"gatehouse/store"
)

// Columns are the columns of every table, in their order.
func (d Database) Columns(t testing.TB, db store.Database) map[string][]string {
	t.Helper()
	query := `SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position`
	if d.Name == SQLite.Name {
		query = `SELECT m.name, c.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c
			WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY m.name, c.cid`
	}
	columns := map[string][]string{}
	for _, found := range pairs(t, db, query) {
		columns[found[0]] = append(columns[found[0]], found[1])
	}
	if len(columns["users"]) < 2 {
		t.Fatalf("found the columns %v", columns)
	}
	return columns
}

// Keys are the columns that refer to another table, as in "books.user_id", and what each
// refers to.
func (d Database) Keys(t testing.TB, db store.Database) map[string]string {
	t.Helper()
	query := `SELECT c.relname || '.' || a.attname, r.relname FROM pg_constraint k
		JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class r ON r.oid = k.confrelid
		JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
		WHERE k.contype = 'f' AND k.connamespace = current_schema()::regnamespace`
	if d.Name == SQLite.Name {
		query = `SELECT m.name || '.' || f."from", f."table" FROM sqlite_schema m JOIN pragma_foreign_key_list(m.name) f
			WHERE m.type = 'table' AND f.seq = 0`
	}
	keys := map[string]string{}
	for _, found := range pairs(t, db, query) {
		keys[found[0]] = found[1]
	}
	return keys
}

// Indexed are the columns with which an index of a whole table begins, as in
// "books.user_id".
func (d Database) Indexed(t testing.TB, db store.Database) []string {
	t.Helper()
	query := `SELECT c.relname, a.attname FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
		JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
		WHERE i.indpred IS NULL AND c.relnamespace = current_schema()::regnamespace`
	if d.Name == SQLite.Name {
		// An INTEGER PRIMARY KEY is the table itself, and in no list of indexes.
		query = `SELECT m.name, c.name FROM sqlite_schema m JOIN pragma_index_list(m.name) i JOIN pragma_index_info(i.name) c
				WHERE m.type = 'table' AND c.seqno = 0 AND NOT i.partial AND c.name IS NOT NULL
			UNION SELECT m.name, c.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c
				WHERE m.type = 'table' AND c.pk = 1 AND upper(c.type) = 'INTEGER'
				AND (SELECT count(*) FROM pragma_table_info(m.name) WHERE pk > 0) = 1`
	}
	var indexed []string
	for _, found := range pairs(t, db, query) {
		indexed = append(indexed, found[0]+"."+found[1])
	}
	return indexed
}

// Dump is every row of every table but those left out, sorted, a line each: to compare
// before and after, or to search.
func (d Database) Dump(t testing.TB, db store.Database, without ...string) string {
	t.Helper()
	var lines []string
	for table, columns := range d.Columns(t, db) {
		if slices.Contains(without, table) {
			continue
		}
		for _, values := range Rows(t, db, `SELECT `+strings.Join(quoted(columns), ", ")+` FROM "`+table+`"`) {
			line := table
			for i, value := range values {
				line += fmt.Sprintf(" %s=%v", columns[i], value)
			}
			lines = append(lines, line)
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func quoted(names []string) []string {
	var list []string
	for _, name := range names {
		list = append(list, `"`+name+`"`)
	}
	return list
}

// pairs are the rows of a query for two texts.
func pairs(t testing.TB, db store.Database, query string) (found [][2]string) {
	t.Helper()
	for _, row := range Rows(t, db, query) {
		found = append(found, [2]string{fmt.Sprint(row[0]), fmt.Sprint(row[1])})
	}
	return found
}

// Rows are what a query finds, with bytes as text.
func Rows(t testing.TB, db store.Database, query string, args ...any) (found [][]any) {
	t.Helper()
	rows, err := db.Read.QueryContext(t.Context(), query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	for rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		for i, value := range values {
			if text, ok := value.([]byte); ok {
				values[i] = string(text)
			}
		}
		found = append(found, values)
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return found
}
