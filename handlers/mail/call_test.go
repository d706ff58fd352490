package mail

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/handlers/mail/mailtest"
	"gatehouse/store"
)

// said wants a command to have arrived, or not.
func said(t *testing.T, s *mailtest.Script, command string, want bool) {
	t.Helper()
	list := s.Said()
	if got := slices.ContainsFunc(list, func(line string) bool { return strings.HasPrefix(line, command) }); got != want {
		t.Errorf("said %q: %v, want %v; said\n%s", command, got, want, strings.Join(list, "\n"))
	}
}

func TestSMTPGetsAlongWithServersAsTheyAre(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, url    string
		script       *mailtest.Script
		never, often string
	}{
		{"one that asks for no password", "smtp://" + account + "ADDR", &mailtest.Script{}, "AUTH", "MAIL"},
		{"one that writes small", "smtp://" + account + "ADDR", &mailtest.Script{Offers: []string{"AUTH plain login"}}, "AUTH LOGIN", "AUTH PLAIN"},
		{"one that offers much", "smtp://" + account + "ADDR", &mailtest.Script{Offers: []string{"AUTH NTLM CRAM-MD5 LOGIN PLAIN"}}, "AUTH NTLM", "AUTH PLAIN"},
		{"one that knows other scripts", "smtp://ADDR", &mailtest.Script{Offers: []string{"8BITMIME", "SMTPUTF8"}}, "MAIL FROM:<no-reply@localhost> BODY=8BITMIME SMTPUTF8", "MAIL FROM:<no-reply@localhost>"},
		{"one without EHLO", "smtp://ADDR", &mailtest.Script{Answers: map[string]string{"EHLO": "502 5.5.1 what?"}}, "AUTH", "HELO [127.0.0.1]"},
		{"one on this machine that has no certificate after all", "smtp://ADDR", &mailtest.Script{Offers: []string{"STARTTLS"}, Answers: map[string]string{"STARTTLS": "454 4.7.0 TLS not available"}}, "AUTH", "STARTTLS"},
		{"one on this machine that breaks off", "smtp://ADDR", &mailtest.Script{Offers: []string{"STARTTLS"}, Answers: map[string]string{"STARTTLS": "220 go\n500 what?"}}, "AUTH", "STARTTLS"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := c.script.Start(t)
			if err := calls(t, s.Addr, c.url).Send(context.Background(), message()); err != nil {
				t.Fatal(err)
			}
			if got := s.Got(); len(got) != 1 {
				t.Errorf("%d messages were taken", len(got))
			}
			said(t, s, c.never, false)
			said(t, s, c.often, true)
		})
	}
}

func TestSMTPIntroducesItselfByAFullName(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ host, hello, want string }{
		{"127.0.0.1", "", "EHLO [127.0.0.1]"},
		{"::1", "", "EHLO [IPv6:::1]"},
		{"127.0.0.1", "accounts.example.com", "EHLO accounts.example.com"},
	} {
		s := (&mailtest.Script{Host: c.host}).Start(t)
		m := calls(t, s.Addr, "smtp://ADDR")
		m.Hello = c.hello
		if err := m.Send(context.Background(), message()); err != nil {
			t.Fatal(err)
		}
		if got := s.Said()[0]; got != c.want {
			t.Errorf("began with %q, want %q", got, c.want)
		}
	}
}

// A letter belongs to its worker for longer than the most patient delivery takes.
func TestSMTPWaitsForASlowGreeting(t *testing.T) {
	t.Parallel()
	m, err := ParseSMTP("smtp://mail.example.com")
	if err != nil {
		t.Fatal(err)
	}
	if m.Wait < 3*60e9 || sendWait+reportWait >= store.LetterLease {
		t.Errorf("waits %v for a step, %v for all and %v for the note, of %v", m.Wait, sendWait, reportWait, store.LetterLease)
	}
	s := (&mailtest.Script{Greets: make(chan struct{})}).Start(t)
	sent := make(chan error)
	go func() { sent <- calls(t, s.Addr, "smtp://ADDR").Send(context.Background(), message()) }()
	s.Greets <- struct{}{} // it is connected
	if err := <-sent; err != nil || len(s.Got()) != 1 {
		t.Errorf("Send = %v", err)
	}
}

// A server that took a letter must not get it again, however it says so.
func TestSMTPTakesEveryYes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ command, answer string }{
		{"220", "220"},
		{"220", "221-hello\n221 there"},
		{"EHLO", "251 mail.example"},
		{"AUTH", "250 welcome"},
		{"AUTH", "235"},
		{"DATA", "350 go"},
		{"MAIL", "251 ok"},
		{"MAIL", "252 ok"},
		{"MAIL", "200 ok"},
		{"MAIL", "250"},
		{"RCPT", "251 User not local; will forward"},
		{"RCPT", "252 Cannot verify"},
		{"RCPT", "260 ok"},
		{"RCPT", "250-2.1.5\n250 ok"},
		{"RCPT", "250"},
		{".", "251 queued"},
		{".", "252 queued"},
		{".", "200 queued"},
		{".", "299 queued"},
		{".", "250"},
		{".", "250 "},
		{".", "250-queued\n250"},
		{".", "250-queued\nas 1\n250 thanks"},
		{".", "250 queued\x00"},
		{".", "250\x00"},
		{".", "250 " + strings.Repeat("x", 4000)},
	} {
		t.Run(c.command+" "+c.answer[:min(20, len(c.answer))], func(t *testing.T) {
			t.Parallel()
			s := (&mailtest.Script{Offers: []string{"AUTH PLAIN"}, Answers: map[string]string{c.command: c.answer}}).Start(t)
			if err := calls(t, s.Addr, "smtp://"+account+"ADDR").Send(context.Background(), message()); err != nil || len(s.Got()) != 1 {
				t.Errorf("Send = %v, and %d messages were taken", err, len(s.Got()))
			}
		})
	}
}

// What is no mail server says so at once, at whatever step, and goes on talking.
func TestSMTPKnowsWhatIsNoMailServer(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"220", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "."} {
		for answer, want := range map[string]string{
			"SSH-2.0-OpenSSH_9.9": "SSH-2.0-OpenSSH_9.9", "HTTP/1.1 400 Bad Request": "HTTP/1.1 400 Bad Request", "* OK IMAP4rev1 ready": "* OK IMAP4rev1 ready",
			"+OK POP3 ready": "+OK POP3 ready", "": "server: ", "100-go on": "100-go on", "2500 ok": "2500 ok", "\x15\x03\x01\xff-": "server: ....-",
			strings.Repeat("0123456789", 2000):  "server: 0123456789",
			strings.Repeat("250-more\n", 10000): "the answer does not end",
		} {
			t.Run(command+" "+answer[:min(20, len(answer))], func(t *testing.T) {
				t.Parallel()
				s := (&mailtest.Script{Offers: []string{"AUTH PLAIN", "STARTTLS"}, Answers: map[string]string{command: answer}}).Start(t)
				host := "ADDR"
				if command == "STARTTLS" {
					host = "mail.example.com" // here it would be tried without
				}
				m := calls(t, s.Addr, "smtp://"+account+host)
				m.Wait = time.Hour
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
				defer cancel()
				err := m.Send(ctx, message())
				if err == nil || errors.Is(err, ErrPermanent) || ctx.Err() != nil || !strings.Contains(err.Error(), want) || len(err.Error()) > 200 {
					t.Errorf("Send = %v, want a failure with %q", err, want)
				}
			})
		}
	}
}

// A server that says nothing at all may only be slow, but whoever reads the log is told.
func TestSMTPSaysWhichStepKeepsItWaiting(t *testing.T) {
	t.Parallel()
	s := (&mailtest.Script{Greets: make(chan struct{})}).Start(t)
	defer close(s.Greets)
	m, log := calls(t, s.Addr, "smtp://ADDR"), &lines{}
	m.slow, m.Log = time.Millisecond, slog.New(slog.NewTextHandler(log, nil))
	ctx, hangUp := context.WithCancel(t.Context())
	sent := make(chan error)
	go func() { sent <- m.Send(ctx, message()) }()
	const want = `level=WARN msg="mail server keeps a letter waiting" step=greeting message=letter-1@localhost`
	for deadline := time.Now().Add(30 * time.Second); log.count(want) == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the log lacks %s", want)
		}
	}
	hangUp()
	if err := <-sent; err == nil || log.count("\n") != 1 || !strings.Contains(err.Error(), "greeting: ") {
		t.Errorf("Send = %v", err)
	}
}

// What comes after the answer to STARTTLS and before TLS may be anybody's.
func TestSMTPHearsNothingBeforeTLS(t *testing.T) {
	t.Parallel()
	s := (&mailtest.Script{Offers: []string{"STARTTLS"}, Answers: map[string]string{"STARTTLS": "220 go\n250 AUTH PLAIN"}}).Start(t)
	err := calls(t, s.Addr, "smtp://mail.example.com").Send(context.Background(), message())
	if err == nil || !strings.Contains(err.Error(), "goes on without TLS") || len(s.Got()) != 0 {
		t.Errorf("Send = %v", err)
	}
}

// A password goes to nobody who could not show who they are.
func TestSMTPGivesNoPasswordInClearElsewhere(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]*mailtest.Script{
		"without TLS":                  {Offers: []string{"AUTH PLAIN"}},
		"with a certificate of nobody": {Offers: []string{"AUTH PLAIN", "STARTTLS"}},
		"with TLS that does not work":  {Offers: []string{"AUTH PLAIN", "STARTTLS"}, Answers: map[string]string{"STARTTLS": "454 4.7.0 TLS not available"}},
	} {
		s.Start(t)
		err := calls(t, s.Addr, "smtp://"+account+"mail.example.com").Send(context.Background(), message())
		if err == nil || errors.Is(err, ErrPermanent) || len(s.Got()) != 0 {
			t.Errorf("%s: Send = %v", name, err)
		}
		said(t, s, "AUTH", false)
		said(t, s, "MAIL", false)
	}
}

// Only what is said of the recipient, and of nothing else, ends a letter.
func TestOnlyANobodyIsRefusedForGood(t *testing.T) {
	t.Parallel()
	const to, from = "<ada@example.com>", "<no-reply@localhost>"
	for _, c := range []struct {
		command, answer string
		forGood         bool
	}{
		{"RCPT", "550 5.1.1 " + to + ": Recipient address rejected: User unknown", true},
		{"RCPT", "550-5.1.1 The email account that you tried to reach does not exist.\n550-5.1.1 Check it for typos.\n550 5.1.1 ada - gsmtp", true},
		{"RCPT", "550 5.1.2 " + to + ": Recipient address rejected: Domain not found", true},
		{"RCPT", "501 5.1.3 Bad recipient address syntax", true},
		{"RCPT", "551 5.1.6 User has moved", true},
		{"RCPT", "556 5.1.10 Recipient address has a null MX", true},
		{"RCPT", "550 5.2.1 The email account is disabled", true},
		{".", "550 5.1.1 nobody of that name", true},

		{"RCPT", "554 5.7.1 " + to + ": Relay access denied", false},
		{"RCPT", "550 5.7.1 Relaying denied", false},
		{"RCPT", "550 relay not permitted", false},
		{"RCPT", "550 No such user here", false},
		{"RCPT", "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)", false},
		{"RCPT", "550 authentication required", false},
		{"RCPT", "530 5.7.0 Authentication required", false},
		{"RCPT", "504 5.5.2 <localhost>: Helo command rejected: need fully-qualified hostname", false},
		{"RCPT", "550 5.5.2 Invalid HELO", false},
		{"RCPT", "550 5.1.0 " + from + ": Sender address rejected: User unknown", false},
		{"RCPT", "550 5.1.1 <No-Reply@LOCALHOST>: Sender address rejected: User unknown", false},
		{"RCPT", "550 5.1.7 " + from + ": Sender address rejected: undeliverable", false},
		{"RCPT", "550 5.1.8 " + from + ": Sender address rejected: Domain not found", false},
		{"RCPT", "552 5.2.2 Mailbox full", false},
		{"RCPT", "452 4.2.2 Mailbox full", false},
		{"RCPT", "550 5.3.0 System trouble", false},
		{"RCPT", "550 5.4.1 Recipient address rejected: Access denied", false},
		{"RCPT", "554 5.7.1 Service unavailable; client [192.0.2.1] blocked using zen.example", false},
		{"RCPT", "450 4.2.0 " + to + ": Recipient address rejected: Greylisted", false},
		{"RCPT", "450 4.1.1 unverified", false},
		{"RCPT", "421 4.3.2 shutting down", false},
		{"RCPT", "500", false},
		{"RCPT", "what?", false},
		{"MAIL", "550 5.1.1 User unknown", false},
		{"MAIL", "550 5.1.8 Sender rejected", false},
		{"MAIL", "530 5.7.0 Authentication required", false},
		{"MAIL", "552 5.2.2 Quota exceeded", false},
		{"MAIL", "550 5.7.1 " + from + " sender refused", false},
		{"220", "554 5.7.1 Blocked", false},
		{"220", "521 mail.example does not accept mail", false},
		{"220", "421 4.7.0 Too many connections", false},
		{"220", "HTTP/1.1 400 Bad Request", false},
		{"AUTH", "535 5.7.8 Authentication failed", false},
		{"AUTH", "550 5.1.1 no such user", false},
		{"DATA", "554 5.5.1 No valid recipients", false},
		{".", "554 5.7.1 Message looks like spam", false},
		{".", "554 Transaction failed", false},
		{".", "552 5.3.4 Message too big", false},
		{".", "550 5.6.0 Bad header", false},
		{".", "550 5.7.26 unauthenticated sender", false},
		{".", "452 4.3.1 Insufficient system storage", false},
	} {
		t.Run(c.command+" "+c.answer, func(t *testing.T) {
			t.Parallel()
			s := (&mailtest.Script{Offers: []string{"AUTH PLAIN"}, Answers: map[string]string{c.command: c.answer}}).Start(t)
			err := calls(t, s.Addr, "smtp://"+account+"ADDR").Send(context.Background(), message())
			if err == nil || errors.Is(err, ErrPermanent) != c.forGood {
				t.Fatalf("Send = %v, want a failure, for good %v", err, c.forGood)
			}
			for line := range strings.Lines(c.answer) {
				if _, text, _ := strings.Cut(strings.TrimSpace(line), " "); !strings.Contains(err.Error(), text) {
					t.Errorf("%q lacks %q", err, text)
				}
			}
			if len(s.Got()) != 0 {
				t.Error("the message was taken")
			}
		})
	}
}

func TestAGoodbyeThatFailsIsNoFailure(t *testing.T) {
	t.Parallel()
	s := (&mailtest.Script{Answers: map[string]string{"QUIT": "500 why?"}}).Start(t)
	if err := calls(t, s.Addr, "smtp://ADDR").Send(context.Background(), message()); err != nil {
		t.Error(err)
	}
}
