package ci

import (
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// tables are those of the release, parents first, but for what it locks alone.
var tables = []string{
	"users", "signins", "sessions", "devices", "events", "throttles", "reserved_usernames", "tokens", "pending", "letters",
}

// dump is everything in the database as statements that write it anew.
func (f *fixture) dump() string {
	f.t.Helper()
	f.lastForever()
	var all strings.Builder
	for _, table := range tables {
		all.WriteString(f.dumpTable(table))
	}
	return all.String()
}

func (f *fixture) dumpTable(table string) string {
	f.t.Helper()
	rows, err := f.db.Query(`SELECT * FROM ` + table + ` WHERE 1 = 0`)
	if err != nil {
		f.t.Fatal(err)
	}
	columns, err := rows.Columns()
	rows.Close()
	if err != nil {
		f.t.Fatal(err)
	}
	literals, overriding := make([]string, len(columns)), ""
	for i, column := range columns {
		literals[i] = "quote(" + column + ")"
		if f.dialect == "postgres" {
			literals[i] = "quote_nullable(" + column + "::text)"
			overriding = " OVERRIDING SYSTEM VALUE"
		}
	}
	rows, err = f.db.Query(`SELECT '(' || ` + strings.Join(literals, ` || ', ' || `) + ` || ')' FROM ` + table + ` ORDER BY ` + columns[0])
	if err != nil {
		f.t.Fatal(err)
	}
	defer rows.Close()
	var lines []string
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			f.t.Fatal(err)
		}
		lines = append(lines, line)
	}
	if err := rows.Err(); err != nil {
		f.t.Fatal(err)
	}
	if len(lines) == 0 {
		return ""
	}
	return "INSERT INTO " + table + " (" + strings.Join(columns, ", ") + ")" + overriding + " VALUES\n" + strings.Join(lines, ",\n") + ";\n"
}

// lastForever lets sessions end in the year 2100: scs asks the calendar, whatever the
// clock of a test says.
func (f *fixture) lastForever() {
	f.t.Helper()
	end := time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
	rows, err := f.db.Query(`SELECT token, data FROM sessions`)
	if err != nil {
		f.t.Fatal(err)
	}
	sessions := map[string][]byte{}
	for rows.Next() {
		var token string
		var data []byte
		if err := rows.Scan(&token, &data); err != nil {
			f.t.Fatal(err)
		}
		_, n := binary.Varint(data)
		sessions[token] = append(binary.AppendVarint(nil, end.UnixMicro()), data[n:]...)
	}
	if err := rows.Close(); err != nil {
		f.t.Fatal(err)
	}
	expiry := `julianday('2100-01-01')`
	if f.dialect == "postgres" {
		expiry = `TIMESTAMPTZ '2100-01-01 00:00:00+00'`
	}
	for token, data := range sessions {
		f.exec(`UPDATE sessions SET expiry = `+expiry+`, data = $1 WHERE token = $2`, data, token)
	}
}

// write leaves the fixture where the tests of handlers look for it.
func (f *fixture) write(statements string) {
	f.t.Helper()
	type left struct {
		Moment   time.Time
		Browsers map[string]map[string]string
	}
	// All letters are due by then, and nothing has expired yet.
	l := left{time.Now().UTC().Truncate(time.Second).Add(6 * time.Minute), map[string]map[string]string{}}
	for name, b := range f.browsers {
		for _, cookie := range b.client.Jar.Cookies(b.base) {
			if l.Browsers[name] == nil {
				l.Browsers[name] = map[string]string{}
			}
			l.Browsers[name][cookie.Name] = cookie.Value
		}
	}
	cookies, err := json.MarshalIndent(l, "", "\t")
	if err != nil {
		f.t.Fatal(err)
	}
	folder := "../handlers/testdata/release"
	if err := os.MkdirAll(folder, 0o755); err != nil {
		f.t.Fatal(err)
	}
	for name, text := range map[string][]byte{f.dialect + ".sql": []byte(statements), f.dialect + ".json": append(cookies, '\n')} {
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o644); err != nil {
			f.t.Fatal(err)
		}
	}
}
