package main

import (
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"net/url"
	"strings"

	"gatehouse/handlers"
	"gatehouse/handlers/mail"
	"gatehouse/store"
	"gatehouse/store/postgres"
	"gatehouse/store/rules"
)

// sendsMail says whether a site with that base URL sends mail: to a mail server or, on this
// machine, into the mailbox.
func (s *settings) sendsMail(base *url.URL) bool { return s.SMTP != "" || s.usesMailbox(base) }

// usesMailbox says whether mail goes into the mailbox, which shows it to everybody who can
// reach it.
func (s *settings) usesMailbox(base *url.URL) bool { return s.SMTP == "" && s.isDevelopers(base) }

// isDevelopers says whether a site with that base URL can be reached from this machine alone.
func (s *settings) isDevelopers(base *url.URL) bool {
	host, _, _ := net.SplitHostPort(s.Listen)
	return rules.IsLoopback(host) && isLocal(base)
}

// isLocal says whether a base URL is http on this machine. None yet becomes such a one.
func isLocal(base *url.URL) bool {
	return base == nil || base.Scheme == "http" && rules.IsLoopback(base.Hostname())
}

// sender is the From address of letters.
func (s *settings) sender(base *url.URL) string {
	if s.MailFrom != "" {
		return s.MailFrom
	}
	return (&netmail.Address{Name: s.Name, Address: "no-reply@" + mail.Domain(base.Hostname())}).String()
}

// hello is the name by which the site introduces itself to the mail server, or empty if its
// host name means nothing to others.
func (s *settings) hello(base *url.URL) string {
	if s.HeloName != "" {
		name, _ := mail.ParseHello(s.HeloName) // checkMail has validated it
		return name
	}
	domain := mail.Domain(base.Hostname())
	if strings.HasPrefix(domain, "[") {
		return "" // behind a proxy this is not the address that connects
	}
	name, _ := mail.ParseHello(domain)
	return name
}

// checkMail returns an error for the first invalid mail setting.
func (s *settings) checkMail(c checked) error {
	if s.SMTP != "" {
		if _, err := mail.ParseSMTP(s.SMTP); err != nil {
			return usageError{fmt.Errorf("--smtp %w", err)}
		}
	}
	if s.MailFrom != "" {
		if _, err := mail.ParseAddress(s.MailFrom); err != nil {
			return usageError{errors.New("--mail-from must be an address, like Gatehouse <no-reply@example.com>")}
		}
	} else if c.base != nil && s.SMTP != "" {
		if _, err := mail.ParseAddress(s.sender(c.base)); err != nil {
			return usageError{fmt.Errorf("--mail-from is needed: nobody can write from the host of --base-url %s", c.base)}
		}
	}
	if s.HeloName != "" {
		if _, err := mail.ParseHello(s.HeloName); err != nil {
			return usageError{fmt.Errorf("--helo-name %w", err)}
		}
	}
	if !s.sendsMail(c.base) && (s.Registration == store.RegistrationConfirm || s.Registration == store.RegistrationInvite) {
		return usageError{fmt.Errorf("--registration %s needs mail; set --smtp", s.Registration)}
	}
	if s.Secret == "" && postgres.IsURL(c.database) && s.SMTP != "" {
		return usageError{errors.New("--secret is needed with PostgreSQL and mail: all copies must share one; make it with: openssl rand -base64 32")}
	}
	return nil
}

// worker returns the worker that delivers the letters of a site, or nil if it sends none. On
// this machine without a mail server they go into the site's mailbox.
func (inv *invocation) worker(site *handlers.Site, a *accounts) (*mail.Worker, error) {
	if !a.store.Mails() {
		return nil, nil
	}
	w := &mail.Worker{
		Store: a.store, Site: site.Name, Base: site.BaseURL, From: inv.settings.sender(site.BaseURL), Log: site.Log,
		Product: site.Product.LetterWords(),
	}
	if inv.settings.usesMailbox(site.BaseURL) {
		site.Mailbox = &mail.Mailbox{}
		w.Sender = site.Mailbox
		return w, nil
	}
	smtp, err := mail.ParseSMTP(inv.settings.SMTP)
	if err != nil {
		return nil, err
	}
	smtp.Hello, smtp.Log = inv.settings.hello(site.BaseURL), site.Log
	w.Sender = smtp
	return w, nil
}
