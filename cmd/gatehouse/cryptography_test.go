package main

import (
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gatehouse/store/storetest"
)

// codeNames are the names between backquotes in a cell of a table.
func codeNames(cell string) (names []string) {
	for _, found := range codeSpan.FindAllStringSubmatch(cell, -1) {
		names = append(names, found[1])
	}
	return names
}

// Whoever uses cryptography in one more place says there what for, and how it is exchanged.
func TestCryptographyIsListed(t *testing.T) {
	t.Parallel()
	used := map[string][]string{}
	for _, folder := range []string{
		"assets", "cmd/gatehouse", "components", "handlers", "handlers/mail",
		"store", "store/identity", "store/rules", "store/secret", "store/sqlite", "store/postgres",
	} {
		for file, parsed := range storetest.Sources(t, filepath.Join("../..", folder)) {
			for _, spec := range parsed.Imports {
				name, _ := strconv.Unquote(spec.Path.Value)
				if strings.HasPrefix(name, "crypto/") || strings.HasPrefix(name, "golang.org/x/crypto/") || strings.HasPrefix(name, "hash/") {
					in := path.Join(folder, filepath.Base(file))
					used[in] = append(used[in], path.Base(name))
				}
			}
		}
	}
	listed := map[string][]string{}
	row := regexp.MustCompile("^\\| (`[a-z].*\\.go`) \\| [^|]+ \\| (`[^|]+`) \\| [^|]+ \\|$")
	for _, line := range linesOf(t, "../../handlers/README.md") {
		cells := row.FindStringSubmatch(line)
		if cells == nil {
			continue
		}
		for _, file := range codeNames(cells[1]) {
			listed[file] = append(listed[file], codeNames(cells[2])...)
		}
	}
	all := maps.Clone(used)
	maps.Copy(all, listed)
	for _, file := range slices.Sorted(maps.Keys(all)) {
		if got, want := fmt.Sprint(sorted(listed[file])), fmt.Sprint(sorted(used[file])); got != want {
			t.Errorf("handlers/README.md says under Cryptography that %s uses %s; it uses %s", file, got, want)
		}
	}
	if len(used) < 10 {
		t.Errorf("%d files use cryptography, so this test shows little", len(used))
	}
}

func sorted(names []string) []string { return slices.Sorted(slices.Values(names)) }
