package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// clients is the number of concurrent connections.
const clients = 8

// request is what wrk sends repeatedly.
type request struct {
	method, url, body string
	header            map[string]string
	// refused says that every answer must have a status of 400 or above; otherwise none may.
	refused bool
}

var (
	rate    = regexp.MustCompile(`Requests/sec:\s+([0-9.]+)`)
	refused = regexp.MustCompile(`refused (-?[0-9]+) of ([0-9]+)`)
)

// script is the request as a Lua script for wrk. It counts refusals, to verify that the answers
// were of the expected kind.
const script = `wrk.method = %q
wrk.body = %q
%s
function done(summary) print("refused " .. summary.errors.status .. " of " .. summary.requests) end
`

// run sends the request for the given time and returns the answers per second.
func (q request) run(ctx context.Context, lasting time.Duration) (float64, error) {
	folder, err := os.MkdirTemp("", "wrk-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(folder)
	var headers strings.Builder
	for _, name := range slices.Sorted(maps.Keys(q.header)) {
		fmt.Fprintf(&headers, "wrk.headers[%q] = %q\n", name, q.header[name])
	}
	file := filepath.Join(folder, "request.lua")
	if err := os.WriteFile(file, fmt.Appendf(nil, script, q.method, q.body, headers.String()), 0o600); err != nil {
		return 0, err
	}
	out, err := exec.CommandContext(ctx, "wrk", "--threads", "2", "--connections", strconv.Itoa(clients),
		"--duration", fmt.Sprintf("%.0fs", lasting.Seconds()), "--script", file, q.url).CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("wrk: %w: %s", err, out)
	}
	match, counts := rate.FindSubmatch(out), refused.FindSubmatch(out)
	if match == nil || counts == nil || strings.Contains(string(out), "Socket errors: connect") {
		return 0, fmt.Errorf("wrk: %s", out)
	}
	want := "0"
	if q.refused {
		want = string(counts[2])
	}
	if string(counts[1]) != want {
		return 0, fmt.Errorf("%s: of %s answers %s were refusals, not %s", q.url, counts[2], counts[1], want)
	}
	return strconv.ParseFloat(string(match[1]), 64)
}
