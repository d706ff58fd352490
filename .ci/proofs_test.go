package ci

import (
	"database/sql"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gatehouse/store"
	"gatehouse/store/storetest"
)

var proofs = flag.String("proofs", "", "file to write what must not change unseen to")

// What must not change unseen: .ci/proofs writes it out, to be compared with that of
// another commit.
func TestProofs(t *testing.T) {
	t.Parallel()
	p := program{t, builds(t, false), nil}
	var all strings.Builder
	for _, section := range []struct {
		name  string
		least int
		lines []string
	}{
		{"SQL", 100, statements(t)},
		{"columns and indexes of SQLite", 80, schema(t, storetest.SQLite, sqliteSchema)},
		{"columns and indexes of PostgreSQL", 80, schema(t, storetest.PostgreSQL, postgresSchema)},
		{"queries of routes", 60, queries(t)},
		{"events", 20, store.EventNames},
		{"letters", 12, store.LetterKinds},
		{"metrics", 10, metrics(p)},
		{"help", 200, helps(p)},
	} {
		if len(section.lines) < section.least {
			t.Errorf("%s: %d lines, so this test looks in the wrong place", section.name, len(section.lines))
		}
		fmt.Fprintf(&all, "## %s\n%s\n", section.name, strings.Join(section.lines, "\n"))
	}
	if *proofs == "" {
		return
	}
	if err := os.WriteFile(*proofs, []byte(all.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// statements are all texts of SQL, sorted.
func statements(t *testing.T) (lines []string) {
	for _, folder := range []string{"../store", "../store/sqlite", "../store/postgres"} {
		for _, s := range storetest.Statements(t, folder) {
			if !strings.HasSuffix(s.File, "_test.go") {
				lines = append(lines, strings.Join(strings.Fields(s.Text), " "))
			}
		}
	}
	slices.Sort(lines)
	return lines
}

const (
	sqliteSchema = `SELECT m.name || '.' || c.name || ' ' || c.type || ' ' || c."notnull" || ' ' || coalesce(c.dflt_value, '') || ' ' || c.pk
		FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'
		UNION ALL SELECT coalesce(sql, name || ' on ' || tbl_name) FROM sqlite_master WHERE type <> 'table' ORDER BY 1`

	postgresSchema = `SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable || ' ' || coalesce(column_default, '') || ' ' || coalesce(collation_name, '')
		FROM information_schema.columns WHERE table_schema = current_schema()
		UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = current_schema()
		UNION ALL SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = current_schema()::regnamespace
		UNION ALL SELECT pg_get_triggerdef(g.oid) FROM pg_trigger g JOIN pg_class c ON c.oid = tgrelid WHERE relnamespace = current_schema()::regnamespace AND NOT tgisinternal ORDER BY 1`
)

// schemaOfTest is what storetest puts before the names of tables.
var schemaOfTest = regexp.MustCompile(`\bt\d+_\d+\.`)

func schema(t *testing.T, d storetest.Database, query string) (lines []string) {
	t.Helper()
	rows, err := d.Migrated(t).Accounts().Write.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var line sql.NullString
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, schemaOfTest.ReplaceAllString(strings.Join(strings.Fields(line.String), " "), ""))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return lines
}

// queries are the lines of the table that TestQueriesOfEveryRoute goes by.
func queries(t *testing.T) (lines []string) {
	t.Helper()
	text, err := os.ReadFile("../handlers/examples_test.go")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "var examples = []example{\n")
	table, _, _ = strings.Cut(table, "\n}\n")
	for line := range strings.Lines(table) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// metrics are the names of those of our own, with their types.
func metrics(p program) (lines []string) {
	p.t.Helper()
	site := program{p.t, p.path, []string{"--database", storetest.SQLite.New(p.t)}}.serve("--metrics-listen", "127.0.0.1:0")
	address := regexp.MustCompile(`metrics are at (http://\S+)`)
	eventually(p.t, "the line that says where metrics are", func() bool { return address.MatchString(site.out.String()) })
	newBrowser(p.t, localhost, site.address).get("/") // some appear once there is something to count
	answer, err := http.Get(address.FindStringSubmatch(site.out.String())[1])
	if err != nil {
		p.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if name, ok := strings.CutPrefix(line, "# TYPE gatehouse_"); ok {
			lines = append(lines, strings.TrimSpace(name))
		}
	}
	return lines
}

// helps are what the program and each of its commands say of themselves.
func helps(p program) (lines []string) {
	p.t.Helper()
	help := func(command string) string {
		out, err := p.command(append(strings.Fields(command), "--help")...).CombinedOutput()
		if err != nil {
			p.t.Fatalf("gatehouse %s --help: %v\n%s", command, err, out)
		}
		return string(out)
	}
	whole := help("")
	lines = strings.Split(whole, "\n")
	_, commands, _ := strings.Cut(whole, "\nCommands:\n")
	for _, found := range regexp.MustCompile(`(?m)^  (\w+(?: \w+)?)(?: *$|  )`).FindAllStringSubmatch(commands, -1) {
		lines = append(lines, strings.Split(help(found[1]), "\n")...)
	}
	return lines
}
