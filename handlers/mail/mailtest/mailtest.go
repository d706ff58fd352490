// Package mailtest is a mail server on loopback that behaves as a test tells
// it to.
package mailtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// User and Password are what a server asks for that wants authentication.
const (
	User     = "gatehouse"
	Password = "letters in a bottle"
)

// Answers that a server may give to a message.
var (
	// Later is greylisting.
	Later = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "come back later"}
	// Never is a refusal for good.
	Never = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "nobody of that name"}
	// Dies ends the connection in the middle of the message.
	Dies = &smtp.SMTPError{Code: 421, Message: "dies"}
	// Hangs says nothing until the client gives up or the server is closed.
	Hangs = &smtp.SMTPError{Code: 421, Message: "hangs"}
)

// Server is a mail server. Its fields may be set until it is started.
type Server struct {
	// TLS makes it offer STARTTLS, Implicit makes it speak TLS from the first
	// byte, Auth makes it want User and Password, by PLAIN or, with Login, by LOGIN.
	TLS, Implicit, Auth, Login bool
	// Answer decides about the n-th message that arrives, counted from 1; nil
	// takes it. It sees the recipient.
	Answer func(n int, to string) error

	// Addr is where it listens; Config trusts its certificate.
	Addr   string
	Config *tls.Config

	mu       sync.Mutex
	arrived  int
	received []Message
	changed  chan struct{}
	closed   chan struct{}
	server   *smtp.Server
	listener net.Listener
}

// Message is one that the server took.
type Message struct {
	From string
	To   []string
	*mail.Message
	Body string
}

// Start serves until the test ends.
func (s *Server) Start(t testing.TB) *Server {
	t.Helper()
	s.StartAt(t, "127.0.0.1:0")
	return s
}

// StartAt serves at an address, so that a server can come back.
func (s *Server) StartAt(t testing.TB, addr string) {
	t.Helper()
	s.changed, s.closed = make(chan struct{}, 1), make(chan struct{})
	s.server = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &session{server: s, conn: c, known: !s.Auth}, nil
	}))
	s.server.Domain, s.server.AllowInsecureAuth = "localhost", !s.TLS && !s.Implicit
	s.server.ErrorLog = quiet{}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	s.Addr = listener.Addr().String()
	if s.TLS || s.Implicit {
		certificate, pool := certify(t)
		s.Config = &tls.Config{RootCAs: pool}
		s.server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate}}
	}
	if s.Implicit {
		listener = tls.NewListener(listener, s.server.TLSConfig)
	}
	s.listener = listener
	served := make(chan struct{})
	go func() {
		defer close(served)
		s.server.Serve(listener) //nolint:errcheck // ends with Close
	}()
	t.Cleanup(func() {
		s.Close()
		<-served
	})
}

// Close ends the server and every connection.
func (s *Server) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.closed:
	default:
		close(s.closed)
		s.server.Close()   //nolint:errcheck // it has ended already
		s.listener.Close() // the server knows it only once Serve has begun
	}
}

// Received are the messages taken so far.
func (s *Server) Received() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Message(nil), s.received...)
}

// Arrived is how many messages were tried, taken or not.
func (s *Server) Arrived() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.arrived
}

// Wait waits until done holds of what was received and how many were tried,
// and fails the test if that does not come about.
func (s *Server) Wait(t testing.TB, done func(received []Message, arrived int) bool) []Message {
	t.Helper()
	deadline := time.After(30 * time.Second)
	for {
		received, arrived := s.Received(), s.Arrived()
		if done(received, arrived) {
			return received
		}
		select {
		case <-s.changed:
		case <-deadline:
			t.Fatalf("%d messages were tried and %d taken", arrived, len(received))
		}
	}
}

func (s *Server) tell() {
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

type session struct {
	server *Server
	conn   *smtp.Conn
	known  bool
	from   string
	to     []string
}

func (n *session) AuthMechanisms() []string {
	switch {
	case !n.server.Auth:
		return nil
	case n.server.Login:
		return []string{sasl.Login}
	}
	return []string{sasl.Plain}
}

func (n *session) Auth(mechanism string) (sasl.Server, error) {
	check := func(user, password string) error {
		if user != User || password != Password {
			return smtp.ErrAuthFailed
		}
		n.known = true
		return nil
	}
	if mechanism == sasl.Login {
		return &loginServer{check: check}, nil
	}
	return sasl.NewPlainServer(func(_, user, password string) error { return check(user, password) }), nil
}

// loginServer asks for the user and then for the password.
type loginServer struct {
	check func(user, password string) error
	said  []string
}

// Next takes an answer of the client; the first is none.
func (l *loginServer) Next(answer []byte) (question []byte, done bool, err error) {
	if answer != nil {
		l.said = append(l.said, string(answer))
	}
	if len(l.said) < 2 {
		return []byte([]string{"Username:", "Password:"}[len(l.said)]), false, nil
	}
	return nil, true, l.check(l.said[0], l.said[1])
}

func (n *session) Mail(from string, _ *smtp.MailOptions) error {
	if !n.known {
		return smtp.ErrAuthRequired
	}
	n.from, n.to = from, nil
	return nil
}

func (n *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	n.to = append(n.to, to)
	return nil
}

func (n *session) Data(r io.Reader) error {
	s := n.server
	s.mu.Lock()
	s.arrived++
	count := s.arrived
	s.mu.Unlock()
	defer s.tell()
	var answer error
	if s.Answer != nil {
		answer = s.Answer(count, strings.Join(n.to, ","))
	}
	switch {
	case errors.Is(answer, Dies):
		n.conn.Conn().Close()
		return answer
	case errors.Is(answer, Hangs):
		s.tell()
		<-s.closed
		return answer
	case answer != nil:
		io.Copy(io.Discard, r) //nolint:errcheck // it is refused anyway
		return answer
	}
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	parsed, err := mail.ReadMessage(strings.NewReader(string(text)))
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.received = append(s.received, Message{From: n.from, To: n.to, Message: parsed, Body: string(text)})
	return nil
}

func (n *session) Reset()        {}
func (n *session) Logout() error { return nil }

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

// certify makes a certificate for loopback and what trusts it.
func certify(t testing.TB) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}
