package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"gatehouse/handlers"
)

// target is one of a makefile.
var target = regexp.MustCompile(`(?m)^([a-z][a-z/-]*):`)

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
		parser, err := newParser(&cli{}, terminal{}, handlers.Product{})
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
			parser, err := newParser(&cli{}, terminal{out: &bytes.Buffer{}, err: &bytes.Buffer{}}, handlers.Product{})
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
