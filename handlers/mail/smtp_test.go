package mail

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"gatehouse/assets"
	"gatehouse/components"
	"gatehouse/handlers/mail/mailtest"
)

func message() Message {
	return Message{
		ID: "letter-1@localhost", From: `"Gatehouse" <no-reply@localhost>`, To: "ada@example.com", Subject: "Grüße aus dem Gatehouse",
		Text: "Hello Ada,\n\nhttp://localhost/x\n", HTML: "<p>Hello Ada</p>", Sent: time.Now(),
	}
}

// mailer is what sends to a server of a test.
func mailer(t *testing.T, s *mailtest.Server, url string) *SMTP {
	t.Helper()
	m := calls(t, s.Addr, url)
	m.TLS = s.Config
	return m
}

// calls is what sends to a server at an address, whatever the URL calls it.
func calls(t *testing.T, addr, url string) *SMTP {
	t.Helper()
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	m, err := ParseSMTP(strings.NewReplacer("ADDR", addr, "PORT", port).Replace(url))
	if err != nil {
		t.Fatal(err)
	}
	m.Wait = 20 * time.Second
	if strings.HasSuffix(m.host, ".example.com") {
		m.dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, addr)
		}
	}
	return m
}

const account = mailtest.User + ":letters%20in%20a%20bottle@"

func TestSMTPDelivers(t *testing.T) {
	t.Parallel()
	const v4, v6 = "127.0.0.1:0", "[::1]:0"
	for _, c := range []struct {
		name, url string
		server    *mailtest.Server
		at        string
		untrusted bool
	}{
		{"plainly on this machine", "smtp://ADDR", &mailtest.Server{}, v4, false},
		{"plainly with a password", "smtp://" + account + "ADDR", &mailtest.Server{Auth: true}, v4, false},
		{"plainly with a password, by LOGIN", "smtp://" + account + "ADDR", &mailtest.Server{Auth: true, Login: true}, v4, false},
		{"with STARTTLS", "smtp://ADDR", &mailtest.Server{TLS: true}, v4, false},
		{"with STARTTLS and a password", "smtp://" + account + "ADDR", &mailtest.Server{TLS: true, Auth: true}, v4, false},
		{"with STARTTLS and a password, by LOGIN", "smtp://" + account + "ADDR", &mailtest.Server{TLS: true, Auth: true, Login: true}, v4, false},
		{"with TLS from the first byte", "smtps://ADDR", &mailtest.Server{Implicit: true}, v4, false},
		{"with TLS from the first byte and a password", "smtps://" + account + "ADDR", &mailtest.Server{Implicit: true, Auth: true}, v4, false},
		{"on this machine with STARTTLS and a certificate that nobody vouches for", "smtp://ADDR", &mailtest.Server{TLS: true}, v4, true},
		{"and a password", "smtp://" + account + "ADDR", &mailtest.Server{TLS: true, Auth: true}, v4, true},
		{"by its name", "smtp://" + account + "LocalHost:PORT", &mailtest.Server{TLS: true, Auth: true}, v4, true},
		{"with TLS from the first byte and such a certificate", "smtps://" + account + "localhost:PORT", &mailtest.Server{Implicit: true, Auth: true}, v4, true},
		{"to an IPv6 address", "smtp://ADDR", &mailtest.Server{}, v6, false},
		{"to an IPv6 address with STARTTLS and a password", "smtp://" + account + "ADDR", &mailtest.Server{TLS: true, Auth: true}, v6, true},
		{"to an IPv6 address with TLS from the first byte", "smtps://" + account + "ADDR", &mailtest.Server{Implicit: true, Auth: true}, v6, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := c.server
			s.StartAt(t, c.at)
			m := mailer(t, s, c.url)
			if c.untrusted {
				m.TLS = nil
			}
			if err := m.Send(context.Background(), message()); err != nil {
				t.Fatal(err)
			}
			received := s.Received()
			if len(received) != 1 {
				t.Fatalf("%d messages, want 1", len(received))
			}
			got := received[0]
			if got.From != "no-reply@localhost" || len(got.To) != 1 || got.To[0] != "ada@example.com" {
				t.Errorf("from %s to %v", got.From, got.To)
			}
			subject, err := new(mime.WordDecoder).DecodeHeader(got.Header.Get("Subject"))
			if err != nil || subject != message().Subject {
				t.Errorf("the subject is %q, %v", subject, err)
			}
			for header, want := range map[string]string{
				"Message-Id": "<letter-1@localhost>", "Auto-Submitted": "auto-generated", "To": "ada@example.com", "From": "no-reply@localhost",
				"Content-Type": "multipart/alternative",
			} {
				if got := got.Header.Get(header); !strings.Contains(got, want) {
					t.Errorf("%s is %q, want %q in it", header, got, want)
				}
			}
			text, html := strings.Index(got.Body, "Hello Ada,"), strings.Index(got.Body, "<p>Hello Ada</p>")
			if text < 0 || html < text {
				t.Errorf("the plain text stands at %d, the HTML at %d:\n%s", text, html, got.Body)
			}
		})
	}
}

// Mail programs show the mark without fetching anything: it is a part of the mail (RFC 2387, RFC 2392).
func TestSMTPDeliversTheMarkWithTheLetter(t *testing.T) {
	t.Parallel()
	s := &mailtest.Server{}
	s.StartAt(t, "127.0.0.1:0")
	m := message()
	m.HTML, m.Mark = `<img src="cid:`+components.MarkID+`">`, assets.Mark()
	if err := mailer(t, s, "smtp://ADDR").Send(context.Background(), m); err != nil {
		t.Fatal(err)
	}
	received := s.Received()[0]
	whole := parts(t, received.Header.Get("Content-Type"), strings.NewReader(received.Body), "multipart/related")
	if len(whole) != 2 {
		t.Fatalf("the mail has %d parts, want the letter and the mark", len(whole))
	}
	letter := parts(t, whole[0].header.Get("Content-Type"), bytes.NewReader(whole[0].body), "multipart/alternative")
	if len(letter) != 2 || !strings.HasPrefix(letter[0].header.Get("Content-Type"), "text/plain") || !strings.HasPrefix(letter[1].header.Get("Content-Type"), "text/html") {
		t.Errorf("the letter has %d parts: %+v", len(letter), letter)
	}
	mark := whole[1]
	if got := mark.header.Get("Content-ID"); got != "<"+components.MarkID+">" {
		t.Errorf("the mark is called %s", got)
	}
	if got := mark.header.Get("Content-Disposition"); !strings.HasPrefix(got, "inline") {
		t.Errorf("the mark is %s", got)
	}
	picture, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(string(mark.body)), ""))
	if err != nil || !bytes.Equal(picture, assets.Mark()) || !strings.HasPrefix(mark.header.Get("Content-Type"), "image/png") {
		t.Errorf("the mark is %d bytes of %s, %v", len(picture), mark.header.Get("Content-Type"), err)
	}
}

// part is one of a mail.
type part struct {
	header textproto.MIMEHeader
	body   []byte
}

func parts(t *testing.T, contentType string, body io.Reader, want string) []part {
	t.Helper()
	kind, parameters, err := mime.ParseMediaType(contentType)
	if err != nil || kind != want {
		t.Fatalf("the parts are %s, want %s: %v", contentType, want, err)
	}
	var list []part
	for reader := multipart.NewReader(body, parameters["boundary"]); ; {
		next, err := reader.NextRawPart()
		if err == io.EOF {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(next)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, part{next.Header, content})
	}
}

func TestSMTPFails(t *testing.T) {
	t.Parallel()
	answer := func(err error) func(int, string) error { return func(int, string) error { return err } }
	for _, c := range []struct {
		name, url string
		server    *mailtest.Server
		permanent bool
		change    func(m *SMTP, msg *Message)
	}{
		{"a wrong password, which may be put right", "smtp://gatehouse:wrong@ADDR", &mailtest.Server{TLS: true, Auth: true}, false, nil},
		{"a password that is wanted and not given", "smtp://ADDR", &mailtest.Server{TLS: true, Auth: true}, false, nil},
		{"a server that comes back later", "smtp://ADDR", &mailtest.Server{Answer: answer(mailtest.Later)}, false, nil},
		{"a server that says never", "smtp://ADDR", &mailtest.Server{Answer: answer(mailtest.Never)}, true, nil},
		{"a server that dies", "smtp://ADDR", &mailtest.Server{Answer: answer(mailtest.Dies)}, false, nil},
		{
			"a server that hangs", "smtp://ADDR", &mailtest.Server{Answer: answer(mailtest.Hangs)}, false,
			func(m *SMTP, _ *Message) { m.Wait = 100 * time.Millisecond },
		},
		{
			"a certificate that nobody vouches for, elsewhere", "smtps://mail.example.com", &mailtest.Server{Implicit: true}, false,
			func(m *SMTP, _ *Message) { m.TLS = nil },
		},
		{
			"the same with STARTTLS", "smtp://" + account + "mail.example.com", &mailtest.Server{TLS: true, Auth: true}, false,
			func(m *SMTP, _ *Message) { m.TLS = nil },
		},
		{"a certificate of somebody else", "smtp://mail.example.com", &mailtest.Server{TLS: true}, false, nil},
		{"no TLS, elsewhere", "smtp://" + account + "mail.example.com", &mailtest.Server{Auth: true}, false, nil},
		{"a server that is not there", "smtp://127.0.0.1:1", &mailtest.Server{}, false, nil},
		{"a sender that cannot be meant, which may be put right", "smtp://ADDR", &mailtest.Server{}, false, func(_ *SMTP, msg *Message) { msg.From = "nonsense" }},
		{"INJ-06 an address with a line break", "smtp://ADDR", &mailtest.Server{}, true, func(_ *SMTP, msg *Message) { msg.To = "a@example.com\r\nBcc: b@example.com" }},
		{"INJ-06 two addresses", "smtp://ADDR", &mailtest.Server{}, true, func(_ *SMTP, msg *Message) { msg.To = "a@example.com,b@example.com" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := c.server.Start(t)
			m, msg := mailer(t, s, c.url), message()
			if c.change != nil {
				c.change(m, &msg)
			}
			err := m.Send(context.Background(), msg)
			if err == nil || errors.Is(err, ErrPermanent) != c.permanent {
				t.Errorf("Send = %v, want a failure, for good %v", err, c.permanent)
			}
			if err != nil && strings.Contains(err.Error(), "wrong@") {
				t.Errorf("the password is in %q", err)
			}
			if got := len(s.Received()); got != 0 {
				t.Errorf("%d messages were taken", got)
			}
		})
	}
}

func TestTLSIsAskedForElsewhere(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"smtp://mail.example.com": true, "smtps://user:p%40ss@mail.example.com:465": true, "smtp://[::1]:25": true,
		"": false, "mail.example.com": false, "http://mail.example.com": false, "smtp://": false, "smtp://a:b@mail.example.com/path": false,
		"smtp://mail.example.com:0": false, "smtp://mail.example.com:99999": false, "smtp://mail.example.com?tls=off": false,
	} {
		_, err := ParseSMTP(text)
		if got := err == nil; got != want {
			t.Errorf("ParseSMTP(%q) = %v, want accepted %v", text, err, want)
		}
	}
}

// A header cannot be broken out of, whatever somebody is called.
func TestINJ06HeadersStayWhole(t *testing.T) {
	t.Parallel()
	s := (&mailtest.Server{}).Start(t)
	m := message()
	m.Subject = "Hello\r\nBcc: eve@example.com\r\n\r\n<b>"
	if err := mailer(t, s, "smtp://ADDR").Send(context.Background(), m); err != nil {
		t.Fatal(err)
	}
	got := s.Received()[0]
	if len(got.To) != 1 || got.Header.Get("Bcc") != "" {
		t.Errorf("to %v, Bcc %q", got.To, got.Header.Get("Bcc"))
	}
}
