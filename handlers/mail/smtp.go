package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// smtpWait is the usual Wait.
const smtpWait = 20 * time.Second

// SMTP hands messages to a mail server. ParseSMTP makes it.
type SMTP struct {
	// Wait bounds each step of a delivery: connecting, and handing over.
	Wait time.Duration
	// TLS, where set, says whom to trust instead of the system's authorities.
	TLS *tls.Config

	host     string
	implicit bool // TLS from the first byte
	opts     []gomail.Option
}

// ParseSMTP reads smtp://user:password@host:587 (STARTTLS, which only a server
// on this machine may do without) and smtps://host:465 (TLS from the first
// byte). The error never repeats the password.
func ParseSMTP(text string) (*SMTP, error) {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.Path != "" && u.Path != "/" || u.RawQuery != "" {
		return nil, errors.New("must be like smtp://user:password@host:587 or smtps://user:password@host:465")
	}
	s := &SMTP{Wait: smtpWait, host: u.Hostname(), opts: []gomail.Option{gomail.WithoutNoop()}}
	port := map[string]int{"smtp": 587, "smtps": 465}[u.Scheme]
	switch u.Scheme {
	case "smtps":
		s.implicit = true
		s.opts = append(s.opts, gomail.WithTLSPolicy(gomail.TLSOpportunistic)) // dial has seen to it
	case "smtp":
		policy := gomail.TLSMandatory
		if here(u.Hostname()) {
			policy = gomail.TLSOpportunistic
		}
		s.opts = append(s.opts, gomail.WithTLSPolicy(policy))
	default:
		return nil, errors.New("must begin with smtp:// or smtps://")
	}
	if u.Port() != "" {
		if port, err = strconv.Atoi(u.Port()); err != nil || port < 1 || port > 65535 {
			return nil, errors.New("must have a port between 1 and 65535")
		}
	}
	s.opts = append(s.opts, gomail.WithPort(port))
	if name := u.User.Username(); name != "" {
		password, _ := u.User.Password()
		s.opts = append(s.opts, gomail.WithUsername(name), gomail.WithPassword(password), gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover))
	}
	return s, nil
}

// here says whether a host is this machine.
func here(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}

// Send delivers a message over a connection of its own.
func (s *SMTP) Send(ctx context.Context, m Message) error {
	msg := gomail.NewMsg()
	if err := errors.Join(msg.From(m.From), msg.To(m.To)); err != nil {
		return fmt.Errorf("%w: address a letter: %w", ErrPermanent, err)
	}
	msg.Subject(m.Subject)
	msg.SetMessageIDWithValue(m.ID)
	msg.SetDateWithValue(m.Sent)
	// So that no robot answers (RFC 3834).
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.TLS != nil {
		config = s.TLS.Clone()
	}
	config.ServerName = s.host
	// The library heeds a context only while it connects. This one hangs up.
	ctx, hangUp := context.WithCancel(ctx)
	defer hangUp()
	dial := func(dialing context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(dialing, network, address)
		if err != nil {
			return nil, err
		}
		context.AfterFunc(ctx, func() { conn.Close() })
		if !s.implicit {
			return conn, nil
		}
		secure := tls.Client(conn, config)
		return secure, secure.HandshakeContext(dialing)
	}
	opts := append([]gomail.Option{gomail.WithTimeout(s.Wait), gomail.WithTLSConfig(config), gomail.WithDialContextFunc(dial)}, s.opts...)
	client, err := gomail.NewClient(s.host, opts...)
	if err != nil {
		return fmt.Errorf("prepare a delivery: %w", err)
	}
	if err := client.DialAndSendWithContext(ctx, msg); err != nil {
		if msg.IsDelivered() {
			return nil // the server took it, and then the goodbye failed
		}
		return fmt.Errorf("deliver: %w", permanent(err))
	}
	return nil
}

// permanent marks the answers after which trying again is no use: the server
// refused recipient or content with a code of 500 and more. What concerns the
// connection, the password or the sender may be put right.
func permanent(err error) error {
	var failed *gomail.SendError
	if !errors.As(err, &failed) || failed.IsTemp() || failed.ErrorCode() < 500 {
		return err
	}
	switch failed.ErrorCode() {
	case 502, 503, 530, 534, 535, 538: // who are you? (RFC 4954)
		return err
	}
	switch failed.Reason {
	case gomail.ErrSMTPRcptTo, gomail.ErrSMTPData, gomail.ErrSMTPDataClose:
		return fmt.Errorf("%w: %w", ErrPermanent, err)
	}
	return err
}
