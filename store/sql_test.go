package store_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"gatehouse/store/storetest"
)

// dialect are words that one database knows and the other does not.
var dialect = regexp.MustCompile(`(?i)\b(REPLACE INTO|OR IGNORE|OR REPLACE|strftime|julianday|datetime\(|now\(\)|ILIKE|ARRAY\[|::[a-z]+|rowid|AUTOINCREMENT|NOCASE)`)

// mattn binds parameters by their first appearance, not by their number, so
// they must appear in order.
func TestSQLIsPortable(t *testing.T) {
	t.Parallel()
	checked := 0
	for _, folder := range []string{".", "sqlite", "postgres", "storetest"} {
		for _, s := range storetest.Statements(t, folder) {
			checked++
			if !inOrder(s.Parameters()) {
				t.Errorf("%s: parameters out of order in %q", s.File, s.Text)
			}
			if word := dialect.FindString(s.Text); word != "" && filepath.Dir(s.File) == "." {
				t.Errorf("%s: %q belongs to one database, in %q", s.File, word, s.Text)
			}
		}
	}
	if checked < 100 {
		t.Errorf("found %d statements, so this test looks in the wrong place", checked)
	}
}

// inOrder says whether each parameter is one that was seen or the next one.
func inOrder(parameters []string) bool {
	seen := 0
	for _, p := range parameters {
		n, err := strconv.Atoi(p[1:])
		if err != nil || n > seen+1 {
			return false
		}
		seen = max(seen, n)
	}
	return true
}

// What is written passes through Exec or a transaction, which ask whether it reaches
// the file that the next start opens, and do it again where another transaction was
// in the way.
func TestNothingIsWrittenPastATransaction(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) < 40 {
		t.Fatalf("found %d files, %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if past := pastExec.FindString(string(text)); past != "" && file != "database.go" && !strings.HasSuffix(file, "_test.go") {
			t.Errorf("%s writes by %s", file, past)
		}
	}
}

// pastExec is a change that is made on a pool itself.
var pastExec = regexp.MustCompile(`(Write|Read|Probe)\.(Exec|BeginTx|Begin)\w*\(`)

func TestSQLOrderIsNoticed(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{"$1 $2 $1 $3": true, "$2 $1": false, "$1 $3": false, "": true} {
		if got := inOrder(strings.Fields(text)); got != want {
			t.Errorf("inOrder(%s) = %v, want %v", text, got, want)
		}
	}
}
