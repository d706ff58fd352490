package storetest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
)

// Statement is one SQL text in the source.
type Statement struct {
	// File is where it stands, Name the constant that holds it, or empty.
	File, Name, Text string
	// Built says that a part of it is known only when it runs.
	Built bool
}

var (
	sqlText   = regexp.MustCompile(`^\s*(SELECT|INSERT|UPDATE|DELETE|REPLACE|CREATE|WITH)\b`)
	parameter = regexp.MustCompile(`\$[0-9]+`)
)

// Parameters are $1, $2 and so on, as they appear.
func (s Statement) Parameters() []string { return parameter.FindAllString(s.Text, -1) }

// Statements reads the SQL of a folder of Go files: every text that begins like
// a statement, put together where it is a sum of texts and constants.
func Statements(t testing.TB, folder string) []Statement {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("there is no Go in %s: %v", folder, err)
	}
	s := source{map[string]ast.Expr{}, map[ast.Expr]string{}}
	files := make([]*ast.File, len(paths))
	for i, path := range paths {
		if files[i], err = parser.ParseFile(token.NewFileSet(), path, nil, 0); err != nil {
			t.Fatal(err)
		}
		ast.Inspect(files[i], s.learn)
	}
	var found []Statement
	for i, file := range files {
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BinaryExpr, *ast.BasicLit:
				e := n.(ast.Expr)
				if text, built := s.join(e); sqlText.MatchString(text) {
					found = append(found, Statement{paths[i], s.names[e], text, built})
				}
				return false
			}
			return true
		})
	}
	return found
}

// source knows the constants of a folder.
type source struct {
	constants map[string]ast.Expr
	names     map[ast.Expr]string
}

func (s source) learn(n ast.Node) bool {
	if d, ok := n.(*ast.GenDecl); ok && d.Tok == token.CONST {
		for _, spec := range d.Specs {
			c := spec.(*ast.ValueSpec)
			for i, value := range c.Values {
				s.constants[c.Names[i].Name], s.names[value] = value, c.Names[i].Name
			}
		}
	}
	return true
}

// join is the text of an expression, and whether there is more to it than texts
// and constants.
func (s source) join(e ast.Expr) (text string, built bool) {
	switch e := e.(type) {
	case *ast.BinaryExpr:
		left, builtLeft := s.join(e.X)
		right, builtRight := s.join(e.Y)
		return left + right, builtLeft || builtRight
	case *ast.BasicLit:
		text, _ = strconv.Unquote(e.Value)
		return text, false
	case *ast.Ident:
		if value, ok := s.constants[e.Name]; ok {
			return s.join(value)
		}
	}
	return "", true
}
