package store_test

import (
	"go/ast"
	"testing"

	"gatehouse/store/storetest"
)

func TestSentencesAreWhole(t *testing.T) {
	t.Parallel()
	storetest.WholeSentences(t, ".", "rules", "secret", "sqlite", "postgres")
}

// Refusals have one maker, where a sentence could be looked up in another language.
func TestRefusalsAreMadeByRefuseAlone(t *testing.T) {
	t.Parallel()
	for _, folder := range []string{".", "rules", "secret", "sqlite", "postgres", "../components", "../handlers", "../cmd/gatehouse"} {
		for name, file := range storetest.Sources(t, folder) {
			ast.Inspect(file, func(n ast.Node) bool {
				made, ok := n.(*ast.CompositeLit)
				if !ok || len(made.Elts) == 0 || name == "rules/refusal.go" {
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
