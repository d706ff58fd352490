package storetest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// Said are the sentences that people read in the Go of some folders, templates among them, each
// with the files that say it. A label of two words is no sentence.
func Said(t testing.TB, folders ...string) map[string][]string {
	t.Helper()
	said := map[string][]string{}
	for _, folder := range folders {
		paths, err := filepath.Glob(filepath.Join(folder, "*.go"))
		if err != nil || len(paths) == 0 {
			t.Fatalf("there is no Go in %s: %v", folder, err)
		}
		for _, path := range paths {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, sentence := range Sentences(file) {
				said[sentence] = append(said[sentence], path)
			}
		}
	}
	return said
}

var (
	tag = regexp.MustCompile(`<[^>]*(>|$)`)
	// shown are attributes that are read out or shown.
	shown = regexp.MustCompile(`\b(?:aria-label|title|alt|placeholder)="([^"]*)"`)
)

// Sentences are those in a piece of Go. One of a template ends where its markup begins.
func Sentences(n ast.Node) (sentences []string) {
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec, *ast.Field: // which may have a tag
			return false
		case *ast.BasicLit:
			text, err := strconv.Unquote(n.Value)
			if err != nil || n.Kind != token.STRING {
				return true
			}
			parts := tag.Split(text, -1)
			for _, attribute := range shown.FindAllStringSubmatch(text, -1) {
				parts = append(parts, attribute[1])
			}
			for _, part := range parts {
				if part = strings.Join(strings.Fields(part), " "); isSentence(part) {
					sentences = append(sentences, part)
				}
			}
		}
		return true
	})
	return sentences
}

// isSentence says whether text begins like a sentence, and ends like one or has three words.
func isSentence(text string) bool {
	first, _ := utf8.DecodeRuneInString(text)
	last, _ := utf8.DecodeLastRuneInString(text)
	return unicode.IsUpper(first) && !sqlPart.MatchString(text) && word.MatchString(text) && (strings.ContainsRune(".?!…", last) || strings.Count(text, " ") > 1)
}
