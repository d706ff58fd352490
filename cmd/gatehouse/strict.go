package main

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"sync/atomic"
)

// What net/http reads leniently, a proxy in front may read otherwise, and then
// the two disagree where a request ends. So a connection is closed after its
// first answer, and nothing smuggled behind that is ever read, when it brings a
// line end without CR, a folded header, a chunked body, with which a
// Content-Length may have come and gone, or HTTP/1.0, where the same happens to
// Transfer-Encoding. Browsers bring none of these.

// strictListener accepts connections that notice such bytes.
type strictListener struct{ *net.TCPListener }

// Accept waits for the next connection.
func (l strictListener) Accept() (net.Conn, error) {
	conn, err := l.AcceptTCP()
	if err != nil {
		return nil, err
	}
	return &strictConn{wholeConn: wholeConn{TCPConn: conn}}, nil
}

// A strictConn is a whole TCPConn, because the server asks for CloseWrite.
type strictConn struct {
	wholeConn
	// before are the last two bytes that came.
	before   [2]byte
	doubtful atomic.Bool
}

// Read reads and looks at what came.
func (c *strictConn) Read(p []byte) (int, error) {
	n, err := c.TCPConn.Read(p)
	if !c.doubtful.Load() && c.doubts(p[:n]) {
		c.doubtful.Store(true)
	}
	return n, err
}

func (c *strictConn) doubts(came []byte) bool {
	at := func(i int) byte {
		if i < 0 {
			return c.before[2+i]
		}
		return came[i]
	}
	folds := func(i int) bool { return at(i-1) == '\n' && (at(i) == ' ' || at(i) == '\t') }
	if len(came) == 0 {
		return false
	}
	found := folds(0)
	for i := 0; !found; i++ {
		next := bytes.IndexByte(came[i:], '\n')
		if next < 0 {
			break
		}
		i += next
		found = at(i-1) != '\r' || i+1 < len(came) && folds(i+1)
	}
	c.before = [2]byte{at(len(came) - 2), at(len(came) - 1)}
	return found
}

type strictKey struct{}

// withStrictConn lets requests know their connection.
func withStrictConn(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, strictKey{}, conn)
}

// closeDoubtful makes the answer the last one where requests could be told
// apart in two ways.
func closeDoubtful(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, ok := r.Context().Value(strictKey{}).(*strictConn)
		if !r.ProtoAtLeast(1, 1) || len(r.TransferEncoding) > 0 || ok && conn.doubtful.Load() {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}
