package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// assignment is one before a command, or a variable of make.
var assignment = regexp.MustCompile(`^[A-Z_]+=`)

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

func TestBlocksOfCommandsAreRead(t *testing.T) {
	t.Parallel()
	got := commands("A=1 make run # not this; nor that\ngit apply 'a b' && make a b|sed 's#x#y#'\n\n# nothing\n")
	want := [][]string{{"make", "run"}, {"git", "apply", "a b"}, {"make", "a", "b"}, {"sed", "s#x#y#"}}
	if !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("read %q, want %q", got, want)
	}
}
