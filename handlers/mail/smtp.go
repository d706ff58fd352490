package mail

import (
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

	"gatehouse/store/rules"

	gomail "github.com/wneessen/go-mail"
)

// SMTP hands messages to a mail server. ParseSMTP makes it.
type SMTP struct {
	// Hello is the name by which it introduces itself, as ParseHello returns it;
	// empty stands for the address from which it connects.
	Hello string
	// Wait bounds each step of a delivery. Servers may take minutes to greet (RFC
	// 5321, 4.5.3.2).
	Wait time.Duration
	// TLS, where set, says whom to trust instead of the system's authorities.
	TLS *tls.Config
	// Log is told which step keeps a message waiting.
	Log *slog.Logger

	host, port         string
	implicit           bool // TLS from the first byte
	username, password string
	dial               func(ctx context.Context, network, address string) (net.Conn, error)
	slow               time.Duration // stands for slowAfter where it is not 0
}

// ParseSMTP reads smtp://user:password@host:587 (STARTTLS, which only a server
// on this machine may do without) and smtps://host:465 (TLS from the first
// byte). The error never repeats the password.
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

// here says whether the server is on this machine. Then nobody can listen or stand
// between, so that TLS protects nothing and its certificate is not looked at: most
// were made with the server and are vouched for by nobody.
func (s *SMTP) here() bool { return rules.IsLoopback(strings.TrimSuffix(s.host, ".")) }

// Send delivers a message over a connection of its own.
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
	case ctx.Err() != nil: // says more than that the connection is closed, by us
		return fmt.Errorf("deliver: %w: %w", ctx.Err(), err)
	}
	return fmt.Errorf("deliver: %w", err)
}

func (s *SMTP) deliver(ctx context.Context, from, to *netmail.Address, m Message) error {
	c, err := s.reach(ctx, func(step string) { s.Log.Warn("mail server keeps a letter waiting", "step", step, "message", m.ID) })
	if err != nil {
		return err
	}
	defer c.close()
	if err := c.step("MAIL FROM", func() error { return c.mail(bare(from)) }); err != nil {
		return err
	}
	if err := c.step("RCPT TO", func() error { return c.agree(2, "RCPT TO:"+bare(to)) }); err != nil {
		return permanent(err, from)
	}
	return permanent(c.step("DATA", func() error { return c.data(compose(from, to, m)) }), from)
}

// bare is an address without the name, as the envelope has it.
func bare(a *netmail.Address) string { return (&netmail.Address{Address: a.Address}).String() }

// compose is a message as mail programs read it.
func compose(from, to *netmail.Address, m Message) *gomail.Msg {
	msg := gomail.NewMsg()
	msg.FromMailAddress(from)
	msg.ToMailAddress(to)
	msg.Subject(m.Subject)
	msg.SetMessageIDWithValue(m.ID)
	msg.SetDateWithValue(m.Sent)
	// So that no robot answers (RFC 3834).
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	return msg
}

// nobody are the enhanced status codes (RFC 3463) that say of a recipient, and of
// nothing else, that there is none or never will be.
var nobody = []string{"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"}

// permanent marks the answers after which trying again is no use: the recipient is
// nobody. Every other may be about us or the server (what it relays and for whom, its
// quota, its lists) and be put right while the letter waits. So may a code without a
// status: many servers say 550 to all of these.
func permanent(err error, from *netmail.Address) error {
	var said *answer
	if !errors.As(err, &said) || said.code < 500 {
		return err
	}
	aboutUs := strings.Contains(strings.ToLower(said.Error()), strings.ToLower(from.Address))
	if !slices.Contains(nobody, said.status()) || aboutUs {
		return err
	}
	return fmt.Errorf("%w: %w", ErrPermanent, err)
}
