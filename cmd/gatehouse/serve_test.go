package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"gatehouse/store/storetest"
)

func TestServeSaysWhereItListens(t *testing.T) {
	t.Parallel()
	p := launch(t, storetest.SQLite.New(t))
	start := regexp.MustCompile(`^gatehouse listening on http://127\.0\.0\.1:[1-9]\d*\n$`)
	mailbox := "there is no mail server: mail is at " + p.url + "/dev/mailbox\n"
	for _, path := range []string{"/healthz", "/readyz"} {
		if got := p.caller().get(path).is(t, 200).body; got != "ok\n" {
			t.Errorf("%s says %q, want ok", path, got)
		}
	}
	p.caller().get("/").is(t, 200)
	p.stop()
	if !strings.Contains(p.log.String(), "INSECURE: --insecure-test is on") {
		t.Error("nothing warns of --insecure-test")
	}
	said, link, _ := strings.Cut(p.out.String(), "there is no administrator yet: become one at ")
	if line, told := strings.CutSuffix(said, mailbox); !told || !start.MatchString(line) || !strings.HasPrefix(link, p.url+"/") || strings.Count(link, "\n") != 1 {
		t.Errorf("stdout is %q, want the start line, where mail is, and a setup link", p.out.String())
	}
}

func TestServeSaysHowManyHashesItNeverCompares(t *testing.T) {
	t.Parallel()
	const said = "accounts have a password hash above the highest cost; they can only sign in after a reset by link"
	for _, d := range storetest.Databases {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			place := d.New(t)
			db := d.Open(t, place)
			if _, err := db.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			s := storetest.New(t, db.Accounts(), storetest.NewClock())
			for i, cost := range []int{14, 15, 31} {
				r := storetest.Ada()
				r.Username, r.Email = fmt.Sprint("ada", i), fmt.Sprint("ada", i, "@example.com")
				user := storetest.Register(t, s, r)
				p := launch(t, place)
				p.caller().get("/").is(t, 200)
				p.stop()
				got := ""
				for _, line := range p.logOf("text") {
					if line["msg"] == said {
						got += line["level"] + line["accounts"]
					}
				}
				if want := []string{"", "", "WARN1"}[i]; got != want {
					t.Errorf("the log says %q, want %q:\n%s", got, want, p.log.String())
				}
				if _, err := db.Accounts().Write.Exec(`UPDATE users SET password_cost = $1 WHERE id = $2`, cost, user.ID); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func TestASignalFinishesTheRequestsInFlight(t *testing.T) {
	t.Parallel()
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		t.Run(s.String(), func(t *testing.T) {
			t.Parallel()
			database := storetest.SQLite.New(t)
			p := launch(t, database)
			complete, _ := p.begin("/register", registration(storetest.Ada()).Encode())
			p.signal(s)
			eventually(t, "the port to close", p.refuses)
			if answer := complete(); answer.StatusCode != http.StatusSeeOther {
				t.Errorf("the registration in flight is answered %s, want 303", answer.Status)
			}
			if status := p.end(); status.ExitStatus() != exitDone {
				t.Errorf("exit status %d, want %d", status.ExitStatus(), exitDone)
			}
			if !usernames(t, database)["ada"] {
				t.Error("the account was acknowledged and is not there")
			}
		})
	}
}

func TestASecondSignalEndsAtOnce(t *testing.T) {
	t.Parallel()
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		t.Run(s.String(), func(t *testing.T) {
			t.Parallel()
			p := launch(t, storetest.SQLite.New(t))
			p.begin("/login", "username=ada&password=whatever")
			p.signal(s)
			eventually(t, "the port to close", p.refuses)
			p.signal(s)
			if status := p.end(); !status.Signaled() || status.Signal() != s {
				t.Errorf("gatehouse ended with status %d, want by %v", status.ExitStatus(), s)
			}
		})
	}
}

// A client that dawdles must not make a stop look like a failure.
func TestWhatTakesTooLongIsCutOffWithoutAFailure(t *testing.T) {
	t.Parallel()
	begun, left := make(chan bool), make(chan bool)
	var log spool
	server := newServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(begun)
		<-r.Context().Done()
		close(left)
	}), slog.New(slog.NewTextHandler(&log, nil)))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(strictListener{listener}) }()
	go http.Get("http://" + listener.Addr().String()) //nolint:errcheck // it is cut off
	<-begun
	if err := new(drain).run(context.Background(), server, listener, served, 0, time.Millisecond, slog.New(slog.NewTextHandler(&log, nil))); err != nil {
		t.Errorf("the drain says %v, want nothing", err)
	}
	<-left
	if !strings.Contains(log.String(), "requests were cut off") {
		t.Errorf("the log is %q, want a word on it", log.String())
	}
}

func TestAPortInUseIsOneSentence(t *testing.T) {
	t.Parallel()
	p := launch(t, storetest.SQLite.New(t))
	for _, flags := range [][]string{
		{"--listen", p.address},
		{"--listen", "127.0.0.1:0", "--metrics-listen", p.address},
	} {
		database := storetest.SQLite.New(t)
		cmd := gatehouse(append(flags, "--database", database)...)
		var said strings.Builder
		cmd.Stderr = &said
		err := cmd.Run()
		if want := "gatehouse: listen on " + p.address + ": bind: address already in use\n"; said.String() != want {
			t.Errorf("%v: stderr has %q, want %q", flags, said.String(), want)
		}
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != exitFailed {
			t.Errorf("%v: %v, want exit status %d", flags, err, exitFailed)
		}
		if _, err := os.Stat(database); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%v: a database was made for nothing", flags)
		}
	}
}

func TestAnUnreachablePostgreSQLIsOneSentence(t *testing.T) {
	t.Parallel()
	for _, place := range []string{
		"postgres://gatehouse:hunter2@127.0.0.1:1/gatehouse",
		"postgres://gatehouse:hunter2@/gatehouse?host=/nowhere",
		"postgres://gatehouse:hunter2@[::1",
	} {
		cmd := gatehouse("--listen", "127.0.0.1:0", "--database", place)
		var said strings.Builder
		cmd.Stderr = &said
		if err := cmd.Run(); err == nil {
			t.Errorf("%s: gatehouse served", place)
		}
		text := said.String()
		if !strings.HasPrefix(text, "gatehouse: ") || strings.Count(text, "\n") != 1 || strings.Contains(text, "hunter2") {
			t.Errorf("%s: stderr has %q, want one sentence without the password", place, text)
		}
	}
}

func TestSRV08ARestartKeepsPeopleSignedIn(t *testing.T) {
	t.Parallel()
	for _, d := range storetest.Databases {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			database := d.New(t)
			p := launch(t, database)
			here, there, gone := p.caller(), p.caller(), p.caller()
			here.register(storetest.Ada()).is(t, 303)
			there.post("/login", url.Values{"username": {"ada"}, "password": {storetest.Password}, "remember": {"on"}}).is(t, 303)
			gone.signIn(storetest.Ada()).is(t, 303)
			gone.post("/logout", nil).is(t, 303)
			p.stop()

			p = launch(t, database)
			for who, c := range map[string]*caller{"registered": here, "kept": there} {
				if !c.at(p).signedIn() {
					t.Errorf("%s: signed out by the restart", who)
				}
			}
			if gone.at(p).signedIn() {
				t.Error("signed in again by the restart")
			}
		})
	}
}

func TestSRV09HTTPSMeansSecureCookies(t *testing.T) {
	t.Parallel()
	p := launch(t, storetest.SQLite.New(t), "--base-url", "https://accounts.example.com")
	request, err := http.NewRequest(http.MethodPost, p.url+"/register", strings.NewReader(registration(storetest.Ada()).Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Host = "accounts.example.com"
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := p.caller().client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	cookies := answer.Cookies()
	if answer.StatusCode != http.StatusSeeOther || len(cookies) == 0 {
		t.Fatalf("register: %s with %d cookies", answer.Status, len(cookies))
	}
	for _, c := range cookies {
		if !c.Secure || !strings.HasPrefix(c.Name, "__Host-") {
			t.Errorf("the cookie %s can leave https", c.Name)
		}
	}
	if answer.Header.Get("Strict-Transport-Security") == "" {
		t.Error("no Strict-Transport-Security")
	}
}

// Nobody may fill the log with faults by hanging up.
func TestAClientThatLeavesIsNoFault(t *testing.T) {
	t.Parallel()
	p := launch(t, storetest.SQLite.New(t))
	_, leave := p.begin("/login", "username=ada&password=whatever")
	if err := leave(); err != nil {
		t.Fatal(err)
	}
	p.requests("text", 1)
	if strings.Contains(p.log.String(), "level=ERROR") {
		t.Error("a client that left is logged as a fault")
	}
}
