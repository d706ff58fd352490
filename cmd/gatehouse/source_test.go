package main

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// recordsOf are the records of a file, as one text.
func recordsOf(t *testing.T, name, text, kind string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := openSource(path, kind, "")
	if err != nil {
		return err.Error()
	}
	var b strings.Builder
	columns, err := s.columns(t.Context())
	if err != nil {
		return strings.ReplaceAll(err.Error(), path, name)
	}
	b.WriteString(strings.Join(columns, "|"))
	for r, err := range s.records(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		b.WriteString("\n" + string(rune('0'+r.line)) + ":" + strings.Join(r.cells, "|") + r.bad)
	}
	return b.String()
}

// IMP-05: files as programs write them, and as they should not.
func TestIMP05Files(t *testing.T) {
	t.Parallel()
	big := strings.Repeat("x", 1<<20)
	for name, c := range map[string]struct{ text, want string }{
		"plain.csv":        {"a,b\n1,2\n", "a|b\n2:1|2"},
		"windows.csv":      {"\ufeffa,b\r\n1,\"2\r\n3\"\r\n4,5", "a|b\n2:1|2\n3\n4:4|5"},
		"quotes.csv":       {"a,b\n\"x \"\"y\"\"\",\n", "a|b\n2:x \"y\"|"},
		"guarded.csv":      {"a,b\n'=1+1,'quoted'\n", "a|b\n2:=1+1|'quoted'"},
		"missing.csv":      {"a,b\n1\n2,3,4\n5,6\n", "a|b\n2:|the line has 1 cells and the first line 2\n3:|the line has 3 cells and the first line 2\n4:5|6"},
		"latin1.csv":       {"a,b\n\xe9,2\n3,4\n", "a|b\n2:|the line is not UTF-8\n3:3|4"},
		"bare.csv":         {"a,b\n1,2\"\n3,4\n", "a|b\n2:|the line has a quote where none may be\n3:3|4"},
		"huge.csv":         {"a,b\n" + big + ",2\n3,4\n", "a|b\n2:|a cell has more than 65536 bytes\n3:3|4"},
		"header.csv":       {"a,b\n", "a|b"},
		"header-alone.csv": {"a,b", "a|b"},
		"latin1-head.csv":  {"a,\xe9\n", "the first line of latin1-head.csv is not UTF-8"},
		"one.jsonl":        {`{"a":"x"}` + "\n\n" + `{"a":1.5}` + "\r\n" + `{"a":null}`, "a\n1:x\n3:1.5\n4:"},
		"bools.jsonl":      {`{"a":true}` + "\n" + `{"a":[1]}` + "\n" + `{"a":"é"}`, "a\n1:true\n2:\n3:é"},
		"broken.jsonl":     {`{"a":1}` + "\n" + `{"a":` + "\n[1]\n\xff\n" + `{"a":"` + big + `"}` + "\n" + `{"a":2} {"a":3}` + "\n" + `{"a":4}`, "a\n1:1\n2:the line is no JSON object\n3:the line is no JSON object\n4:the line is not UTF-8\n5:the line has more than 1048576 bytes\n6:the line is no JSON object\n7:4"},
		"marked.jsonl":     {"\ufeff" + `{"a":"x"}`, "a\n1:x"},
	} {
		if got := recordsOf(t, name, c.text, ""); got != c.want {
			t.Errorf("%s: %.300q\nwant %.300q", name, got, c.want)
		}
	}
	for _, c := range []struct{ text, kind, want string }{
		{"", "", "is empty"}, {"a,b\n", "flask", "is no file for --from flask"}, {sqliteMagic, "csv", "is no file for --from csv"},
	} {
		if got := recordsOf(t, "file", c.text, c.kind); !strings.Contains(got, c.want) {
			t.Errorf("%q as %s: %s", c.text, c.kind, got)
		}
	}
	if _, err := openSource(filepath.Join(t.TempDir(), "none"), "", ""); err == nil || !strings.Contains(err.Error(), "there is no file") {
		t.Errorf("%v", err)
	}
	if _, err := openSource(t.TempDir(), "", ""); err == nil {
		t.Error("a folder is read")
	}
}

// Tables of other programs, by whatever name.
func TestIMP05Tables(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "app.db")
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`CREATE TABLE "we""ird; DROP" (a, b); INSERT INTO "we""ird; DROP" VALUES (x'6869', NULL), (1.5, 7)`); err != nil {
		t.Fatal(err)
	}
	ask := func(table string) (rows []string, err error) {
		s, err := openSource(path, "", table)
		if err != nil {
			t.Fatal(err)
		}
		for r, err := range s.records(t.Context()) {
			if err != nil {
				return nil, err
			}
			rows = append(rows, strings.Join(r.cells, "|"))
		}
		return rows, nil
	}
	if rows, err := ask(`WE"IRD; drop`); err != nil || strings.Join(rows, " ") != "hi| 1.5|7" {
		t.Errorf("%v, %v", rows, err)
	}
	for table, want := range map[string]string{"": "name its table with --table", "nobody": "there is no table nobody"} {
		if _, err := ask(table); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", table, err)
		}
	}
	if err := os.WriteFile(path, []byte(sqliteMagic+strings.Repeat("x", 4096)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ask("Users"); err == nil {
		t.Error("a broken file is read")
	}
}

func TestColumnsAreFoundByTheirNames(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		columns, named, want string
	}{
		{"user,password,email", "", "0 user"},
		{"Full Name,E-Mail,encrypted_password,emailVerified", "", ""},
		{"login,mail,pw", "password_hash=pw", ""},
		{"a,b", "", "no column is for the email address"},
		{"a,email", "username=c", `there is no column "c"`},
		{"a,email", "nothing=a", `--map names no field "nothing"`},
	} {
		named := map[string]string{}
		if k, v, has := strings.Cut(c.named, "="); has {
			named[k] = v
		}
		m, err := mapColumns(strings.Split(c.columns, ","), named)
		if wrong := strings.Contains(c.want, " ") && !strings.HasPrefix(c.want, "0"); wrong != (err != nil) || wrong && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, %v", c.columns, m, err)
		}
	}
	m, err := mapColumns(strings.Split("fullName,E-Mail,encrypted_password,emailVerified,is_active", ","), nil)
	if err != nil || len(m) != 5 {
		t.Errorf("%v, %v", m, err)
	}
	row := m.row(record{line: 2, cells: []string{" Ada ", "ada@example.com", "x", "true", "0"}}, time.Unix(1e9, 0).UTC())
	if row.Name != "Ada" || row.Username != "ada" || row.VerifiedAt.IsZero() || row.DisabledAt.IsZero() {
		t.Errorf("%+v", row)
	}
	if row := m.row(record{line: 2, cells: []string{"", "", "", "maybe", ""}}, time.Now()); !strings.Contains(row.Bad, "confirmed") {
		t.Errorf("%+v", row)
	}
}

func FuzzCSV(f *testing.F) {
	f.Add("a,b\n1,\"2\r\n3\"\n")
	f.Add("\ufeffa\n'=1\n")
	f.Fuzz(func(t *testing.T, text string) { reads(t, "file.csv", text, fromCSV) })
}

func FuzzJSONL(f *testing.F) {
	f.Add(`{"a":1}` + "\n" + `{"a":`)
	f.Fuzz(func(t *testing.T, text string) { reads(t, "file.jsonl", text, fromJSONL) })
}

func FuzzSQLite(f *testing.F) {
	folder := f.TempDir()
	db, err := sql.Open("sqlite3", filepath.Join(folder, "app.db"))
	if err != nil {
		f.Fatal(err)
	}
	if _, err := db.Exec(`CREATE TABLE Users (user, email); INSERT INTO Users VALUES ('ada', x'00')`); err != nil {
		f.Fatal(err)
	}
	db.Close()
	text, err := os.ReadFile(filepath.Join(folder, "app.db"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(text))
	f.Fuzz(func(t *testing.T, text string) { reads(t, "app.db", sqliteMagic+text, fromSQLite) })
}

// reads requires that a file is read twice alike, and each record has a cell for each column.
func reads(t *testing.T, name, text, kind string) {
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := openSource(path, kind, "")
	if err != nil {
		return
	}
	columns, err := s.columns(t.Context())
	if err != nil {
		return
	}
	count := func() (n int) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		for r, err := range s.records(ctx) {
			if err != nil {
				break
			}
			if n++; len(r.cells) != len(columns) {
				t.Fatalf("line %d has %d cells, and there are %d columns", r.line, len(r.cells), len(columns))
			}
		}
		return n
	}
	if first, again := count(), count(); first != again {
		t.Fatalf("%d records, and then %d", first, again)
	}
}
