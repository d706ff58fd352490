package main

import (
	"bytes"
	"io"
	"net"
	"strconv"
)

// net/http writes through a buffer of 4 KiB, so an answer that is a little
// larger goes out in two packets and wakes the other side twice. A wholeConn
// holds the first buffer back where the answer itself says that more will come,
// and writes both at once. Of an answer that breaks off between the two nothing
// arrives. Only the goroutine that serves the connection may write.
type wholeConn struct {
	*net.TCPConn
	held []byte
	room []byte // of held, to be used again
}

const (
	// httpBuffer is the size of the buffer of net/http, in bytes.
	httpBuffer = 4 << 10
	// wholeMax is the length of the largest body that is worth waiting for.
	wholeMax = 16 << 10
)

// Write writes, or holds back what is surely followed by more.
func (c *wholeConn) Write(p []byte) (int, error) {
	if c.held == nil && len(p) == httpBuffer && goesOn(p) {
		c.room = append(c.room[:0], p...)
		c.held = c.room
		return len(p), nil
	}
	if c.held == nil {
		return c.TCPConn.Write(p)
	}
	both := net.Buffers{c.held, p}
	c.held = nil
	if _, err := both.WriteTo(c.TCPConn); err != nil {
		return 0, err
	}
	return len(p), nil
}

// ReadFrom copies by way of Write, which TCPConn's own would pass by.
func (c *wholeConn) ReadFrom(r io.Reader) (int64, error) {
	return io.Copy(struct{ io.Writer }{c}, r)
}

// goesOn says whether p begins an answer and does not hold all of its body. An
// answer to HEAD has no body, so it never does.
func goesOn(p []byte) bool {
	head, body, ended := bytes.Cut(p, []byte("\r\n\r\n"))
	if !ended || len(body) == 0 || !bytes.HasPrefix(head, []byte("HTTP/1.")) {
		return false
	}
	_, value, stated := bytes.Cut(head, []byte("\r\nContent-Length: "))
	value, _, _ = bytes.Cut(value, []byte("\r\n"))
	length, err := strconv.Atoi(string(value))
	return stated && err == nil && len(body) < length && length <= wholeMax
}
