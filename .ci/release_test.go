package ci

import (
	"bytes"
	"encoding/base64"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"gatehouse/store/secret"
	"gatehouse/store/storetest"
)

// release is the one whose data and copies must go on working with today's program.
const release = "95736c5"

// siteSecret is the secret of storetest.Seal.
var siteSecret = base64.StdEncoding.EncodeToString(make([]byte, secret.Length))

const patience = time.Minute

// TestTheRelease runs the program of the release: what it leaves behind, and beside
// today's.
func TestTheRelease(t *testing.T) {
	t.Parallel()
	if shallow, err := exec.Command("git", "rev-parse", "--is-shallow-repository").Output(); err != nil || strings.TrimSpace(string(shallow)) == "true" {
		t.Skip("this checkout has no history to build the release from")
	}
	before := builds(t, true)
	t.Run("leaves data behind", func(t *testing.T) {
		t.Parallel()
		for _, d := range storetest.Databases {
			t.Run(d.Name, func(t *testing.T) {
				t.Parallel()
				leavesBehind(t, before, d)
			})
		}
	})
	t.Run("goes on beside a new copy", func(t *testing.T) {
		t.Parallel()
		goesOnBeside(t, before, builds(t, false))
	})
}

// builds makes a program of the release's tree, from history, or of this one.
func builds(t *testing.T, old bool) (path string) {
	t.Helper()
	folder := t.TempDir()
	script := `go build -race=false -o "$1/gatehouse" ./cmd/gatehouse`
	if old {
		// It gets the built style and script of today: it serves them and knows no more of them.
		// Pictures it cannot serve.
		script = `git archive ` + release + ` | tar -x -C "$1" && cp -r assets/dist "$1/assets/" && cd "$1" &&
			sed -i '/\.png"/d; s/\("icon.svg": "[^"]*"\),/\1/' assets/dist/manifest.json &&
			go build -race=false -buildvcs=false -o gatehouse ./cmd/gatehouse`
	}
	shell := exec.Command("bash", "-euo", "pipefail", "-c", script, "-", folder)
	shell.Dir = ".."
	if out, err := shell.CombinedOutput(); err != nil {
		t.Fatalf("build the program (is %s in the history here?): %v\n%s", release, err, out)
	}
	return filepath.Join(folder, "gatehouse")
}

// program is one of the two, and with what settings it runs.
type program struct {
	t        *testing.T
	path     string
	settings []string
}

func (p program) command(args ...string) *exec.Cmd {
	cmd := exec.Command(p.path, append(args, p.settings...)...)
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "GATEHOUSE_") {
			cmd.Env = append(cmd.Env, variable)
		}
	}
	return cmd
}

// run runs a command to its end.
func (p program) run(args ...string) {
	p.t.Helper()
	if out, err := p.command(args...).CombinedOutput(); err != nil {
		p.t.Fatalf("gatehouse %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

var listening = regexp.MustCompile(`gatehouse listening on http://(\S+)\n`)

// running is a copy of a program that serves.
type running struct {
	t       *testing.T
	address string
	out     *output
	process *os.Process
	stop    func()
}

// serve starts a copy. It stops with the test at the latest.
func (p program) serve(args ...string) *running {
	p.t.Helper()
	cmd := p.command(append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...)
	var log output
	r := &running{t: p.t, out: &output{}}
	cmd.Stdout, cmd.Stderr = r.out, &log
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		cmd.Wait() //nolint:errcheck // the log says more
	}()
	r.process = cmd.Process
	r.stop = sync.OnceFunc(func() {
		r.signal(syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(patience):
			p.t.Errorf("a copy does not end:\n%s", log.String())
		}
	})
	p.t.Cleanup(func() {
		r.stop()
		if p.t.Failed() {
			p.t.Logf("the log of %s:\n%s", p.path, log.String())
		}
	})
	eventually(p.t, "a copy that listens", func() bool {
		select {
		case <-ended:
			p.t.Fatalf("a copy ended before it served:\n%s", log.String())
		default:
		}
		found := listening.FindStringSubmatch(r.out.String())
		if found != nil {
			r.address = found[1]
		}
		return found != nil
	})
	return r
}

func (r *running) signal(s syscall.Signal) {
	r.t.Helper()
	if err := r.process.Signal(s); err != nil {
		r.t.Errorf("send %v: %v", s, err)
	}
}

// output collects what a program writes.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// eventually waits for a state.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}
