package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
)

// A proxy may parse differently what net/http accepts leniently. The two then disagree where a
// request ends, which allows request smuggling (RFC 9112, 11.2). So some requests close their
// connection after the answer, and nothing behind them is read: those with a line end without
// CR, with a folded header, with a chunked body, whose Content-Length net/http may have
// removed, or in HTTP/1.0, where it may have removed Transfer-Encoding. Browsers send none of
// these.

// strictListener accepts connections that detect such requests.
type strictListener struct{ net.Listener }

// Accept waits for the next connection.
func (l strictListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	half, closes := conn.(halfCloser)
	if !closes {
		return nil, errors.Join(fmt.Errorf("a %s connection cannot be served", conn.LocalAddr().Network()), conn.Close())
	}
	return &strictConn{halfCloser: half}, nil
}

// A halfCloser is a connection of TCP or of a unix socket: the server calls CloseWrite.
type halfCloser interface {
	net.Conn
	CloseWrite() error
}

// A strictConn looks at what it reads.
type strictConn struct {
	halfCloser
	// before are the last two bytes that were read.
	before   [2]byte
	doubtful atomic.Bool
}

// Read reads and inspects the bytes.
func (c *strictConn) Read(p []byte) (int, error) {
	n, err := c.halfCloser.Read(p)
	if !c.doubtful.Load() && c.doubts(p[:n]) {
		c.doubtful.Store(true)
	}
	return n, err
}

func (c *strictConn) doubts(data []byte) bool {
	at := func(i int) byte {
		if i < 0 {
			return c.before[2+i]
		}
		return data[i]
	}
	folds := func(i int) bool { return at(i-1) == '\n' && (at(i) == ' ' || at(i) == '\t') }
	if len(data) == 0 {
		return false
	}
	found := folds(0)
	for i := 0; !found; i++ {
		next := bytes.IndexByte(data[i:], '\n')
		if next < 0 {
			break
		}
		i += next
		found = at(i-1) != '\r' || i+1 < len(data) && folds(i+1)
	}
	c.before = [2]byte{at(len(data) - 2), at(len(data) - 1)}
	return found
}

type strictKey struct{}

// withStrictConn gives requests access to their connection.
func withStrictConn(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, strictKey{}, conn)
}

// closeDoubtful closes the connection after the answer if the end of a request is ambiguous.
func closeDoubtful(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, ok := r.Context().Value(strictKey{}).(*strictConn)
		if !r.ProtoAtLeast(1, 1) || len(r.TransferEncoding) > 0 || ok && conn.doubtful.Load() {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}
