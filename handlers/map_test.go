package handlers

import (
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// oneSided are the twins that a page does not have, and why.
var oneSided = map[string]string{
	"components/health":   "answers programs",
	"components/theme":    "is a form at the foot of every page",
	"store/activity":      "shows events",
	"store/admin":         "is the table of its pages",
	"store/deeds":         "are the verbs of what they change",
	"store/forgot":        "begins a reset",
	"store/health":        "asks whether the store is ready",
	"store/home":          "shows the user, whom every page has",
	"store/problem":       "tells what went wrong",
	"store/mailbox":       "shows mail, which is not the store's",
	"store/theme":         "is kept in a cookie",
	"components/link":     "opens the pages of letters",
	"components/zone":     "is a form on the page of the profile",
	"components/manifest": "is a file for programs",
	"components/reach":    "answers a program",
	"store/manifest":      "is made of settings",
	"store/link":          "opens the pages of letters",
}

// A page has one name: its file here, its component and its verbs in the store.
func TestAPageHasOneName(t *testing.T) {
	t.Parallel()
	pages := pagesOfTheTable(t)
	exceptions := maps.Clone(oneSided)
	for page := range pages {
		for _, twin := range []string{"components/" + page, "store/" + page} {
			_, stated := exceptions[twin]
			delete(exceptions, twin)
			found, _ := filepath.Glob("../" + twin + ".go")
			if strings.HasPrefix(twin, "components/") {
				found, _ = filepath.Glob("../" + twin + ".templ")
			}
			if missing := len(found) == 0; missing && !stated {
				t.Errorf("handlers/%s.go has no twin in %s: name them alike, or say in this test why not", page, twin)
			} else if !missing && stated {
				t.Errorf("%s exists, so it needs no excuse", twin)
			}
		}
	}
	for _, twin := range slices.Sorted(maps.Keys(exceptions)) {
		t.Errorf("%s is excused, but there is no such page", twin)
	}
}

// pagesOfTheTable are the files with the handlers that the table of routes names.
func pagesOfTheTable(t *testing.T) map[string]bool {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	home, named := map[string]string{}, map[string]bool{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := parser.ParseFile(gotoken.NewFileSet(), file, text, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range parsed.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok || f.Recv == nil {
				continue
			}
			home[f.Name.Name] = strings.TrimSuffix(file, ".go")
			if file == "routes.go" && f.Name.Name == "routes" || file == "admin.go" && f.Name.Name == "administration" {
				ast.Inspect(f, func(n ast.Node) bool {
					if s, ok := n.(*ast.SelectorExpr); ok {
						named[s.Sel.Name] = true
					}
					return true
				})
			}
		}
	}
	pages := map[string]bool{}
	for name := range named {
		if page, ours := home[name]; ours {
			pages[page] = true
		}
	}
	if len(pages) < 10 {
		t.Fatalf("the table names %v alone", pages)
	}
	return pages
}
