package storetest_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	. "gatehouse/store/storetest"
)

// excused are the statements that scan or sort, and why it is little.
var excused = map[string]string{
	"scan selectVersions":       "one row for each migration, read when the program starts",
	"sort selectSignIns":        "a person has at most SignInsMax sign-ins",
	"sort deleteSurplusSignIns": "and one more when the oldest is to go",
	"scan countWaitingLetters":  "an index of the letters that wait, counted once a minute for the metrics",
	"scan countAccounts":        "an entry of an index for each account, once a minute for the overview",
	"sort countEventsByName":    "the names of events, which are few, once a minute for the overview",
	"scan selectJobs":           "a row for each job of the product, which are few",
	"scan selectOldestLetter":   "the first of the same index",
	"sort selectDevices":        "a person has at most SignInsMax known devices",
	"sort deleteSurplusDevices": "and one more when the oldest is to go",
}

// whole are statements that read all of something, and why that is what they are for. A site does so
// while it is put back, or moved, and nobody waits.
var whole = map[string]string{
	"endAllSignIns": "everybody signs in anew after a restore", "endAllSessions": "the same", "voidTokens": "no link of before is good after it",
	"voidPending": "nor a registration that waits", "voidChallenges": "nor a passkey that is being asked for", "endAllTrust": "nor a trusted browser",
	"giveUpLetters": "nor a letter", "selectNewestEvent": "the first of an index", "selectNewestDeed": "the same",
	"skipSequences": "a row for each table", "selectIdentities": "the same", "skipSequence": "one sequence",
	"checkForeignKeys": "a backup is checked as a whole", "countUserTables": "a row for each table and index", "countUsers": "what a backup says of itself",
	"countMigrations": "a row for each table", "copyTables": "a copy reads all there is", "copyColumns": "the same", "copyReferences": "the same", "copyCount": "the same",
	"copyRows": "the same", "copyFill": "the same", "copyLastID": "the same", "copyForgetID": "the same", "copySetLastID": "the same",
	"copySequence": "the same", "copyOthers": "who is connected", "copyPatient": "asks no table", "copyAlone": "asks no table either",
	"selectOtherDomain": "doctor looks at all passkeys",
}

// planner finds in the plan of a statement what gets slower with the size of a
// table: a scan of all of it or of a whole index, and sorting. A plan without
// either finds its rows by the leading column of an index, in the order of it.
type planner func(t *testing.T, s Statement) (found []string)

// Every statement is planned on an empty database, for any arguments.
func TestEveryQueryUsesAnIndex(t *testing.T) {
	onEach(t, func(t *testing.T, d Database) {
		conn, err := d.Migrated(t).Accounts().Write.Conn(t.Context())
		must(t, err)
		defer conn.Close()
		plan := onSQLite(conn)
		if d.Name == PostgreSQL.Name {
			plan = onPostgreSQL(t, conn)
		}
		planned, needed := 0, map[string]bool{}
		for _, s := range slices.Concat(Statements(t, ".."), Statements(t, "../"+d.Name)) {
			if strings.HasSuffix(s.File, "_test.go") || s.Name == "createMigrations" || whole[s.Name] != "" { // createMigrations makes a table
				continue
			}
			if s.Built {
				t.Errorf("%s: put together when it runs, so its plan is not known: %s", s.File, s.Text)
				continue
			}
			planned++
			for _, found := range plan(t, s) {
				kind, _, _ := strings.Cut(found, " ")
				excuse := kind + " " + s.Name
				if needed[excuse] = true; excused[excuse] == "" {
					t.Errorf("%s: %s\n%s", s.File, found, s.Text)
				}
			}
		}
		for excuse := range excused {
			if !needed[excuse] {
				t.Errorf("%q is excused in vain", excuse)
			}
		}
		if planned < 90 {
			t.Errorf("planned %d statements, so this test looks in the wrong place", planned)
		}
	})
}

// onSQLite asks SQLite, whose plans depend on the schema alone as long as
// nobody runs ANALYZE.
func onSQLite(conn *sql.Conn) planner {
	return func(t *testing.T, s Statement) (found []string) {
		t.Helper()
		made := map[string]bool{} // by a subquery, whose own lines come before it is read
		for _, line := range lastColumn(t, conn, `EXPLAIN QUERY PLAN `+s.Text, make([]any, count(s))...) {
			word, what, _ := strings.Cut(line, " ")
			// SQLite searches without an index for the largest, and may make one for
			// a single statement.
			indexed := strings.Contains(line, " USING ") && !strings.Contains(line, " AUTOMATIC ")
			switch {
			case word == "MATERIALIZE", word == "CO-ROUTINE":
				made[what] = true
			case word == "SCAN" && made[what]:
				made[what] = false
			case word == "SEARCH" && indexed, line == "SCAN CONSTANT ROW":
			case word == "SEARCH", word == "SCAN":
				found = append(found, "scan "+line)
			case strings.Contains(line, "TEMP B-TREE"):
				found = append(found, "sort "+line)
			}
		}
		return found
	}
}

// step is one of a plan of PostgreSQL.
type step struct {
	Type  string `json:"Node Type"`
	Table string `json:"Relation Name"`
	Index string `json:"Index Name"`
	Cond  string `json:"Index Cond"`
	Plans []step
}

// onPostgreSQL asks PostgreSQL, whose plans depend on what there is: it reads
// small tables whole. It is told to do so only for want of an index, and to count
// rows alone, as if there were many.
func onPostgreSQL(t *testing.T, conn *sql.Conn) planner {
	t.Helper()
	for _, setting := range []string{`enable_seqscan = off`, `seq_page_cost = 0`, `random_page_cost = 0`, `plan_cache_mode = force_generic_plan`} {
		_, err := conn.ExecContext(t.Context(), `SET `+setting)
		must(t, err)
	}
	leading := map[string]string{}
	for _, line := range lastColumn(t, conn, `SELECT relname || ' ' || pg_get_indexdef(indexrelid, 1, true) FROM pg_index
		JOIN pg_class ON pg_class.oid = indexrelid WHERE relnamespace = current_schema()::regnamespace`) {
		index, column, _ := strings.Cut(line, " ")
		leading[index] = column
	}
	var search func(s step) []string
	search = func(s step) (found []string) {
		switch s.Type {
		case "ModifyTable", "Bitmap Heap Scan": // of what the steps below found
		case "Sort", "Incremental Sort":
			found = append(found, "sort of PostgreSQL")
		case "Index Scan", "Index Only Scan", "Bitmap Index Scan":
			if !strings.Contains(s.Cond, "("+leading[s.Index]+" ") {
				found = append(found, fmt.Sprintf("scan of the index %s by %q", s.Index, s.Cond))
			}
		default:
			if s.Table != "" {
				found = append(found, "scan of "+s.Table)
			}
		}
		for _, below := range s.Plans {
			found = append(found, search(below)...)
		}
		return found
	}
	return func(t *testing.T, s Statement) []string {
		t.Helper()
		for _, text := range []string{`DEALLOCATE ALL`, `PREPARE planned AS ` + s.Text} {
			if _, err := conn.ExecContext(t.Context(), text, pgx.QueryExecModeSimpleProtocol); err != nil {
				t.Fatalf("%s: %v", text, err)
			}
		}
		execute := `EXECUTE planned`
		if n := count(s); n > 0 {
			execute += `(NULL` + strings.Repeat(`, NULL`, n-1) + `)`
		}
		var plans []struct{ Plan step }
		text := strings.Join(lastColumn(t, conn, `EXPLAIN (FORMAT JSON) `+execute, pgx.QueryExecModeSimpleProtocol), "")
		must(t, json.Unmarshal([]byte(text), &plans))
		return search(plans[0].Plan)
	}
}

// lastColumn is the last column of what a query returns.
func lastColumn(t *testing.T, conn *sql.Conn, query string, args ...any) (list []string) {
	t.Helper()
	rows, err := conn.QueryContext(t.Context(), query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	must(t, err)
	for rows.Next() {
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new(string)
		}
		must(t, rows.Scan(values...))
		list = append(list, *values[len(values)-1].(*string))
	}
	must(t, rows.Err())
	return list
}

// count says how many parameters a statement has.
func count(s Statement) int {
	list := s.Parameters()
	slices.Sort(list)
	return len(slices.Compact(list))
}
