package components

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// unescaped puts text into a page as it is, or lets an address lead to anything.
var unescaped = regexp.MustCompile(`templ\.(Raw|SafeURL|SafeCSS\w*|SafeScript\w*|ComponentScript|JSUnsafe\w*)\b`)

// What is drawn is escaped where it stands, letters and addresses too.
func TestNothingIsDrawnUnescaped(t *testing.T) {
	t.Parallel()
	for _, file := range sources(t, "components", ".go", ".templ") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		// templ calls some of these itself, once it has escaped.
		if found := unescaped.Find(text); found != nil && !strings.HasSuffix(file, "_templ.go") {
			t.Errorf("%s uses %s", file, found)
		}
	}
}
