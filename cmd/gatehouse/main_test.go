package main

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"gatehouse/store"
)

// TestMain lets the test binary be the program as well: under the name
// gatehouse, which is on the PATH of every test, it is nothing but main.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"gatehouse": main, "sqlite3": shell, "curl": fetch})
}

// process is gatehouse serving as a process of its own: what signals, restarts
// and SIGKILL are tried on.
type process struct {
	t        *testing.T
	cmd      *exec.Cmd
	database string
	// url is the address people see, address host and port to dial.
	url, address string
	out, log     spool
	ended        chan struct{}
}

// launch serves a database until the test ends, and returns when the start
// line is there.
func launch(t *testing.T, database string, flags ...string) *process {
	t.Helper()
	return launchIn(t, "", database, flags...)
}

// launchIn is launch in a folder.
func launchIn(t *testing.T, folder, database string, flags ...string) *process {
	t.Helper()
	p := &process{t: t, database: database, cmd: gatehouse(append(serveArgs(database), flags...)...), ended: make(chan struct{})}
	p.cmd.Dir = folder
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		p.cmd.Wait() //nolint:errcheck // the status is read from ProcessState
	}()
	t.Cleanup(p.clean)
	eventually(t, "the start line", func() bool {
		select {
		case <-p.ended:
			t.Fatalf("gatehouse ended before it served:\n%s", p.log.String())
		default:
		}
		line, _, whole := strings.Cut(p.out.String(), "\n")
		address, found := strings.CutPrefix(line, "gatehouse listening on http://")
		p.address = address
		return whole && found
	})
	_, port, err := net.SplitHostPort(p.address)
	if err != nil {
		t.Fatal(err)
	}
	p.url = "http://localhost:" + port
	return p
}

func serveArgs(database string) []string {
	return append([]string{"serve", "--listen", "127.0.0.1:0", "--database", database}, forTests...)
}

// prompt keeps the race detector from waiting a second before each exit.
const prompt = "GORACE=atexit_sleep_ms=0"

// gatehouse is a run of the program that knows nothing of our environment.
func gatehouse(args ...string) *exec.Cmd {
	cmd := exec.Command("gatehouse", args...)
	cmd.Env = []string{prompt}
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "GATEHOUSE_") && !strings.HasPrefix(variable, "GORACE=") {
			cmd.Env = append(cmd.Env, variable)
		}
	}
	return cmd
}

func (p *process) signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatalf("send %v: %v", s, err)
	}
}

// end waits until the process has ended and returns how.
func (p *process) end() syscall.WaitStatus {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.t.Fatal("gatehouse does not end")
	}
	return p.cmd.ProcessState.Sys().(syscall.WaitStatus)
}

// stop asks the process to end and requires that it does so well.
func (p *process) stop() {
	p.t.Helper()
	p.signal(syscall.SIGTERM)
	if status := p.end(); status.ExitStatus() != exitDone {
		p.t.Errorf("gatehouse ended with status %d, want %d", status.ExitStatus(), exitDone)
	}
}

func (p *process) clean() {
	select {
	case <-p.ended:
	default:
		p.stop()
	}
	log := p.log.String()
	for _, bad := range []string{"DATA RACE", "goroutine ", "msg=panic"} {
		if strings.Contains(log, bad) {
			p.t.Errorf("the log has %q", bad)
		}
	}
	if p.t.Failed() {
		p.t.Logf("the log of gatehouse:\n%s", log)
	}
}

// dial opens a bare connection, on which nothing may take longer than a test
// has patience for.
func (p *process) dial() net.Conn {
	p.t.Helper()
	conn, err := net.Dial("tcp", p.address)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		p.t.Fatal(err)
	}
	return conn
}

// refuses says whether nobody listens any more.
func (p *process) refuses() bool {
	conn, err := net.Dial("tcp", p.address)
	if err == nil {
		conn.Close()
	}
	return errors.Is(err, syscall.ECONNREFUSED)
}

// begin sends a form up to its last byte, and returns once the program reads
// the body. complete sends the rest and returns the answer; leave hangs up.
func (p *process) begin(path, form string) (complete func() *http.Response, leave func() error) {
	p.t.Helper()
	conn := p.dial()
	head := "POST " + path + " HTTP/1.1\r\nHost: " + p.address + "\r\nExpect: 100-continue\r\n" +
		"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: " + strconv.Itoa(len(form)) + "\r\n\r\n"
	send(p.t, conn, head)
	answers := bufio.NewReader(conn)
	// The program asks for the body when a handler begins to read it.
	line, err := answers.ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "HTTP/1.1 100 ") {
		p.t.Fatalf("got %q, %v, want to be asked for the body", line, err)
	}
	if _, err := answers.ReadString('\n'); err != nil {
		p.t.Fatal(err)
	}
	send(p.t, conn, form[:len(form)-1])
	complete = func() *http.Response {
		p.t.Helper()
		send(p.t, conn, form[len(form)-1:])
		r, err := http.ReadResponse(answers, nil)
		if err != nil {
			p.t.Fatalf("read the answer: %v", err)
		}
		return r
	}
	return complete, conn.Close
}

// caller is a client with cookies of its own that follows no redirect.
type caller struct {
	t      *testing.T
	client *http.Client
	url    string
}

func (p *process) caller() *caller {
	jar, _ := cookiejar.New(nil)
	transport := &http.Transport{}
	p.t.Cleanup(transport.CloseIdleConnections)
	return &caller{p.t, &http.Client{
		Jar: jar, Transport: transport, Timeout: patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, p.url}
}

// reply is an answer, read to its end.
type reply struct {
	status int
	header http.Header
	body   string
}

func (c *caller) get(path string) reply {
	c.t.Helper()
	return c.must(http.MethodGet, path, nil)
}

func (c *caller) post(path string, form url.Values) reply {
	c.t.Helper()
	return c.must(http.MethodPost, path, form)
}

func (c *caller) must(method, path string, form url.Values) reply {
	c.t.Helper()
	r, err := c.do(method, path, form)
	if err != nil {
		c.t.Fatal(err)
	}
	return r
}

// linkOf finds in the form of a page which link it is about.
var linkOf = regexp.MustCompile(`name="link" value="([^"]+)"`)

// opens opens the link of a letter and returns what the form of its page sends; a link
// that does not work has none.
func (c *caller) opens(link string) url.Values {
	c.t.Helper()
	page := c.get(c.get(link).is(c.t, http.StatusSeeOther).header.Get("Location"))
	form := url.Values{}
	if found := linkOf.FindStringSubmatch(page.body); found != nil {
		form.Set("link", found[1])
	}
	return form
}

func (c *caller) do(method, path string, form url.Values) (reply, error) {
	request, err := http.NewRequest(method, c.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		return reply{}, err
	}
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response, err := c.client.Do(request)
	if err != nil {
		return reply{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return reply{response.StatusCode, response.Header, string(body)}, err
}

func (c *caller) register(who store.Registration) reply {
	c.t.Helper()
	return c.post("/register", registration(who))
}

func (c *caller) signIn(who store.Registration) reply {
	c.t.Helper()
	return c.post("/login", url.Values{"username": {who.Username}, "password": {who.Password}})
}

// signedIn says whether the private page is shown.
func (c *caller) signedIn() bool {
	c.t.Helper()
	return c.get("/account").status == http.StatusOK
}

func registration(who store.Registration) url.Values {
	return url.Values{"name": {who.Name}, "username": {who.Username}, "email": {who.Email}, "password": {who.Password}}
}

// is requires a status.
func (r reply) is(t *testing.T, status int) reply {
	t.Helper()
	if r.status != status {
		t.Fatalf("status %d, want %d:\n%s", r.status, status, r.body)
	}
	return r
}

// eventually waits for a state.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func send(t *testing.T, conn net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
}
