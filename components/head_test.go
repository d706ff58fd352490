package components

import (
	"os"
	"regexp"
	"testing"
)

// The ground outside of the style sheet is that of the style sheet.
func TestGroundsAreThoseOfTheThemes(t *testing.T) {
	t.Parallel()
	theme, err := os.ReadFile("../assets/_theme.scss")
	if err != nil {
		t.Fatal(err)
	}
	for mixin, want := range map[string]string{"day": DayGround, "evening": EveningGround} {
		found := regexp.MustCompile(`@mixin ` + mixin + ` \{[^}]*?--ground: (#[0-9a-f]{6});`).FindSubmatch(theme)
		if found == nil || string(found[1]) != want {
			t.Errorf("the ground of the %s is %q, want %s", mixin, found, want)
		}
	}
}
