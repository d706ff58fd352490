package ci

import (
	"os/exec"
	"strings"
	"testing"
)

// What draws pages brings the serif that their headings ask for, and where it is installed does nothing.
func TestWhatDrawsPagesBringsTheFont(t *testing.T) {
	t.Parallel()
	for _, target := range []string{"fonts", "test", "screenshots", "lighthouse"} {
		for serif, want := range map[string]bool{"": true, "P052": false} {
			make := exec.CommandContext(t.Context(), "make", "--dry-run", target, "SERIF="+serif)
			make.Dir = ".."
			out, err := make.CombinedOutput()
			if err != nil {
				t.Fatalf("make %s: %v\n%s", target, err, out)
			}
			if got := strings.Contains(string(out), "fonts-urw-base35"); got != want {
				t.Errorf("make %s with the serif %q installs it: %v, want %v", target, serif, got, want)
			}
		}
	}
}
