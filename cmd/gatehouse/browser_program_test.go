package main

import (
	"bytes"
	"context"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/store"
	"gatehouse/store/storetest"
)

// patience is how long anything may take on a busy machine. Nothing waits for
// it to pass.
const patience = 30 * time.Second

// program is gatehouse as people run it, from its command line, until the test
// ends.
type program struct {
	// url is the address that people see, address the one it listens on.
	url, address string
	database     string
	clock        *storetest.Clock
}

// forTests are the flags of every program under test.
// A product calls the site as it likes, and what is said here is said of this name.
var forTests = []string{"--insecure-test", "--bcrypt-cost", "4", "--name", "Gatehouse"}

// serveProgram starts the program on an empty database and a free port.
func serveProgram(t *testing.T, flags ...string) *program {
	t.Helper()
	p := &program{database: filepath.Join(t.TempDir(), "gatehouse.db"), clock: storetest.NewClock()}
	p.start(t, flags...)
	return p
}

// started finds the address in the line that interface.md promises.
var started = regexp.MustCompile(`(?m)^gatehouse listening on (http://127\.0\.0\.1:(\d+))$`)

func (p *program) start(t *testing.T, flags ...string) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	var out, log spool
	ended := make(chan int, 1)
	go func() {
		args := append([]string{"--listen", "127.0.0.1:0", "--database", p.database}, append(forTests, flags...)...)
		ended <- run(ctx, args, terminal{strings.NewReader(""), &out, &log}, p.clock.Now)
	}()
	t.Cleanup(func() {
		stop()
		select {
		case status := <-ended:
			if status != exitDone {
				t.Errorf("the program ended with status %d, want %d", status, exitDone)
			}
		case <-time.After(patience):
			t.Error("the program did not end when it was asked to")
		}
		if strings.Contains(log.String(), "level=ERROR") {
			t.Error("the program met faults")
		}
		if t.Failed() {
			t.Log("the program's log:\n" + log.String())
		}
	})
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		if line := started.FindStringSubmatch(out.String()); line != nil {
			p.address, p.url = line[1], "http://localhost:"+line[2]
			return
		}
		select {
		case status := <-ended:
			ended <- status
			t.Fatalf("the program ended with status %d before it served:\n%s", status, log.String())
		default:
		}
		if time.Now().After(deadline) {
			t.Fatal("the program did not begin to serve")
		}
	}
}

// add makes an account from the command line.
func (p *program) add(t *testing.T, who store.Registration) {
	t.Helper()
	p.command(t, who.Password+"\n", "user", "add", who.Username, "--email", who.Email, "--full-name", who.Name)
}

// command runs another command on the database of the program.
func (p *program) command(t *testing.T, typed string, args ...string) {
	t.Helper()
	var out, log spool
	args = append(append(args, "--database", p.database), forTests...)
	if status := run(context.Background(), args, terminal{strings.NewReader(typed), &out, &log}, p.clock.Now); status != exitDone {
		t.Fatalf("%q: status %d: %s", args, status, log.String())
	}
}

// caller is somebody without a browser.
func (p *program) caller(t *testing.T) *caller {
	return (&process{t: t, url: p.url}).caller()
}

// spool collects what the program writes, for more than one reader at a time.
type spool struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *spool) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *spool) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}
