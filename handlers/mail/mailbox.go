package mail

import (
	"context"
	"slices"
	"sync"
)

// mailboxMax is how many messages the mailbox stores.
const mailboxMax = 200

// Mailbox stores messages in memory instead of sending them, for developers. Each message has
// its own number, counted from 0, which never changes.
type Mailbox struct {
	mu       sync.Mutex
	messages []Message
	sent     int
}

// Send stores the message.
func (b *Mailbox) Send(_ context.Context, m Message) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	m.Number = b.sent
	b.sent++
	b.messages = append(b.messages, m)
	if len(b.messages) > mailboxMax {
		b.messages = slices.Delete(b.messages, 0, len(b.messages)-mailboxMax)
	}
	return nil
}

// Messages are the stored messages, newest first.
func (b *Mailbox) Messages() []Message {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := slices.Clone(b.messages)
	slices.Reverse(list)
	return list
}

// Message is the message with that number, if it is still stored.
func (b *Mailbox) Message(number int) (Message, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := slices.IndexFunc(b.messages, func(m Message) bool { return m.Number == number })
	if i < 0 {
		return Message{}, false
	}
	return b.messages[i], true
}
