package main

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// fetch stands in for curl, which not every machine has: it says by its status
// whether the address that is its last argument answers well.
func fetch() {
	answer, err := http.Get(os.Args[len(os.Args)-1])
	if err != nil || answer.StatusCode != http.StatusOK {
		os.Exit(22)
	}
}

// copyOn is a copy of the program as a rolling restart sees it.
func copyOn(t *testing.T, status int) (port string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(status) }))
	t.Cleanup(server.Close)
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return u.Port()
}

// rollingRestart runs the script with a stand-in for systemctl that runs restart,
// and returns what it said, the list of copies it left, and whom it restarted.
func rollingRestart(t *testing.T, restart string, ports ...string) (said, left, restarted string, err error) {
	t.Helper()
	folder := t.TempDir()
	stand := filepath.Join(folder, "restart")
	if err := os.WriteFile(stand, []byte("#!/bin/sh\necho $1 >>"+folder+"/restarted\n"+restart+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	list := filepath.Join(folder, "copies.conf")
	if err := os.WriteFile(list, []byte("as it was\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	script := exec.Command("sh", append([]string{"../../.recipes/rolling-restart"}, ports...)...)
	script.Env = append(os.Environ(), "COPIES="+list, "RELOAD=true", "RESTART="+stand+" ", "SETTLE=0", "WAIT=1")
	out, err := script.CombinedOutput()
	read := func(path string) string {
		text, _ := os.ReadFile(path)
		return strings.Join(strings.Fields(string(text)), " ")
	}
	return string(out), read(list), read(filepath.Join(folder, "restarted")), err
}

func TestARollingRestartEnds(t *testing.T) {
	t.Parallel()
	good, other, bad := copyOn(t, http.StatusOK), copyOn(t, http.StatusOK), copyOn(t, http.StatusServiceUnavailable)
	server := func(ports ...string) string {
		var lines []string
		for _, port := range ports {
			lines = append(lines, "server 127.0.0.1:"+port+";")
		}
		return strings.Join(lines, " ")
	}
	for _, c := range []struct {
		name, restart         string
		ports                 []string
		done                  bool
		said, left, restarted string
	}{
		{"with all copies back", "true", []string{good, other}, true, "", server(good, other), good + " " + other},
		{
			"when a copy does not come up", "true",
			[]string{bad, good},
			false,
			"the copy on port " + bad + " is not ready after 1 seconds", server(good), bad,
		},
		{
			"when a copy cannot be restarted", "false",
			[]string{good, other},
			false,
			"the copy on port " + good + " could not be restarted", server(other), good,
		},
		{
			"before it takes the last copy that is ready", "true",
			[]string{good, bad},
			false,
			"no other copy is ready, so the one on port " + good + " was not restarted", "as it was", "",
		},
		{"at once for a single copy", "true", []string{good}, false, "at least two copies", "as it was", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			said, left, restarted, err := rollingRestart(t, c.restart, c.ports...)
			if (err == nil) != c.done || !strings.Contains(said, c.said) || c.done && said != "" {
				t.Errorf("it ended with %v and said %q, want %q", err, said, c.said)
			}
			if left != c.left {
				t.Errorf("nginx sends to %q, want %q", left, c.left)
			}
			if restarted != c.restarted {
				t.Errorf("it restarted %q, want %q", restarted, c.restarted)
			}
			if failed := !c.done && c.left != "as it was"; failed != strings.Contains(said, "nginx sends to") {
				t.Errorf("it said %q; that people are sent elsewhere: want %v", said, failed)
			}
		})
	}
}

// The unit starts the program again whatever happens to it, and lets it end.
func TestUnitsKeepTheProgramRunning(t *testing.T) {
	t.Parallel()
	for unit, own := range map[string]map[string]string{
		"gatehouse@.service": {"[Unit]After": "network-online.target postgresql.service", "[Unit]Requires": "", "[Service]Type": ""},
		"gatehouse.service":  {"[Unit]After": "network-online.target postgresql.service gatehouse.socket", "[Unit]Requires": "gatehouse.socket", "[Service]Type": "notify"},
	} {
		t.Run(unit, func(t *testing.T) {
			t.Parallel()
			keepsRunning(t, unit, own)
		})
	}
}

func keepsRunning(t *testing.T, unit string, own map[string]string) {
	text, err := os.ReadFile("../../.recipes/" + unit)
	if err != nil {
		t.Fatal(err)
	}
	settings := map[string]string{}
	section := ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		name, value, set := strings.Cut(line, "=")
		switch {
		case strings.HasPrefix(line, "["):
			section = line
		case set && !strings.HasPrefix(line, "#"):
			settings[section+name] = value
		}
	}
	wanted := map[string]string{
		"[Service]Restart":            "always",
		"[Service]RestartSec":         "2",
		"[Unit]StartLimitIntervalSec": "0",
		"[Unit]Wants":                 "network-online.target",
		"[Unit]BindsTo":               "",
	}
	maps.Copy(wanted, own)
	for name, want := range wanted {
		if got := settings[name]; got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	// Below that it would be killed while it ends as it should.
	least := drainMost + finishWait + flushWait + 10*time.Second
	if stop, err := strconv.Atoi(settings["[Service]TimeoutStopSec"]); err != nil || time.Duration(stop)*time.Second < least {
		t.Errorf("TimeoutStopSec is %q, want at least %v", settings["[Service]TimeoutStopSec"], least)
	}
}

// nginx takes what its own version or the system allows, unless it is told.
func TestNginxIsToldWhichTLSToTake(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../.recipes/nginx.conf")
	if err != nil {
		t.Fatal(err)
	}
	for _, server := range strings.Split(string(text), "\nserver {")[1:] {
		encrypted := strings.Contains(server, "ssl;")
		for _, line := range []string{"\tssl_protocols TLSv1.2 TLSv1.3;\n", "\tssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;\n"} {
			if strings.Contains(server, line) != encrypted {
				t.Errorf("whether a server has the line %q: want %v, in\n%s", line, encrypted, server)
			}
		}
	}
	if !strings.Contains(string(text), "listen 443 ssl;") {
		t.Error("no server speaks TLS")
	}
}

// The recipe that sends backups elsewhere sends no half of one, and says what it needs.
func TestBackupsAreSentElsewhere(t *testing.T) {
	t.Parallel()
	tools := t.TempDir()
	for _, name := range []string{"restic", "rsync"} {
		if err := os.WriteFile(filepath.Join(tools, name), []byte("#!/bin/sh\necho "+name+" \"$@\"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		args, variables []string
		want            string
	}{
		{[]string{"/b"}, []string{"BACKUPS_TO=me@host:kept"}, "rsync --archive --chmod=D700,F600 --exclude *.part /b/ me@host:kept/\n"},
		{[]string{"/b"}, []string{"RESTIC_REPOSITORY=s3:x"}, "restic backup --tag gatehouse --exclude *.part /b\nrestic forget --tag gatehouse --keep-daily 14 --keep-monthly 12 --prune\n"},
		{[]string{"/b"}, nil, ""},
		{nil, []string{"BACKUPS_TO=me@host:kept"}, ""},
	} {
		cmd := exec.Command("../../.recipes/send-backups", c.args...)
		cmd.Env = append([]string{"PATH=" + tools + ":/usr/bin:/bin"}, c.variables...)
		out, err := cmd.Output()
		if string(out) != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%v %v: %q, %v, want %q", c.variables, c.args, out, err, c.want)
		}
	}
}
