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

// everySentence are the sentences of the program, each with the files that say it.
func everySentence(t *testing.T) map[string][]string {
	return storetest.Said(t, ".", "../handlers", "../handlers/mail", "../store", "../store/rules", "../store/secret", "../cmd/gatehouse")
}

// saidAgain are the beginnings of sentences that stand in several, each with the reason.
var saidAgain = map[string]string{
	"By creating an account you agree to the": "three whole sentences, because glued from pieces none could be translated",
}

// A sentence that stands in one place is changed in one, and people meet no two spellings of it.
func TestEverySentenceIsSaidOnce(t *testing.T) {
	t.Parallel()
	said := everySentence(t)
	if len(said) < 250 {
		t.Fatalf("found %d sentences, so this test shows little", len(said))
	}
	for sentence, files := range said {
		if len(files) > 1 && saidAgain[sentence] == "" {
			t.Errorf("%q stands in %q: say it in one place", sentence, files)
		}
	}
	for sentence := range saidAgain {
		if len(said[sentence]) < 2 {
			t.Errorf("%q is no exception any more", sentence)
		}
	}
}

// stiff is what nobody says who talks to somebody.
var stiff = regexp.MustCompile(`(?i)\b(do|does|did|is|are|was|has|have|could|would|can) ?not\b|\b(you|we|they) are |\b(it|that) is |\b(we|you) have (been|had|sent|written)\b|\b(you|we) will\b|\bplease\b|\battempts\b`)

// stiffOnPurpose are sentences that keep a long form, each with the reason.
var stiffOnPurpose = map[string]string{
	"You are invited to %s": "the subject by which people find the letter, and a formal thing to say",
}

// The voice is described in the README of this folder.
func TestSentencesAreSaidAsPeopleSpeak(t *testing.T) {
	t.Parallel()
	for sentence, files := range everySentence(t) {
		for _, file := range files {
			forOperators := strings.HasPrefix(file, "../cmd") || strings.HasSuffix(file, "gauges.go") || strings.HasSuffix(file, "/metrics.go")
			if found := stiff.FindString(sentence); found != "" && !forOperators && stiffOnPurpose[sentence] == "" {
				t.Errorf("%s: %q: %q is stiff", file, sentence, found)
			}
		}
	}
}
