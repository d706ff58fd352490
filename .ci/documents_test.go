// Package ci tests what is true of this repository and need not be of a product
// made from it. make release-check runs it; ./... leaves it out.
package ci

import (
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// Bounds of the documents: who wants to know what this is reads a page, not a book.
const (
	frontBytes, frontLines = 12 << 10, 180
	proseWidth             = 120
)

// documents are the texts of all that are under version control, by their path.
func documents(t *testing.T) map[string]string {
	t.Helper()
	list := exec.Command("git", "ls-files", "*.md")
	list.Dir = ".."
	out, err := list.Output()
	if err != nil {
		t.Fatalf("git ls-files: %v", err)
	}
	texts := map[string]string{}
	for _, file := range strings.Fields(string(out)) {
		text, err := os.ReadFile(filepath.Join("..", file))
		if err != nil {
			t.Fatal(err)
		}
		texts[file] = string(text)
	}
	if len(texts) < 10 {
		t.Fatalf("found %d documents, so this test looks in the wrong place", len(texts))
	}
	return texts
}

func TestTheFrontPageIsShort(t *testing.T) {
	t.Parallel()
	text := documents(t)["README.md"]
	if len(text) > frontBytes {
		t.Errorf("README.md has %d bytes, want at most %d", len(text), frontBytes)
	}
	if lines := strings.Count(text, "\n"); lines > frontLines {
		t.Errorf("README.md has %d lines, want at most %d", lines, frontLines)
	}
}

// Rows of tables, code and pictures are as long as they are.
func TestProseIsWrapped(t *testing.T) {
	t.Parallel()
	for file, text := range documents(t) {
		fenced, n := false, 0
		for line := range strings.Lines(text) {
			n++
			bare := strings.TrimSpace(line)
			if strings.HasPrefix(bare, "```") {
				fenced = !fenced
			}
			if fenced || strings.HasPrefix(bare, "|") || strings.HasPrefix(bare, "![") {
				continue
			}
			if width := utf8.RuneCountInString(strings.TrimRight(line, "\n")); width > proseWidth {
				t.Errorf("%s:%d has %d characters, want at most %d", file, n, width, proseWidth)
			}
		}
	}
}

// A product rewrites the front page, and what it leaves as it is must not lead
// into what is gone.
func TestNothingLeadsIntoTheMiddleOfTheFrontPage(t *testing.T) {
	t.Parallel()
	link := regexp.MustCompile(`\]\(([^)\s#]*README\.md)#`)
	for file, text := range documents(t) {
		for _, found := range link.FindAllStringSubmatch(text, -1) {
			if path.Join(path.Dir(file), found[1]) == "README.md" {
				t.Errorf("%s leads to a heading of README.md", file)
			}
		}
	}
}

func TestEveryRecipeIsListed(t *testing.T) {
	t.Parallel()
	files, err := os.ReadDir("../.recipes")
	if err != nil {
		t.Fatal(err)
	}
	text := documents(t)[".recipes/README.md"]
	for _, file := range files {
		if name := file.Name(); name != "README.md" && !strings.Contains(text, "("+name+")") {
			t.Errorf(".recipes/README.md does not list %s", name)
		}
	}
}
