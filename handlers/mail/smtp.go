package mail

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	netmail "net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"gatehouse/components"
	"gatehouse/store/rules"

	gomail "github.com/wneessen/go-mail"
)

// SMTP sends messages to a mail server. ParseSMTP makes it.
type SMTP struct {
	// Hello is the name by which the client introduces itself, as returned by ParseHello. If
	// empty, it is the local address of the connection.
	Hello string
	// Wait limits each step of a delivery. Servers may take minutes to greet (RFC 5321,
	// 4.5.3.2).
	Wait time.Duration
	// TLS, if set, replaces the system's certificate authorities.
	TLS *tls.Config
	// Log receives the steps that delay a message.
	Log *slog.Logger

	host, port         string
	implicit           bool // TLS from the first byte
	username, password string
	dial               func(ctx context.Context, network, address string) (net.Conn, error)
	slow               time.Duration // replaces slowAfter if not 0
}

// ParseSMTP reads smtp://user:password@host:587 (STARTTLS, optional only for a server on this
// machine) or smtps://host:465 (TLS from the first byte). Its errors never contain the
// password.
func ParseSMTP(text string) (*SMTP, error) {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.Path != "" && u.Path != "/" || u.RawQuery != "" {
		return nil, errors.New("must be like smtp://user:password@host:587 or smtps://user:password@host:465")
	}
	usual := map[string]string{"smtp": "587", "smtps": "465"}[u.Scheme]
	if usual == "" {
		return nil, errors.New("must begin with smtp:// or smtps://")
	}
	s := &SMTP{
		Wait: sendWait, Log: slog.New(slog.DiscardHandler), host: u.Hostname(), port: cmp.Or(u.Port(), usual), implicit: u.Scheme == "smtps",
		username: u.User.Username(), dial: new(net.Dialer).DialContext,
	}
	s.password, _ = u.User.Password()
	if port, err := strconv.Atoi(s.port); err != nil || port < 1 || port > 65535 {
		return nil, errors.New("must have a port between 1 and 65535")
	}
	return s, nil
}

// isLocal says whether the server is on this machine. Then nobody can intercept the connection,
// and TLS adds no protection. Its certificate is not verified, because local servers usually
// have a self-signed one.
func (s *SMTP) isLocal() bool { return rules.IsLoopback(strings.TrimSuffix(s.host, ".")) }

// Send delivers a message over its own connection.
func (s *SMTP) Send(ctx context.Context, m Message) error {
	from, err := ParseAddress(m.From)
	if err != nil {
		return fmt.Errorf("read the sender of a letter: %w", err)
	}
	to, err := netmail.ParseAddress(m.To)
	if err != nil {
		return fmt.Errorf("%w: the address of a letter is none", ErrPermanent)
	}
	ctx, hangUp := context.WithCancel(ctx)
	defer hangUp()
	err = s.deliver(ctx, from, to, m)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil: // the cause; err only says that we closed the connection
		return fmt.Errorf("deliver: %w: %w", ctx.Err(), err)
	}
	return fmt.Errorf("deliver: %w", err)
}

// Check connects to the server and signs in, as before a delivery, and sends nothing. Its error has the
// server's own words, and never the password.
func (s *SMTP) Check(ctx context.Context) error {
	ctx, hangUp := context.WithCancel(ctx)
	defer hangUp()
	c, err := s.connect(ctx, func(string) {})
	if err != nil {
		return err
	}
	c.quit()
	return nil
}

func (s *SMTP) deliver(ctx context.Context, from, to *netmail.Address, m Message) error {
	c, err := s.connect(ctx, func(step string) { s.Log.Warn("mail server keeps a letter waiting", "step", step, "message", m.ID) })
	if err != nil {
		return err
	}
	defer c.quit()
	if err := c.step("MAIL FROM", func() error { return c.mail(envelopeAddress(from)) }); err != nil {
		return err
	}
	if err := c.step("RCPT TO", func() error { return c.command(2, "RCPT TO:"+envelopeAddress(to)) }); err != nil {
		return permanent(err, from)
	}
	return permanent(c.step("DATA", func() error { return c.data(compose(from, to, m)) }), from)
}

// envelopeAddress is an address without the display name, as in the envelope.
func envelopeAddress(a *netmail.Address) string {
	return (&netmail.Address{Address: a.Address}).String()
}

// compose is a message in the format of mail programs.
func compose(from, to *netmail.Address, m Message) *gomail.Msg {
	msg := gomail.NewMsg()
	msg.FromMailAddress(from)
	msg.ToMailAddress(to)
	msg.Subject(m.Subject)
	msg.SetMessageIDWithValue(m.ID)
	msg.SetDateWithValue(m.Sent)
	// Automatic responders must not answer (RFC 3834).
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	if m.Unsubscribe != "" {
		msg.SetGenHeader("List-Unsubscribe", "<"+m.Unsubscribe+">")
		msg.SetGenHeader("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
	}
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	if len(m.Mark) > 0 {
		// It reads from memory, so it cannot fail.
		msg.EmbedReadSeeker("mark.png", bytes.NewReader(m.Mark), gomail.WithFileContentType("image/png"), gomail.WithFileContentID("<"+components.MarkID+">"))
	}
	return msg
}

// noRecipient are the enhanced status codes (RFC 3463) that mean exactly that the recipient
// does not exist, now or ever.
var noRecipient = []string{"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"}

// permanent marks replies after which retrying is useless: the recipient does not exist. Any
// other reply may concern the sender or the server (relaying, quota, block lists) and can be
// fixed while the letter waits. So can a code without a status: many servers reply 550 to all
// of these.
func permanent(err error, from *netmail.Address) error {
	var said *reply
	if !errors.As(err, &said) || said.code < 500 {
		return err
	}
	aboutUs := strings.Contains(strings.ToLower(said.Error()), strings.ToLower(from.Address))
	if !slices.Contains(noRecipient, said.status()) || aboutUs {
		return err
	}
	return fmt.Errorf("%w: %w", ErrPermanent, err)
}
