// Package mail delivers the letters of the outbox. It renders them and sends them to a mail
// server or, on a developer's machine, to the mailbox.
package mail

import (
	"context"
	"errors"
	"time"
)

// Message is a rendered letter.
type Message struct {
	// ID is the same for every attempt, so that mail programs can recognize a duplicate.
	ID string `json:"-"`
	// Number is its number in the mailbox.
	Number  int       `json:"-"`
	From    string    `json:"from"`
	To      string    `json:"to"`
	Subject string    `json:"subject"`
	Text    string    `json:"text"`
	HTML    string    `json:"html"`
	Sent    time.Time `json:"sent"`
	// Mark is the picture that the HTML shows by components.MarkID. Without one there is none.
	Mark []byte `json:"-"`
	// Unsubscribe is where mail programs turn off such messages with one POST (RFC 8058), or
	// empty.
	Unsubscribe string `json:"unsubscribe,omitempty"`
}

// Sender sends a message. An error that wraps ErrPermanent means that retrying is useless.
type Sender interface {
	Send(ctx context.Context, m Message) error
}

// ErrPermanent says that no server will ever accept the message.
var ErrPermanent = errors.New("refused for good")
