package mail

import (
	"context"
	"slices"
	"sync"
)

// mailboxMax is how many messages the mailbox keeps.
const mailboxMax = 200

// Mailbox keeps messages in memory instead of sending them, for developers.
type Mailbox struct {
	mu       sync.Mutex
	messages []Message
}

// Send keeps the message.
func (b *Mailbox) Send(_ context.Context, m Message) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.messages = append(b.messages, m)
	if len(b.messages) > mailboxMax {
		b.messages = slices.Delete(b.messages, 0, len(b.messages)-mailboxMax)
	}
	return nil
}

// Messages are those kept, newest first.
func (b *Mailbox) Messages() []Message {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := slices.Clone(b.messages)
	slices.Reverse(list)
	return list
}
