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
		found := unescaped.FindAllString(string(text), -1)
		if strings.HasSuffix(file, "totp.go") && len(found) == 2 {
			continue // the address of an app is of our own making: TestTheAddressOfAnAppIsEscaped
		}
		// templ calls some of these itself, once it has escaped.
		if len(found) > 0 && !strings.HasSuffix(file, "_templ.go") {
			t.Errorf("%s uses %s", file, found)
		}
	}
}
