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
	// connectWait bounds how long a server may leave a connection unanswered,
	// goodbyeWait how long it may take to say goodbye once all is done.
	connectWait = 30 * time.Second
	goodbyeWait = 5 * time.Second
)

// errTLS says that a server offered TLS and it came to nothing.
var errTLS = errors.New("no TLS")

// call is a connection to a mail server that knows us and is ready for a message.
type call struct {
	conn net.Conn
	wait time.Duration
	// late is told of a step that takes long.
	late func(step string)
	slow time.Duration
	// lines are what the server says and out what it hears, encrypted or not.
	lines *bufio.Reader
	out   *textproto.Writer
	// offers are the extensions of the server, with their parameters.
	offers map[string]string
}

// reach calls the server. One on this machine that offers TLS and cannot do it, for
// want of a certificate or because it is old, is called once more without.
func (s *SMTP) reach(ctx context.Context, late func(step string)) (*call, error) {
	c, err := s.dialUp(ctx, late, true)
	if !s.here() || !errors.Is(err, errTLS) {
		return c, err
	}
	c, failed := s.dialUp(ctx, late, false)
	if failed != nil {
		return nil, fmt.Errorf("%w; and without: %w", err, failed)
	}
	return c, nil
}

// dialUp connects and introduces us. The connection is closed once ctx ends.
func (s *SMTP) dialUp(ctx context.Context, late func(step string), secure bool) (*call, error) {
	dialing, cancel := context.WithTimeout(ctx, min(connectWait, s.Wait))
	defer cancel()
	conn, err := s.dial(dialing, "tcp", net.JoinHostPort(s.host, s.port))
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	context.AfterFunc(ctx, func() { conn.Close() })
	c := &call{conn: conn, wait: s.Wait, late: late, slow: cmp.Or(s.slow, slowAfter)}
	if err := s.introduce(c, secure); err != nil {
		conn.Close()
		return nil, err
	}
	return c, nil
}

func (s *SMTP) introduce(c *call, secure bool) error {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.TLS != nil {
		config = s.TLS.Clone()
	}
	config.ServerName, config.InsecureSkipVerify = s.host, s.here()
	c.over(c.conn)
	if s.implicit {
		if err := c.step("TLS", func() error { return c.encrypt(config) }); err != nil {
			return err
		}
	}
	if err := c.step("greeting", func() error { return c.told(2) }); err != nil {
		return err
	}
	hello := cmp.Or(s.Hello, localEnd(c.conn))
	if err := c.hello(hello); err != nil {
		return err
	}
	_, offered := c.offers["STARTTLS"]
	switch {
	case s.implicit, !secure, !offered && s.here():
	case !offered:
		return errors.New("the server offers no STARTTLS, which only one on this machine may do without")
	default:
		if err := c.step("STARTTLS", func() error { return c.startTLS(config, hello) }); err != nil {
			return fmt.Errorf("%w: %w", errTLS, err)
		}
	}
	return c.step("AUTH", func() error { return s.authenticate(c) })
}

// localEnd is the address from which a connection goes out.
func localEnd(conn net.Conn) string {
	if tcp, ok := conn.LocalAddr().(*net.TCPAddr); ok {
		return literal(tcp.AddrPort().Addr())
	}
	return "[127.0.0.1]"
}

// step is one of a call. After an answer, whatever it says, the call goes on; after
// anything else it is over.
func (c *call) step(name string, do func() error) error {
	err := c.conn.SetDeadline(time.Now().Add(c.wait))
	defer time.AfterFunc(c.slow, func() { c.late(name) }).Stop()
	if err == nil {
		err = do()
	}
	if err == nil {
		return nil
	}
	if said := (*answer)(nil); !errors.As(err, &said) {
		c.conn.Close()
	}
	return fmt.Errorf("%s: %w", name, err)
}

// close says goodbye. By then it is known how the message fared.
func (c *call) close() {
	c.conn.SetDeadline(time.Now().Add(goodbyeWait)) //nolint:errcheck // then goodbye fails as well
	c.ask("QUIT")                                   //nolint:errcheck // see above
	c.conn.Close()
}
