package components

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gatehouse/store/storetest"
)

// sources are the files of a folder of the tree that end in one of these, but for tests.
func sources(t *testing.T, folder string, endings ...string) []string {
	t.Helper()
	var files []string
	for _, ending := range endings {
		found, err := filepath.Glob(filepath.Join("..", folder, "*"+ending))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, slices.DeleteFunc(found, func(file string) bool { return strings.HasSuffix(file, "_test.go") })...)
	}
	if len(files) < 10 {
		t.Fatalf("%d files in %s, so this test shows little", len(files), folder)
	}
	return files
}

// Times that are written in one place can one day be written in people's own zones.
func TestTimesAreWrittenInOnePlace(t *testing.T) {
	t.Parallel()
	format := regexp.MustCompile(`\.(Append)?Format\(`)
	for _, folder := range []string{"components", "handlers"} {
		for _, file := range sources(t, folder, ".go", ".templ") {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if format.Match(text) && filepath.Base(file) != "time.go" {
				t.Errorf("%s formats a time: use at, moment or day", file)
			}
		}
	}
}

func TestSentencesAreWhole(t *testing.T) {
	t.Parallel()
	storetest.WholeSentences(t, ".")
}
