package main

import (
	"go/ast"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gatehouse/store/storetest"
)

// namesProgram is a text that says what the program or its variables are called. The name of the
// site has a capital and is a setting.
var namesProgram = regexp.MustCompile(`gatehouse|GATEHOUSE`)

// deriveKeys are the files whose words never change, whatever the program is called.
var deriveKeys = []string{"../../store/secret/hash.go", "../../store/secret/keys.go"}

// A name that stands elsewhere too does not change with the identity.
func TestTheProgramIsNamedInOnePlace(t *testing.T) {
	t.Parallel()
	found := map[string]int{}
	for _, folder := range []string{
		"store/identity", "cmd/gatehouse", "handlers", "handlers/mail", "components", "assets",
		"store", "store/rules", "store/secret", "store/sqlite", "store/postgres",
	} {
		for path, file := range storetest.Sources(t, filepath.Join("../..", folder)) {
			ast.Inspect(file, func(n ast.Node) bool {
				if _, ok := n.(*ast.ImportSpec); ok {
					return false
				}
				if text, ok := n.(*ast.BasicLit); ok && text.Kind == token.STRING && namesProgram.MatchString(strings.ReplaceAll(text.Value, "cmd/gatehouse/", "")) {
					found[path]++
				}
				return true
			})
		}
	}
	for _, path := range append(slices.Clone(deriveKeys), "../../store/identity/identity.go") {
		if found[path] != 1 {
			t.Errorf("%s names the program %d times, want once", path, found[path])
		}
		delete(found, path)
	}
	for path := range found {
		t.Errorf("%s names the program: let it follow from package identity", path)
	}
}
