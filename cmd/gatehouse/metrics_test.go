package main

import (
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"gatehouse/store/storetest"
)

func TestMetricsAreOffByDefault(t *testing.T) {
	t.Parallel()
	p := launch(t, storetest.SQLite.New(t))
	p.caller().get("/metrics").is(t, 404)
	if strings.Contains(p.out.String(), "metrics") {
		t.Errorf("stdout is %q", p.out.String())
	}
	if runtime.GOOS == "linux" {
		if n := p.listening(); n != 1 {
			t.Errorf("gatehouse listens on %d ports, want 1", n)
		}
	}
}

func TestMetricsHaveAListenerOfTheirOwn(t *testing.T) {
	t.Parallel()
	p := launch(t, storetest.SQLite.New(t), "--metrics-listen", "127.0.0.1:0")
	line := regexp.MustCompile(`(?m)^metrics are at http://(127\.0\.0\.1:[1-9]\d*)/metrics$`)
	eventually(t, "the line that says where metrics are", func() bool { return line.MatchString(p.out.String()) })
	address := line.FindStringSubmatch(p.out.String())[1]
	if runtime.GOOS == "linux" {
		if n := p.listening(); n != 2 {
			t.Errorf("gatehouse listens on %d ports, want 2", n)
		}
	}
	site, metrics := p.caller(), p.caller()
	metrics.url = "http://" + address
	site.register(storetest.Ada()).is(t, 303)
	for _, want := range []string{
		`gatehouse_build_info{go="` + runtime.Version() + `",version="` + version + `"} 1`,
		`gatehouse_http_request_duration_seconds_count{method="POST",route="/register",status="303"} 1`,
		`gatehouse_events_total{event="user_created"} 1`,
		`gatehouse_gate_slots ` + strconv.Itoa(slots),
		`gatehouse_database_connections_max{pool="write"} 1`,
	} {
		eventually(t, want, func() bool { return strings.Contains(metrics.get("/metrics").is(t, 200).body, want+"\n") })
	}
	site.get("/metrics").is(t, 404)
	for _, path := range []string{"/", "/login", "/healthz", "/debug/pprof/"} {
		metrics.get(path).is(t, 404)
	}
	if got, err := metrics.do(http.MethodPost, "/metrics", nil); err != nil || got.status != 404 {
		t.Errorf("POST /metrics answered %d, %v", got.status, err)
	}
	p.stop()
	if conn, err := net.Dial("tcp", address); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("after the end there is %v, %v at the address of the metrics", conn, err)
	}
}

// listening counts the sockets on which the process accepts connections.
func (p *process) listening() (n int) {
	p.t.Helper()
	proc := filepath.Join("/proc", strconv.Itoa(p.cmd.Process.Pid))
	descriptors, err := os.ReadDir(filepath.Join(proc, "fd"))
	if err != nil {
		p.t.Fatal(err)
	}
	own := map[string]bool{}
	for _, d := range descriptors {
		link, _ := os.Readlink(filepath.Join(proc, "fd", d.Name())) // one that is closed by now is none
		own[strings.TrimSuffix(strings.TrimPrefix(link, "socket:["), "]")] = true
	}
	const state, inode, listens = 3, 9, "0A"
	for _, table := range []string{"tcp", "tcp6"} {
		text, err := os.ReadFile(filepath.Join(proc, "net", table))
		if err != nil {
			p.t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if fields := strings.Fields(line); len(fields) > inode && fields[state] == listens && own[fields[inode]] {
				n++
			}
		}
	}
	return n
}
