package store

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// The leaf packages know no database and no accounts, so they can be read alone.
func TestLeafPackagesStandAlone(t *testing.T) {
	t.Parallel()
	allowed := map[string][]string{"identity": nil, "rules": nil, "secret": {"gatehouse/store/rules"}}
	for leaf, ours := range allowed {
		files, _ := filepath.Glob(leaf + "/*.go")
		if len(files) == 0 {
			t.Errorf("there is no package %s", leaf)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
			if err != nil {
				t.Fatal(err)
			}
			for _, spec := range parsed.Imports {
				path, _ := strconv.Unquote(spec.Path.Value)
				internal := strings.HasPrefix(path, "gatehouse/")
				if path == "database/sql" || path == "net/http" || internal && !strings.Contains(strings.Join(ours, " "), path) {
					t.Errorf("%s imports %s", file, path)
				}
				if leaf == "rules" && (path == "context" || path == "math/rand" || path == "crypto/rand") {
					t.Errorf("%s imports %s: rules are pure", file, path)
				}
			}
		}
	}
}
