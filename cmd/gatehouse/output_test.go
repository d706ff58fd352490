package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"gatehouse/store/storetest"
)

// launchInto serves like launch, but with what a shell makes of stdout and
// stderr, so that nothing says where: the port is one that was free. File
// number 3 is end, if there is one.
func launchInto(t *testing.T, redirection string, end *os.File, flags ...string) *process {
	t.Helper()
	for range 5 {
		p := &process{t: t, database: storetest.SQLite.New(t), address: freeAddress(t), ended: make(chan struct{})}
		p.url = "http://" + strings.Replace(p.address, "127.0.0.1", "localhost", 1)
		args := append([]string{"--listen", p.address, "--database", p.database}, append(forTests, flags...)...)
		p.cmd = redirected(redirection, end, args...)
		if err := p.cmd.Start(); err != nil {
			t.Fatal(err)
		}
		go func() {
			defer close(p.ended)
			p.cmd.Wait() //nolint:errcheck // the status is read from ProcessState
		}()
		t.Cleanup(p.clean)
		gone := false
		eventually(t, "the program to serve", func() bool {
			select {
			case <-p.ended:
				gone = true
			default:
			}
			return gone || !p.refuses()
		})
		if !gone {
			return p
		}
	}
	t.Fatal("the program ends before it serves")
	return nil
}

// redirected is gatehouse with a redirection.
func redirected(redirection string, end *os.File, args ...string) *exec.Cmd {
	cmd := gatehouse(args...)
	cmd.Path, cmd.Err = "/bin/sh", nil
	cmd.Args = append([]string{"sh", "-c", `exec gatehouse "$@" ` + redirection, "sh"}, args...)
	if end != nil {
		cmd.ExtraFiles = []*os.File{end}
	}
	return cmd
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// pipe and socket return both ends of one, blocking as a shell would make them.
func pipe(t *testing.T) (here, there *os.File) {
	t.Helper()
	var ends [2]int
	if err := syscall.Pipe(ends[:]); err != nil {
		t.Fatal(err)
	}
	return both(t, ends)
}

func socket(t *testing.T) (here, there *os.File) {
	t.Helper()
	ends, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	return both(t, ends)
}

func both(t *testing.T, ends [2]int) (here, there *os.File) {
	t.Helper()
	for _, fd := range ends {
		syscall.CloseOnExec(fd)
	}
	here, there = os.NewFile(uintptr(ends[0]), "here"), os.NewFile(uintptr(ends[1]), "there")
	t.Cleanup(func() { here.Close(); there.Close() })
	return here, there
}

// clogged writes to an end until nothing more fits.
func clogged(t *testing.T, _, there *os.File) *os.File {
	t.Helper()
	fd := int(there.Fd())
	if err := syscall.SetNonblock(fd, true); err != nil {
		t.Fatal(err)
	}
	for err := error(nil); !errors.Is(err, syscall.EAGAIN); {
		if _, err = syscall.Write(fd, []byte("x")); err != nil && !errors.Is(err, syscall.EAGAIN) {
			t.Fatal(err)
		}
	}
	if err := syscall.SetNonblock(fd, false); err != nil {
		t.Fatal(err)
	}
	return there
}

// left is an end whose other side is gone.
func left(t *testing.T, here, there *os.File) *os.File {
	t.Helper()
	here.Close()
	return there
}

// talks has the program log more than it lets wait, and returns how many lines.
func (c *caller) talks() int {
	c.t.Helper()
	path := "/" + strings.Repeat("a.", 8<<10)
	n := queueMax/len(path) + 40 // more than a socket holds, too
	for range n {
		c.get(path).is(c.t, 404)
	}
	return n
}

var lostLine = regexp.MustCompile(`(?m)^gatehouse_log_lines_lost_total (\S+)$`)

// lost is how many lines the metrics at that address count as lost.
func (p *process) lost(metrics string) int {
	p.t.Helper()
	c := p.caller()
	c.url = "http://" + metrics
	found := lostLine.FindStringSubmatch(c.get("/metrics").is(p.t, 200).body)
	if found == nil {
		p.t.Fatal("nothing counts the lines that were lost")
	}
	n, err := strconv.Atoi(found[1])
	if err != nil {
		p.t.Fatal(err)
	}
	return n
}

func TestTheSiteGoesOnWhoeverReadsItsLog(t *testing.T) {
	t.Parallel()
	gone := func(pair func(*testing.T) (_, _ *os.File)) func(*testing.T) *os.File {
		return func(t *testing.T) *os.File { here, there := pair(t); return left(t, here, there) }
	}
	full := func(pair func(*testing.T) (_, _ *os.File)) func(*testing.T) *os.File {
		return func(t *testing.T) *os.File { here, there := pair(t); return clogged(t, here, there) }
	}
	for name, c := range map[string]struct {
		redirection string
		end         func(*testing.T) *os.File
		loses       bool
	}{
		"closed from the start":                {">&- 2>&-", nil, false},
		"all three closed":                     {"<&- >&- 2>&-", nil, false},
		"open for reading alone":               {"</dev/null >&0 2>&0", nil, true},
		"a disk that is full":                  {">/dev/full 2>/dev/full", nil, true},
		"a pipe whose reader is gone":          {">&3 2>&3", gone(pipe), true},
		"a socket whose reader is gone":        {">&3 2>&3", gone(socket), true},
		"a pipe that nobody reads":             {">&3 2>&3", full(pipe), true},
		"a socket that nobody reads":           {">&3 2>&3", full(socket), true},
		"a reader of stdout who is gone":       {">&3 2>/dev/null", gone(pipe), true},
		"a stdout that nobody reads":           {">&3 2>/dev/null", full(pipe), false},
		"a stdout closed, nobody reads errors": {">&- 2>&3", full(pipe), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var end *os.File
			if c.end != nil {
				end = c.end(t)
			}
			metrics := freeAddress(t)
			p := launchInto(t, c.redirection, end, "--metrics-listen", metrics)
			visitor := p.caller()
			visitor.talks()
			visitor.get("/login").is(t, 200)
			visitor.get("/healthz").is(t, 200)
			visitor.get("/readyz").is(t, 200)
			visitor.register(storetest.Ada()).is(t, 303)
			if !visitor.signedIn() {
				t.Error("not signed in")
			}
			if lost := p.lost(metrics); lost > 0 != c.loses {
				t.Errorf("%d lines are lost", lost)
			}
			p.stop()
			sound(t, p.database, 1)
		})
	}
}

func TestWhoReadsTheLogAgainIsToldWhatIsMissing(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"text", "json"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			here, there := pipe(t)
			metrics := freeAddress(t)
			p := launchInto(t, ">/dev/null 2>&3", there, "--metrics-listen", metrics, "--log-format", format)
			there.Close()
			visitor := p.caller()
			asked := visitor.talks()
			eventually(t, "lines to be lost", func() bool { return p.lost(metrics) > 0 })
			read := make(chan error)
			go func() {
				_, err := io.Copy(&p.log, here)
				read <- err
			}()
			eventually(t, "the report", func() bool { return strings.Contains(p.log.String(), "lines of the log were lost") })
			lost := p.lost(metrics)
			visitor.get("/login").is(t, 200)
			p.stop()
			if err := <-read; err != nil {
				t.Fatal(err)
			}
			reports := 0
			for _, line := range p.logOf(format) {
				if line["msg"] == "lines of the log were lost" {
					reports++
					if line["level"] != "WARN" || line["lines"] != strconv.Itoa(lost) {
						t.Errorf("the report is %v, want %d lines", line, lost)
					}
				}
			}
			if reports != 1 {
				t.Errorf("%d reports, want 1", reports)
			}
			p.requests(format, asked+1-lost)
		})
	}
}

// What goes wrong at the start is said to nobody, and the program ends all the
// same.
func TestAStartThatFailsEndsWhoeverReadsItsLog(t *testing.T) {
	t.Parallel()
	here, there := pipe(t)
	clogged(t, here, there)
	p := launch(t, storetest.SQLite.New(t))
	cmd := redirected(">&3 2>&3", there, "--listen", p.address, "--database", storetest.SQLite.New(t))
	ended := make(chan error, 1)
	go func() { ended <- cmd.Run() }()
	var err error
	eventually(t, "the end", func() bool {
		select {
		case err = <-ended:
			return true
		default:
			return false
		}
	})
	if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != exitFailed {
		t.Errorf("%v, want exit status %d", err, exitFailed)
	}
}

// A command ends as others do in a pipe: by the signal, without a word.
func TestACommandWhoseReaderIsGoneEndsQuietly(t *testing.T) {
	t.Parallel()
	database := storetest.SQLite.New(t)
	p := launch(t, database)
	p.caller().register(storetest.Ada()).is(t, 303)
	for _, args := range [][]string{
		{"user", "list"},
		{"user", "list", "--json"},
		{"user", "show", "ada"},
		{"signin", "list", "ada"},
		{"migrate"},
		{"version"},
		{"--help"},
	} {
		here, there := pipe(t)
		cmd := redirected(">&3", left(t, here, there), append(args, "--database", database)...)
		var said bytes.Buffer
		cmd.Stderr = &said
		err := cmd.Run()
		status, _ := cmd.ProcessState.Sys().(syscall.WaitStatus)
		if !status.Signaled() || status.Signal() != syscall.SIGPIPE || said.Len() > 0 {
			t.Errorf("%v: %v, stderr %q; want to end by SIGPIPE", args, err, said.String())
		}
		if strings.Contains(args[0], "-") || args[0] == "version" || args[0] == "migrate" {
			continue
		}
		cmd = redirected(">/dev/full", nil, append(args, "--database", database)...)
		said.Reset()
		cmd.Stderr = &said
		err = cmd.Run()
		if cmd.ProcessState.ExitCode() != exitFailed || !strings.HasSuffix(said.String(), "no space left on device\n") || strings.Count(said.String(), "\n") != 1 {
			t.Errorf("%v on a full disk: %v, stderr %q; want one sentence", args, err, said.String())
		}
	}
}

// Scrapes that nobody reads to the end cost the site nothing and hold no stop
// up.
func TestTheSiteGoesOnWhoeverFetchesItsMetrics(t *testing.T) {
	t.Parallel()
	metrics := freeAddress(t)
	p := launch(t, storetest.SQLite.New(t), "--metrics-listen", metrics)
	for i := range 150 {
		conn, err := net.Dial("tcp", metrics)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		switch i % 3 {
		case 1:
			send(t, conn, "GET /metrics HT")
		case 2:
			send(t, conn, strings.Repeat("GET /metrics HTTP/1.1\r\nHost: "+metrics+"\r\n\r\n", 20))
		}
	}
	c := p.caller()
	c.get("/login").is(t, 200)
	c.register(storetest.Ada()).is(t, http.StatusSeeOther)
	if lost := p.lost(metrics); lost != 0 {
		t.Errorf("%d lines are lost", lost)
	}
	p.stop()
	if !strings.Contains(p.log.String(), fmt.Sprint("path=/register status=", http.StatusSeeOther)) {
		t.Error("the log is not written to its end")
	}
}
