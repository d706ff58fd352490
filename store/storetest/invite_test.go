package storetest_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
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
		{"INV-01 lists who is invited as what, by whom and until when", listsInvited},
		{"INV-01 revokes an invitation, whose link is dead at once", revokes},
		{"INV-03 takes no invitation with a role by who may not write it any more", invitesByNobody},
		{"INV-03 keeps the invitations of who still may", invitesStay},
		{"gives the role of the invitation, and with a password alone", invitesAs},
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

// invitation is the open one that was written last.
func (h house) invitation(t *testing.T) store.Invitation {
	t.Helper()
	list, err := h.Invitations(h.ctx)
	must(t, err)
	if len(list) == 0 {
		t.Fatal("nobody is invited")
	}
	return list[0]
}

// invitedAs is the token of an invitation with a role.
func (h house) invitedAs(t *testing.T, email, role string, from store.Origin) string {
	t.Helper()
	h.exec(t, `DELETE FROM letters`) // an address gets three in an hour
	must(t, h.Invite(h.ctx, email, role, from))
	return h.letter(t, store.LetterInvite).Token
}

func visitor() store.Registration {
	return store.Registration{Username: "visitor", Password: Password}
}

func listsInvited(t *testing.T, h house) {
	h = h.mailing(t)
	boss := h.staff(t, "boss", store.RoleAdmin)
	h.post(t)
	var want []store.Invitation
	for i, invited := range []struct {
		email, role string
		from        store.Origin
		by          string
	}{
		{"First@Example.com", "", Operator, ""},
		{"second@example.com", "support", boss, "boss"},
		{"third@example.com", store.RoleAdmin, Operator, ""},
		{"fourth@example.com", "", boss, "boss"},
	} {
		must(t, h.Invite(h.ctx, invited.email, invited.role, invited.from))
		if l := h.letter(t, store.LetterInvite); l.Role != invited.role || l.From != "" || l.Agent != "" || l.To != strings.Replace(invited.email, "Example", "example", 1) {
			t.Errorf("letter %d is %+v", i, l)
		}
		made := store.Invitation{
			Email: strings.Replace(invited.email, "Example", "example", 1), Role: invited.role, By: invited.by,
			CreatedAt: h.moment(0), ExpiresAt: h.moment(store.InviteValid),
		}
		want = append([]store.Invitation{made}, want...)
		h.clock.Move(time.Second)
	}
	lists := func() {
		t.Helper()
		got, err := h.Invitations(h.ctx)
		must(t, err)
		for i := range got {
			if len(got[i].Handle) != 10 {
				t.Errorf("the handle is %q", got[i].Handle)
			}
			got[i].Handle = ""
		}
		if !slices.Equal(got, want) {
			t.Errorf("listed\n%+v, want\n%+v", got, want)
		}
	}
	lists()
	// One that was accepted is none any more, and so is one whose time is over.
	token := h.invitedAs(t, "fifth@example.com", "", Operator)
	_, err := h.AcceptInvite(h.ctx, token, visitor(), From)
	must(t, err)
	lists()
	h.clock.Move(store.InviteValid - 4*time.Second)
	want = want[:3]
	lists()
	h.clock.Move(time.Hour)
	want = nil
	lists()
	// Nor is one that a clock wrote which was ahead.
	h.whileAhead(func() { h.invitedAs(t, "sixth@example.com", "", Operator) })
	lists()
	for i := range store.InvitesPerPage + 1 {
		must(t, h.Invite(h.ctx, fmt.Sprintf("guest-%d@example.com", i), "", Operator))
	}
	if list, err := h.Invitations(h.ctx); err != nil || len(list) != store.InvitesPerPage {
		t.Errorf("listed %d, %v", len(list), err)
	}
}

func revokes(t *testing.T, h house) {
	h = h.mailing(t)
	boss := h.staff(t, "boss", store.RoleAdmin)
	h.post(t)
	other := h.invitedAs(t, "other@example.com", "support", boss)
	for _, role := range []string{"", "support"} {
		h.clock.Move(time.Second)
		token := h.invitedAs(t, "guest@example.com", role, boss)
		invitation := h.invitation(t)
		must(t, h.RevokeInvite(h.ctx, invitation.Handle, boss))
		before := h.dump(t)
		if _, err := h.Token(h.ctx, token, store.PurposeInvite); !errors.Is(err, store.ErrInvalidLink) {
			t.Errorf("Token = %v", err)
		}
		if _, err := h.AcceptInvite(h.ctx, token, visitor(), From); !errors.Is(err, store.ErrInvalidLink) {
			t.Errorf("AcceptInvite = %v", err)
		}
		for name, handle := range map[string]string{
			"a second time": invitation.Handle, "empty": "", "invented": "AAAAAAAAAA", "a pattern": "%", "a token": token, "SQL": "' OR '1'='1", "an address": "other@example.com",
		} {
			if err := h.RevokeInvite(h.ctx, handle, boss); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if after := h.dump(t); after != before {
			t.Errorf("the database changed from\n%s\nto\n%s", before, after)
		}
	}
	// What was accepted stays so.
	handle := h.invitation(t).Handle
	_, err := h.AcceptInvite(h.ctx, other, visitor(), From)
	must(t, err)
	if err := h.RevokeInvite(h.ctx, handle, boss); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("one that was accepted: %v", err)
	}
	h.find(t, "visitor")
}

// losses are how somebody loses the right to invite others as support.
var losses = map[string]func(t *testing.T, h house, chief store.User) error{
	"is demoted": func(_ *testing.T, h house, chief store.User) error {
		_, err := h.ChangeRole(h.ctx, chief, "support", "test-manager", Operator)
		return err
	},
	"is a member": func(_ *testing.T, h house, chief store.User) error {
		_, err := h.ChangeRole(h.ctx, chief, "", "test-manager", Operator)
		return err
	},
	"is disabled": func(_ *testing.T, h house, chief store.User) error { return h.Disable(h.ctx, chief, Operator) },
	"closes":      func(_ *testing.T, h house, chief store.User) error { return h.CloseAccount(h.ctx, chief, From) },
	"is erased":   func(_ *testing.T, h house, chief store.User) error { return h.Erase(h.ctx, chief, Operator) },
}

// lossesByHand are the same where nobody deletes the invitations.
var lossesByHand = map[string]string{
	"is demoted by hand":                 `UPDATE users SET role = 'support' WHERE username = 'chief'`,
	"is a member by hand":                `UPDATE users SET role = '' WHERE username = 'chief'`,
	"is disabled by hand":                `UPDATE users SET disabled_at = created_at WHERE username = 'chief'`,
	"is closed by hand":                  `UPDATE users SET closed_at = created_at WHERE username = 'chief'`,
	"is erased by hand":                  `DELETE FROM users WHERE username = 'chief'`,
	"invites as what this program lacks": `UPDATE tokens SET role = 'long-gone'`,
	"invites as what is above them":      `UPDATE tokens SET role = 'admin'`,
}

func invitesByNobody(t *testing.T, h house) {
	h = h.mailing(t)
	for how, lose := range losses {
		chief := h.staff(t, "chief", "test-manager")
		h.post(t)
		token := h.invitedAs(t, "guest@example.com", "support", chief)
		plain := h.invitedAs(t, "other@example.com", "", chief)
		must(t, lose(t, h, h.find(t, "chief")))
		h.count(t, "tokens WHERE purpose = 'invite' AND role <> ''", 0)
		if list, err := h.Invitations(h.ctx); err != nil || len(list) != 1 {
			t.Errorf("%s: listed %+v, %v", how, list, err)
		}
		h.invitesNobody(t, "who wrote it "+how, token)
		// To be a member is nothing that they gave.
		_, err := h.AcceptInvite(h.ctx, plain, visitor(), From)
		must(t, err)
		h.exec(t, `DELETE FROM users`)
		h.exec(t, `DELETE FROM reserved_usernames`)
	}
	for how, lose := range lossesByHand {
		chief := h.staff(t, "chief", "test-manager")
		h.post(t)
		token := h.invitedAs(t, "guest@example.com", "support", chief)
		h.exec(t, lose)
		h.invitesNobody(t, "who wrote it "+how, token)
		h.exec(t, `DELETE FROM users`)
		h.exec(t, `DELETE FROM tokens`)
	}
}

// invitesNobody wants the link of an invitation to be a dead one.
func (h house) invitesNobody(t *testing.T, who, token string) {
	t.Helper()
	before := h.dump(t)
	if _, err := h.AcceptInvite(h.ctx, token, visitor(), From); !errors.Is(err, store.ErrInvalidLink) {
		t.Errorf("%s: %v, want ErrInvalidLink", who, err)
	}
	if after := h.dump(t); after != before {
		t.Errorf("%s changed the database from\n%s\nto\n%s", who, before, after)
	}
}

func invitesStay(t *testing.T, h house) {
	h = h.mailing(t)
	chief := h.staff(t, "chief", "test-manager")
	h.staff(t, "other", "test-manager")
	h.post(t)
	token := h.invitedAs(t, "guest@example.com", "support", chief)
	must(t, h.Disable(h.ctx, h.find(t, "other"), chief)) // who wrote nothing
	must(t, h.Enable(h.ctx, h.find(t, "other"), chief))
	h.signInAs(t, h.find(t, "chief"), false)
	_, err := h.EndSignIns(h.ctx, h.find(t, "chief"), Operator)
	must(t, err)
	must(t, h.makeRole(t, "chief", store.RoleAdmin)) // who may do more by now
	user, err := h.AcceptInvite(h.ctx, token, visitor(), From)
	if err != nil || user.Role != "support" {
		t.Errorf("made %+v, %v", user, err)
	}
	if list, err := h.Invitations(h.ctx); err != nil || len(list) != 0 {
		t.Errorf("listed %+v, %v", list, err)
	}
}

func invitesAs(t *testing.T, h house) {
	h = h.mailing(t)
	boss := h.staff(t, "boss", store.RoleAdmin)
	h.post(t)
	for i, role := range []string{"", "support", "test-writer", store.RoleAdmin} {
		email, r := fmt.Sprintf("guest-%d@example.com", i), visitor()
		token := h.invitedAs(t, email, role, boss)
		if found, err := h.Token(h.ctx, token, store.PurposeInvite); err != nil || found.Role != role || found.Email != email {
			t.Errorf("Token = %+v, %v", found, err)
		}
		if role != "" {
			before := h.dump(t)
			_, err := h.InvitePending(h.ctx, token, bare(r), "browser", From)
			if got := refused(t, err); got.Field != "password" {
				t.Errorf("without a password: %+v", got)
			}
			if after := h.dump(t); after != before {
				t.Errorf("the database changed from\n%s\nto\n%s", before, after)
			}
		}
		r.Username = fmt.Sprintf("visitor-%d", i)
		user, err := h.AcceptInvite(h.ctx, token, r, From)
		must(t, err)
		if found := h.find(t, r.Username); found != user || found.Role != role || !found.Verified() || found.Email != email {
			t.Errorf("made %+v, found %+v", user, found)
		}
	}
	before := h.dump(t)
	err := h.Invite(h.ctx, "boss@staff.example", "support", boss)
	if r := refused(t, err); r.Field != "email" {
		t.Errorf("who has an account: %+v", r)
	}
	err = h.Invite(h.ctx, "guest@example.com", "long-gone", boss)
	if r := refused(t, err); r.Field != "role" {
		t.Errorf("a role that there is not: %+v", r)
	}
	if after := h.dump(t); after != before {
		t.Errorf("the database changed from\n%s\nto\n%s", before, after)
	}
}
