package mail

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"net/textproto"
	"strings"
	"testing"

	"github.com/wneessen/go-mail/smtp"

	"gatehouse/handlers/mail/mailtest"
)

// Some servers offer what they cannot do; a wrong password is wrong in every way.
func TestSMTPTriesAnotherWayToGiveThePassword(t *testing.T) {
	t.Parallel()
	user, password := base64.StdEncoding.EncodeToString([]byte(mailtest.User)), base64.StdEncoding.EncodeToString([]byte(mailtest.Password))
	for answer, want := range map[string]bool{
		"504 5.5.4 Unrecognized authentication type": true, "504": true, "534 5.7.9 Authentication mechanism is too weak": true,
		"535 5.7.8 authentication failed: Invalid Mechanism": true, "538 5.7.11 Encryption required": true, "502 5.5.1 not implemented": true,
		"535 5.7.8 Authentication credentials invalid": false, "535 no": false, "454 4.7.0 Temporary failure": false, "432 4.7.12 mechanism": false, "421 bye": false,
	} {
		t.Run(answer, func(t *testing.T) {
			t.Parallel()
			s := (&mailtest.Script{Offers: []string{"AUTH PLAIN LOGIN"}, Answers: map[string]string{
				"AUTH PLAIN": answer, "AUTH LOGIN": "334 VXNlcm5hbWU6", strings.ToUpper(user): "334 UGFzc3dvcmQ6", strings.ToUpper(password): "235 welcome",
			}}).Start(t)
			err := calls(t, s.Addr, "smtp://"+account+"ADDR").Send(context.Background(), message())
			if (err == nil) != want || errors.Is(err, ErrPermanent) || len(s.Got()) == 1 != want {
				t.Errorf("Send = %v, want taken %v", err, want)
			}
			said(t, s, "AUTH PLAIN", true)
			said(t, s, "AUTH LOGIN", want)
			said(t, s, user, want)
			said(t, s, password, want)
			if err != nil && !strings.Contains(err.Error(), "AUTH: "+answer) {
				t.Errorf("%q lacks %q", err, answer)
			}
		})
	}
}

func TestSMTPSaysWhyNoWayWasGoodEnough(t *testing.T) {
	t.Parallel()
	for offers, answers := range map[string]map[string]string{
		"AUTH PLAIN":       {"AUTH PLAIN": "504 5.5.4 last"},
		"AUTH PLAIN LOGIN": {"AUTH PLAIN": "504 5.5.4 first", "AUTH LOGIN": "535 5.7.8 last"},
		"AUTH LOGIN PLAIN": {"AUTH PLAIN": "504 5.5.4 first", "AUTH LOGIN": "504 5.5.4 last"},
	} {
		s := (&mailtest.Script{Offers: []string{offers}, Answers: answers}).Start(t)
		if err := calls(t, s.Addr, "smtp://"+account+"ADDR").Send(context.Background(), message()); err == nil || !strings.Contains(err.Error(), "last") {
			t.Errorf("Send = %v", err)
		}
		said(t, s, "MAIL", false)
	}
}

func TestSMTPAnswersAQuestion(t *testing.T) {
	t.Parallel()
	// The example of RFC 2195, 2, for another user.
	s := (&mailtest.Script{Offers: []string{"AUTH CRAM-MD5"}, Answers: map[string]string{
		"AUTH CRAM-MD5": "334 PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+",
	}}).Start(t)
	if err := calls(t, s.Addr, "smtp://tim:tanstaaftanstaaf@ADDR").Send(context.Background(), message()); err != nil {
		t.Fatal(err)
	}
	said(t, s, "dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw", true)
	for _, question := range []string{"334 no base64!", "334 " + strings.Repeat("A", 3)} {
		s := (&mailtest.Script{Offers: []string{"AUTH LOGIN"}, Answers: map[string]string{"AUTH LOGIN": question}}).Start(t)
		if err := calls(t, s.Addr, "smtp://"+account+"ADDR").Send(context.Background(), message()); err == nil || len(s.Got()) != 0 {
			t.Errorf("%s: Send = %v", question, err)
		}
	}
}

// thorough asks for the last word, as SCRAM does (RFC 5802, 5).
type thorough struct{ asked int }

func (*thorough) Start(*smtp.ServerInfo) (string, []byte, error) { return "THOROUGH", nil, nil }

func (a *thorough) Next([]byte, bool) ([]byte, error) {
	a.asked++
	return nil, nil
}

func TestSMTPAnswersWithNothing(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	c := &client{
		lines: bufio.NewReader(strings.NewReader("334 \r\n334 dj14\r\n235 welcome\r\n")),
		out:   textproto.NewWriter(bufio.NewWriter(&out)),
	}
	way := &thorough{}
	if err := c.authenticate(way, &smtp.ServerInfo{}); err != nil || out.String() != "AUTH THOROUGH\r\n\r\n\r\n" || way.asked != 2 {
		t.Errorf("authenticate = %v, asked %d times, said %q", err, way.asked, out.String())
	}
}
