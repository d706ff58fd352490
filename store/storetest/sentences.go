package storetest

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

// Sources reads the Go files of a folder but for tests, by their paths.
func Sources(t testing.TB, folder string) map[string]*ast.File {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("there is no Go in %s: %v", folder, err)
	}
	files := map[string]*ast.File{}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		if files[path], err = parser.ParseFile(token.NewFileSet(), path, nil, 0); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// WholeSentences fails a test for every piece of a sentence in the Go of some folders.
func WholeSentences(t testing.TB, folders ...string) {
	t.Helper()
	for _, folder := range folders {
		for path, file := range Sources(t, folder) {
			for _, piece := range Glued(file) {
				t.Errorf("%s: %q is a piece of a sentence: make it a whole one with arguments", path, piece)
			}
		}
	}
}

var (
	// piece has a word in small letters and a space: commands of mail are in capitals.
	piece   = regexp.MustCompile(`\p{Ll}.* | .*\p{Ll}`)
	word    = regexp.MustCompile(`\p{Ll}{2}`)
	sqlPart = regexp.MustCompile(`\b(SELECT|INSERT|UPDATE|DELETE|FROM|WHERE|RETURNING|PRAGMA)\b|, users\.|\$[0-9]`)
	// half is a format with a word that an argument begins or ends, as in %d day%s.
	half = regexp.MustCompile(`\p{Ll}%[sv](\PL|$)|(^|\s)%[sv]\p{Ll}`)
	// printing are functions that put spaces or nothing between what they print.
	printing = regexp.MustCompile(`^(Fp|Sp|P)rint(ln)?$|^Append(ln)?$`)
	// forPrograms are read by no person: keys, digests, details of events and headers.
	forPrograms = []string{"gatehouse ", "link page ", "registration ", "username ", "; upgrade-insecure-requests"}
)

// Glued are the pieces of sentences that are added to or printed beside something else, and the
// formats in which an argument is a part of a word. A sentence that is put together from pieces
// cannot be translated, because its order is that of English, and nobody finds it by searching for
// its words.
func Glued(n ast.Node) (pieces []string) {
	add := func(shape *regexp.Regexp, texts []string) {
		for _, text := range texts {
			if shape.MatchString(text) && !sqlPart.MatchString(text) && !slices.Contains(forPrograms, text) && !slices.Contains(pieces, text) {
				pieces = append(pieces, text)
			}
		}
	}
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			texts, _ := parts(n)
			add(half, texts)
		case *ast.BinaryExpr:
			if texts, whole := parts(n); !whole {
				add(piece, texts)
			}
		case *ast.AssignStmt:
			if n.Tok == token.ADD_ASSIGN {
				texts, _ := parts(n.Rhs[0])
				add(piece, texts)
			}
		case *ast.CallExpr:
			if called, ok := n.Fun.(*ast.SelectorExpr); ok && printing.MatchString(called.Sel.Name) {
				add(word, beside(called.Sel.Name, n.Args))
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

// beside are the texts that a function prints beside something else.
func beside(function string, args []ast.Expr) (texts []string) {
	if strings.HasPrefix(function, "F") || strings.HasPrefix(function, "A") {
		args = args[1:] // where to
	}
	if len(args) < 2 {
		return nil
	}
	for _, arg := range args {
		more, _ := parts(arg)
		texts = append(texts, more...)
	}
	return texts
}
