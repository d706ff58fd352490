package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"html"
	"strings"
	"time"

	"gatehouse/handlers/mail"
	"gatehouse/store/identity"
)

// letterWait is how long a letter may wait before somebody should look.
const letterWait = 15 * time.Minute

func checkMail(ctx context.Context, p *patient) finding {
	s := p.settings
	switch {
	case s.usesMailbox(p.base):
		return fine("it is shown at /dev/mailbox")
	case s.SMTP == "":
		return lookAt("set --smtp", "there is no mail server, so nobody can confirm an address or recover an account")
	}
	smtp, err := mail.ParseSMTP(s.SMTP)
	if err != nil {
		return failed(err, "--smtp")
	}
	if p.base != nil {
		smtp.Hello = s.hello(p.base)
	}
	if err := smtp.Check(ctx); err != nil {
		return wrong("", "the mail server takes no letter: %v", err)
	}
	if p.Mail != "" {
		if err := p.sendLetter(ctx, smtp); err != nil {
			return wrong("", "the letter to %s was refused: %v", p.Mail, err)
		}
	}
	if p.store != nil {
		if waits, err := p.store.OldestLetter(ctx); err == nil && waits > letterWait {
			return lookAt("see the log of the site", "a letter has waited for %s", waits.Round(time.Minute))
		}
	}
	if from, err := mail.ParseAddress(s.MailFrom); err == nil && p.base != nil && !sameDomain(from.Address, p.base.Hostname()) {
		return lookAt("make sure that its domain lets this server send", "letters come from %s, and links lead to %s", from.Address, p.base.Hostname())
	}
	if p.Mail != "" {
		return fine("the mail server took a letter to %s", p.Mail)
	}
	return fine("the mail server takes letters")
}

// sendLetter sends a letter to whoever asked for one.
func (p *patient) sendLetter(ctx context.Context, smtp *mail.SMTP) error {
	base := p.base
	if base == nil {
		return errNoBase
	}
	text := fmt.Sprintf("This letter was asked for with %s doctor. Mail works.", identity.Program)
	return smtp.Send(ctx, mail.Message{
		ID: rand.Text() + "@" + base.Hostname(), From: p.settings.sender(base), To: p.Mail, Sent: p.clock(),
		Subject: fmt.Sprintf("A letter from %s", p.settings.Name), Text: text + "\n", HTML: "<p>" + html.EscapeString(text) + "</p>\n",
	})
}

// sameDomain says whether an address is of a host or of a parent of it.
func sameDomain(address, host string) bool {
	domain := strings.ToLower(address[strings.LastIndexByte(address, '@')+1:])
	return domain == host || strings.HasSuffix(host, "."+domain) || strings.HasSuffix(domain, "."+host)
}
