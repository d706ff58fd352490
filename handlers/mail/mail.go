// Package mail delivers the letters of the outbox: it puts them into words and
// hands them to a mail server or, on a developer's machine, to the mailbox.
package mail

import (
	"context"
	"errors"
	"time"
)

// Message is a letter in words, ready to be sent.
type Message struct {
	// ID is the same however often the letter is tried, so that mail programs
	// can tell a second copy from a second letter.
	ID string `json:"-"`
	// Number is what the mailbox calls it.
	Number  int       `json:"-"`
	From    string    `json:"from"`
	To      string    `json:"to"`
	Subject string    `json:"subject"`
	Text    string    `json:"text"`
	HTML    string    `json:"html"`
	Sent    time.Time `json:"sent"`
}

// Sender hands a message on. An error that wraps ErrPermanent means that no
// further try will help.
type Sender interface {
	Send(ctx context.Context, m Message) error
}

// ErrPermanent says that the message will never be taken.
var ErrPermanent = errors.New("refused for good")
