package ci

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// An action runs with what its step is trusted with, so each is one commit that
// somebody has looked at, and no step may write.
func TestWorkflowsRunWhatIsPinned(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../.github/workflows/*.yml")
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no workflows: %v", err)
	}
	pinned := regexp.MustCompile(`^[\w-]+/[\w/-]+@[0-9a-f]{40} # v\d`)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if _, action, uses := strings.Cut(line, "uses: "); uses && !pinned.MatchString(action) {
				t.Errorf("%s: %q is not pinned to a commit, with its version behind it", file, strings.TrimSpace(action))
			}
		}
		if !strings.Contains(string(text), "\npermissions:\n  contents: read\n") {
			t.Errorf("%s does not say that it only reads", file)
		}
	}
}
