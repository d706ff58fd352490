package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"
)

// unixPathMax is the longest path of a unix socket on Linux, in bytes, without the NUL at its end.
const unixPathMax = 107

// unixPath is the path in the address of a unix socket.
func unixPath(address string) (path string, unix bool) { return strings.CutPrefix(address, "unix:") }

// listenUnix listens on a unix socket that its owner and group may use. One that a killed program left
// is replaced; whatever else is there stays.
func listenUnix(path string) (net.Listener, error) {
	if err := clearStale(path); err != nil {
		return nil, err
	}
	// Between making the socket and a chmod anybody could connect.
	before := syscall.Umask(0o117)
	listener, err := net.Listen("unix", path)
	syscall.Umask(before)
	if failed := (*net.OpError)(nil); errors.As(err, &failed) {
		err = failed.Err
	}
	if err != nil {
		return nil, fmt.Errorf("listen on unix:%s: %w", path, err)
	}
	return listener, nil
}

// clearStale removes a socket on which nobody listens.
func clearStale(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("listen on unix:%s: %w", path, errors.Unwrap(err))
	}
	if info.Mode().Type() != fs.ModeSocket {
		return fmt.Errorf("listen on unix:%s: there is something that is no socket", path)
	}
	conn, err := net.Dial("unix", path)
	if err == nil {
		conn.Close()
		return fmt.Errorf("listen on unix:%s: it is in use by another program", path)
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("listen on unix:%s: it is there already, and can't be asked whether it is in use", path)
	}
	return os.Remove(path)
}
