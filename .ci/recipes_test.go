package ci

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Each recipe is a diff whose introduction says what to run: applied to a copy
// of the tree, it must do what it says.
func TestRecipes(t *testing.T) {
	t.Parallel()
	recipes, err := filepath.Glob("../.recipes/*.diff")
	if err != nil || len(recipes) == 0 {
		t.Fatalf("no recipes: %v", err)
	}
	for _, recipe := range recipes {
		t.Run(filepath.Base(recipe), func(t *testing.T) {
			t.Parallel()
			commands := introduction(t, recipe)
			tree := copyOfTheTree(t)
			for _, command := range commands {
				shell := exec.Command("sh", "-c", command)
				shell.Dir = tree
				// With the flags of these tests: the packages that it needs are built
				// already.
				shell.Env = append(os.Environ(), "GOFLAGS="+os.Getenv("GOFLAGS")+" -vet=off -buildvcs=false")
				if out, err := shell.CombinedOutput(); err != nil {
					t.Fatalf("$ %s: %v\n%s", command, err, out)
				}
			}
		})
	}
}

// introduction returns the commands that stand before the diff itself.
func introduction(t *testing.T, recipe string) []string {
	t.Helper()
	text, err := os.ReadFile(recipe)
	if err != nil {
		t.Fatal(err)
	}
	words, _, _ := strings.Cut(string(text), "diff --git ")
	var commands []string
	for line := range strings.Lines(words) {
		if command, ok := strings.CutPrefix(line, "$ "); ok {
			commands = append(commands, strings.TrimSpace(command))
		}
	}
	if len(commands) < 2 || !strings.HasPrefix(commands[0], "git apply") {
		t.Fatalf("the recipe begins with %q, want git apply and what to run then", commands)
	}
	return commands
}

// copyOfTheTree copies what is under version control, and what was built.
func copyOfTheTree(t *testing.T) string {
	t.Helper()
	const root = ".."
	target := t.TempDir()
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		switch name {
		case ".git", ".cache", ".github", "bin", filepath.Join(".tools", "lighthouse"):
			if !entry.IsDir() {
				return nil // .git of a second work tree
			}
			return fs.SkipDir
		case filepath.Join("assets", "node_modules"):
			whole, err := filepath.Abs(path)
			if err != nil {
				return err
			}
			if err := os.Symlink(whole, filepath.Join(target, name)); err != nil {
				return err
			}
			return fs.SkipDir
		}
		if entry.IsDir() {
			return os.MkdirAll(filepath.Join(target, name), 0o755)
		}
		if !entry.Type().IsRegular() {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(target, name), text, 0o755); err != nil {
			return err
		}
		// Or make would install the packages anew, through the link to ours.
		info, err := entry.Info()
		if err != nil {
			return err
		}
		return os.Chtimes(filepath.Join(target, name), info.ModTime(), info.ModTime())
	})
	if err != nil {
		t.Fatalf("copy the tree: %v", err)
	}
	return target
}
