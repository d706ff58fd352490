package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const asvsFile = "../../.github/ASVS.md"

var (
	// requirementLine is a line of the table: number, level, what it asks, proof.
	requirementLine = regexp.MustCompile(`^\| ([0-9]+)\.([0-9]+)\.([0-9]+) \| [123] \| [^|]+ \| ([^|]+) \|$`)
	requirementSum  = regexp.MustCompile(`^Of the [0-9]+ requirements that apply, .*$`)
	// namesTest is a test, or with an id after a slash its rows.
	namesTest = regexp.MustCompile(`^((?:Test|Fuzz)\w*)(?:/([A-Z]{2,4}-[0-9]{2}))?$`)
	// namesFile is a file of this repository, by its path.
	namesFile = regexp.MustCompile(`^[\w.@-]+(?:/[\w.@-]+)*$`)
	quoted    = regexp.MustCompile("`([^`]+)`")
)

// What each requirement is said to be proved by exists, and the sum is right.
func TestEveryRequirementHasItsProof(t *testing.T) {
	t.Parallel()
	lines := linesOf(t, asvsFile)
	families := map[string]bool{}
	for _, line := range linesOf(t, attacksFile) {
		if parts := attackLine.FindStringSubmatch(line); parts != nil {
			families[family(parts[1])] = true
		}
	}
	known := readTests(t, families)
	const byTest, byFile, notYet = "a test", "a file", "not yet"
	counts, last, sum := map[string]int{}, 0, -1
	for i, line := range lines {
		if requirementSum.MatchString(line) {
			sum = i
		}
		parts := requirementLine.FindStringSubmatch(line)
		if parts == nil {
			if strings.HasPrefix(line, "| ") && !strings.HasPrefix(line, "| requirement |") {
				t.Errorf("%s:%d: this is not written | 1.2.3 | level 1 to 3 | what it asks | proof |", asvsFile, i+1)
			}
			continue
		}
		at := 0
		for _, part := range parts[1:4] {
			var n int
			fmt.Sscan(part, &n) //nolint:errcheck // digits, as the pattern says
			at = 100*at + n
		}
		if at <= last {
			t.Errorf("%s:%d: the requirement stands twice, or after a later one", asvsFile, i+1)
		}
		last = at
		kind := ""
		for _, name := range quoted.FindAllStringSubmatch(parts[4], -1) {
			test := namesTest.FindStringSubmatch(name[1])
			switch {
			case test != nil:
				kind = byTest
				if !known.named[test[1]] || test[2] != "" && !strings.Contains(known.bearing(test[2]), test[1]+"/"+test[2]) {
					t.Errorf("%s:%d: there is no test %s: name the one that proves it now, or write not yet and what is missing", asvsFile, i+1, name[1])
				}
			case strings.ContainsAny(name[1], "./") && namesFile.MatchString(name[1]) || name[1] == "Makefile":
				if kind == "" {
					kind = byFile
				}
				if _, err := os.Stat(filepath.Join("../..", name[1])); err != nil {
					t.Errorf("%s:%d: there is no file %s: name the one that shows it now, or write not yet and what is missing", asvsFile, i+1, name[1])
				}
			}
		}
		if strings.HasPrefix(parts[4], notYet) {
			kind = notYet
			if !strings.HasPrefix(parts[4], notYet+": ") {
				t.Errorf("%s:%d: write what is missing, as not yet: there is none", asvsFile, i+1)
			}
		}
		if kind == "" {
			t.Errorf("%s:%d: name a test or a file between backquotes, or write not yet and what is missing", asvsFile, i+1)
		}
		counts[kind]++
	}
	want := fmt.Sprintf("Of the %d requirements that apply, %d are proved by a test, %d by a file and %d not yet.",
		counts[byTest]+counts[byFile]+counts[notYet], counts[byTest], counts[byFile], counts[notYet])
	switch {
	case sum < 0:
		t.Errorf("%s lacks the line: %s", asvsFile, want)
	case lines[sum] == want:
	case *update:
		lines[sum] = want
		writeLines(t, asvsFile, lines)
	default:
		t.Errorf("%s:%d: write\n%s\nor run go test ./cmd/gatehouse -run TestEveryRequirementHasItsProof -update", asvsFile, sum+1, want)
	}
}
