package main

import (
	"database/sql"
	"net"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Containers ask whether the site is ready by the program itself.
func TestHealthAsksTheSiteThatIsServedHere(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	health := func(listen string) ran {
		return commandIn(folder, "", "health", "--listen", listen, "--base-url", "https://accounts.example.com")
	}
	p := launch(t, filepath.Join(folder, "gatehouse.db"), "--base-url", "https://accounts.example.com")
	_, port, err := net.SplitHostPort(p.address)
	if err != nil {
		t.Fatal(err)
	}
	for _, listen := range []string{p.address, ":" + port, "0.0.0.0:" + port, "localhost:" + port} {
		if got := health(listen); got != (ran{exitDone, "ready\n", ""}) {
			t.Errorf("%s: %+v", listen, got)
		}
	}
	other, err := sql.Open("sqlite3", p.database)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	other.SetMaxOpenConns(1)
	change(t, other, `BEGIN IMMEDIATE`)
	if got := health(p.address); got.status != exitFailed || got.out != "" || !strings.HasPrefix(got.err, "gatehouse: not ready: the database cannot be written: ") {
		t.Errorf("locked: %+v", got)
	}
	change(t, other, `ROLLBACK`)
	p.stop()
	if got := health(p.address); got != (ran{exitFailed, "", "gatehouse: nobody answers at " + p.address + ": connect: connection refused\n"}) {
		t.Errorf("dead: %+v", got)
	}
	if got := health("127.0.0.1:0"); got.status != exitUsage || !strings.Contains(got.err, "with a port") {
		t.Errorf("any port: %+v", got)
	}
}

func TestHealthSaysThatTheSiteStops(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "site.sock")
	cmd, log := unixSite(t, path, "--drain", "1m")
	health := func() ran {
		return commandIn(t.TempDir(), "", "health", "--listen", "unix:"+path, "--base-url", "https://accounts.example.com")
	}
	if got := health(); got != (ran{exitDone, "ready\n", ""}) {
		t.Errorf("%+v", got)
	}
	cmd.Process.Signal(syscall.SIGTERM) //nolint:errcheck // what follows says more
	eventually(t, "an end", func() bool { return health() == ran{exitFailed, "", "gatehouse: not ready: stopping\n"} })
	cmd.Process.Signal(syscall.SIGTERM) //nolint:errcheck // Wait says more
	cmd.Wait()                          //nolint:errcheck // by a signal
	if got := health(); got.status != exitFailed || !strings.HasPrefix(got.err, "gatehouse: nobody answers at unix:"+path+": ") {
		t.Errorf("%+v\n%s", got, log.String())
	}
}
