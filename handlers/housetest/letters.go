package housetest

import (
	"context"
	"slices"
	"testing"

	"gatehouse/handlers/mail"
)

// Letters delivers the letters that wait. It returns what arrived since it was last called,
// in the order in which it was written.
func (h *House) Letters(t testing.TB) []mail.Message {
	t.Helper()
	must(t, h.worker.Once(context.Background()))
	messages := slices.DeleteFunc(h.mailbox.Messages(), func(m mail.Message) bool { return m.Number < h.read })
	h.read += len(messages)
	slices.Reverse(messages)
	return messages
}
