package ci

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The first recipe is a product. Two releases are merged into it: one that mends the session,
// the layout and the routes, and an ordinary one with a column, a page, an event, a letter and
// a setting. Nothing of ours meets anything of the product's.
func TestReleasesMergeIntoTheProductOfTheRecipe(t *testing.T) {
	t.Parallel()
	house := repository{t, t.TempDir()}
	if err := os.CopyFS(house.folder, os.DirFS(copyOfTheTree(t))); err != nil {
		t.Fatal(err)
	}
	house.git("init", "--quiet", "--initial-branch=main")
	house.releases("v0.0.0")

	product := repository{t, t.TempDir()}
	product.git("clone", "--quiet", "--branch", "v0.0.0", house.folder, ".")
	product.git("checkout", "--quiet", "-B", "main")
	product.git("remote", "rename", "origin", "gatehouse")
	recipe, err := filepath.Abs("../.recipes/product-table.diff")
	if err != nil {
		t.Fatal(err)
	}
	product.git("apply", recipe)
	product.make("generate")
	product.git("add", "--all")
	product.git("commit", "--quiet", "-m", "a reading list")

	house.replaces("handlers/session.go", "package handlers\n", "package handlers\n\n// Mended.\n")
	house.replaces("components/layout.templ", `<meta charset="utf-8"/>`, `<meta charset="utf-8"/>`+"\n\t\t\t"+`<meta name="mended" content="yes"/>`)
	house.replaces("handlers/routes.go", `{get, "/healthz", static, s.healthz, drawn},`, `{get, "/healthz", static, s.healthz, drawn}, // mended`)
	house.make("generate")
	house.releases("v0.1.0")
	for _, diff := range []string{"registration-field.diff", "name-and-colours.diff"} {
		house.git("apply", "--index", filepath.Join(".recipes", diff))
	}
	house.git("mv", "store/migrations/1000_company.sql", "store/migrations/0999_company.sql")
	house.replaces("handlers/routes.go", `{get, "/account", Members`, `{get, "/account/overview", Members, s.account, drawn},`+"\n\t\t"+`{get, "/account", Members`)
	house.replaces("store/event.go", "EventExported        =", `EventRead            = "sensitive_seen"`+"\n\tEventExported        =")
	house.replaces("store/letter.go", "LetterInvite          =", `LetterNews            = "news"`+"\n\tLetterInvite          =")
	house.replaces("cmd/gatehouse/config.go", "\tName          string", "\tMotto         string `help:\"What stands above the gate.\"`\n\tName          string")
	house.make("generate")
	house.releases("v0.2.0")

	upgrade, err := filepath.Abs("../.recipes/upgrade")
	if err != nil {
		t.Fatal(err)
	}
	for _, release := range []string{"v0.1.0", "v0.2.0"} {
		if out, err := product.run(upgrade, release); err != nil {
			t.Fatalf("%s does not merge: %v\n%s", release, err, out)
		}
	}
	for file, want := range map[string]string{
		"handlers/session.go": "// Mended.", "store/event.go": "sensitive_seen", "cmd/gatehouse/config.go": "Motto", "cmd/gatehouse/product.go": "books.New",
	} {
		if !strings.Contains(product.read(file), want) {
			t.Errorf("%s lacks %q", file, want)
		}
	}
	tests := exec.Command("go", "test", "./books", "./cmd/gallery")
	tests.Dir = product.folder
	tests.Env = append(os.Environ(), "GOFLAGS="+os.Getenv("GOFLAGS")+" -vet=off -buildvcs=false")
	if out, err := tests.CombinedOutput(); err != nil {
		t.Errorf("the product no longer works: %v\n%s", err, out)
	}
}

// releases commits everything as a release.
func (r repository) releases(version string) {
	r.t.Helper()
	r.commits(map[string]string{".release": version + "\n"}, version)
	r.git("tag", version)
}

// make runs a target.
func (r repository) make(target string) {
	r.t.Helper()
	if out, err := r.run("make", target); err != nil {
		r.t.Fatalf("make %s: %v\n%s", target, err, out)
	}
}

// replaces puts text into a file in place of what stands there once at least.
func (r repository) replaces(file, old, text string) {
	r.t.Helper()
	was := r.read(file)
	if !strings.Contains(was, old) {
		r.t.Fatalf("%s has no %q", file, old)
	}
	if err := os.WriteFile(filepath.Join(r.folder, file), []byte(strings.Replace(was, old, text, 1)), 0o644); err != nil {
		r.t.Fatal(err)
	}
}
