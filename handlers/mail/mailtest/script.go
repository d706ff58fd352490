package mailtest

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
)

// Script is a mail server that says what it is told to, for answers that a good one
// does not give. Its fields may be set until it is started.
type Script struct {
	// Host is where it listens; empty is 127.0.0.1. Implicit makes it speak TLS from the
	// first byte, with a certificate that nobody vouches for.
	Host     string
	Implicit bool
	// Greets, where set, is what the greeting waits for.
	Greets chan struct{}
	// Offers are its extensions. STARTTLS is done with the same certificate.
	Offers []string
	// Answers are what it says to a command, by its first word or its first two, in capital
	// letters, or to the end of a message, by a dot; "220" answers the connection itself. It
	// agrees to all else. Lines are separated by line breaks; of what ends in a null byte
	// the last line does not end, and the connection does.
	Answers map[string]string

	// Addr is where it listens.
	Addr string

	mu   sync.Mutex
	said []string
	got  []string
}

// Start serves until the test ends.
func (s *Script) Start(t testing.TB) *Script {
	t.Helper()
	host := s.Host
	if host == "" {
		host = "127.0.0.1"
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		t.Fatal(err)
	}
	s.Addr = listener.Addr().String()
	certificate, _ := certify(t)
	config := &tls.Config{Certificates: []tls.Certificate{certificate}}
	var group sync.WaitGroup
	group.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { conn.Close() })
			group.Go(func() { s.serve(conn, config) })
		}
	})
	t.Cleanup(group.Wait)
	t.Cleanup(func() { listener.Close() })
	return s
}

// Said are the commands that arrived.
func (s *Script) Said() []string { return s.list(&s.said) }

// Got are the messages that were taken.
func (s *Script) Got() []string { return s.list(&s.got) }

func (s *Script) list(of *[]string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), *of...)
}

func (s *Script) serve(conn net.Conn, config *tls.Config) {
	defer func() { conn.Close() }()
	if s.Implicit {
		conn = tls.Server(conn, config)
	}
	if s.Greets != nil {
		<-s.Greets
	}
	// answer says also whether what was told begins as usual.
	answer := func(to, usual string) bool {
		text := usual
		if told, ok := s.Answers[to]; ok {
			text = told
		}
		text, breaks := strings.CutSuffix(text, "\x00")
		fmt.Fprint(conn, strings.ReplaceAll(text, "\n", "\r\n"))
		if breaks {
			conn.Close()
		} else {
			fmt.Fprint(conn, "\r\n")
		}
		return text != "" && text[0] == usual[0]
	}
	answer("220", "220 mail.example ESMTP")
	lines := bufio.NewReader(conn)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		s.mu.Lock()
		s.said = append(s.said, line)
		s.mu.Unlock()
		switch word, _, _ := strings.Cut(line, " "); strings.ToUpper(word) {
		case "EHLO":
			answer("EHLO", "250-"+strings.Join(append([]string{"mail.example"}, s.Offers...), "\n250-")+"\n250 OK")
		case "STARTTLS":
			if answer("STARTTLS", "220 go") && s.Answers["STARTTLS"] == "" {
				conn = tls.Server(conn, config)
				lines = bufio.NewReader(conn)
			}
		case "AUTH":
			both := strings.ToUpper(strings.Join(strings.Fields(line)[:2], " "))
			if _, ok := s.Answers[both]; ok {
				answer(both, "235 welcome")
				continue
			}
			answer("AUTH", "235 welcome")
		case "DATA":
			if !answer("DATA", "354 go") {
				continue
			}
			var text strings.Builder
			for line := ""; line != ".\r\n"; {
				if line, err = lines.ReadString('\n'); err != nil {
					return
				}
				text.WriteString(line)
			}
			s.mu.Lock() // Got is asked as soon as the answer is there
			if answer(".", "250 queued") {
				s.got = append(s.got, text.String())
			}
			s.mu.Unlock()
		case "QUIT":
			answer("QUIT", "221 bye")
			return
		default:
			answer(strings.ToUpper(word), "250 ok")
		}
	}
}
