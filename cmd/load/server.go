package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"gatehouse/store/postgres"
	"gatehouse/store/secret"
)

// server is a program under measurement, in its own process.
type server struct {
	// url is its address, host the host for which it answers.
	url, host string
	folder    string // removed with it
	process   *exec.Cmd
}

// start runs a program and waits until it prints its address. Its stderr goes to a file, like
// an access log.
func start(ctx context.Context, program string, args ...string) (*server, error) {
	folder, err := os.MkdirTemp("", "load-")
	if err != nil {
		return nil, err
	}
	s := &server{folder: folder}
	log, err := os.Create(filepath.Join(folder, "stderr"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	s.process = exec.CommandContext(ctx, program, args...)
	s.process.Dir, s.process.Stderr = folder, log
	s.process.Cancel = func() error { return s.process.Process.Signal(syscall.SIGTERM) }
	out, err := s.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.process.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, url, found := strings.Cut(lines.Text(), "listening on "); found {
			s.url, s.host = url, strings.TrimPrefix(url, "http://")
			go func() {
				for lines.Scan() { // otherwise the program would block on its output
				}
			}()
			return s, nil
		}
	}
	said, _ := os.ReadFile(log.Name())
	return nil, errors.Join(fmt.Errorf("%s did not start: %s", program, said), s.stop())
}

// yardstick starts one of the yardsticks. They are commands of this program.
func yardstick(ctx context.Context, kind string) (*server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return start(ctx, self, "yardstick", kind)
}

// publicHost is the public host of the measured program.
const publicHost = "load.example"

// gatehouse starts the program as if behind a proxy that ends TLS, without the limits that
// would stop every measurement. Without a database it gets an empty one.
func gatehouse(ctx context.Context, program, database string, args ...string) (*server, error) {
	program, err := filepath.Abs(program)
	if err != nil {
		return nil, err
	}
	if database == "" {
		database = "gatehouse.db"
	}
	args = append([]string{
		"serve", "--listen", "127.0.0.1:0", "--database", database, "--base-url", "https://" + publicHost,
		"--limit-password", "0", "--limit-failures", "off", "--limit-register", "off",
		"--limit-register-all", "off", "--limit-username-check", "off", "--limit-passkey", "off",
	}, args...)
	if postgres.IsURL(database) {
		// Without one nobody could have a passkey there.
		args = append(args, "--secret", base64.StdEncoding.EncodeToString(make([]byte, secret.Length)))
	}
	s, err := start(ctx, program, args...)
	if err != nil {
		return nil, err
	}
	s.host = publicHost
	return s, nil
}

// stop ends the program and removes its folder.
func (s *server) stop() error {
	if s.process.ProcessState == nil {
		s.process.Process.Signal(syscall.SIGTERM) //nolint:errcheck // it may be gone already
		s.process.Wait()                          //nolint:errcheck // a yardstick ends by the signal
	}
	return os.RemoveAll(s.folder)
}

// resident is the resident memory of the process in bytes; own is the part that is not shared
// with a file.
func (s *server) resident() (all, own int64, err error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.process.Process.Pid))
	if err != nil {
		return 0, 0, err
	}
	for line := range strings.Lines(string(status)) {
		name, value, _ := strings.Cut(line, ":")
		kib, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
		switch name {
		case "VmRSS":
			all = kib << 10
		case "RssAnon":
			own = kib << 10
		}
	}
	return all, own, nil
}
