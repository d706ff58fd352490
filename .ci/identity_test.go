package ci

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"gatehouse/store/storetest"
)

var ourNames = regexp.MustCompile(`gatehouse|GATEHOUSE`)

// A product changes one name, and all that the program is called by follows.
func TestTheProgramIsWhatItIsCalled(t *testing.T) {
	t.Parallel()
	kiosk := filepath.Join(t.TempDir(), "kiosk")
	build := exec.Command("bash", "-euo", "pipefail", "-c", `eval "$(make -n build PROGRAM=kiosk | grep '^go build' | sed "s#bin/gatehouse#$1#")"`, "-", kiosk)
	build.Dir = ".."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the program: %v\n%s", err, out)
	}
	folder := t.TempDir()
	command := func(args ...string) *exec.Cmd {
		cmd := exec.Command(kiosk, args...)
		cmd.Dir = folder
		cmd.Env = []string{"KIOSK_LISTEN=127.0.0.1:0", "KIOSK_METRICS_LISTEN=127.0.0.1:0", "GATEHOUSE_LISTEN=none"}
		return cmd
	}
	for line, want := range map[string]string{
		"version":                          `^kiosk \S+, go`,
		"--help":                           `(?s)^Usage: kiosk .*\(\$KIOSK_DATABASE\).*also what plain kiosk does`,
		"--bogus":                          `^kiosk: unknown flag --bogus\nRun kiosk --help to see what there is\.\n$`,
		"--listen=no":                      `^kiosk: --listen must be an address`,
		"user list":                        `^kiosk: there is no database at \S+/kiosk\.db; name it`,
		"--no-migrate --database older.db": `^kiosk: the database is older than this program; run kiosk migrate\n$`,
	} {
		out, _ := command(strings.Fields(line)...).CombinedOutput()
		if !regexp.MustCompile(want).Match(out) || ourNames.Match(out) {
			t.Errorf("kiosk %s says\n%s", line, out)
		}
	}
	served := serveOnce(t, command("serve"))
	for _, line := range []string{"kiosk listening on http://", "\nkiosk_build_info{", "\nkiosk_http_request_duration_seconds_count{"} {
		if !strings.Contains(served, line) || ourNames.MatchString(served) {
			t.Errorf("there is no %q, or another name, in\n%s", line, served)
		}
	}
	serveOnce(t, command("serve", "--database", storetest.PostgreSQL.New(t)))
	for _, file := range []string{"kiosk.db", "kiosk.db.secret", "kiosk.secret"} {
		if _, err := os.Stat(filepath.Join(folder, file)); err != nil {
			t.Error(err)
		}
	}
}

// serveOnce runs a server for one page, and returns what it writes to stdout and its metrics.
func serveOnce(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	var out, log output
	cmd.Stdout, cmd.Stderr = &out, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	addresses := regexp.MustCompile(`(?s)listening on (http://\S+)\n.*metrics are at (http://\S+)\n`)
	var at []string
	eventually(t, "a site that says where it is", func() bool {
		at = addresses.FindStringSubmatch(out.String())
		return at != nil
	})
	var metrics bytes.Buffer
	for _, address := range at[1:] {
		answer, err := http.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		metrics.Reset()
		if _, err := io.Copy(&metrics, answer.Body); err != nil {
			t.Error(err)
		}
		answer.Body.Close()
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, log.String())
	}
	return out.String() + metrics.String()
}
