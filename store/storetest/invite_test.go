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
		{"lists invitations page by page", pagesInvited},
		{"INV-01 sends no letter of an invitation that was revoked while it waited", dropsLetters},
		{"INV-01 invites again, whereupon the first link is dead", invitesAgain},
		{"INV-01 invites again whom it may, or changes nothing", againOrNothing},
		{"INV-03 takes no invitation with a role by who may not write it any more", invitesByNobody},
		{"INV-03 keeps the invitations of who still may", invitesStay},
		{"INV-03 sends no letter with a role by who lost the right while it waited", dropsLettersBy},
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
	list, _, err := h.Invitations(h.ctx, store.InviteMark{})
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
			Email: strings.Replace(invited.email, "Example", "example", 1), Role: invited.role, ByID: invited.from.By, By: invited.by,
			CreatedAt: h.moment(0), ExpiresAt: h.moment(store.InviteValid),
		}
		want = append([]store.Invitation{made}, want...)
		h.clock.Move(time.Second)
	}
	lists := func() {
		t.Helper()
		got, _, err := h.Invitations(h.ctx, store.InviteMark{})
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
}

// pagesInvited has some at the same time, one page full exactly, and one that is revoked between two pages.
func pagesInvited(t *testing.T, h house) {
	h = h.mailing(t)
	var all []string
	for i := range 2 * store.InvitesPerPage {
		must(t, h.Invite(h.ctx, fmt.Sprintf("guest-%02d@example.com", i), "", Operator))
		if i%3 == 0 {
			h.clock.Move(time.Second)
		}
	}
	var mark store.InviteMark
	for page := range 2 {
		list, more, err := h.Invitations(h.ctx, mark)
		must(t, err)
		if len(list) != store.InvitesPerPage || more != (page == 0) {
			t.Fatalf("page %d has %d, and more is %v", page+1, len(list), more)
		}
		for i, invitation := range list {
			if all = append(all, invitation.Email); i > 0 && invitation.CreatedAt.After(list[i-1].CreatedAt) {
				t.Errorf("%v is listed behind %v", invitation.CreatedAt, list[i-1].CreatedAt)
			}
		}
		last := list[len(list)-1]
		read, ok := store.ParseInviteMark(last.Mark().String())
		if !ok || !read.ExpiresAt.Equal(last.ExpiresAt) || read.Handle != last.Handle {
			t.Errorf("%v was read as %v", last.Mark(), read)
		}
		mark = read
		_, err = h.RevokeInvite(h.ctx, last.Handle, Operator)
		must(t, err)
	}
	slices.Sort(all)
	if got := len(slices.Compact(all)); got != 2*store.InvitesPerPage {
		t.Errorf("%d are listed in all", got)
	}
	if list, more, err := h.Invitations(h.ctx, mark); err != nil || more || len(list) != 0 {
		t.Errorf("behind the last there are %d, %v", len(list), err)
	}
	for _, text := range []string{"", "x", "1", "-A", "1-", "1-a", "1-A-B", "-1-A", "99999999999999999999-A", "1-A\x00", "1-" + strings.Repeat("A", 33)} {
		if mark, ok := store.ParseInviteMark(text); ok {
			t.Errorf("%q is %v", text, mark)
		}
	}
}

func dropsLetters(t *testing.T, h house) {
	h = h.mailing(t)
	boss := h.staff(t, "boss", store.RoleAdmin)
	h.post(t)
	must(t, h.Invite(h.ctx, "other@example.com", "", boss))
	h.clock.Move(time.Second)
	must(t, h.Invite(h.ctx, "guest@example.com", "", boss))
	_, err := h.RevokeInvite(h.ctx, h.invitation(t).Handle, boss)
	must(t, err)
	post := h.post(t)
	if len(post) != 1 || post[0].To != "other@example.com" {
		t.Errorf("the post has %+v", post)
	}
}

func invitesAgain(t *testing.T, h house) {
	h = h.mailing(t)
	boss, second := h.staff(t, "boss", store.RoleAdmin), h.staff(t, "second", store.RoleAdmin)
	for _, role := range []string{"", "support"} {
		h.exec(t, `DELETE FROM tokens`)
		h.exec(t, `DELETE FROM letters`)
		must(t, h.Invite(h.ctx, "Guest@example.com", role, boss))
		first := h.letter(t, store.LetterInvite).Token
		old := h.invitation(t)
		h.clock.Move(time.Hour)
		audits := len(h.audited(t))
		email, err := h.InviteAgain(h.ctx, old.Handle, second)
		must(t, err)
		again := h.invitation(t)
		want := store.Invitation{Handle: again.Handle, Email: "Guest@example.com", Role: role, ByID: second.By, By: "second", CreatedAt: h.moment(0), ExpiresAt: h.moment(store.InviteValid)}
		if email != want.Email || again != want || again.Handle == old.Handle {
			t.Errorf("to %q: %+v, want %+v", email, again, want)
		}
		if list, _, err := h.Invitations(h.ctx, store.InviteMark{}); err != nil || len(list) != 1 {
			t.Errorf("%d are open, %v", len(list), err)
		}
		if _, err := h.AcceptInvite(h.ctx, first, visitor(), From); !errors.Is(err, store.ErrInvalidLink) {
			t.Errorf("the old link: %v", err)
		}
		var names []string
		for _, d := range h.audited(t)[:len(h.audited(t))-audits] {
			names = append(names, d.Name+" "+strings.NewReplacer(old.Handle, "OLD", again.Handle, "NEW").Replace(d.Detail))
		}
		word := map[string]string{"": "member", "support": "support"}[role]
		if got := strings.Join(names, ", "); got != "invited NEW "+word+", invitation_revoked OLD "+word {
			t.Errorf("the audit has %s", got)
		}
		token := h.letter(t, store.LetterInvite).Token
		user, err := h.AcceptInvite(h.ctx, token, visitor(), From)
		must(t, err)
		if user.Role != role || user.Email != "Guest@example.com" {
			t.Errorf("made %+v", user)
		}
		must(t, h.Erase(h.ctx, user, Operator))
		h.exec(t, `DELETE FROM reserved_usernames`)
	}
}

func againOrNothing(t *testing.T, h house) {
	h = h.mailing(t)
	boss, manager := h.staff(t, "boss", store.RoleAdmin), h.staff(t, "manager", "test-manager")
	must(t, h.Invite(h.ctx, "guest@example.com", store.RoleAdmin, boss))
	handle := h.invitation(t).Handle
	unchanged := func(who string, ok func(error) bool, from store.Origin, handle string) {
		t.Helper()
		before := h.dump(t)
		if _, err := h.InviteAgain(h.ctx, handle, from); !ok(err) {
			t.Errorf("%s: %v", who, err)
		}
		if after := h.dump(t); after != before {
			t.Errorf("%s changed the database", who)
		}
	}
	upwards := func(err error) bool { return err != nil && err.Error() == upward }
	unchanged("upward", upwards, manager, handle)
	unchanged("a supporter", func(err error) bool { return errors.Is(err, store.ErrForbidden) }, h.staff(t, "helper", "support"), handle)
	unchanged("none", func(err error) bool { return errors.Is(err, store.ErrNotFound) }, boss, "AAAAAAAAAA")
	for range store.LettersPerHour - 1 {
		_, err := h.InviteAgain(h.ctx, handle, boss)
		must(t, err)
		handle = h.invitation(t).Handle
	}
	unchanged("too often", func(err error) bool { return refused(t, err).Field == "email" }, boss, handle)
	h.clock.Move(time.Hour)
	h.exec(t, `UPDATE users SET email = 'guest@example.com', email_key = 'guest@example.com' WHERE username = 'helper'`)
	unchanged("who has an account", func(err error) bool { return errors.Is(err, store.ErrEmailTaken) }, boss, handle)
	silent := h.ruled(t, store.DefaultRules)
	if _, err := silent.InviteAgain(h.ctx, handle, boss); !errors.Is(err, store.ErrNoMail) {
		t.Errorf("without mail: %v", err)
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
		if email, err := h.RevokeInvite(h.ctx, invitation.Handle, boss); err != nil || email != "guest@example.com" {
			t.Errorf("revoked that of %q, %v", email, err)
		}
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
			if _, err := h.RevokeInvite(h.ctx, handle, boss); !errors.Is(err, store.ErrNotFound) {
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
	if _, err := h.RevokeInvite(h.ctx, handle, boss); !errors.Is(err, store.ErrNotFound) {
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
		if list, _, err := h.Invitations(h.ctx, store.InviteMark{}); err != nil || len(list) != 1 {
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

func dropsLettersBy(t *testing.T, h house) {
	h = h.mailing(t)
	for how, lose := range losses {
		chief := h.staff(t, "chief", "test-manager")
		h.post(t)
		must(t, h.Invite(h.ctx, "guest@example.com", "support", chief))
		must(t, h.Invite(h.ctx, "other@example.com", "", chief))
		must(t, lose(t, h, h.find(t, "chief")))
		var to []string
		for _, l := range h.post(t) {
			if l.Kind == store.LetterInvite {
				to = append(to, l.To)
			}
		}
		if !slices.Equal(to, []string{"other@example.com"}) {
			t.Errorf("where who wrote them %s, letters go to %q", how, to)
		}
		for _, table := range []string{"users", "tokens", "letters", "reserved_usernames"} {
			h.exec(t, "DELETE FROM "+table)
		}
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
	if list, _, err := h.Invitations(h.ctx, store.InviteMark{}); err != nil || len(list) != 0 {
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
