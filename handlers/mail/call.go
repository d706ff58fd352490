package mail

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"slices"
	"strings"
	"time"

	"github.com/wneessen/go-mail/smtp"
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
	*smtp.Client
	conn net.Conn
	wait time.Duration
}

// reach calls the server. One on this machine that offers TLS and cannot do it, for
// want of a certificate or because it is old, is called once more without.
func (s *SMTP) reach(ctx context.Context) (*call, error) {
	c, err := s.dialUp(ctx, true)
	if !s.here() || !errors.Is(err, errTLS) {
		return c, err
	}
	c, failed := s.dialUp(ctx, false)
	if failed != nil {
		return nil, errors.Join(err, failed)
	}
	return c, nil
}

// dialUp connects and introduces us. The connection is closed once ctx ends.
func (s *SMTP) dialUp(ctx context.Context, secure bool) (*call, error) {
	dialing, cancel := context.WithTimeout(ctx, min(connectWait, s.Wait))
	defer cancel()
	conn, err := s.dial(dialing, "tcp", net.JoinHostPort(s.host, s.port))
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	context.AfterFunc(ctx, func() { conn.Close() })
	c := &call{conn: conn, wait: s.Wait}
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
	stream := c.conn
	if s.implicit {
		encrypted := tls.Client(c.conn, config)
		if err := c.step("TLS", encrypted.Handshake); err != nil {
			return err
		}
		stream = encrypted
	}
	if err := c.step("greeting", func() (err error) {
		c.Client, err = smtp.NewClient(stream, s.host)
		return err
	}); err != nil {
		return err
	}
	// Letters need no SMTPUTF8, and one that asks for it goes no further than
	// servers that know it.
	c.SkipSMTPUTF8(true)
	if err := c.step("EHLO", func() error { return c.Hello(cmp.Or(s.Hello, localEnd(c.conn))) }); err != nil {
		return err
	}
	offered, _ := c.Extension("STARTTLS")
	switch {
	case s.implicit, !secure, !offered && s.here():
	case !offered:
		return errors.New("the server offers no STARTTLS, which only one on this machine may do without")
	default:
		if err := c.step("STARTTLS", func() error { return c.StartTLS(config) }); err != nil {
			return fmt.Errorf("%w: %w", errTLS, err)
		}
	}
	return c.step("AUTH", func() error { return s.authenticate(c.Client) })
}

// authenticate gives the password, if there is one. A server that asks for none gets
// none: it knows us by our address.
func (s *SMTP) authenticate(c *smtp.Client) error {
	_, offered := c.Extension("AUTH")
	mechanisms := strings.Fields(strings.ToUpper(offered))
	if s.username == "" || len(mechanisms) == 0 {
		return nil
	}
	// Nobody can listen here, and some servers offer what they cannot do: the plain
	// ways first.
	for _, way := range []struct {
		mechanism string
		auth      smtp.Auth
	}{
		{"PLAIN", smtp.PlainAuth("", s.username, s.password, s.host, true)},
		{"LOGIN", smtp.LoginAuth(s.username, s.password, s.host, true)},
		{"SCRAM-SHA-256", smtp.ScramSHA256Auth(s.username, s.password)},
		{"SCRAM-SHA-1", smtp.ScramSHA1Auth(s.username, s.password)},
		{"CRAM-MD5", smtp.CRAMMD5Auth(s.username, s.password)},
	} {
		if slices.Contains(mechanisms, way.mechanism) {
			return c.Auth(way.auth)
		}
	}
	return fmt.Errorf("the server takes no password, only %s", strings.Join(mechanisms, ", "))
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
	if err == nil {
		err = do()
	}
	if err == nil {
		return nil
	}
	if said, ok := err.(*textproto.Error); ok {
		return fmt.Errorf("%s: %w", name, (*answer)(said))
	}
	c.conn.Close()
	return fmt.Errorf("%s: %w", name, err)
}

// answer is a refusal in the words of the server, which textproto puts in quotes.
type answer textproto.Error

func (a *answer) Error() string { return fmt.Sprintf("%03d %s", a.Code, a.Msg) }

// close says goodbye. By then it is known how the message fared.
func (c *call) close() {
	c.conn.SetDeadline(time.Now().Add(goodbyeWait)) //nolint:errcheck // then goodbye fails as well
	c.Quit()                                        //nolint:errcheck // see above
	c.conn.Close()
}
