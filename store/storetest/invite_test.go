package storetest_test

import (
	"errors"
	"testing"
	"time"

	"gatehouse/store"
	. "gatehouse/store/storetest"
)

// The contract of invitations.
func TestInviteContract(t *testing.T) {
	contract(t, []promise{
		{"makes a confirmed account with the address that was invited, once", invites},
		{"keeps the token good when the registration is refused", refusedKeepsInvitation},
		{"invites nobody who has an account, and opens none for who has one by now", invitesNoOwner},
		{"says that an address which was invited three times within an hour is not invited again", invitesNotForever},
	})
}

// invited is the token of an invitation.
func (h house) invited(t *testing.T, email string) string {
	t.Helper()
	must(t, h.Invite(h.ctx, email, "", store.Origin{Operator: true}))
	l := h.letter(t, store.LetterInvite)
	if l.To != email || l.Username != "" || l.Valid != store.InviteValid {
		t.Errorf("wrote %+v", l)
	}
	return l.Token
}

func invites(t *testing.T, h house) {
	h = h.mailing(t)
	token := h.invited(t, "Ada@example.com")
	if found, err := h.Token(h.ctx, token, store.PurposeInvite); err != nil || found.Email != "Ada@example.com" || found.User != (store.User{}) {
		t.Errorf("Token = %+v, %v", found, err)
	}
	h.clock.Move(store.InviteValid - time.Millisecond)
	r := Ada()
	r.Email = "intruder@example.com"
	user, err := h.AcceptInvite(h.ctx, token, r, From)
	must(t, err)
	if found := h.find(t, "ada@example.com"); found != user || user.Email != "Ada@example.com" || !user.Verified() || user.Username != "ada" {
		t.Errorf("made %+v, found %+v", user, found)
	}
	r.Username = "another"
	if _, err := h.AcceptInvite(h.ctx, token, r, From); !errors.Is(err, store.ErrInvalidLink) {
		t.Errorf("a second time = %v, want ErrLink", err)
	}
	if post := h.post(t); len(post) != 0 {
		t.Errorf("wrote %+v", post)
	}
	h.count(t, "users", 1)
	h.count(t, "signins", 0)
	h.enter(t, "ada", Password, From)
}

func refusedKeepsInvitation(t *testing.T, h house) {
	h = h.mailing(t)
	h.confirmed(t, grace())
	token := h.invited(t, "ada@example.com")
	before := h.dump(t)
	for field, change := range map[string]func(r *store.Registration){
		"username": func(r *store.Registration) { r.Username = "grace" },
		"password": func(r *store.Registration) { r.Password = "short" },
		"name":     func(r *store.Registration) { r.Name = "a\x00b" },
	} {
		r := Ada()
		change(&r)
		_, err := h.AcceptInvite(h.ctx, token, r, From)
		if got := refused(t, err); got.Field != field {
			t.Errorf("%+v, want a refusal of the %s", got, field)
		}
	}
	if after := h.dump(t); after != before {
		t.Errorf("the database changed from\n%s\nto\n%s", before, after)
	}
	_, err := h.AcceptInvite(h.ctx, token, Ada(), From)
	must(t, err)
}

func invitesNoOwner(t *testing.T, h house) {
	h = h.mailing(t)
	one, two := h.invited(t, "ada@example.com"), h.invited(t, "ada@example.com")
	_, err := h.AcceptInvite(h.ctx, two, Ada(), From)
	must(t, err)
	r := Ada()
	r.Username = "another"
	if _, err := h.AcceptInvite(h.ctx, one, r, From); !errors.Is(err, store.ErrInvalidLink) {
		t.Errorf("a second invitation = %v, want ErrLink", err)
	}
	for _, email := range []string{"ADA@example.com", "nonsense", ""} {
		if got := refused(t, h.Invite(h.ctx, email, "", Operator)); got.Field != "email" {
			t.Errorf("%q: %+v", email, got)
		}
	}
	if post := h.post(t); len(post) != 0 {
		t.Errorf("wrote %+v", post)
	}
}

func invitesNotForever(t *testing.T, h house) {
	h = h.mailing(t)
	for range store.LettersPerHour {
		must(t, h.Invite(h.ctx, "ada@example.com", "", Operator))
	}
	if r := refused(t, h.Invite(h.ctx, "ada@example.com", "", Operator)); r.Field != "email" {
		t.Errorf("refused with %+v", r)
	}
	h.count(t, "tokens", store.LettersPerHour)
	h.clock.Move(time.Hour)
	must(t, h.Invite(h.ctx, "ada@example.com", "", Operator))
}
