package store

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// An event whose name is not in the list is not counted.
func TestEventNamesAreAll(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "event.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, "Event") || len(spec.Values) != 1 {
			return true
		}
		literal, ok := spec.Values[0].(*ast.BasicLit)
		if !ok || literal.Kind != token.STRING {
			return true
		}
		found++
		if name, _ := strconv.Unquote(literal.Value); !slices.Contains(EventNames, name) {
			t.Errorf("EventNames has no %s", spec.Names[0].Name)
		}
		return true
	})
	if found == 0 || found != len(EventNames) {
		t.Errorf("%d names are declared and %d listed", found, len(EventNames))
	}
}
