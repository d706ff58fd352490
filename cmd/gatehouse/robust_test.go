package main

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"gatehouse/store/storetest"
)

// SRV-01: what a slow client can hold, and for how long.
func TestSRV01LimitsOfTheServer(t *testing.T) {
	t.Parallel()
	server := newServer(http.NotFoundHandler(), slog.New(slog.DiscardHandler))
	for _, c := range []struct {
		name      string
		got, most time.Duration
	}{
		{"ReadHeaderTimeout", server.ReadHeaderTimeout, 10 * time.Second},
		{"ReadTimeout", server.ReadTimeout, 30 * time.Second},
		{"WriteTimeout", server.WriteTimeout, 60 * time.Second},
		{"IdleTimeout", server.IdleTimeout, 2 * time.Minute},
	} {
		if c.got <= 0 || c.got > c.most {
			t.Errorf("%s is %v, want up to %v", c.name, c.got, c.most)
		}
	}
	if server.MaxHeaderBytes <= 0 || server.MaxHeaderBytes > 64<<10 {
		t.Errorf("MaxHeaderBytes is %d, want up to 64 kB", server.MaxHeaderBytes)
	}
	if server.ReadTimeout < server.ReadHeaderTimeout || server.WriteTimeout <= server.ReadTimeout {
		t.Error("the limits are not in the order in which a client meets them")
	}
}

// The limits are those of the running server, too: a short one cuts off.
func TestSRV01SlowClientsAreClosed(t *testing.T) {
	t.Parallel()
	server := newServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body) //nolint:errcheck // it is cut off
	}), slog.New(slog.DiscardHandler))
	server.ReadHeaderTimeout, server.ReadTimeout, server.IdleTimeout = 50*time.Millisecond, 50*time.Millisecond, 50*time.Millisecond
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go server.Serve(strictListener{listener.(*net.TCPListener)}) //nolint:errcheck // it says that it was closed
	defer server.Close()
	for name, sent := range map[string]string{
		"nothing":     "",
		"slow header": "GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
		"slow body":   "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nslow",
		"idle":        "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			send(t, conn, sent)
			closed(t, conn)
		})
	}
}

func TestSRV01IdleConnectionsStopNobody(t *testing.T) {
	t.Parallel()
	p := launch(t, storetest.SQLite.New(t))
	for i := range 200 {
		conn := p.dial()
		switch i % 4 {
		case 1:
			send(t, conn, "GET / HT")
		case 2:
			send(t, conn, "GET / HTTP/1.1\r\nHost: "+p.address+"\r\nX-Slow: ")
		case 3:
			send(t, conn, "POST /login HTTP/1.1\r\nHost: "+p.address+"\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\nuser")
		}
	}
	c := p.caller()
	c.get("/login").is(t, 200)
	c.register(storetest.Ada()).is(t, 303)
	if !c.signedIn() {
		t.Error("not signed in")
	}
}

func TestSRV02HugeRequestsAreRefused(t *testing.T) {
	t.Parallel()
	p := launch(t, storetest.SQLite.New(t))
	for _, c := range []struct {
		name, request string
		want          string
	}{
		{"1 MB header", "GET / HTTP/1.1\r\nHost: " + p.address + "\r\nX-Huge: " + strings.Repeat("a", 1<<20) + "\r\n\r\n", "431"},
		{"1 MB of small headers", "GET / HTTP/1.1\r\nHost: " + p.address + "\r\n" + strings.Repeat("X-Many: a\r\n", 1<<20/11) + "\r\n", "431"},
		{"1 MB cookie", "GET / HTTP/1.1\r\nHost: " + p.address + "\r\nCookie: sid=" + strings.Repeat("a", 1<<20) + "\r\n\r\n", "431"},
		{"64 kB URL", "GET /" + strings.Repeat("a", 64<<10) + " HTTP/1.1\r\nHost: " + p.address + "\r\n\r\n", "431|414|400"},
		{"64 kB query", "GET /login?next=" + strings.Repeat("a", 64<<10) + " HTTP/1.1\r\nHost: " + p.address + "\r\n\r\n", "431|414|400"},
		{"64 kB method", strings.Repeat("A", 64<<10) + " / HTTP/1.1\r\nHost: " + p.address + "\r\n\r\n", "431|400"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			conn := p.dial()
			// The server may answer and close before all is sent.
			go io.WriteString(conn, c.request) //nolint:errcheck // see above
			statuses := answers(closed(t, conn))
			if len(statuses) != 1 || !strings.Contains(c.want, statuses[0]) {
				t.Errorf("answered %v, want %s", statuses, c.want)
			}
		})
	}
	t.Run("1 MB body", func(t *testing.T) {
		t.Parallel()
		p.caller().post("/login", url.Values{"username": {strings.Repeat("a", 1<<20)}}).is(t, 413)
	})
}

func TestSRV05ADatabaseThatIsLockedOrRefusesToWrite(t *testing.T) {
	t.Parallel()
	for name, trouble := range map[string]struct{ begin, end string }{
		"locked by another program": {
			`BEGIN IMMEDIATE`,
			`ROLLBACK`,
		},
		"refusing every new row": {
			`CREATE TRIGGER no_users BEFORE INSERT ON users BEGIN SELECT RAISE(FAIL, 'attempt to write a readonly database'); END;
			CREATE TRIGGER no_signins BEFORE INSERT ON signins BEGIN SELECT RAISE(FAIL, 'attempt to write a readonly database'); END`,
			`DROP TRIGGER no_users; DROP TRIGGER no_signins`,
		},
		"without a table": {
			`ALTER TABLE signins RENAME TO signins_gone`,
			`ALTER TABLE signins_gone RENAME TO signins`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := launch(t, storetest.SQLite.New(t))
			ada := p.caller()
			ada.register(storetest.Ada()).is(t, 303)
			other, err := sql.Open("sqlite3", p.database)
			if err != nil {
				t.Fatal(err)
			}
			defer other.Close()
			other.SetMaxOpenConns(1)
			change(t, other, trouble.begin)
			visitor := p.caller()
			p.fails(visitor.signIn(storetest.Ada()))
			visitor.get("/login").is(t, 200)
			visitor.get("/healthz").is(t, 200)
			if visitor.signedIn() {
				t.Error("signed in by a sign-in that failed")
			}
			change(t, other, trouble.end)
			visitor.signIn(storetest.Ada()).is(t, 303)
			if !visitor.signedIn() || !ada.signedIn() {
				t.Error("not signed in once the database is well again")
			}
		})
	}
}

// fails requires a generic page for a fault that says nothing but its number,
// and the log to have the rest.
func (p *process) fails(r reply) {
	p.t.Helper()
	if r.status != 500 && r.status != 503 {
		p.t.Fatalf("status %d, want 500 or 503", r.status)
	}
	id := r.header.Get("X-Request-Id")
	if id == "" || !strings.Contains(r.body, id) {
		p.t.Errorf("the page does not say its request id %q", id)
	}
	if cookies := r.header.Values("Set-Cookie"); len(cookies) > 0 {
		p.t.Errorf("cookies are set: %q", cookies)
	}
	said := strings.ReplaceAll(r.body, id, "") // which may spell anything
	for _, secret := range []string{"sql", "SQL", "readonly", "locked", "goroutine", ".go:", p.database} {
		if strings.Contains(said, secret) {
			p.t.Errorf("the page says %q", secret)
		}
	}
	eventually(p.t, "the fault in the log", func() bool {
		return regexp.MustCompile(`level=ERROR msg=fault request=` + id + ` error=`).MatchString(p.log.String())
	})
}

func TestSRV10NothingIsServedForCurious(t *testing.T) {
	t.Parallel()
	p := launch(t, storetest.SQLite.New(t))
	c := p.caller()
	for _, path := range []string{
		"/debug/pprof/", "/debug/pprof/heap", "/debug/pprof/cmdline", "/debug/vars", "/debug", "/metrics", "/status", "/version",
		"/.git/config", "/.env", "/gatehouse.db", "/assets/", "/assets/manifest.json", "/server-status", "/actuator/health",
	} {
		c.get(path).is(t, 404)
	}
	for _, path := range []string{"/", "/login", "/register", "/healthz", "/readyz", "/robots.txt", "/favicon.ico", "/nowhere"} {
		answer := c.get(path)
		for _, name := range []string{"Server", "X-Powered-By", "Via", "X-Runtime", "X-Version"} {
			if value := answer.header.Get(name); value != "" {
				t.Errorf("%s: %s is %q, want none", path, name, value)
			}
		}
		if strings.Contains(answer.body+fmt.Sprint(answer.header), runtime.Version()) {
			t.Errorf("%s tells the version of Go", path)
		}
	}
	conn := p.dial()
	send(t, conn, "OPTIONS * HTTP/1.1\r\nHost: "+p.address+"\r\nConnection: close\r\n\r\n")
	if text := closed(t, conn); !strings.HasPrefix(text, "HTTP/1.1 40") || !strings.Contains(text, "X-Content-Type-Options: nosniff") {
		t.Errorf("OPTIONS * is answered\n%s\nwant a refusal with our headers", text)
	}
}

// closed reads until the other side closes, and fails if it does not.
func closed(t *testing.T, conn net.Conn) string {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	_, err := io.Copy(&got, conn)
	if err != nil && !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the connection is still open: %v", err)
	}
	return got.String()
}

var statusLine = regexp.MustCompile(`(?m)^HTTP/1\.[01] (\d+) `)

// answers are the status codes of the answers in text.
func answers(text string) []string {
	var codes []string
	for _, line := range statusLine.FindAllStringSubmatch(text, -1) {
		codes = append(codes, line[1])
	}
	return codes
}

func change(t *testing.T, db *sql.DB, statements string) {
	t.Helper()
	if _, err := db.Exec(statements); err != nil {
		t.Fatal(err)
	}
}
