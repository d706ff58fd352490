package store_test

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

// gluing are the files that still put sentences together from pieces.
var gluing = strings.Fields(`activity.go closing.go email_templ.go fields.go gallery.go letter.go page.go profile.go refused.go`)

// A sentence that is put together from pieces cannot be translated, and nobody finds it
// by searching for its words: it is a format with arguments.
func TestSentencesAreWhole(t *testing.T) {
	t.Parallel()
	checked := 0
	for _, folder := range []string{".", "rules", "secret", "sqlite", "postgres", "../components"} {
		for name, file := range parse(t, folder) {
			checked++
			if folder == "../components" && slices.Contains(gluing, filepath.Base(name)) {
				continue
			}
			for _, piece := range glued(file) {
				t.Errorf("%s: %q is a piece of a sentence", name, piece)
			}
		}
	}
	if checked < 80 {
		t.Errorf("read %d files, so this test looks in the wrong place", checked)
	}
}

func TestGluedSentencesAreNoticed(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		`"Wait a little, " + name`: 1, `"Wait " + name + ", then try again."`: 1, `"one " + "whole sentence"`: 0, `first + " " + second`: 0,
		"`SELECT id FROM users` + where": 0, `func() { s += " and more" }`: 1, `fmt.Sprintf("Wait %s, then try.", name)`: 0,
	} {
		e, err := parser.ParseExpr(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := glued(e); len(got) != want {
			t.Errorf("in %s found %q, want %d", text, got, want)
		}
	}
}

// Refusals have one maker, where a sentence could be looked up in another language.
func TestRefusalsAreMadeByRefuseAlone(t *testing.T) {
	t.Parallel()
	except := []string{"rules/refusal.go", "../components/closing.go", "../components/form.go"}
	for _, folder := range []string{".", "rules", "secret", "sqlite", "postgres", "../components", "../handlers", "../cmd/gatehouse"} {
		for name, file := range parse(t, folder) {
			ast.Inspect(file, func(n ast.Node) bool {
				made, ok := n.(*ast.CompositeLit)
				if !ok || len(made.Elts) == 0 || slices.Contains(except, name) {
					return true
				}
				kind := made.Type
				if s, ok := kind.(*ast.SelectorExpr); ok {
					kind = s.Sel
				}
				if id, ok := kind.(*ast.Ident); ok && id.Name == "Refusal" {
					t.Errorf("%s makes a refusal by itself", name)
				}
				return true
			})
		}
	}
}

// parse reads the Go files of a folder but for tests.
func parse(t *testing.T, folder string) map[string]*ast.File {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil || len(names) == 0 {
		t.Fatalf("there is no Go in %s: %v", folder, err)
	}
	files := map[string]*ast.File{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = file
	}
	return files
}

var (
	words   = regexp.MustCompile(`\pL.* .*\pL`)
	sqlPart = regexp.MustCompile(`\b(SELECT|INSERT|UPDATE|DELETE|FROM|WHERE|RETURNING|PRAGMA)\b|, users\.|\$[0-9]`)
)

// glued are the pieces of at least two words in sums of more than texts, but for SQL.
func glued(n ast.Node) (pieces []string) {
	ast.Inspect(n, func(n ast.Node) bool {
		var texts []string
		whole := true
		switch n := n.(type) {
		case *ast.BinaryExpr:
			texts, whole = parts(n)
		case *ast.AssignStmt:
			if n.Tok == token.ADD_ASSIGN {
				texts, _ = parts(n.Rhs[0])
				whole = false
			}
		}
		for _, text := range texts {
			if !whole && !slices.Contains(pieces, text) && words.MatchString(text) && !sqlPart.MatchString(text) {
				pieces = append(pieces, text)
			}
		}
		return true
	})
	return pieces
}

// parts are the texts in a sum, and whether there is nothing else in it.
func parts(e ast.Expr) (texts []string, whole bool) {
	switch e := e.(type) {
	case *ast.BinaryExpr:
		if e.Op != token.ADD {
			return nil, false
		}
		left, wholeLeft := parts(e.X)
		right, wholeRight := parts(e.Y)
		return append(left, right...), wholeLeft && wholeRight
	case *ast.BasicLit:
		if text, err := strconv.Unquote(e.Value); err == nil && e.Kind == token.STRING {
			return []string{text}, true
		}
	}
	return nil, false
}
