package storetest_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/store"
	. "gatehouse/store/storetest"
)

// The contract of accounts without a password.
func TestNoPasswordContract(t *testing.T) {
	contract(t, []promise{
		{"makes an account with a passkey and no password for whoever opens the link", registersWithPasskey},
		{"makes the account with a password after all, in any browser", registersWithPasswordAfterAll},
		{"keeps the link good after every refusal, and makes one account of it", registersOnce},
		{"makes no account without a password where nothing has proved the address", opensNone},
		{"invites somebody who needs no password, and keeps the invitation good until then", invitesWithoutPassword},
		{"lets a password go from somebody with a passkey and a confirmed address", passwordGoes},
		{"keeps the password of somebody whom nothing else could let in", passwordStays},
		{"takes a password from somebody without one who proved it, and from nobody else", passwordIsChosen},
		{"FX-34 lets mail set a password again, and leaves passkeys and second step as they are", passwordByLink},
	})
}

// bare is a registration without a password.
func bare(r store.Registration) store.Registration {
	r.Password, r.WithoutPassword = "", true
	return r
}

func registersWithPasskey(t *testing.T, h house) {
	h = h.mailing(t)
	r := bare(Ada())
	r.Next = "/books"
	token := h.pending(t, r, "browser")
	p, mine, err := h.FindPending(h.ctx, token, "")
	if err != nil || mine || !p.WithoutPassword() || p.Next != "/books" {
		t.Fatalf("FindPending = %+v, %v, %v", p, mine, err)
	}
	h.count(t, "users", 0)
	a := NewAuthenticator(Origin)
	one, err := h.BeginPendingPasskey(h.ctx, token)
	must(t, err)
	two, err := h.copied(t).mailing(t).BeginPendingPasskey(h.ctx, token)
	must(t, err)
	a.Create(t, two.PublicKey)
	text := a.Create(t, one.PublicKey)
	if string(a.Keys[0].User) != string(a.Keys[1].User) {
		t.Error("in two tabs the person has two names")
	}
	entry, err := h.CompleteWithPasskey(h.ctx, token, one.Token, text, named("Phone"), From)
	must(t, err)
	user := h.find(t, "ada")
	if entry.User != user || user.HasPassword || user.Passkeys != 1 || !user.Verified() || user.Email != "Ada@example.com" || user.SecondStep() {
		t.Errorf("made %+v, found %+v", entry.User, user)
	}
	if entry.Missing() != store.Nothing || entry.Kind != store.KindPasskey {
		t.Errorf("the entry is %+v", entry)
	}
	n, err := h.SignIn(h.ctx, entry, From)
	must(t, err)
	key := h.passkey(t, "ada")
	if !n.By(key) || key.Name != "Phone" || !h.RecentlyAuthenticated(h.visit(t, n.ID)) {
		t.Errorf("signed in by %+v with %+v", n, key)
	}
	for table, want := range map[string]int{"pending": 0, "passkeys WHERE confirmed": 1, "challenges": 1, "events WHERE name = 'passkey_added' AND detail = 'Phone'": 1, "events WHERE name = 'user_created'": 1} {
		h.count(t, table, want)
	}
	if post := h.post(t); len(post) != 0 {
		t.Errorf("told %q", kinds(post))
	}
	_, err = SignInByPasskey(t, h.Store, a, From)
	must(t, err)
	for _, password := range []string{"", Password} {
		if _, err := h.Authenticate(h.ctx, "ada", password, From); !errors.Is(err, store.ErrWrongLogin) {
			t.Errorf("the password %q: %v", password, err)
		}
		h.exec(t, `DELETE FROM throttles`)
		refused(t, func() error { _, err := h.Reauthenticate(h.ctx, n, password, "", From); return err }())
		refused(t, func() error { _, err := h.ChangePassword(h.ctx, n, password, otherPassword, From); return err }())
	}
	// The name by which the passkey knows her is for good.
	list, err := h.ListPasskeys(h.ctx, user)
	must(t, err)
	if string(list.User) != string(a.Keys[1].User) {
		t.Error("later she has another name")
	}
}

func registersWithPasswordAfterAll(t *testing.T, h house) {
	h = h.mailing(t)
	for i, browser := range []string{"browser", "another", ""} {
		r := bare(Ada())
		r.Username += strings.Repeat("a", i)
		r.Email = r.Username + "@example.com"
		token := h.pending(t, r, "browser")
		for _, bad := range []string{"", "short", CommonPassword, r.Username + " 1815"} {
			if r := refused(t, func() error { _, err := h.CompleteRegistration(h.ctx, token, bad, browser, From); return err }()); r.Field != "password" {
				t.Errorf("%q: %+v", bad, r)
			}
		}
		h.count(t, "throttles", 0)
		user, err := h.CompleteRegistration(h.ctx, token, Password, browser, From)
		must(t, err)
		if user != h.find(t, r.Username) || !user.HasPassword || user.Passkeys != 0 || !user.Verified() {
			t.Errorf("made %+v", user)
		}
		h.enter(t, r.Username, Password, From)
	}
	h.count(t, "passkeys", 0)
}

func registersOnce(t *testing.T, h house) {
	h = h.mailing(t)
	token := h.pending(t, bare(Ada()), "browser")
	a := NewAuthenticator(Origin)
	begin := func(token string) (string, string) {
		t.Helper()
		c, err := h.BeginPendingPasskey(h.ctx, token)
		must(t, err)
		return c.Token, NewAuthenticator(Origin).Create(t, c.PublicKey)
	}
	before := h.dump(t)
	for what, lie := range lies {
		a.Lie = lie
		c, err := h.BeginPendingPasskey(h.ctx, token)
		must(t, err)
		if _, err := h.CompleteWithPasskey(h.ctx, token, c.Token, a.Create(t, c.PublicKey), named("Phone"), From); !errors.Is(err, store.ErrPasskeyFailed) {
			t.Errorf("an answer %s: %v", what, err)
		}
	}
	late, lateText := begin(token)
	h.clock.Move(5 * time.Minute)
	if _, err := h.CompleteWithPasskey(h.ctx, token, late, lateText, named("Phone"), From); !errors.Is(err, store.ErrPasskeyLate) {
		t.Errorf("late: %v", err)
	}
	for _, bad := range []string{"", "nothing", token + "A"} {
		if _, err := h.BeginPendingPasskey(h.ctx, bad); !errors.Is(err, store.ErrInvalidLink) {
			t.Errorf("the link %q: %v", bad, err)
		}
		if _, err := h.CompleteWithPasskey(h.ctx, bad, late, lateText, named("Phone"), From); !errors.Is(err, store.ErrInvalidLink) {
			t.Errorf("the link %q: %v", bad, err)
		}
	}
	if after := h.dump(t); after != before {
		t.Errorf("the database changed from\n%s\nto\n%s", before, after)
	}
	withPassword := h.pending(t, grace(), "browser")
	if _, err := h.BeginPendingPasskey(h.ctx, withPassword); !errors.Is(err, store.ErrInvalidLink) {
		t.Errorf("a registration with a password: %v", err)
	}
	good, goodText := begin(token)
	if _, err := h.CompleteWithPasskey(h.ctx, withPassword, good, goodText, named("Phone"), From); !errors.Is(err, store.ErrInvalidLink) {
		t.Errorf("the link of a registration with a password: %v", err)
	}
	// Somebody's passkey, made for somebody else's link.
	other := h.pending(t, bare(third()), "browser")
	if _, err := h.CompleteWithPasskey(h.ctx, other, good, goodText, named("Phone"), From); !errors.Is(err, store.ErrPasskeyFailed) {
		t.Errorf("the ceremony of another link: %v", err)
	}

	houses := []house{h, h.copied(t).mailing(t)}
	const ten = 10
	var tokens, texts [ten]string
	for i := range ten {
		tokens[i], texts[i] = begin(token)
	}
	var answers [ten]error
	var group sync.WaitGroup
	for i := range ten {
		group.Go(func() {
			_, answers[i] = houses[i%2].CompleteWithPasskey(h.ctx, token, tokens[i], texts[i], named("Phone"), From)
		})
	}
	group.Wait()
	made := 0
	for _, err := range answers {
		if err == nil {
			made++
		} else if !errors.Is(err, store.ErrInvalidLink) {
			t.Errorf("got %v", err)
		}
	}
	if made != 1 {
		t.Errorf("%d of ten were made", made)
	}
	h.count(t, "users", 1)
	h.count(t, "passkeys", 1)
	// A passkey that somebody has makes no account.
	taken := NewAuthenticator(Origin)
	taken.Lie = func(r *Response) { r.ID = h.passkey(t, "ada").ID }
	c, err := h.BeginPendingPasskey(h.ctx, other)
	must(t, err)
	if _, err := h.CompleteWithPasskey(h.ctx, other, c.Token, taken.Create(t, c.PublicKey), named("Phone"), From); !errors.Is(err, store.ErrPasskeyFailed) {
		t.Errorf("a passkey of Ada: %v", err)
	}
	h.count(t, "users", 1)
	again, againText := begin(other)
	_, err = h.CompleteWithPasskey(h.ctx, other, again, againText, named("Phone"), From)
	must(t, err)
}

func opensNone(t *testing.T, h house) {
	for _, r := range []store.Registration{bare(Ada()), {Username: "ada", Email: "ada@example.com", Password: "", WithoutPassword: true}} {
		_, err := h.Register(h.ctx, r, From)
		if r := refused(t, err); r.Field != "password" {
			t.Errorf("got %+v", r)
		}
	}
	h.count(t, "users", 0)
	r := Ada()
	r.WithoutPassword = true
	if user := Register(t, h.Store, r); !user.HasPassword {
		t.Errorf("made %+v", user)
	}
	h.enter(t, "ada", Password, From)
	// An invitation that is accepted at once, and sites whose people can have no passkeys.
	h = h.mailing(t)
	h.post(t)
	must(t, h.Invite(h.ctx, "guest@example.com", From))
	token := h.letter(t, store.LetterInvite).Token
	refused(t, func() error { _, err := h.AcceptInvite(h.ctx, token, bare(grace()), From); return err }())
	plain := store.DefaultRules
	plain.Mails, plain.Keys = true, Keys(t)
	h.Store = NewWith(t, h.db, h.clock, plain)
	if r := refused(t, h.RegisterPending(h.ctx, bare(grace()), "browser", From)); r.Field != "password" {
		t.Errorf("got %+v", r)
	}
	if r := refused(t, func() error { _, err := h.InvitePending(h.ctx, token, bare(grace()), "browser", From); return err }()); r.Field != "password" {
		t.Errorf("got %+v", r)
	}
	h.count(t, "pending", 0)
}

func invitesWithoutPassword(t *testing.T, h house) {
	h = h.mailing(t)
	must(t, h.Invite(h.ctx, "guest@example.com", From))
	invitation := h.letter(t, store.LetterInvite).Token
	r := store.Registration{Username: "hopper", Name: "A Guest", Email: "other@example.com"}
	for what, change := range map[string]func(r *store.Registration){
		"username": func(r *store.Registration) { r.Username = "a b" },
		"name":     func(r *store.Registration) { r.Name = strings.Repeat("n", 200) },
	} {
		bad := r
		change(&bad)
		_, err := h.InvitePending(h.ctx, invitation, bad, "browser", From)
		if r := refused(t, err); r.Field != what {
			t.Errorf("%s: %+v", what, r)
		}
	}
	if _, err := h.InvitePending(h.ctx, "nothing", r, "browser", From); !errors.Is(err, store.ErrInvalidLink) {
		t.Errorf("no invitation: %v", err)
	}
	h.count(t, "pending", 0)
	first, err := h.InvitePending(h.ctx, invitation, r, "browser", From)
	must(t, err)
	second, err := h.InvitePending(h.ctx, invitation, r, "browser", From) // the form again
	must(t, err)
	if _, err := h.BeginPendingPasskey(h.ctx, first); !errors.Is(err, store.ErrInvalidLink) {
		t.Errorf("the registration before: %v", err)
	}
	h.count(t, "pending", 1)
	if _, err := h.InvitePending(h.ctx, invitation, r, "another", From); !errors.Is(err, store.ErrUsernameTaken) {
		t.Errorf("the same name in another browser: %v", err)
	}
	if post := h.post(t); len(post) != 0 {
		t.Errorf("wrote %q", kinds(post))
	}
	h.clock.Move(store.PendingValid) // then the name is free again
	if _, err := h.BeginPendingPasskey(h.ctx, second); !errors.Is(err, store.ErrInvalidLink) {
		t.Errorf("after a day: %v", err)
	}
	second, err = h.InvitePending(h.ctx, invitation, r, "another", From)
	must(t, err)
	h.count(t, "pending", 1)
	if _, err := h.Token(h.ctx, invitation, store.PurposeInvite); err != nil {
		t.Errorf("the invitation: %v", err)
	}
	a := NewAuthenticator(Origin)
	c, err := h.BeginPendingPasskey(h.ctx, second)
	must(t, err)
	entry, err := h.CompleteWithPasskey(h.ctx, second, c.Token, a.Create(t, c.PublicKey), named("Phone"), From)
	must(t, err)
	if user := h.find(t, "guest@example.com"); user != entry.User || user.HasPassword || !user.Verified() || user.Name != "A Guest" {
		t.Errorf("made %+v", user)
	}
	if _, err := h.Find(h.ctx, "other@example.com"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an address that was not invited: %v", err)
	}
	n, err := h.SignIn(h.ctx, entry, From)
	must(t, err)
	h.visit(t, n.ID)
	// The invitation makes no second account.
	other := r
	other.Username = "hopper2"
	if _, err := h.InvitePending(h.ctx, invitation, other, "browser", From); !errors.Is(err, store.ErrInvalidLink) {
		t.Errorf("after that: %v", err)
	}
	other.Password = Password
	if _, err := h.AcceptInvite(h.ctx, invitation, other, From); err == nil {
		t.Error("after that it is accepted")
	}
	h.count(t, "users", 1)
	// Or with a password after all.
	must(t, h.Invite(h.ctx, "third@example.com", From))
	third, err := h.InvitePending(h.ctx, h.letter(t, store.LetterInvite).Token, store.Registration{Username: "third"}, "browser", From)
	must(t, err)
	_, err = h.CompleteRegistration(h.ctx, third, Password, "", From)
	must(t, err)
	h.enter(t, "third", Password, From)
}

// keyOnly is Ada, who has a passkey and no password.
func (h house) keyOnly(t *testing.T) (house, *Authenticator, store.SignIn) {
	t.Helper()
	h = h.mailing(t)
	h.confirmed(t, Ada())
	a, n := h.keyholder(t)
	n, err := h.RemovePassword(h.ctx, n, h.find(t, "ada"), From)
	must(t, err)
	h.post(t)
	return h, a, n
}

func passwordGoes(t *testing.T, h house) {
	h = h.mailing(t)
	h.confirmed(t, Ada())
	a, n := h.keyholder(t)
	other := h.enter(t, "ada", Password, on("home"))
	byKey, err := SignInByPasskey(t, h.Store, a, From)
	must(t, err)
	h.exec(t, `UPDATE devices SET trust = 'x', trusted_until = $1`, h.moment(time.Hour))
	h.burn(t, "ada", From)
	h.post(t)
	link := h.resetLink(t, "ada")
	before := epoch(t, h)
	if !h.MayRemovePassword(h.find(t, "ada")) {
		t.Error("she may not")
	}
	renewed, err := h.RemovePassword(h.ctx, n, h.find(t, "ada"), From)
	must(t, err)
	user := h.find(t, "ada")
	if user.HasPassword || user.Passkeys != 1 || epoch(t, h) != before+1 || renewed.ID == n.ID || h.hash(t, user) != "" || h.MayRemovePassword(user) {
		t.Errorf("%+v", user)
	}
	for _, ended := range []store.SignIn{n, other, byKey} {
		h.gone(t, ended.ID)
	}
	h.visit(t, renewed.ID)
	h.count(t, "devices WHERE trusted_until IS NOT NULL", 0)
	h.count(t, "throttles", 0)
	h.count(t, "events WHERE name = 'password_removed'", 1)
	h.letter(t, store.LetterPasswordRemoved)
	if _, err := h.Token(h.ctx, link, store.PurposeReset); err == nil {
		t.Error("a link from before is good")
	}
	if _, err := h.Authenticate(h.ctx, "ada", Password, on("known")); !errors.Is(err, store.ErrWrongLogin) {
		t.Errorf("the password: %v", err)
	}
	_, err = SignInByPasskey(t, h.Store, a, From)
	must(t, err)
}

func passwordStays(t *testing.T, h house) {
	h = h.mailing(t)
	h.confirmed(t, Ada())
	n := h.enter(t, "ada", Password, on("home"))
	refuses := func(what string, h house) {
		t.Helper()
		before := h.dump(t)
		_, err := h.RemovePassword(h.ctx, n, h.find(t, "ada"), From)
		if r := refused(t, err); !strings.Contains(r.Sentence, "a passkey and a confirmed email address") || h.MayRemovePassword(h.find(t, "ada")) {
			t.Errorf("%s: %+v", what, r)
		}
		if after := h.dump(t); after != before {
			t.Errorf("%s: the database changed from\n%s\nto\n%s", what, before, after)
		}
	}
	refuses("without a passkey", h)
	_, n, _ = SetUpApp(t, h.Store, h.clock, n)
	refuses("with an app alone", h)
	n = AddPasskey(t, h.Store, NewAuthenticator(Origin), n).SignIn
	refuses("where no mail is sent", h.ruled(t, store.DefaultRules))
	plain := store.DefaultRules
	plain.Mails, plain.Keys = true, Keys(t)
	elsewhere := h
	elsewhere.Store = NewWith(t, h.db, h.clock, plain)
	refuses("where people can have no passkeys", elsewhere)
	h.exec(t, `UPDATE users SET confirmed_at = NULL`)
	refuses("whose address nobody confirmed", h)
	h.exec(t, `UPDATE users SET confirmed_at = created_at`)
	stale := h.find(t, "ada")
	h.exec(t, `UPDATE users SET epoch = epoch + 1`)
	if _, err := h.RemovePassword(h.ctx, n, stale, From); !errors.Is(err, store.ErrSignInEnded) {
		t.Errorf("of before a change: %v", err)
	}
	ended := h.visit(t, n.ID)
	must(t, h.SignOut(h.ctx, n, From))
	if _, err := h.RemovePassword(h.ctx, ended, h.find(t, "ada"), From); !errors.Is(err, store.ErrSignInEnded) {
		t.Errorf("of a sign-in that has ended: %v", err)
	}
	if !h.find(t, "ada").HasPassword {
		t.Error("the password is gone")
	}
	// The count of passkeys is that of the rows, and a column that lags behind decides nothing.
	h.exec(t, `DELETE FROM passkeys`)
	h.exec(t, `UPDATE users SET passkeys = 0`)
	h.exec(t, `UPDATE users SET second_at = NULL`)
	n = h.signIn(t, false)
	lagging := h.find(t, "ada")
	lagging.Passkeys = 1
	if _, err := h.RemovePassword(h.ctx, n, lagging, From); !errors.Is(err, store.ErrSignInEnded) {
		t.Errorf("without a passkey in the row: %v", err)
	}
}

func passwordIsChosen(t *testing.T, h house) {
	h, a, n := h.keyOnly(t)
	other, err := SignInByPasskey(t, h.Store, a, From)
	must(t, err)
	h.post(t)
	before := h.dump(t)
	for _, bad := range []string{"", "short", CommonPassword, "Ada Lovelace 1815"} {
		_, err := h.ChoosePassword(h.ctx, n, h.find(t, "ada"), bad, From)
		if r := refused(t, err); r.Field != "password" {
			t.Errorf("%q: %+v", bad, r)
		}
	}
	old := h.visit(t, n.ID)
	old.AuthenticatedAt = h.moment(-store.RecentAuth)
	if _, err := h.ChoosePassword(h.ctx, old, h.find(t, "ada"), otherPassword, From); !errors.Is(err, store.ErrSignInEnded) {
		t.Errorf("without a recent proof: %v", err)
	}
	if after := h.dump(t); after != before {
		t.Errorf("the database changed from\n%s\nto\n%s", before, after)
	}
	stale := h.find(t, "ada")
	h.exec(t, `UPDATE users SET epoch = epoch + 1`)
	if _, err := h.ChoosePassword(h.ctx, n, stale, otherPassword, From); !errors.Is(err, store.ErrSignInEnded) {
		t.Errorf("of an account that changed: %v", err)
	}
	stale = h.find(t, "ada")
	epochBefore := epoch(t, h)
	renewed, err := h.ChoosePassword(h.ctx, n, stale, otherPassword, From)
	must(t, err)
	user := h.find(t, "ada")
	if !user.HasPassword || !user.PasswordAt.Equal(h.moment(0)) || epoch(t, h) != epochBefore+1 || renewed.ID == n.ID {
		t.Errorf("%+v", user)
	}
	h.gone(t, other.ID)
	h.gone(t, n.ID)
	h.visit(t, renewed.ID)
	h.letter(t, store.LetterPasswordChanged)
	h.count(t, "events WHERE name = 'authn_password_change'", 1)
	h.enter(t, "ada", otherPassword, From)
	_, err = SignInByPasskey(t, h.Store, a, From)
	must(t, err)
	for what, u := range map[string]store.User{"who has one": user, "from a page of before": stale} {
		before := h.hash(t, user)
		if _, err := h.ChoosePassword(h.ctx, renewed, u, Password, From); !errors.Is(err, store.ErrSignInEnded) {
			t.Errorf("%s: %v", what, err)
		}
		if h.hash(t, user) != before {
			t.Errorf("%s has another password", what)
		}
	}
	// Somebody who had none when the page was shown, and has one by now under the same epoch.
	same := user
	same.HasPassword = false
	if _, err := h.ChoosePassword(h.ctx, renewed, same, Password, From); !errors.Is(err, store.ErrSignInEnded) {
		t.Errorf("over another: %v", err)
	}
}

func passwordByLink(t *testing.T, h house) {
	h, a, n := h.keyOnly(t)
	must(t, h.ResetPassword(h.ctx, h.resetLink(t, "ada"), otherPassword, From))
	h.gone(t, n.ID)
	if user := h.find(t, "ada"); !user.HasPassword || user.Passkeys != 1 || user.SecondStep() {
		t.Errorf("%+v", user)
	}
	n = h.enter(t, "ada", otherPassword, From)
	_, err := SignInByPasskey(t, h.Store, a, From)
	must(t, err)

	n, codes, err := h.TurnSecondStepOn(h.ctx, n, h.find(t, "ada"), From)
	must(t, err)
	_, err = h.RemovePassword(h.ctx, n, h.find(t, "ada"), From)
	must(t, err)
	h.post(t)
	must(t, h.ResetPassword(h.ctx, h.resetLink(t, "ada"), Password, From))
	if user := h.find(t, "ada"); !user.HasPassword || user.Passkeys != 1 || !user.SecondStep() {
		t.Errorf("%+v", user)
	}
	if !h.asked(t, "ada", Password, From) {
		t.Error("the mailbox alone opens the account")
	}
	if _, err := h.SignIn(h.ctx, store.ByPassword(h.find(t, "ada")), From); err == nil {
		t.Error("the password alone signs in")
	}
	_, err = h.finish(h.half(t, From), store.KindRecovery, codes[0], From)
	must(t, err)
	_, err = h.finishBy(t, a, h.half(t, From))
	must(t, err)
}
