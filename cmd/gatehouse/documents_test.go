package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// document is a README, or a page of .github, in its two parts.
type document struct {
	path string
	// prose is all of it but blocks of code.
	prose  string
	blocks []block
}

// block is a block of code. needs are the programs that a block of commands names
// in a comment before it: those that not every machine has.
type block struct {
	language, text string
	needs          []string
}

var (
	needsMark = regexp.MustCompile(`^<!-- needs (.+) -->$`)
	codeSpan  = regexp.MustCompile("`([^`\n]+)`")
	link      = regexp.MustCompile(`\]\(([^)\s]+)\)|\bsrc(?:set)?="([^"]+)"`)
	heading   = regexp.MustCompile(`(?m)^#+ (.+)$`)
	variable  = regexp.MustCompile(`GATEHOUSE_[A-Z_]+`)
)

// documents are all that this tree has.
func documents(t *testing.T) []document {
	t.Helper()
	const root = "../.."
	var all []document
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && slices.Contains([]string{".git", ".cache", "node_modules", "vendor", "dist", "bin"}, entry.Name()):
			return fs.SkipDir
		case entry.Name() == "README.md", filepath.Dir(path) == filepath.Join(root, ".github") && filepath.Ext(path) == ".md":
			all = append(all, readDocument(t, path))
		}
		return nil
	})
	if err != nil || len(all) == 0 {
		t.Fatalf("found %d documents, %v", len(all), err)
	}
	return all
}

func readDocument(t *testing.T, path string) document {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	d := document{path: path}
	var open *block
	var needs []string
	for line := range strings.Lines(string(text)) {
		bare := strings.TrimSpace(line)
		fence, fenced := strings.CutPrefix(bare, "```")
		switch {
		case fenced && open == nil:
			open = &block{language: fence, needs: needs}
		case fenced:
			d.blocks, open = append(d.blocks, *open), nil
		case open != nil:
			open.text += line
		default:
			d.prose += line
		}
		needs = nil
		if mark := needsMark.FindStringSubmatch(bare); mark != nil {
			needs = strings.Fields(mark[1])
		}
	}
	if open != nil {
		t.Errorf("%s: a block of code does not end", path)
	}
	return d
}

// anchors are what links into a document may name after the #, as GitHub makes them
// of its headings.
func (d document) anchors() []string {
	var anchors []string
	count := map[string]int{}
	for _, found := range heading.FindAllStringSubmatch(d.prose, -1) {
		anchor := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-', r == '_', '0' <= r && r <= '9', 'a' <= r && r <= 'z', r > 127:
				return r
			}
			return -1
		}, strings.ToLower(found[1]))
		if count[anchor]++; count[anchor] > 1 {
			anchor += "-" + strconv.Itoa(count[anchor]-1)
		}
		anchors = append(anchors, anchor)
	}
	return anchors
}

func TestLinksInDocumentsLeadSomewhere(t *testing.T) {
	t.Parallel()
	for _, d := range documents(t) {
		for _, found := range link.FindAllStringSubmatch(codeSpan.ReplaceAllString(d.prose, ""), -1) {
			address := found[1] + found[2]
			if strings.Contains(address, "://") || strings.HasPrefix(address, "mailto:") {
				continue
			}
			file, anchor, named := strings.Cut(address, "#")
			to := d
			if file != "" {
				path := filepath.Join(filepath.Dir(d.path), file)
				if _, err := os.Stat(path); err != nil {
					t.Errorf("%s: %s leads to no file", d.path, address)
					continue
				}
				if !named {
					continue
				}
				to = readDocument(t, path)
			}
			if !slices.Contains(to.anchors(), anchor) {
				t.Errorf("%s: %s leads to no heading of %v", d.path, address, to.anchors())
			}
		}
	}
}

func TestVariablesInDocumentsExist(t *testing.T) {
	t.Parallel()
	for _, d := range documents(t) {
		text := d.prose
		for _, b := range d.blocks {
			text += b.text
		}
		for _, name := range variable.FindAllString(text, -1) {
			if len(unknownVariables(model(t), []string{name})) > 0 {
				t.Errorf("%s: there is no setting %s", d.path, name)
			}
		}
	}
}

func TestHeadingsAreReachedAsOnGitHub(t *testing.T) {
	t.Parallel()
	d := document{prose: "# A b-c, (d)\n\n## Same\n\n## Same\n"}
	if got, want := d.anchors(), []string{"a-b-c-d", "same", "same-1"}; !slices.Equal(got, want) {
		t.Errorf("headings are reached by %q, want %q", got, want)
	}
}
