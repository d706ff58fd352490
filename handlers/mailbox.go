package handlers

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strconv"

	"github.com/go-chi/chi/v5"

	"gatehouse/components"
	"gatehouse/handlers/mail"
	"gatehouse/store/rules"
)

// onThisMachine answers only browsers on this machine, even behind a local proxy that others
// use.
func onThisMachine(do handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		for hop := range hops(r) {
			if address, readable := parseHop(hop); !readable || !address.IsLoopback() {
				return components.NotFound
			}
		}
		if peer, _, err := net.SplitHostPort(r.RemoteAddr); err != nil || !rules.IsLoopback(peer) || r.Header.Get("Forwarded") != "" {
			return components.NotFound
		}
		return do(w, r)
	}
}

// mailbox shows the messages that are not sent because there is no mail server. Its routes
// exist only on a developer's machine.
func (s *Site) mailbox(w http.ResponseWriter, r *http.Request) error {
	var items []components.MailboxItem
	for _, m := range s.Mailbox.Messages() {
		items = append(items, components.MailboxItem{
			Number: m.Number, To: m.To, Subject: m.Subject, Text: m.Text, Letter: "/dev/mailbox/" + strconv.Itoa(m.Number), Sent: m.Sent,
		})
	}
	header := w.Header()
	header.Set("Content-Security-Policy", fmt.Sprintf("%s; frame-src 'self'", header.Get("Content-Security-Policy")))
	page := s.page(r, "Mailbox")
	page.Entry = false
	return s.show(w, r, http.StatusOK, page, components.Mailbox(items))
}

func (s *Site) mailboxJSON(w http.ResponseWriter, r *http.Request) error {
	text, err := json.MarshalIndent(append([]mail.Message{}, s.Mailbox.Messages()...), "", "  ")
	if err != nil {
		return fmt.Errorf("write the mailbox: %w", err)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	writePage(w, r, http.StatusOK, append(text, '\n'))
	return nil
}

// mailboxMail shows a message as a mail program would. Its own policy allows inline styles and
// the mark, and the mailbox may frame it. Its links open in the whole window.
func (s *Site) mailboxMail(w http.ResponseWriter, r *http.Request) error {
	n, err := strconv.Atoi(chi.URLParam(r, "n"))
	if err != nil {
		return components.NotFound
	}
	m, found := s.Mailbox.Message(n)
	if !found {
		return components.NotFound
	}
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'")
	w.Header().Set("X-Frame-Options", "SAMEORIGIN")
	writePage(w, r, http.StatusOK, []byte(components.InBrowser(m.HTML)))
	return nil
}
