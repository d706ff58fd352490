package main

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const attacksFile = "../../.github/ATTACKS.md"

// attackLine is a line of the catalogue: id, what is tried, the tests that bear the id.
var attackLine = regexp.MustCompile(`^\| ([A-Z]{2,4}-[0-9]{2}) \| ([^|]+) \| (?:([^|]+) )?\|$`)

// What is tried on the site is written by hand, where it is proved is read from
// the tests.
func TestEveryAttackIsInTheCatalogue(t *testing.T) {
	t.Parallel()
	const put = "go test ./cmd/gatehouse -run TestEveryAttackIsInTheCatalogue -update"
	lines := linesOf(t, attacksFile)
	at, families := map[string]int{}, map[string]bool{}
	for i, line := range lines {
		if parts := attackLine.FindStringSubmatch(line); parts != nil {
			if other, twice := at[parts[1]]; twice {
				t.Errorf("%s:%d: %s stands in line %d already", attacksFile, i+1, parts[1], other+1)
			}
			at[parts[1]] = i
			families[family(parts[1])] = true
		} else if strings.HasPrefix(line, "| ") && !strings.HasPrefix(line, "| id |") {
			t.Errorf("%s:%d: this is not written | REG-01 | what is tried | tests |", attacksFile, i+1)
		}
	}
	if len(at) == 0 {
		t.Fatalf("%s has no lines", attacksFile)
	}
	tests := readTests(t, families)
	for _, id := range tests.ids() {
		if _, known := at[id]; !known {
			t.Errorf("%s bears %s, which has no line in %s: add | %[2]s | what is tried | | to its table, then run %[4]s", tests.bearing(id), id, attacksFile, put)
		}
	}
	changed := false
	for id, i := range at {
		parts, want := attackLine.FindStringSubmatch(lines[i]), tests.bearing(id)
		switch {
		case want == "":
			t.Errorf("%s:%d: no test bears %s: give the test that proves it this id, in its name, in the name of a row or in a comment, or delete the line", attacksFile, i+1, id)
		case parts[3] == want:
		case *update:
			lines[i] = fmt.Sprintf("| %s | %s | %s |", id, parts[2], want)
			changed = true
		default:
			t.Errorf("%s:%d: %s is proved by %s, the line says %s; run %s", attacksFile, i+1, id, want, parts[3], put)
		}
	}
	if changed {
		writeLines(t, attacksFile, lines)
	}
}

func TestIdsOfTestsAreRead(t *testing.T) {
	t.Parallel()
	tests := newTests(map[string]bool{"REG": true, "LOG": true})
	err := tests.read("handlers", "x_test.go", `package handlers

// LOG-02: what it is about, and UTF-16.
func TestREG04CSRF01NothingElse(t *testing.T) { helper("SES-01 of no known family") }

func TestRows(t *testing.T) {
	for _, name := range []string{"REG-09 a row", "no id"} {
		t.Run(name, func(t *testing.T) { t.Error("LOG-10 a message") })
	}
	contract(t, []promise{{"REG-11 a promise", nil}})
}

func TestLoop(t *testing.T) { _ = []string{"REG-12 not run by itself"} }

func helper(string) { _ = "REG-13" } // nobody's

func (f foo) TestREG14() {}
`)
	if want := "x_test.go:15: REG-13 stands outside of a test"; err == nil || err.Error() != want {
		t.Errorf("reading says %v, want %s", err, want)
	}
	for id, want := range map[string]string{
		"REG-04": "handlers `TestREG04CSRF01NothingElse`", "CSRF-01": "handlers `TestREG04CSRF01NothingElse`", "LOG-02": "handlers `TestREG04CSRF01NothingElse`",
		"REG-09": "handlers `TestRows/REG-09`", "LOG-10": "handlers `TestRows`", "REG-11": "handlers `TestRows/REG-11`", "REG-12": "handlers `TestLoop`",
		"REG-13": "", "REG-14": "", "SES-01": "",
	} {
		if got := tests.bearing(id); got != want {
			t.Errorf("%s is borne by %q, want %q", id, got, want)
		}
	}
	if got, want := tests.ids(), []string{"CSRF-01", "LOG-02", "LOG-10", "REG-04", "REG-09", "REG-11", "REG-12"}; !slices.Equal(got, want) {
		t.Errorf("the ids are %q, want %q", got, want)
	}
	if !tests.named["TestRows"] || tests.named["helper"] || tests.named["TestREG14"] {
		t.Errorf("the tests are %v", tests.named)
	}
}

// linesOf reads a document of this repository.
func linesOf(t *testing.T, file string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(string(text), "\n")
}

func writeLines(t *testing.T, file string, lines []string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o644); err != nil {
		t.Fatal(err)
	}
}
