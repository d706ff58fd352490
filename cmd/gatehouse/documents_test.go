package main

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
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
	target    = regexp.MustCompile(`(?m)^([a-z][a-z/-]*):`)
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

// everywhere are programs that a block of commands may use without saying so.
var everywhere = []string{".", "cp", "git", "go", "grep", "ln", "rm", "sed", "set", "xargs"}

func TestCommandsInDocumentsExist(t *testing.T) {
	t.Parallel()
	targets := makeTargets(t)
	for _, d := range documents(t) {
		for _, span := range codeSpan.FindAllStringSubmatch(d.prose, -1) {
			checkSpan(t, d.path, span[1], targets)
		}
		for _, b := range d.blocks {
			if b.language == "sh" {
				checkCommands(t, d.path, b, targets)
			} else if len(b.needs) > 0 {
				t.Errorf("%s: a block that is no block of commands needs %v", d.path, b.needs)
			}
		}
	}
}

// checkSpan looks at a command in the middle of a sentence, which may lack its
// arguments.
func checkSpan(t *testing.T, path, span string, targets []string) {
	t.Helper()
	words := strings.Fields(span)
	switch {
	case words[0] == "make":
		checkTargets(t, path, words[1:], targets)
	case words[0] == "gatehouse":
		parser, err := newParser(&cli{}, terminal{})
		if err != nil {
			t.Fatal(err)
		}
		err = ends(func() error {
			traced, err := kong.Trace(parser, words[1:])
			if err == nil {
				err = traced.Error
			}
			return err
		})
		if err != nil {
			t.Errorf("%s: `%s`: %v", path, span, err)
		}
	case strings.HasPrefix(words[0], "--"):
		name, _, _ := strings.Cut(strings.TrimPrefix(words[0], "--"), "=")
		if !slices.Contains(flagNames(t), name) {
			t.Errorf("%s: there is no --%s", path, name)
		}
	}
}

// checkCommands looks at a block of commands: at its grammar, and at each command
// that is ours. Programs that not every machine has are named before the block.
func checkCommands(t *testing.T, path string, b block, targets []string) {
	t.Helper()
	shell := exec.Command("sh", "-n")
	shell.Stdin = strings.NewReader(b.text)
	if out, err := shell.CombinedOutput(); err != nil {
		t.Errorf("%s: %v: %s\n%s", path, err, out, b.text)
	}
	used := map[string]bool{}
	for _, words := range commands(b.text) {
		used[words[0]] = true
		switch {
		case words[0] == "make":
			checkTargets(t, path, words[1:], targets)
		case words[0] == "gatehouse":
			parser, err := newParser(&cli{}, terminal{out: &bytes.Buffer{}, err: &bytes.Buffer{}})
			if err != nil {
				t.Fatal(err)
			}
			err = ends(func() error { _, err := parser.Parse(words[1:]); return err })
			if err != nil {
				t.Errorf("%s: %q: %v", path, words, err)
			}
		case !slices.Contains(everywhere, words[0]) && !slices.Contains(b.needs, words[0]):
			t.Errorf("%s: a block uses %s; write <!-- needs %s --> before it", path, words[0], words[0])
		}
	}
	for _, program := range b.needs {
		if !used[program] {
			t.Errorf("%s: a block says that it needs %s, and does not use it", path, program)
		}
	}
}

// ends runs what reads a command line; --help leaves it by a panic.
func ends(read func() error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			if _, left := cause.(exited); !left {
				panic(cause)
			}
		}
	}()
	return read()
}

// commands splits a block into its commands and these into words, without comments
// and assignments. It knows as much of the shell as documents use.
func commands(text string) [][]string {
	var all [][]string
	var words []string
	word, quote, begun, comment := "", rune(0), false, false
	endWord := func() {
		if begun && (len(words) > 0 || !assignment.MatchString(word)) {
			words = append(words, word)
		}
		word, begun = "", false
	}
	endCommand := func() {
		if endWord(); len(words) > 0 {
			all = append(all, words)
		}
		words = nil
	}
	for _, r := range text + "\n" {
		switch {
		case comment && r != '\n':
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word += string(r)
		case r == '\'' || r == '"':
			quote, begun = r, true
		case r == '#' && !begun:
			comment = true
		case strings.ContainsRune("\n;|&", r):
			endCommand()
			comment = false
		case r == ' ' || r == '\t':
			endWord()
		default:
			word, begun = word+string(r), true
		}
	}
	return all
}

var assignment = regexp.MustCompile(`^[A-Z_]+=`)

func checkTargets(t *testing.T, path string, words, targets []string) {
	t.Helper()
	for _, word := range words {
		if !assignment.MatchString(word) && !slices.Contains(targets, word) {
			t.Errorf("%s: make has no target %s", path, word)
		}
	}
}

// makeTargets are those of the Makefile and of what a product puts beside it.
func makeTargets(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("../../*.mk")
	if err != nil {
		t.Fatal(err)
	}
	var targets []string
	for _, file := range append(files, "../../Makefile") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range target.FindAllStringSubmatch(string(text), -1) {
			targets = append(targets, found[1])
		}
	}
	return targets
}

// flagNames are those of all commands.
func flagNames(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, command := range model(t).Leaves(false) {
		for _, flags := range command.AllFlags(false) {
			for _, f := range flags {
				names = append(names, f.Name)
			}
		}
	}
	return names
}

func TestVariablesInDocumentsExist(t *testing.T) {
	t.Parallel()
	var known []string
	for _, f := range model(t).Flags {
		known = append(known, f.Envs...)
	}
	for _, d := range documents(t) {
		text := d.prose
		for _, b := range d.blocks {
			text += b.text
		}
		for _, name := range variable.FindAllString(text, -1) {
			if !slices.Contains(known, name) {
				t.Errorf("%s: there is no setting %s", d.path, name)
			}
		}
	}
}

func TestBlocksOfCommandsAreRead(t *testing.T) {
	t.Parallel()
	got := commands("A=1 make run # not this; nor that\ngit apply 'a b' && make a b|sed 's#x#y#'\n\n# nothing\n")
	want := [][]string{{"make", "run"}, {"git", "apply", "a b"}, {"make", "a", "b"}, {"sed", "s#x#y#"}}
	if !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("read %q, want %q", got, want)
	}
	d := document{prose: "# A b-c, (d)\n\n## Same\n\n## Same\n"}
	if got, want := d.anchors(), []string{"a-b-c-d", "same", "same-1"}; !slices.Equal(got, want) {
		t.Errorf("headings are reached by %q, want %q", got, want)
	}
}
