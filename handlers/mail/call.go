package mail

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"time"
)

const (
	// connectWait is how long a server may take to accept a connection, goodbyeWait how long it
	// may take to answer QUIT.
	connectWait = 30 * time.Second
	goodbyeWait = 5 * time.Second
)

// errTLS says that a server offered STARTTLS but TLS failed.
var errTLS = errors.New("no TLS")

// client is a connection to a mail server that is ready for a message.
type client struct {
	conn net.Conn
	wait time.Duration
	// onSlow is called with the name of a step that takes long.
	onSlow func(step string)
	slow   time.Duration
	// lines are read from the server and out is written to it, encrypted or not.
	lines *bufio.Reader
	out   *textproto.Writer
	// offers are the server's extensions with their parameters.
	offers map[string]string
}

// connect connects to the server. If a server on this machine offers TLS and TLS fails, for
// example without a certificate, it connects again without TLS.
func (s *SMTP) connect(ctx context.Context, onSlow func(step string)) (*client, error) {
	c, err := s.connectOnce(ctx, onSlow, true)
	if !s.isLocal() || !errors.Is(err, errTLS) {
		return c, err
	}
	c, failed := s.connectOnce(ctx, onSlow, false)
	if failed != nil {
		return nil, fmt.Errorf("%w; and without: %w", err, failed)
	}
	return c, nil
}

// connectOnce connects and introduces the client. The connection is closed when ctx ends.
func (s *SMTP) connectOnce(ctx context.Context, onSlow func(step string), secure bool) (*client, error) {
	dialing, cancel := context.WithTimeout(ctx, min(connectWait, s.Wait))
	defer cancel()
	conn, err := s.dial(dialing, "tcp", net.JoinHostPort(s.host, s.port))
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	context.AfterFunc(ctx, func() { conn.Close() })
	c := &client{conn: conn, wait: s.Wait, onSlow: onSlow, slow: cmp.Or(s.slow, slowAfter)}
	if err := s.introduce(c, secure); err != nil {
		conn.Close()
		return nil, err
	}
	return c, nil
}

func (s *SMTP) introduce(c *client, secure bool) error {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.TLS != nil {
		config = s.TLS.Clone()
	}
	config.ServerName, config.InsecureSkipVerify = s.host, s.isLocal()
	c.useStream(c.conn)
	if s.implicit {
		if err := c.step("TLS", func() error { return c.encrypt(config) }); err != nil {
			return err
		}
	}
	if err := c.step("greeting", func() error { return c.expect(2) }); err != nil {
		return err
	}
	hello := cmp.Or(s.Hello, localEnd(c.conn))
	if err := c.hello(hello); err != nil {
		return err
	}
	_, offered := c.offers["STARTTLS"]
	switch {
	case s.implicit, !secure, !offered && s.isLocal():
	case !offered:
		return errors.New("the server offers no STARTTLS, which only one on this machine may do without")
	default:
		if err := c.step("STARTTLS", func() error { return c.startTLS(config, hello) }); err != nil {
			return fmt.Errorf("%w: %w", errTLS, err)
		}
	}
	return c.step("AUTH", func() error { return s.authenticate(c) })
}

// localEnd is the local address of a connection, as a literal.
func localEnd(conn net.Conn) string {
	if tcp, ok := conn.LocalAddr().(*net.TCPAddr); ok {
		return literal(tcp.AddrPort().Addr())
	}
	return "[127.0.0.1]"
}

// step runs one step of a session. After a refusal by the server the session can continue. Any
// other error closes the connection.
func (c *client) step(name string, do func() error) error {
	err := c.conn.SetDeadline(time.Now().Add(c.wait))
	defer time.AfterFunc(c.slow, func() { c.onSlow(name) }).Stop()
	if err == nil {
		err = do()
	}
	if err == nil {
		return nil
	}
	if said := (*reply)(nil); !errors.As(err, &said) {
		c.conn.Close()
	}
	return fmt.Errorf("%s: %w", name, err)
}

// quit ends the session. The outcome of the message is already known.
func (c *client) quit() {
	c.conn.SetDeadline(time.Now().Add(goodbyeWait)) //nolint:errcheck // then QUIT fails too
	c.ask("QUIT")                                   //nolint:errcheck // see above
	c.conn.Close()
}
