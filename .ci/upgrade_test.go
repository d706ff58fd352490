package ci

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// repository is a git repository that a test made up.
type repository struct {
	t      *testing.T
	folder string
}

// newRepository has one commit with these files.
func newRepository(t *testing.T, files map[string]string) repository {
	t.Helper()
	r := repository{t, t.TempDir()}
	r.git("init", "--quiet", "--initial-branch=main")
	r.commits(files, "begin")
	return r
}

func (r repository) run(name string, args ...string) (string, error) {
	command := exec.Command(name, args...)
	command.Dir = r.folder
	command.Env = append(os.Environ(), "GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.com",
		"GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.com", "GIT_CONFIG_GLOBAL=/dev/null")
	out, err := command.CombinedOutput()
	return string(out), err
}

func (r repository) git(args ...string) string {
	r.t.Helper()
	out, err := r.run("git", args...)
	if err != nil {
		r.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(out)
}

// commits writes files, or deletes those without text, and commits all.
func (r repository) commits(files map[string]string, message string) {
	r.t.Helper()
	for name, text := range files {
		path := filepath.Join(r.folder, name)
		if text == "" {
			os.Remove(path)
			continue
		}
		os.MkdirAll(filepath.Dir(path), 0o755)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			r.t.Fatal(err)
		}
	}
	r.git("add", "--all")
	r.git("commit", "--quiet", "-m", message)
}

func (r repository) read(name string) string {
	text, _ := os.ReadFile(filepath.Join(r.folder, name))
	return string(text)
}

// ours has two releases: the second mends a fault, adds a file and takes one away.
func ours(t *testing.T) repository {
	r := newRepository(t, map[string]string{
		"go.mod": "module gatehouse\n", "a.go": "package a\n\nimport _ \"gatehouse/b\"\n\n// one\n// two\n// three\n// four\n// five\n",
		"b/b.go": "package b\n", "old.go": "package a\n", "page_templ.go": "package a\n// drawn by v1.0.0\n", ".release": "v1.0.0\n",
		"Makefile": "generate:\n\t@echo '// drawn anew' > page_templ.go\n", ".github/CHANGELOG.md": "# Changes\n\n## v1.0.0\n\n### What people see\n\n- all\n",
	})
	r.git("tag", "v1.0.0")
	r.commits(map[string]string{
		"a.go":   "package a\n\nimport _ \"gatehouse/b\"\n\n// one, mended\n// two\n// three\n// four\n// five\n",
		"new.go": "package a\n\nimport _ \"gatehouse/b\"\n", "old.go": "", "page_templ.go": "package a\n// drawn by v1.1.0\n", ".release": "v1.1.0\n",
		".github/CHANGELOG.md": "# Changes\n\n## v1.1.0\n\n### Security\n\n- a fault\n\n## v1.0.0\n\n### What people see\n\n- all\n",
	}, "v1.1.0")
	r.git("tag", "v1.1.0")
	return r
}

// cloned is a product that keeps our history.
func (r repository) cloned() repository {
	p := repository{r.t, r.t.TempDir()}
	p.git("clone", "--quiet", "--branch", "v1.0.0", r.folder, ".")
	p.git("checkout", "--quiet", "-B", "main")
	p.git("remote", "rename", "origin", "gatehouse")
	return p
}

func (r repository) upgrade(env ...string) (string, error) {
	script, _ := filepath.Abs("../.recipes/upgrade")
	return r.run("env", append(env, script, "v1.1.0")...)
}

func TestUpgradesAProduct(t *testing.T) {
	t.Parallel()
	merged := func(t *testing.T, p repository, mends string) {
		t.Helper()
		if text := p.read("a.go"); !strings.Contains(text, mends) || !strings.Contains(text, "// five, of the product") {
			t.Errorf("merged into %q", text)
		}
		if p.read("new.go") == "" || p.read("page_templ.go") != "// drawn anew\n" {
			t.Errorf("the release is not all there: %q, %q", p.read("new.go"), p.read("page_templ.go"))
		}
		if status := p.git("status", "--porcelain"); status != "" {
			t.Errorf("left behind:\n%s", status)
		}
		if out, err := p.upgrade(); err != nil || !strings.Contains(out, "nothing to do") {
			t.Errorf("the second time: %v\n%s", err, out)
		}
	}
	own := map[string]string{"a.go": "package a\n\nimport _ \"gatehouse/b\"\n\n// one\n// two\n// three\n// four\n// five, of the product\n", "page_templ.go": "package a\n// drawn by the product\n"}

	t.Run("with its history", func(t *testing.T) {
		p := ours(t).cloned()
		p.commits(own, "a product")
		if out, err := p.upgrade(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		merged(t, p, "// one, mended")
	})
	t.Run("begun as one commit", func(t *testing.T) {
		o := ours(t)
		c := o.cloned()
		c.commits(own, "a product")
		files := map[string]string{}
		for name := range strings.Lines(c.git("ls-files")) {
			name = strings.TrimSpace(name)
			files[name] = c.read(name)
		}
		p := newRepository(t, files)
		p.git("remote", "add", "gatehouse", o.folder)
		if out, err := p.upgrade(); err != nil || !strings.Contains(out, "joining this product with v1.0.0") {
			t.Fatalf("%v\n%s", err, out)
		}
		merged(t, p, "// one, mended")
	})
	t.Run("renamed", func(t *testing.T) {
		p := ours(t).cloned()
		renamed := map[string]string{"go.mod": "module example.com/ada/house\n", "page_templ.go": own["page_templ.go"]}
		renamed["a.go"] = strings.ReplaceAll(own["a.go"], `"gatehouse/`, `"example.com/ada/house/`)
		p.commits(renamed, "a product of another name")
		out, err := p.upgrade("RENAMED=example.com/ada/house")
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		merged(t, p, "// one, mended")
		if p.read("go.mod") != renamed["go.mod"] || !strings.Contains(p.read("new.go"), `"example.com/ada/house/b"`) {
			t.Errorf("the name is lost: %q, %q", p.read("go.mod"), p.read("new.go"))
		}
	})
	t.Run("what it took away stays away", func(t *testing.T) {
		p := ours(t).cloned()
		p.commits(own, "a product")
		p.commits(map[string]string{"new.go": "", ".removed": "new.go\n"}, "without")
		if out, err := p.upgrade(); err != nil || p.read("new.go") != "" {
			t.Errorf("%v, %q\n%s", err, p.read("new.go"), out)
		}
	})
}

func TestAnUpgradeStopsBeforeItDoesHarm(t *testing.T) {
	t.Parallel()
	o := ours(t)
	stops := func(p repository, says string, env ...string) {
		t.Helper()
		before := p.git("rev-parse", "HEAD")
		out, err := p.upgrade(env...)
		if err == nil || !strings.Contains(out, says) {
			t.Errorf("%v, want %q:\n%s", err, says, out)
		}
		if after := p.git("rev-parse", "HEAD"); after != before {
			t.Errorf("it committed over %q", says)
		}
	}
	dirty := o.cloned()
	if err := os.WriteFile(filepath.Join(dirty.folder, "b/b.go"), []byte("package b // changed\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	stops(dirty, "changes that are not committed")

	met := o.cloned()
	met.commits(map[string]string{"a.go": "package a\n\n// one, in another way\n"}, "the same line")
	stops(met, "these need you")
	if conflicts := met.git("diff", "--name-only", "--diff-filter=U"); conflicts != "a.go" {
		t.Errorf("left in conflict: %q", conflicts)
	}
	stops(met, "a merge is under way")

	stops(o.cloned(), "there is no remote", "REMOTE=upstream")

	stranger := newRepository(t, map[string]string{"a.go": "package a\n"})
	stranger.git("remote", "add", "gatehouse", o.folder)
	stops(stranger, "shares no history")
}

func TestSaysWhichReleasesThereAre(t *testing.T) {
	t.Parallel()
	check := func(p repository) (string, int) {
		script, _ := filepath.Abs("../.recipes/upgrade-check")
		command := exec.Command(script)
		command.Dir = p.folder
		out, _ := command.CombinedOutput()
		return string(out), command.ProcessState.ExitCode()
	}
	o := ours(t)
	p := o.cloned()
	if out, status := check(p); status != 1 || !strings.Contains(out, "## v1.1.0\n\n### Security\n\n- a fault") || strings.Contains(out, "v1.0.0") {
		t.Errorf("before a security release: %d\n%s", status, out)
	}
	if out, err := p.upgrade(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if out, status := check(p); status != 0 || out != "" {
		t.Errorf("up to date: %d\n%s", status, out)
	}
	o.commits(map[string]string{".github/CHANGELOG.md": "# Changes\n\n## v1.2.0\n\n### What people see\n\n- more\n"}, "v1.2.0")
	o.git("tag", "v1.2.0")
	if out, status := check(p); status != 0 || !strings.Contains(out, "## v1.2.0") {
		t.Errorf("before an ordinary release: %d\n%s", status, out)
	}
	p.git("remote", "set-url", "gatehouse", filepath.Join(t.TempDir(), "gone"))
	if _, status := check(p); status != 2 {
		t.Errorf("without the remote: %d", status)
	}
}

// The release that the tree is stands in .release, and in the CHANGELOG once there is one.
func TestTheReleaseIsTold(t *testing.T) {
	t.Parallel()
	release, err := os.ReadFile("../.release")
	if err != nil {
		t.Fatal(err)
	}
	changes, err := os.ReadFile("../.github/CHANGELOG.md")
	if err != nil {
		t.Fatal(err)
	}
	newest := "v0.0.0"
	for line := range strings.Lines(string(changes)) {
		if name, heading := strings.CutPrefix(strings.TrimSpace(line), "## v"); heading {
			newest = "v" + name
			break
		}
	}
	if got := strings.TrimSpace(string(release)); got != newest {
		t.Errorf(".release says %s, the newest release in the CHANGELOG is %s", got, newest)
	}
}
