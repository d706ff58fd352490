package ci

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// rows are the rows of a table of a document, each as its cells, from the row after
// its heads on.
func rows(t *testing.T, document, heads string) (cells [][]string) {
	t.Helper()
	_, table, found := strings.Cut(documents(t)[document], "\n"+heads+"\n")
	if !found {
		t.Fatalf("%s has no table with the heads %s", document, heads)
	}
	table, _, _ = strings.Cut(table, "\n\n")
	for _, line := range strings.Split(table, "\n")[1:] {
		cells = append(cells, strings.Split(strings.Trim(line, "| "), " | "))
	}
	return cells
}

// agree fails where a table of a document lists something else than there is.
func agree(t *testing.T, document string, listed, real map[string]bool, least int) {
	t.Helper()
	if len(real) < least {
		t.Fatalf("found %d, so this test looks in the wrong place", len(real))
	}
	for _, name := range slices.Sorted(maps.Keys(real)) {
		if !listed[name] {
			t.Errorf("%s does not list %s", document, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(listed)) {
		if !real[name] {
			t.Errorf("%s lists %s, which does not exist", document, name)
		}
	}
}

func TestEveryRouteIsListed(t *testing.T) {
	t.Parallel()
	// A test of the handlers sees that each route has its row there.
	text, err := os.ReadFile("../handlers/examples_test.go")
	if err != nil {
		t.Fatal(err)
	}
	ours, products, found := strings.Cut(string(text), "\n\t// Those of a product")
	if !found {
		t.Fatal("examples_test.go does not tell our routes from those of a product")
	}
	real := map[string]bool{}
	row := regexp.MustCompile(`\{route: "((?:GET|POST) /[^"]*)"`)
	for _, found := range row.FindAllStringSubmatch(ours, -1) {
		real[found[1]] = true
	}
	// What a product's letters bring is ours as well.
	for _, found := range row.FindAllStringSubmatch(products, -1) {
		if strings.Contains(found[1], " /account/preferences") || strings.Contains(found[1], " /unsubscribe/") {
			real[found[1]] = true
		}
	}
	listed := map[string]bool{}
	for _, cells := range rows(t, "handlers/README.md", "| method | path | who | what |") {
		for method := range strings.SplitSeq(cells[0], ", ") {
			for path := range strings.SplitSeq(cells[1], ", ") {
				listed[method+" "+strings.Trim(path, "`")] = true
			}
		}
	}
	agree(t, "handlers/README.md", listed, real, 50)
}

func TestEveryTableIsListed(t *testing.T) {
	t.Parallel()
	create := regexp.MustCompile(`CREATE TABLE (\w+)`)
	real := map[string]bool{}
	err := filepath.WalkDir("../store", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".sql" {
			return err
		}
		text, err := os.ReadFile(path)
		for _, found := range create.FindAllStringSubmatch(string(text), -1) {
			real[found[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for _, cells := range rows(t, "store/README.md", "| table | holds | until |") {
		listed[strings.Trim(cells[0], "`")] = true
	}
	agree(t, "store/README.md", listed, real, 10)
}
