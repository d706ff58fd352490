package components

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// sources are the files of a folder of the tree that end in one of these, but for tests.
func sources(t *testing.T, folder string, endings ...string) []string {
	t.Helper()
	var files []string
	for _, ending := range endings {
		found, err := filepath.Glob(filepath.Join("..", folder, "*"+ending))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, slices.DeleteFunc(found, func(file string) bool { return strings.HasSuffix(file, "_test.go") })...)
	}
	if len(files) < 10 {
		t.Fatalf("%d files in %s, so this test shows little", len(files), folder)
	}
	return files
}

// Times that are written in one place can one day be written in people's own zones.
func TestTimesAreWrittenInOnePlace(t *testing.T) {
	t.Parallel()
	format := regexp.MustCompile(`\.(Append)?Format\(`)
	for _, folder := range []string{"components", "handlers"} {
		for _, file := range sources(t, folder, ".go", ".templ") {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if format.Match(text) && filepath.Base(file) != "time.go" {
				t.Errorf("%s formats a time: use at, moment or day", file)
			}
		}
	}
}

// A sentence that is put together from pieces cannot be translated: its order is that of English.
func TestSentencesAreWhole(t *testing.T) {
	t.Parallel()
	for _, file := range sources(t, "components", ".go") {
		files := token.NewFileSet()
		tree, err := parser.ParseFile(files, file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			if piece := glued(n); piece != "" {
				t.Errorf("%s: the piece %q is glued to others: make one sentence with arguments", files.Position(n.Pos()), piece)
				return false
			}
			return true
		})
	}
}

// glued is a piece of a sentence, a literal with a word and a space, that n adds to something else.
func glued(n ast.Node) string {
	sum, ok := n.(*ast.BinaryExpr)
	if !ok || sum.Op != token.ADD {
		return ""
	}
	for _, operand := range []ast.Expr{sum.X, sum.Y} {
		literal, ok := operand.(*ast.BasicLit)
		if !ok || literal.Kind != token.STRING {
			continue
		}
		if text, _ := strconv.Unquote(literal.Value); strings.Contains(text, " ") && strings.ContainsFunc(text, isLetter) {
			return text
		}
	}
	return ""
}

func isLetter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }

func TestGluedSentencesAreNoticed(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]bool{
		`"Wait " + wait`: true, `wait + " more"`: true, `"a" + b + ", c"`: true, `"#" + name`: false, `" · " + source`: false, `name + "-hint"`: false, `1 + 2`: false,
	} {
		tree, err := parser.ParseExpr(expression)
		if err != nil {
			t.Fatal(err)
		}
		got := false
		ast.Inspect(tree, func(n ast.Node) bool {
			got = got || glued(n) != ""
			return true
		})
		if got != want {
			t.Errorf("%s: noticed %v, want %v", expression, got, want)
		}
	}
}
