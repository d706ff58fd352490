package storetest

import (
	"encoding/binary"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// Proxy stands between a program and a cluster, and goes wrong on demand.
type Proxy struct {
	cluster *Cluster
	socket  string
	refused []string

	mu     sync.Mutex
	open   []net.Conn // from the program
	silent map[net.Conn]bool
}

// NewProxy stands in front of the cluster. It takes no connection that begins
// with one of the settings refused, as a pooler does.
func (c *Cluster) NewProxy(t testing.TB, refused ...string) *Proxy {
	t.Helper()
	p := &Proxy{cluster: c, socket: t.TempDir(), refused: refused, silent: map[net.Conn]bool{}}
	listener, err := net.Listen("unix", filepath.Join(p.socket, ".s.PGSQL.5432"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go p.serve(conn)
		}
	}()
	return p
}

// NewDatabase is that of the cluster, by way of the proxy.
func (p *Proxy) NewDatabase(t testing.TB) string {
	t.Helper()
	return strings.Replace(p.cluster.NewDatabase(t), "host="+p.cluster.socket, "host="+p.socket, 1)
}

// Silence lets nothing through any more on the connections that are open. It
// closes none.
func (p *Proxy) Silence() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range p.open {
		p.silent[conn] = true
	}
}

// Opened is how many connections there have been.
func (p *Proxy) Opened() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.open)
}

func (p *Proxy) serve(conn net.Conn) {
	defer conn.Close()
	first, err := startup(conn)
	if err != nil {
		return
	}
	for _, name := range p.refused {
		if strings.Contains(string(first), name+"\x00") {
			conn.Write(fatal("08P01", "unsupported startup parameter: "+name)) //nolint:errcheck // the test would see it
			return
		}
	}
	server, err := net.Dial("unix", filepath.Join(p.cluster.socket, ".s.PGSQL.5432"))
	if err != nil {
		return
	}
	defer server.Close()
	p.mu.Lock()
	p.open = append(p.open, conn)
	p.mu.Unlock()
	if _, err := server.Write(first); err != nil {
		return
	}
	ended := make(chan struct{}, 2)
	for from, to := range map[net.Conn]net.Conn{conn: server, server: conn} {
		go func() {
			io.Copy(&valve{p, conn, to}, from) //nolint:errcheck // it ends with the connection
			ended <- struct{}{}
		}()
	}
	<-ended
}

// valve swallows what is written to it once its connection is silent.
type valve struct {
	p    *Proxy
	conn net.Conn
	to   io.Writer
}

func (v *valve) Write(b []byte) (int, error) {
	v.p.mu.Lock()
	silent := v.p.silent[v.conn]
	v.p.mu.Unlock()
	if silent {
		return len(b), nil
	}
	return v.to.Write(b)
}

// startup reads the message with which a connection begins.
func startup(conn net.Conn) ([]byte, error) {
	size := make([]byte, 4)
	if _, err := io.ReadFull(conn, size); err != nil {
		return nil, err
	}
	rest := make([]byte, binary.BigEndian.Uint32(size)-4)
	_, err := io.ReadFull(conn, rest)
	return append(size, rest...), err
}

// fatal is an ErrorResponse, as the manual of PostgreSQL has it under "Message
// Formats".
func fatal(code, message string) []byte {
	fields := "SFATAL\x00VFATAL\x00C" + code + "\x00M" + message + "\x00\x00"
	return append(binary.BigEndian.AppendUint32([]byte{'E'}, uint32(4+len(fields))), fields...)
}
