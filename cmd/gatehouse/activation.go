package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// firstInherited is the first descriptor that systemd hands over (sd_listen_fds(3)).
const firstInherited = 3

// inherited are the sockets that systemd holds for this program, so that connections wait in them while
// it is restarted. One that the unit calls metrics is for those. There are none where it holds none.
func inherited() (at listeners, err error) {
	pid, count, names := os.Getenv("LISTEN_PID"), os.Getenv("LISTEN_FDS"), strings.Split(os.Getenv("LISTEN_FDNAMES"), ":")
	// A program that this one starts must not take them for its own.
	for _, name := range []string{"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"} {
		os.Unsetenv(name) //nolint:errcheck // it fails for names that cannot be
	}
	n, err := strconv.Atoi(count)
	if pid != strconv.Itoa(os.Getpid()) || err != nil || n < 1 {
		return listeners{}, nil
	}
	for i := range n {
		fd := firstInherited + i
		syscall.CloseOnExec(fd)
		file := os.NewFile(uintptr(fd), "systemd")
		listener, err := net.FileListener(file)
		file.Close() // FileListener has a copy
		if err != nil {
			at.close()
			return listeners{}, fmt.Errorf("descriptor %d from systemd is no socket to listen on", fd)
		}
		place := &at.site
		if i < len(names) && names[i] == "metrics" {
			place = &at.metrics
		}
		if *place != nil {
			listener.Close()
			at.close()
			return listeners{}, errors.New("systemd holds more than one socket for the site; a further one must be for metrics and named so: FileDescriptorName=metrics")
		}
		*place = listener
	}
	return at, nil
}

// sameAddress refuses a setting that names another address than the socket has: the base URL, or
// whoever reads the settings, would go by the wrong one.
func sameAddress(l net.Listener, flag, address string) error {
	have := strings.TrimPrefix(addressOf(l), "http://")
	if have == address || sameTCP(l.Addr(), address) {
		return nil
	}
	return fmt.Errorf("the socket that systemd holds is %s, and %s says %s", have, flag, address)
}

// sameTCP says whether an address as it is set is that of a socket. Port 0 is any.
func sameTCP(have net.Addr, address string) bool {
	tcp, isTCP := have.(*net.TCPAddr)
	host, port, err := net.SplitHostPort(address)
	if !isTCP || err != nil || port != "0" && port != strconv.Itoa(tcp.Port) {
		return false
	}
	wanted, err := netip.ParseAddr(host)
	if err != nil {
		return isEverywhere(host) && tcp.IP.IsUnspecified() || host == "localhost" && tcp.IP.IsLoopback()
	}
	bound, _ := netip.AddrFromSlice(tcp.IP)
	return wanted.Unmap() == bound.Unmap() || wanted.IsUnspecified() && bound.IsUnspecified()
}

// notify tells systemd how the program is, where it wants to know that (sd_notify(3)): READY=1 or
// STOPPING=1. It is told for systemd's sake alone, so that a failure is nobody's.
func notify(state string) {
	address := os.Getenv("NOTIFY_SOCKET")
	if address == "" {
		return
	}
	if name, abstract := strings.CutPrefix(address, "@"); abstract {
		address = "\x00" + name
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: address, Net: "unixgram"})
	if err != nil {
		return
	}
	defer conn.Close()
	conn.Write([]byte(state)) //nolint:errcheck // see above
}
