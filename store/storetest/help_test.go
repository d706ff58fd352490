package storetest_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"gatehouse/store"
	. "gatehouse/store/storetest"
)

// The contract of what is done to help a person, or to keep one out.
func TestHelpContract(t *testing.T) {
	contract(t, []promise{
		{"FAC-03 sends a link for a new password that changes nothing until it is used", sendsReset},
		{"sends three such links within an hour, and says so", sendsThree},
		{"writes to no address of a site without mail, and says what is left", helpsWithoutMail},
		{"asks for a confirmation whose link is like every other", asksToVerify},
		{"ends one sign-in of somebody, and forgets that device alone", endsOneOf},
		{"voids the links of who is disabled, and keeps the ways back", disablesLinks},
		{"closes as the owner would, who can reopen it", closesAs},
		{"erases at once where nothing is reopened, for who may erase", closesForGood},
		{"gives an address that counts once it is confirmed, with the way back to the old one", setsEmail},
		{"refuses an address that is somebody else's, or may be again", setsNoEmail},
		{"shows a person with nothing that opens anything", showsPerson},
	})
}

func sendsReset(t *testing.T, h house) {
	h = h.mailing(t)
	ada, boss := h.confirmed(t, Ada()), h.staff(t, "boss", store.RoleAdmin)
	n := h.enter(t, "ada", Password, on("one"))
	h.post(t)
	must(t, h.SendReset(h.ctx, ada, boss))
	h.visit(t, n.ID)
	if _, err := h.Authenticate(h.ctx, "ada", Password, From); err != nil {
		t.Errorf("the password is %v", err)
	}
	l := h.letter(t, store.LetterReset)
	if l.To != ada.Email || !l.ByStaff || l.From != "" || l.Agent != "" || l.Username != "ada" {
		t.Errorf("the letter is %+v", l)
	}
	must(t, h.ResetPassword(h.ctx, l.Token, otherPassword, From))
	h.gone(t, n.ID)
}

func sendsThree(t *testing.T, h house) {
	h = h.mailing(t)
	boss, ada := h.staff(t, "boss", store.RoleAdmin), Register(t, h.Store, Ada())
	h.post(t)
	const sentence = "ada had 3 of these emails within the hour. Wait before you send another."
	must(t, h.AskReset(h.ctx, "ada", From)) // one that ada asked for
	h.post(t)
	for verb, free := range map[string]int{"reset": 2, "confirm": 2} { // one was written when ada registered
		send := func() error { return h.SendReset(h.ctx, ada, boss) }
		if verb == "confirm" {
			send = func() error { return h.AskToVerify(h.ctx, ada, boss) }
		}
		for range free {
			must(t, send())
		}
		before := h.dump(t)
		if r := refused(t, send()); r.Sentence != sentence {
			t.Errorf("%s: %+v", verb, r)
		}
		if after := h.dump(t); after != before {
			t.Errorf("%s: the database changed from\n%s\nto\n%s", verb, before, after)
		}
	}
	h.clock.Move(time.Hour)
	must(t, h.SendReset(h.ctx, ada, boss))
}

func helpsWithoutMail(t *testing.T, h house) {
	boss, ada := h.staff(t, "boss", store.RoleAdmin), Register(t, h.Store, Ada())
	before := h.dump(t)
	if r := refused(t, h.SendReset(h.ctx, ada, boss)); r.Sentence != "This site sends no mail. Whoever runs it can use gatehouse user reset ada." {
		t.Errorf("%+v", r)
	}
	if r := refused(t, h.AskToVerify(h.ctx, ada, boss)); r.Sentence != "This site sends no mail, so nobody can confirm an address." {
		t.Errorf("%+v", r)
	}
	if after := h.dump(t); after != before {
		t.Errorf("the database changed from\n%s\nto\n%s", before, after)
	}
}

func asksToVerify(t *testing.T, h house) {
	h = h.mailing(t)
	boss, ada := h.staff(t, "boss", store.RoleAdmin), Register(t, h.Store, Ada())
	h.post(t)
	must(t, h.AskToVerify(h.ctx, ada, boss))
	user, err := h.VerifyEmail(h.ctx, h.letter(t, store.LetterVerify).Token, From)
	if err != nil || !user.Verified() {
		t.Errorf("%+v, %v", user, err)
	}
	before := h.dump(t)
	must(t, h.AskToVerify(h.ctx, user, boss)) // of who is confirmed nothing is asked
	if after := h.dump(t); after != before {
		t.Errorf("the database changed from\n%s\nto\n%s", before, after)
	}
}

func endsOneOf(t *testing.T, h house) {
	boss, ada := h.staff(t, "boss", store.RoleAdmin), Register(t, h.Store, Ada())
	one, two := h.enter(t, "ada", Password, on("one")), h.enter(t, "ada", Password, on("two"))
	must(t, h.EndSignInOf(h.ctx, ada, one.Handle, boss))
	h.gone(t, one.ID)
	h.visit(t, two.ID)
	h.count(t, "devices", 1)
	other := h.signInAs(t, h.member(t, "grace"), false)
	before := h.dump(t)
	for _, handle := range []string{one.Handle, other.Handle, "none", ""} {
		if err := h.EndSignInOf(h.ctx, ada, handle, boss); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%q: %v", handle, err)
		}
	}
	if after := h.dump(t); after != before {
		t.Errorf("the database changed from\n%s\nto\n%s", before, after)
	}
}

func disablesLinks(t *testing.T, h house) {
	h = h.mailing(t)
	ada := h.confirmed(t, Ada())
	must(t, h.ChangeEmail(h.ctx, ada, "new@example.com", From))
	_, err := h.VerifyEmail(h.ctx, h.letter(t, store.LetterNewEmail).Token, From)
	must(t, err)
	undo := h.letter(t, store.LetterEmailChanged).Token
	must(t, h.AskReset(h.ctx, "ada", From))
	reset := h.letter(t, store.LetterReset).Token
	must(t, h.Disable(h.ctx, ada, Operator))
	h.count(t, "tokens", 1)
	must(t, h.Enable(h.ctx, ada, Operator))
	if _, err := h.Token(h.ctx, reset, store.PurposeReset); !errors.Is(err, store.ErrInvalidLink) {
		t.Errorf("a link from before is %v", err)
	}
	must(t, h.UndoEmail(h.ctx, undo, From))
}

func closesAs(t *testing.T, h house) {
	h = h.mailing(t)
	ada, boss := h.confirmed(t, Ada()), h.staff(t, "boss", store.RoleAdmin)
	n := h.enter(t, "ada", Password, on("one"))
	h.post(t)
	for range 2 {
		must(t, h.CloseAs(h.ctx, ada, boss))
	}
	h.gone(t, n.ID)
	if l := h.letter(t, store.LetterClosed); !l.ByStaff || l.Within != store.DefaultRules.Reopen || l.From != "" {
		t.Errorf("the letter is %+v", l)
	}
	p, err := h.Person(h.ctx, ada.ID)
	must(t, err)
	if want := h.moment(store.DefaultRules.Reopen); !p.Closed() || !p.Reopen.Equal(want) {
		t.Errorf("closed %v, until %v, want %v", p.Closed(), p.Reopen, want)
	}
	e, err := h.Authenticate(h.ctx, "ada", Password, From)
	must(t, err)
	e, err = h.Reopen(h.ctx, h.Ticket(e), From)
	if err != nil || e.User.Closed() {
		t.Errorf("%+v, %v", e.User, err)
	}
}

func closesForGood(t *testing.T, h house) {
	rules := store.DefaultRules
	rules.Mails, rules.Reopen = true, 0
	h = h.ruled(t, rules)
	ada, boss := h.confirmed(t, Ada()), h.staff(t, "boss", store.RoleAdmin)
	boss.Reason = "asked"
	manager := h.staff(t, "chief", "test-closer")
	h.post(t)
	forbidden(t, "who may not erase", h.CloseAs(h.ctx, ada, manager))
	must(t, h.CloseAs(h.ctx, ada, boss))
	if _, err := h.UserByID(h.ctx, ada.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the account is %v", err)
	}
	if l := h.letter(t, store.LetterClosed); l.To != ada.Email || l.Within != 0 {
		t.Errorf("the letter is %+v", l)
	}
	deeds := h.audited(t)
	if d := deeds[0]; d.Name != store.EventErased || d.SubjectID != ada.ID || d.ActorID != boss.By || d.Reason != "asked" {
		t.Errorf("the audit begins with %+v", d)
	}
	if d := deeds[1]; d.Name != store.EventClosed || d.Reason != "" {
		t.Errorf("and goes on with %+v", d)
	}
}

func setsEmail(t *testing.T, h house) {
	h = h.mailing(t)
	ada := h.confirmed(t, Ada())
	n := h.enter(t, "ada", Password, on("one"))
	h.post(t)
	must(t, h.SetEmail(h.ctx, ada, "New@Example.com", Operator))
	h.visit(t, n.ID)
	if user := h.find(t, "ada"); user.Email != "New@example.com" || user.Verified() {
		t.Errorf("%+v", user)
	}
	letters := h.letters(t)
	back, confirm := letters[store.LetterEmailChanged], letters[store.LetterVerify]
	if len(letters) != 2 || back.To != ada.Email || back.Address != "New@example.com" || confirm.To != "New@example.com" || confirm.Username != "" {
		t.Errorf("the letters are %+v", letters)
	}
	d := h.audited(t)[0]
	events, _, err := h.Events(h.ctx, ada, 0)
	must(t, err)
	if d.Name != store.EventEmailChanged || d.Detail != "" || d.SubjectID != ada.ID || d.Actor != "command line, alice" ||
		events[0].Name != store.EventEmailChanged || events[0].Detail != ada.Email+" New@example.com" || !events[0].Operator {
		t.Errorf("recorded\n%+v\n%+v", d, events[0])
	}
	if user, err := h.VerifyEmail(h.ctx, confirm.Token, From); err != nil || !user.Verified() {
		t.Errorf("%+v, %v", user, err)
	}
	must(t, h.UndoEmail(h.ctx, back.Token, From))
	if user := h.find(t, "ada"); user.Email != ada.Email || !user.Verified() || user.HasPassword {
		t.Errorf("%+v", user)
	}
	// An address that was never confirmed may be anybody's, and gets nothing.
	grace := Register(t, h.Store, grace())
	h.post(t)
	must(t, h.SetEmail(h.ctx, grace, "hopper@example.com", Operator))
	if l := h.letter(t, store.LetterVerify); l.To != "hopper@example.com" {
		t.Errorf("wrote to %s", l.To)
	}
}

func setsNoEmail(t *testing.T, h house) {
	h = h.mailing(t)
	ada, grace := h.confirmed(t, Ada()), h.confirmed(t, grace())
	must(t, h.ChangeEmail(h.ctx, ada, "new@example.com", From))
	_, err := h.VerifyEmail(h.ctx, h.letter(t, store.LetterNewEmail).Token, From)
	must(t, err)
	before := h.dump(t)
	for email, want := range map[string]string{
		"new@example.com": store.ErrEmailTaken.Error(), ada.Email: store.ErrEmailTaken.Error(), "GRACE@example.com": "That's the address that grace has.",
		"nonsense": "",
	} {
		if r := refused(t, h.SetEmail(h.ctx, grace, email, Operator)); want != "" && r.Sentence != want {
			t.Errorf("%s: %+v", email, r)
		}
	}
	if after := h.dump(t); after != before {
		t.Errorf("the database changed from\n%s\nto\n%s", before, after)
	}
}

func showsPerson(t *testing.T, h house) {
	ada := h.lived(t, Ada())
	h = h.mailing(t)
	h.signInAs(t, h.member(t, "grace"), false)
	h.exec(t, `UPDATE users SET wrong_passwords = 2, second_at = NULL WHERE id = $1`, ada.ID)
	n := h.signInAs(t, h.find(t, "ada-2"), false)
	boss := h.staff(t, "boss", store.RoleAdmin)
	must(t, h.Disable(h.ctx, h.member(t, "hedy"), boss))
	_, err := h.ChangeRole(h.ctx, ada, "support", "", boss)
	must(t, err)
	must(t, h.Erase(h.ctx, h.find(t, "hedy"), boss))
	p, err := h.Person(h.ctx, ada.ID)
	must(t, err)
	if p.Username != "ada-2" || p.OldPassword || p.WrongPasswords != 2 || p.AppAt.IsZero() || p.CodesLeft != store.RecoveryCodes || len(p.Keys) != 1 ||
		len(p.SignIns) != 0 || len(p.Letters) == 0 || len(p.Happened) != 10 || !p.Reopen.IsZero() {
		t.Errorf("%+v", p)
	}
	if e := p.Happened[0]; e.Name != store.EventRoleChanged || e.Actor != "boss" || e.By != boss.By {
		t.Errorf("the last event is %+v", e)
	}
	if e := p.Happened[1]; e.Actor != "" || e.By != 0 {
		t.Errorf("the one before is %+v", e)
	}
	h.staff(t, "vice", store.RoleAdmin)
	must(t, h.Erase(h.ctx, h.find(t, "boss"), Operator))
	n = h.signInAs(t, h.find(t, "ada-2"), false)
	h.exec(t, `UPDATE users SET password_scheme = 'bcrypt' WHERE id = $1`, ada.ID)
	p, err = h.Person(h.ctx, ada.ID)
	must(t, err)
	if !p.OldPassword || len(p.SignIns) != 1 || p.SignIns[0].ID != "" || p.SignIns[0].Handle != n.Handle {
		t.Errorf("%+v", p)
	}
	i := slices.IndexFunc(p.Happened, func(e store.DoneEvent) bool { return e.Name == store.EventRoleChanged })
	if e := p.Happened[i]; e.Actor != "" || e.By != boss.By {
		t.Errorf("by who is erased: %+v", e)
	}
	if _, err := h.Person(h.ctx, 999); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("nobody: %v", err)
	}
}
