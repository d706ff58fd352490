package store

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var (
	parameter = regexp.MustCompile(`\$[0-9]+`)
	sqlText   = regexp.MustCompile(`(?i)^\s*(SELECT|INSERT|UPDATE|DELETE|CREATE|WITH)\b`)
	// dialect are words that one database knows and the other does not.
	dialect = regexp.MustCompile(`(?i)\b(REPLACE INTO|OR IGNORE|OR REPLACE|strftime|julianday|datetime\(|now\(\)|ILIKE|ARRAY\[|::[a-z]+|rowid|AUTOINCREMENT|NOCASE)`)
)

// mattn binds parameters by their first appearance, not by their number, so
// they must appear in order.
func TestSQLIsPortable(t *testing.T) {
	t.Parallel()
	checked := 0
	for _, pattern := range []string{"*.go", "*/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			for _, text := range literals(t, file) {
				checked++
				if !inOrder(parameter.FindAllString(text, -1)) {
					t.Errorf("%s: parameters out of order in %q", file, text)
				}
				if word := dialect.FindString(text); word != "" && !strings.Contains(file, "/") {
					t.Errorf("%s: %q belongs to one database, in %q", file, word, text)
				}
			}
		}
	}
	if checked < 10 {
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

func TestSQLOrderIsNoticed(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{"$1 $2 $1 $3": true, "$2 $1": false, "$1 $3": false, "": true} {
		if got := inOrder(strings.Fields(text)); got != want {
			t.Errorf("inOrder(%s) = %v, want %v", text, got, want)
		}
	}
}

// literals returns the SQL texts of a file, joined where they are sums.
func literals(t *testing.T, path string) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	var inner []ast.Node
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BinaryExpr:
			texts, inner = append(texts, join(n)), append(inner, n.X, n.Y)
		case *ast.BasicLit:
			texts = append(texts, join(n))
		}
		return !slices.Contains(inner, n)
	})
	return slices.DeleteFunc(texts, func(text string) bool { return !sqlText.MatchString(text) })
}

func join(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BinaryExpr:
		return join(e.X) + join(e.Y)
	case *ast.BasicLit:
		text, _ := strconv.Unquote(e.Value)
		return text
	}
	return ""
}
