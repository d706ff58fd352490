package main

import (
	"bytes"
	"io"
	"net"
	"strconv"
)

// net/http writes through a buffer of 4 KiB, so a slightly larger answer goes out in two
// packets. A coalescingConn delays the first buffer if the answer says that more will follow,
// and writes both at once. If the answer breaks off between the two, nothing is sent. Only the
// goroutine that serves the connection may write.
type coalescingConn struct {
	*net.TCPConn
	pending []byte
	buffer  []byte // of pending, reused
}

const (
	// httpBuffer is the size of the buffer of net/http, in bytes.
	httpBuffer = 4 << 10
	// coalesceMax is the length of the largest body for which the first buffer is delayed.
	coalesceMax = 16 << 10
)

// Write writes, or delays a buffer that will certainly be followed by more.
func (c *coalescingConn) Write(p []byte) (int, error) {
	if c.pending == nil && len(p) == httpBuffer && moreFollows(p) {
		c.buffer = append(c.buffer[:0], p...)
		c.pending = c.buffer
		return len(p), nil
	}
	if c.pending == nil {
		return c.TCPConn.Write(p)
	}
	both := net.Buffers{c.pending, p}
	c.pending = nil
	if _, err := both.WriteTo(c.TCPConn); err != nil {
		return 0, err
	}
	return len(p), nil
}

// ReadFrom copies through Write. The method of TCPConn would bypass it.
func (c *coalescingConn) ReadFrom(r io.Reader) (int64, error) {
	return io.Copy(struct{ io.Writer }{c}, r)
}

// moreFollows says whether p begins an answer without containing its whole body. An answer to
// HEAD has no body, so it is false.
func moreFollows(p []byte) bool {
	head, body, ended := bytes.Cut(p, []byte("\r\n\r\n"))
	if !ended || len(body) == 0 || !bytes.HasPrefix(head, []byte("HTTP/1.")) {
		return false
	}
	_, value, stated := bytes.Cut(head, []byte("\r\nContent-Length: "))
	value, _, _ = bytes.Cut(value, []byte("\r\n"))
	length, err := strconv.Atoi(string(value))
	return stated && err == nil && len(body) < length && length <= coalesceMax
}
