package mail

import (
	"strings"
	"testing"

	"gatehouse/handlers/mail/mailtest"
)

// Mail programs show a button for letters that can be turned off, and only for these (RFC 8058).
func TestLettersThatCanBeTurnedOffSayHow(t *testing.T) {
	t.Parallel()
	server := (&mailtest.Server{}).Start(t)
	optional := message()
	optional.Unsubscribe = "https://accounts.example.com/unsubscribe/" + strings.Repeat("Qx7-", 25)
	for _, m := range []Message{message(), optional} {
		if err := mailer(t, server, "smtp://ADDR").Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	got := server.Received()
	if len(got) != 2 {
		t.Fatalf("received %d letters", len(got))
	}
	for i, want := range []struct{ where, how string }{{}, {"<" + optional.Unsubscribe + ">", "List-Unsubscribe=One-Click"}} {
		if where, how := got[i].Header.Get("List-Unsubscribe"), got[i].Header.Get("List-Unsubscribe-Post"); where != want.where || how != want.how {
			t.Errorf("letter %d says %q, %q, want %+v", i, where, how, want)
		}
	}
}
