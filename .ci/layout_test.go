package ci

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// Everything has its place: a product adds a folder of its own beside these, we add none.
func TestTheTopLevelIsWhatTheREADMEMaps(t *testing.T) {
	t.Parallel()
	list := exec.Command("git", "ls-files", "--cached", "--others", "--exclude-standard")
	list.Dir = ".."
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	var top []string
	for _, path := range strings.Fields(string(out)) {
		name, _, _ := strings.Cut(path, "/")
		if !strings.HasPrefix(name, ".") && name != "LICENSE" && !slices.Contains(top, name) {
			top = append(top, name)
		}
	}
	slices.Sort(top)
	if want := []string{"Makefile", "README.md", "assets", "cmd", "components", "go.mod", "go.sum", "handlers", "store"}; !slices.Equal(top, want) {
		t.Errorf("at the top are %q, want %q", top, want)
	}
}
