package main

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// tests are the test functions of all packages, and the ids of attacks that they
// bear: in their names, and with a dash in the names of rows, in other texts and in
// comments.
type tests struct {
	families map[string]bool
	named    map[string]bool
	// borne are, by id, the tests with their packages: of a row, with the id after
	// a slash, which is what go test -run takes.
	borne map[string]map[bearer]bool
}

type bearer struct{ folder, test string }

// newTests reads ids in texts and comments only of families that are known, so
// that nobody's own words are taken for ids.
func newTests(families map[string]bool) *tests {
	return &tests{families, map[string]bool{}, map[string]map[bearer]bool{}}
}

// readTests reads the tests of this repository.
func readTests(t *testing.T, families map[string]bool) *tests {
	t.Helper()
	found := newTests(families)
	err := filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() && (name == "node_modules" || name == "testdata" || len(name) > 2 && name[0] == '.') {
			return fs.SkipDir
		}
		if entry.IsDir() || !strings.HasSuffix(name, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		path = filepath.ToSlash(path)
		if err := found.read(strings.TrimPrefix(filepath.ToSlash(filepath.Dir(path)), "../../"), path, string(text)); err != nil {
			t.Error(err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

var (
	idsInName = regexp.MustCompile(`^(?:Test|Fuzz)((?:[A-Z]{2,4}[0-9]{2})+)[A-Z]`)
	idInName  = regexp.MustCompile(`([A-Z]{2,4})([0-9]{2})`)
	idInText  = regexp.MustCompile(`\b[A-Z]{2,4}-[0-9]{2}\b`)
	rowOfID   = regexp.MustCompile("^[\"`]([A-Z]{2,4}-[0-9]{2}) ")
)

func family(id string) string { return id[:strings.IndexByte(id, '-')] }

// read adds the tests of a file. Ids outside of a test prove nothing, and are an
// error.
func (s *tests) read(folder, file, text string) error {
	if folder == "cmd/gatehouse" && strings.HasSuffix(file, "/attacks_test.go") {
		return nil // its ids are examples
	}
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, file, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	type function struct {
		name     string
		pos, end token.Pos
		runs     bool
	}
	var functions []function
	for _, d := range parsed.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Recv != nil || !strings.HasPrefix(f.Name.Name, "Test") && !strings.HasPrefix(f.Name.Name, "Fuzz") {
			continue
		}
		one := function{name: f.Name.Name, pos: f.Pos(), end: f.End(), runs: runsRows(f)}
		if f.Doc != nil {
			one.pos = f.Doc.Pos()
		}
		functions = append(functions, one)
		s.named[one.name] = true
		if ids := idsInName.FindStringSubmatch(one.name); ids != nil {
			for _, id := range idInName.FindAllStringSubmatch(ids[1], -1) {
				s.bear(id[1]+"-"+id[2], bearer{folder, one.name})
			}
		}
	}
	var errs []error
	says := func(pos token.Pos, text string, row bool) {
		for _, id := range idInText.FindAllString(text, -1) {
			if !s.families[family(id)] {
				continue
			}
			i := slices.IndexFunc(functions, func(f function) bool { return f.pos <= pos && pos < f.end })
			if i < 0 {
				errs = append(errs, fmt.Errorf("%s:%d: %s stands outside of a test", file, set.Position(pos).Line, id))
				continue
			}
			test := functions[i].name
			if begins := rowOfID.FindStringSubmatch(text); row && functions[i].runs && begins != nil && begins[1] == id {
				test += "/" + id
			}
			s.bear(id, bearer{folder, test})
		}
	}
	for _, group := range parsed.Comments {
		for _, c := range group.List {
			says(c.Pos(), c.Text, false)
		}
	}
	said := map[ast.Expr]bool{} // in a call, such as t.Error, and so no name of a row
	ast.Inspect(parsed, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			for _, argument := range n.Args {
				said[argument] = true
			}
		case *ast.BasicLit:
			if n.Kind == token.STRING {
				says(n.Pos(), n.Value, !said[n])
			}
		}
		return true
	})
	return errors.Join(errs...)
}

// runsRows says whether a test runs rows by their names.
func runsRows(f *ast.FuncDecl) (runs bool) {
	ast.Inspect(f, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		switch fun := call.Fun.(type) {
		case *ast.SelectorExpr:
			runs = runs || fun.Sel.Name == "Run"
		case *ast.Ident:
			runs = runs || fun.Name == "contract"
		}
		return true
	})
	return runs
}

func (s *tests) bear(id string, b bearer) {
	if s.borne[id] == nil {
		s.borne[id] = map[bearer]bool{}
	}
	s.borne[id][b] = true
}

func (s *tests) ids() []string { return slices.Sorted(maps.Keys(s.borne)) }

// bearing are the tests that bear an id, as the catalogue names them. Where a whole
// test does, its rows are not named.
func (s *tests) bearing(id string) string {
	folders := map[string][]string{}
	for b := range s.borne[id] {
		whole, _, row := strings.Cut(b.test, "/")
		if !row || !s.borne[id][bearer{b.folder, whole}] {
			folders[b.folder] = append(folders[b.folder], "`"+b.test+"`")
		}
	}
	var parts []string
	for _, folder := range slices.Sorted(maps.Keys(folders)) {
		slices.Sort(folders[folder])
		parts = append(parts, folder+" "+strings.Join(folders[folder], ", "))
	}
	return strings.Join(parts, "; ")
}
