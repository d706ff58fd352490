package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"gatehouse/store/storetest"
)

// heldSocket is a socket that stands for one that systemd holds.
type heldSocket struct {
	net.Listener
	file *os.File
}

func hold(t *testing.T, network, address string) heldSocket {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	file, err := l.(interface{ File() (*os.File, error) }).File()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return heldSocket{l, file}
}

// activated is gatehouse as systemd starts it: with sockets, whose names are given, or are those of the
// unit where they are empty.
func activated(names string, args []string, sockets ...heldSocket) *exec.Cmd {
	cmd := gatehouse(args...)
	program := cmd.Path
	// systemd knows the process before it is this program.
	cmd = exec.Command("sh", append([]string{"-c", `export LISTEN_PID=$$; exec "$0" "$@"`, program}, args...)...)
	cmd.Env = append(gatehouse().Env, "LISTEN_FDS="+strconv.Itoa(len(sockets)), "LISTEN_FDNAMES="+names)
	for _, s := range sockets {
		cmd.ExtraFiles = append(cmd.ExtraFiles, s.file)
	}
	return cmd
}

// ofLoad is how many restarts there are under load (RESTARTS), or requests before each (REQUESTS). make
// restarts sets both.
func ofLoad(t *testing.T, name string, usual int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// A program whose socket systemd holds is restarted under load, and loses no request: of pages and
// forms, on new connections and on kept ones. The client sends nothing twice.
func TestRestartsLoseNoRequest(t *testing.T) {
	t.Parallel()
	socket := hold(t, "tcp", "127.0.0.1:0")
	address := socket.Addr().String()
	database := filepath.Join(t.TempDir(), "gatehouse.db")
	var log spool
	start := func() *exec.Cmd {
		cmd := activated("", append(serveArgs(database), "--listen", address), socket)
		cmd.Stdout, cmd.Stderr = &log, &log
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		return cmd
	}
	program := start()
	var asked, failed atomic.Int64
	ended := make(chan struct{})
	var clients sync.WaitGroup
	for i := range 6 {
		clients.Go(func() {
			c := &plainClient{address: address, keeps: i%2 == 0}
			for n := 0; ; n++ {
				select {
				case <-ended:
					return
				default:
				}
				ask, want := c.get, http.StatusOK
				if n%3 == 2 {
					ask, want = c.post, http.StatusSeeOther
				}
				status, err := ask()
				if asked.Add(1); err != nil || status != want {
					failed.Add(1)
					t.Errorf("request %d of client %d: status %d, %v", n, i, status, err)
					return
				}
			}
		})
	}
	rounds, many := ofLoad(t, "RESTARTS", 3), int64(ofLoad(t, "REQUESTS", 100))
	for range rounds {
		before := asked.Load()
		eventually(t, "requests", func() bool { return asked.Load() > before+many || failed.Load() > 0 })
		stopped := program
		if err := stopped.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if err := stopped.Wait(); err != nil {
			t.Errorf("it ended by %v\n%s", err, log.String())
		}
		program = start()
	}
	before := asked.Load()
	eventually(t, "requests", func() bool { return asked.Load() > before+many || failed.Load() > 0 })
	close(ended)
	clients.Wait()
	if err := program.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := program.Wait(); err != nil {
		t.Errorf("it ended by %v\n%s", err, log.String())
	}
	t.Logf("%d of %d requests failed in %d restarts", failed.Load(), asked.Load(), rounds)
}

// plainClient sends a request once, and takes every answer as it is. With keeps it goes on with a
// connection until it is told to close it.
type plainClient struct {
	address string
	keeps   bool
	conn    net.Conn
	answers *bufio.Reader
}

func (c *plainClient) get() (int, error) {
	return c.ask("GET /login HTTP/1.1\r\nHost: " + c.address + "\r\n")
}

func (c *plainClient) post() (int, error) {
	const form = "theme=dark"
	return c.ask("POST /theme HTTP/1.1\r\nHost: " + c.address + "\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: " + strconv.Itoa(len(form)) + "\r\n")
}

func (c *plainClient) ask(head string) (int, error) {
	if c.conn == nil {
		conn, err := net.Dial("tcp", c.address)
		if err != nil {
			return 0, err
		}
		c.conn, c.answers = conn, bufio.NewReader(conn)
	}
	if err := c.conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return 0, err
	}
	if !c.keeps {
		head += "Connection: close\r\n"
	}
	body := ""
	if strings.HasPrefix(head, "POST") {
		body = "theme=dark"
	}
	if _, err := io.WriteString(c.conn, head+"\r\n"+body); err != nil {
		return 0, err
	}
	answer, err := http.ReadResponse(c.answers, nil)
	if err != nil {
		return 0, err
	}
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return 0, err
	}
	if answer.Close || !c.keeps {
		c.conn.Close()
		c.conn = nil
	}
	return answer.StatusCode, nil
}

// What a balancer is told while the program stops, and how long.
func TestADrainIsToldBeforeTheListenerCloses(t *testing.T) {
	t.Parallel()
	p := launch(t, storetest.SQLite.New(t), "--drain", "1m")
	kept := &plainClient{address: p.address, keeps: true}
	if status, err := kept.get(); err != nil || status != 200 {
		t.Fatalf("%d, %v", status, err)
	}
	p.signal(syscall.SIGTERM)
	eventually(t, "readyz to say so", func() bool {
		status, _ := (&plainClient{address: p.address}).ask("GET /readyz HTTP/1.1\r\nHost: " + p.address + "\r\n")
		return status == http.StatusServiceUnavailable
	})
	// It goes on: new people come in, and who is there is answered once more and told to close.
	if status, err := (&plainClient{address: p.address}).get(); err != nil || status != 200 {
		t.Errorf("a new connection: %d, %v", status, err)
	}
	if status, err := kept.get(); err != nil || status != 200 || kept.conn != nil {
		t.Errorf("a kept connection: %d, %v, closed: %v", status, err, kept.conn == nil)
	}
	p.signal(syscall.SIGTERM) // which does not wait
	if status := p.end(); status.Signal() != syscall.SIGTERM {
		t.Errorf("it ended by %v", status)
	}
}

// endsWith runs a program until it ends, and returns its last words.
func endsWith(cmd *exec.Cmd) (status int, said string) {
	var b strings.Builder
	cmd.Stderr = &b
	err := cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		status = exit.ExitCode()
	}
	return status, b.String()
}

func TestSocketsOfSystemd(t *testing.T) {
	t.Parallel()
	site, metrics, other := hold(t, "tcp", "127.0.0.1:0"), hold(t, "tcp", "127.0.0.1:0"), hold(t, "tcp", "127.0.0.1:0")
	path := filepath.Join(t.TempDir(), "file")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	args := func(more ...string) []string {
		return append(serveArgs(filepath.Join(t.TempDir(), "gatehouse.db")), more...)
	}
	at := site.Addr().String()
	for name, c := range map[string]struct {
		cmd  *exec.Cmd
		want string
	}{
		"another address":         {activated("", args("--listen", "127.0.0.1:9"), site), "the socket that systemd holds is " + at + ", and --listen says 127.0.0.1:9"},
		"another metrics address": {activated("site:metrics", args("--listen", at, "--metrics-listen", "127.0.0.1:9"), site, metrics), "and --metrics-listen says 127.0.0.1:9"},
		"two sites":               {activated("a:b", args("--listen", at), site, other), "systemd holds more than one socket for the site"},
		"no socket":               {activated("", args("--listen", at), heldSocket{file: file}), "descriptor 3 from systemd is no socket to listen on"},
	} {
		if status, said := endsWith(c.cmd); status != exitFailed || !strings.Contains(said, c.want) || strings.Count(said, "\n") != 1 {
			t.Errorf("%s: %d, %s", name, status, said)
		}
	}
	// Sockets that are meant for another process are left alone: this one makes its own.
	free := hold(t, "tcp", "127.0.0.1:0")
	free.Close()
	free.file.Close()
	cmd := gatehouse(args("--listen", free.Addr().String())...)
	cmd.Env = append(cmd.Env, "LISTEN_PID=1", "LISTEN_FDS=1")
	var out spool
	cmd.Stdout = &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the start line", func() bool { return strings.Contains(out.String(), "listening on http://"+free.Addr().String()) })
	cmd.Process.Signal(syscall.SIGTERM) //nolint:errcheck // Wait says more
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// systemd is told when people can come in, and when the program stops.
func TestSystemdIsTold(t *testing.T) {
	t.Parallel()
	for _, address := range []string{filepath.Join(t.TempDir(), "notify"), fmt.Sprintf("@gatehouse-%d-notify", os.Getpid())} {
		bound := &net.UnixAddr{Name: strings.Replace(address, "@", "\x00", 1), Net: "unixgram"}
		conn, err := net.ListenUnixgram("unixgram", bound)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		heard := func() string {
			text := make([]byte, 100)
			if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
				t.Fatal(err)
			}
			n, err := conn.Read(text)
			if err != nil {
				t.Fatal(err)
			}
			return string(text[:n])
		}
		cmd := gatehouse(serveArgs(filepath.Join(t.TempDir(), "gatehouse.db"))...)
		var out spool
		cmd.Stdout, cmd.Env = &out, append(cmd.Env, "NOTIFY_SOCKET="+address)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if got := heard(); got != "READY=1" {
			t.Errorf("told %q", got)
		}
		eventually(t, "the start line", func() bool { return strings.Contains(out.String(), "listening on") })
		cmd.Process.Signal(syscall.SIGTERM) //nolint:errcheck // Wait says more
		if got := heard(); got != "STOPPING=1" {
			t.Errorf("told %q", got)
		}
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	}
}

// unixSite starts the program on a unix socket, and returns a client behind its proxy.
func unixSite(t *testing.T, path string, flags ...string) (*exec.Cmd, *spool) {
	t.Helper()
	cmd := gatehouse(append(serveArgs(filepath.Join(t.TempDir(), "gatehouse.db")), "--listen", "unix:"+path, "--base-url", "https://accounts.example.com")...)
	cmd.Args = append(cmd.Args, flags...)
	var out spool
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the start line", func() bool { return strings.Contains(out.String(), "listening on unix:"+path+"\n") })
	return cmd, &out
}

func TestAUnixSocket(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "site.sock")
	cmd, log := unixSite(t, path)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o660 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	conn, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	send(t, conn, "GET /login HTTP/1.1\r\nHost: accounts.example.com\r\nX-Forwarded-For: 198.51.100.1, 203.0.113.9\r\n\r\n")
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil || answer.StatusCode != 200 {
		t.Fatalf("%v, %v", answer, err)
	}
	eventually(t, "the log", func() bool { return strings.Contains(log.String(), "address=203.0.113.9") })
	// A second program is told, and takes nothing away.
	second := append(serveArgs(filepath.Join(t.TempDir(), "gatehouse.db")), "--listen", "unix:"+path, "--base-url", "https://accounts.example.com")
	if status, said := endsWith(gatehouse(second...)); status != exitFailed || !strings.Contains(said, "it is in use by another program") {
		t.Errorf("%d, %s", status, said)
	}
	// Killed, it leaves its socket, which the next start replaces.
	cmd.Process.Kill() //nolint:errcheck // Wait says more
	cmd.Wait()         //nolint:errcheck // it was killed
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
	cmd, _ = unixSite(t, path)
	cmd.Process.Signal(syscall.SIGTERM) //nolint:errcheck // Wait says more
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket stays: %v", err)
	}
	if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if status, said := endsWith(gatehouse(second...)); status != exitFailed || !strings.Contains(said, "there is something that is no socket") {
		t.Errorf("%d, %s", status, said)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "mine" {
		t.Errorf("%q, %v", text, err)
	}
	for _, args := range [][]string{{"--listen", "unix:site.sock", "--base-url", "https://a.example"}, {"--listen", "unix:" + path}, {"--listen", "unix:/" + strings.Repeat("x", 200), "--base-url", "https://a.example"}, {"--drain", "61s"}, {"--drain", "-1s"}} {
		if status, said := endsWith(gatehouse(append([]string{"serve"}, args...)...)); status != exitUsage {
			t.Errorf("%v: %d, %s", args, status, said)
		}
	}
}
