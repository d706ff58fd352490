package storetest_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"gatehouse/store"
	. "gatehouse/store/storetest"
)

const (
	ownAccount = "This is your own account: use its own pages."
	upward     = "You can't do this to somebody who may do more than you."
	lastAdmin  = "Nobody else could administer this site. Make somebody else an administrator first."
)

// acting is a verb by which administrators and the operator act on somebody, or on the site.
type acting struct {
	verb string
	// may is what it takes.
	may store.Permission
	// ready leaves something to do to the subject. It is nil where there is always something.
	ready func(t *testing.T, h house, subject store.User)
	do    func(h house, subject store.User, from store.Origin) error
	// event and detail are what is recorded. HANDLE stands for that of the open invitation.
	event, detail string
	// site says that it is done to nobody who has an account yet, kept that the reason is.
	site, kept bool
}

var actings = []acting{
	{"Disable", store.ManagePeople, nil, func(h house, subject store.User, from store.Origin) error {
		return h.Disable(h.ctx, subject, from)
	}, store.EventDisabled, "", false, true},
	{"Enable", store.ManagePeople, func(t *testing.T, h house, subject store.User) {
		h.exec(t, `UPDATE users SET disabled_at = created_at WHERE id = $1`, subject.ID)
	}, func(h house, subject store.User, from store.Origin) error {
		return h.Enable(h.ctx, subject, from)
	}, store.EventEnabled, "", false, true},
	{"EndSignIns", store.HelpPeople, func(t *testing.T, h house, subject store.User) {
		h.signInAs(t, subject, false)
	}, func(h house, subject store.User, from store.Origin) error {
		_, err := h.EndSignIns(h.ctx, subject, from)
		return err
	}, store.EventSignInEnded, "", false, true},
	{"EndSignInOf", store.HelpPeople, func(t *testing.T, h house, subject store.User) {
		h.signInAs(t, subject, false)
		h.exec(t, `UPDATE signins SET handle = 'FIREFOX' WHERE user_id = $1`, subject.ID)
	}, func(h house, subject store.User, from store.Origin) error {
		return h.EndSignInOf(h.ctx, subject, "FIREFOX", from)
	}, store.EventSignInEnded, "FIREFOX", false, true},
	{"SendReset", store.HelpPeople, nil, func(h house, subject store.User, from store.Origin) error {
		return h.SendReset(h.ctx, subject, from)
	}, store.EventResetAsked, "", false, true},
	{"AskToVerify", store.HelpPeople, func(t *testing.T, h house, subject store.User) {
		h.exec(t, `UPDATE users SET confirmed_at = NULL WHERE id = $1`, subject.ID)
		h.exec(t, `DELETE FROM letters`)
	}, func(h house, subject store.User, from store.Origin) error {
		return h.AskToVerify(h.ctx, subject, from)
	}, store.EventVerifyAsked, "", false, true},
	{"CloseAs", store.ManagePeople, nil, func(h house, subject store.User, from store.Origin) error {
		return h.CloseAs(h.ctx, subject, from)
	}, store.EventClosed, "", false, true},
	{"ResetToken", store.HelpPeople, nil, func(h house, subject store.User, from store.Origin) error {
		_, err := h.ResetToken(h.ctx, subject, from)
		return err
	}, store.EventResetAsked, "", false, true},
	{"ResetFactors", store.HelpPeople, func(t *testing.T, h house, subject store.User) {
		h.exec(t, `UPDATE users SET second_at = created_at WHERE id = $1`, subject.ID)
	}, func(h house, subject store.User, from store.Origin) error {
		_, err := h.ResetFactors(h.ctx, subject, from)
		return err
	}, store.EventFactorsReset, "", false, true},
	{"ChangeRole", store.ChangeRoles, nil, func(h house, subject store.User, from store.Origin) error {
		_, err := h.ChangeRole(h.ctx, subject, "support", subject.Role, from)
		return err
	}, store.EventRoleChanged, "member support", false, true},
	{"Erase", store.ErasePeople, nil, func(h house, subject store.User, from store.Origin) error {
		return h.Erase(h.ctx, subject, from)
	}, store.EventErased, "", false, true},
	{"Invite", store.ManagePeople, func(t *testing.T, h house, _ store.User) {
		h.exec(t, `DELETE FROM letters`)
		h.exec(t, `DELETE FROM tokens`)
	}, func(h house, _ store.User, from store.Origin) error {
		return h.Invite(h.ctx, "guest@example.com", "", from)
	}, store.EventInvited, "HANDLE member", true, false},
	{"Invite", store.ChangeRoles, func(t *testing.T, h house, _ store.User) {
		h.exec(t, `DELETE FROM letters`)
		h.exec(t, `DELETE FROM tokens`)
	}, func(h house, _ store.User, from store.Origin) error {
		return h.Invite(h.ctx, "guest@example.com", "support", from)
	}, store.EventInvited, "HANDLE support", true, false},
	{"RevokeInvite", store.ManagePeople, func(t *testing.T, h house, _ store.User) {
		h.exec(t, `DELETE FROM letters`)
		h.exec(t, `DELETE FROM tokens`)
		must(t, h.Invite(h.ctx, "guest@example.com", "test-manager", Operator))
	}, func(h house, _ store.User, from store.Origin) error {
		list, _, err := h.Invitations(h.ctx, store.InviteMark{})
		if err != nil || len(list) != 1 {
			return fmt.Errorf("%d invitations, %w", len(list), err)
		}
		_, err = h.RevokeInvite(h.ctx, list[0].Handle, from)
		return err
	}, store.EventInviteRevoked, "HANDLE test-manager", true, false},
	{"DownloadActivity", store.SeeActivity, nil, func(h house, _ store.User, from store.Origin) error {
		_, err := h.DownloadActivity(h.ctx, store.Span{First: "2026-11-01", Last: "2026-11-02"}, from)
		return err
	}, store.EventExported, "activity 2026-11-01 2026-11-02", true, false},
	{"DownloadAudit", store.SeeActivity, nil, func(h house, _ store.User, from store.Origin) error {
		_, err := h.DownloadAudit(h.ctx, store.Span{First: "2026-11-01", Last: "2026-11-02"}, from)
		return err
	}, store.EventExported, "audit 2026-11-01 2026-11-02", true, false},
	{"AddUser", store.ManagePeople, nil, func(h house, subject store.User, from store.Origin) error {
		return h.adds(subject, "", from)
	}, store.EventRegistered, "member", true, false},
	{"AddUser", store.ChangeRoles, nil, func(h house, subject store.User, from store.Origin) error {
		return h.adds(subject, "support", from)
	}, store.EventRegistered, "support", true, false},
}

// adds makes the account of a friend of somebody.
func (h house) adds(of store.User, role string, from store.Origin) error {
	name := "friend-of-" + of.Username
	_, err := h.AddUser(h.ctx, store.Registration{Username: name, Email: name + "@example.com", Password: Password}, role, from)
	return err
}

// begin makes a subject on whom there is something to do.
func (a acting) begin(t *testing.T, h house, name string) store.User {
	t.Helper()
	subject := h.member(t, name)
	if a.ready != nil {
		a.ready(t, h, subject)
	}
	return subject
}

// own are the verbs by which people act on their own accounts, or on what a link is for.
const own = `AcceptInvite AddPasskey AskReset Authenticate AuthenticateByPasskey CancelEmail ChangeEmail ChangePassword
	ChoosePassword CloseAccount CompleteRegistration CompleteWithPasskey EndOtherSignIns EndSignIn EndTrust EnterCode EnterPasskey
	InvitePending NewCodes Reauthenticate ReauthenticateByPasskey Register RegisterPending RemoveApp RemovePasskey RemovePassword
	RenamePasskey Reopen ResetPassword ResetPasswordAndPasskeys SendPending SendVerification SetUpApp Setup SignIn SignOut
	TurnSecondStepOff TurnSecondStepOn UndoEmail UndoFactors UpdateProfile VerifyEmail`

// operators are the verbs that administrators lack.
const operators = `DropOldPasswords DropUnreadableApps ExportUsers Import NoteExport ReachToken SetEmail SetupToken Settle Signals`

// onlookers are the verbs that take a sign-in of an administrator, which the operator has not. They are tried in
// look_test.go.
const onlookers = `Look StopLooking`

// twofold are the verbs that do two of these at once, tried where the first of them is.
const twofold = `InviteAgain`

// A verb that asks who is acting is one of these, so that a new one is tried by the tests below.
func TestEveryVerbSaysWhoseItIs(t *testing.T) {
	t.Parallel()
	known := strings.Fields(own + " " + operators + " " + onlookers + " " + twofold)
	for _, a := range actings {
		known = append(known, a.verb)
	}
	verbs := reflect.TypeFor[*store.Store]()
	asking := map[string]bool{}
	for i := range verbs.NumMethod() {
		m := verbs.Method(i)
		for in := range m.Type.NumIn() {
			if m.Type.In(in) == reflect.TypeFor[store.Origin]() {
				asking[m.Name] = true
			}
		}
		if asking[m.Name] && !slices.Contains(known, m.Name) {
			t.Errorf("%s: say whether people do this to themselves or administrators do it to others", m.Name)
		}
	}
	for _, name := range known {
		if !asking[name] {
			t.Errorf("%s asks nobody who is acting", name)
		}
	}
}

// forbidden wants an answer to be that somebody may not do that.
func forbidden(t *testing.T, who string, err error) {
	t.Helper()
	if !errors.Is(err, store.ErrForbidden) {
		t.Errorf("%s gets %v, want ErrForbidden", who, err)
	}
}

// The contract of acting on others.
func TestActContract(t *testing.T) {
	contract(t, []promise{
		{"ADM-01 does nothing for who lacks the permission", actsForNobody},
		{"ADM-01 does each deed for whose role allows it", actsForRoles},
		{"ROL-06 does nothing upward", actsNotUpward},
		{"acts on nobody's own account", actsNotOnOneself},
		{"says of who is gone that they are", actsOnNobody},
		{"makes no link for who is disabled", linksNobodyDisabled},
		{"waits for what other administrators do, and looks afterwards who may", actsInTurn},
		{"takes no link that was voided while it waited", usedJustNow},
		{"waits for its turn before it locks anything else", waitsFirst},
	})
}

// Who may nothing writes nothing, whatever the verb.
func actsForNobody(t *testing.T, h house) {
	h = h.mailing(t)
	boss := h.staff(t, "boss", store.RoleAdmin)
	strangers := map[string]store.Origin{
		"nobody": {}, "a visitor": From, "somebody who was never there": {By: 999}, "a negative number": {By: -1},
		"a member": by(h.member(t, "grace")), "an unknown role": h.staff(t, "veteran", "long-gone"), "the product's staff": h.staff(t, "columnist", "test-writer"),
		"a disabled administrator": h.staff(t, "disabled", store.RoleAdmin), "a closed administrator": h.staff(t, "closed", store.RoleAdmin),
		"an erased administrator": h.staff(t, "erased", store.RoleAdmin), "who has the username of the operator": {Account: "root", Address: "127.0.0.1"},
	}
	must(t, h.Disable(h.ctx, h.find(t, "disabled"), boss))
	must(t, h.CloseAccount(h.ctx, h.find(t, "closed"), From))
	must(t, h.Erase(h.ctx, h.find(t, "erased"), boss))
	helper := h.staff(t, "helper", "support")
	subject := h.member(t, "subject")
	must(t, h.Invite(h.ctx, "other@example.com", "support", Operator))
	before := h.dump(t)
	for _, a := range actings {
		for who, from := range strangers {
			forbidden(t, who+", who calls "+a.verb+",", a.do(h, subject, from))
		}
		if support, _ := store.FindRole("support"); !support.May.Has(a.may) {
			forbidden(t, "support, who calls "+a.verb+",", a.do(h, subject, helper))
		}
	}
	for who, from := range strangers {
		_, err := h.SetupToken(h.ctx, from)
		forbidden(t, who+", who calls SetupToken,", err)
		_, _, err = h.DropUnreadableApps(h.ctx, from)
		forbidden(t, who+", who calls DropUnreadableApps,", err)
		forbidden(t, who+", who calls SetEmail,", h.SetEmail(h.ctx, subject, "new@example.com", from))
	}
	_, err := h.SetupToken(h.ctx, boss)
	forbidden(t, "an administrator, who calls SetupToken,", err)
	_, _, err = h.DropUnreadableApps(h.ctx, boss)
	forbidden(t, "an administrator, who calls DropUnreadableApps,", err)
	forbidden(t, "an administrator, who calls SetEmail,", h.SetEmail(h.ctx, subject, "new@example.com", boss))
	if after := h.dump(t); after != before {
		t.Errorf("the database changed from\n%s\nto\n%s", before, after)
	}
}

func actsForRoles(t *testing.T, h house) {
	h = h.mailing(t)
	for n, role := range store.Roles {
		from := h.staff(t, fmt.Sprintf("staff-%d", n), role.Name)
		for i, a := range actings {
			subject := a.begin(t, h, fmt.Sprintf("subject-%d-%d", n, i))
			err := a.do(h, subject, from)
			if a.site && a.may == store.ChangeRoles && !role.May.Has(store.ManagePeople) {
				continue // it takes both
			}
			switch {
			case role.May.Has(a.may) && err != nil:
				t.Errorf("%s, who calls %s: %v", role.Label, a.verb, err)
			case !role.May.Has(a.may):
				forbidden(t, role.Label+", who calls "+a.verb+",", err)
			}
		}
	}
}

func actsNotUpward(t *testing.T, h house) {
	h = h.mailing(t)
	h.staff(t, "boss", store.RoleAdmin)
	manager, helper := h.staff(t, "chief", "test-manager"), h.staff(t, "helper", "support")
	h.staff(t, "columnist", "test-writer") // may do what the manager may not
	h.member(t, "grace")
	before := h.dump(t)
	refuses := func(what string, err error) {
		t.Helper()
		if r := refused(t, err); r.Sentence != upward {
			t.Errorf("%s: %+v", what, r)
		}
	}
	for _, a := range actings {
		if a.site {
			continue
		}
		for _, above := range []string{"boss", "columnist"} {
			refuses("a manager calls "+a.verb+" on "+above, a.do(h, h.find(t, above), manager))
		}
		if a.may == store.HelpPeople {
			refuses("support calls "+a.verb+" on a manager", a.do(h, h.find(t, "chief"), helper))
		}
	}
	for _, role := range []string{store.RoleAdmin, "test-writer"} {
		_, err := h.ChangeRole(h.ctx, h.find(t, "grace"), role, "", manager)
		refuses("a manager makes somebody "+role, err)
		refuses("a manager invites a "+role, h.Invite(h.ctx, "guest@example.com", role, manager))
		refuses("a manager adds a "+role, h.adds(h.find(t, "grace"), role, manager))
	}
	if after := h.dump(t); after != before {
		t.Errorf("the database changed from\n%s\nto\n%s", before, after)
	}
	// Beside and below is not above.
	must(t, h.Disable(h.ctx, h.find(t, "helper"), manager))
	other := h.staff(t, "second-chief", "test-manager")
	must(t, h.Disable(h.ctx, h.find(t, "chief"), other))
}

// The links of who is disabled are void, so that none is made. That somebody is disabled is for those
// who may know.
func linksNobodyDisabled(t *testing.T, h house) {
	h = h.mailing(t)
	boss, grace := h.staff(t, "boss", store.RoleAdmin), h.member(t, "grace")
	must(t, h.Disable(h.ctx, grace, boss))
	before := ""
	h.exec(t, `UPDATE users SET confirmed_at = NULL WHERE username = 'grace'`)
	before = h.dump(t)
	for _, from := range []store.Origin{boss, Operator} { // on a page that was drawn before
		_, err := h.ResetToken(h.ctx, grace, from)
		for _, err := range []error{err, h.SendReset(h.ctx, grace, from), h.AskToVerify(h.ctx, grace, from), h.SetEmail(h.ctx, grace, "new@example.com", Operator)} {
			if r := refused(t, err); r.Sentence != "The account grace is disabled. Enable it first." {
				t.Errorf("%+v", r)
			}
		}
	}
	_, err := h.ResetToken(h.ctx, h.find(t, "grace"), From)
	forbidden(t, "nobody", err)
	if after := h.dump(t); after != before {
		t.Errorf("the database changed from\n%s\nto\n%s", before, after)
	}
}

func actsNotOnOneself(t *testing.T, h house) {
	h = h.mailing(t)
	h.staff(t, "boss", store.RoleAdmin)
	chief := h.staff(t, "chief", store.RoleAdmin)
	before := h.dump(t)
	for _, a := range actings {
		if a.site {
			continue
		}
		if r := refused(t, a.do(h, h.find(t, "chief"), chief)); r.Sentence != ownAccount {
			t.Errorf("%s: %+v", a.verb, r)
		}
	}
	if after := h.dump(t); after != before {
		t.Errorf("the database changed from\n%s\nto\n%s", before, after)
	}
}

func actsOnNobody(t *testing.T, h house) {
	boss := h.staff(t, "boss", store.RoleAdmin)
	gone := h.member(t, "grace")
	must(t, h.Erase(h.ctx, gone, boss))
	before := h.dump(t)
	for _, from := range []store.Origin{boss, Operator} {
		for _, a := range actings {
			if a.site {
				continue
			}
			if err := a.do(h, gone, from); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%s = %v, want ErrNotFound", a.verb, err)
			}
		}
	}
	if after := h.dump(t); after != before {
		t.Errorf("the database changed from\n%s\nto\n%s", before, after)
	}
}

// taking is what administrators do one at a time: a statement that makes others wait.
const taking = `INSERT INTO locks (name, at) VALUES ('admins', '2026-01-01 00:00:00') ON CONFLICT (name) DO UPDATE SET at = '2026-01-01 00:00:00'`

// On PostgreSQL each would look first and then wait, if it did not wait first.
func actsInTurn(t *testing.T, h house) {
	h = h.mailing(t)
	boss := h.staff(t, "boss", store.RoleAdmin)
	demotes := []string{`UPDATE users SET role = '' WHERE username = 'boss'`}
	again := func() { h.exec(t, `UPDATE users SET role = 'admin', disabled_at = NULL WHERE username = 'boss'`) }
	for i, a := range actings {
		subject := a.begin(t, h, fmt.Sprintf("subject-%d", i))
		answers := h.overtake(t, taking, demotes, func() error { return a.do(h, subject, boss) })
		forbidden(t, "who was demoted just before "+a.verb, answers[0])
		again()
	}
	h.exec(t, `DELETE FROM letters`)
	h.exec(t, `DELETE FROM tokens`)
	must(t, h.Invite(h.ctx, "guest@example.com", "support", boss))
	token := h.letters(t)[store.LetterInvite].Token
	answers := h.overtake(t, taking, demotes, func() error {
		_, err := h.AcceptInvite(h.ctx, token, visitor(), From)
		return err
	})
	if !errors.Is(answers[0], store.ErrInvalidLink) {
		t.Errorf("an invitation by who was demoted just before: %v", answers[0])
	}
	again()
	// The subject is read afterwards, too.
	manager, subject := h.staff(t, "chief", "test-manager"), h.member(t, "climber")
	answers = h.overtake(t, taking, []string{`UPDATE users SET role = 'admin' WHERE username = 'climber'`}, func() error {
		return h.Disable(h.ctx, subject, manager)
	})
	if r := refused(t, answers[0]); r.Sentence != upward {
		t.Errorf("on who was promoted just before: %+v", r)
	}
	h.exec(t, `UPDATE users SET role = '' WHERE username = 'climber'`)
	// Closing waits as well.
	h.staff(t, "vice", store.RoleAdmin)
	answers = h.overtake(t, taking, []string{`UPDATE users SET disabled_at = created_at WHERE username = 'boss'`}, func() error {
		return h.CloseAccount(h.ctx, h.find(t, "vice"), From)
	})
	if r := refused(t, answers[0]); r.Sentence != lastAdmin {
		t.Errorf("the last administrator closes: %+v", r)
	}
	// And so does who would be the first.
	h.exec(t, `UPDATE users SET role = '' WHERE role = 'admin'`)
	promotes := []string{`UPDATE users SET role = 'admin' WHERE username = 'vice'`}
	link, err := h.SetupToken(h.ctx, Operator)
	must(t, err)
	answers = h.overtake(t, taking, promotes, func() error {
		_, err := h.SetupToken(h.ctx, Operator)
		return err
	})
	if !errors.Is(answers[0], store.ErrHasAdmin) {
		t.Errorf("a link beside an administrator: %v", answers[0])
	}
	h.exec(t, `UPDATE users SET role = '' WHERE role = 'admin'`)
	answers = h.overtake(t, taking, promotes, func() error {
		_, err := h.Setup(h.ctx, link, Ada(), From)
		return err
	})
	if !errors.Is(answers[0], store.ErrInvalidLink) {
		t.Errorf("a first administrator beside another: %v", answers[0])
	}
}

// In any other order two of them could wait for each other.
func waitsFirst(t *testing.T, h house) {
	w := &Watch{}
	h = open(t, h.kind.Watched(w)).mailing(t)
	first := func(verb string, do func() error) {
		t.Helper()
		w.Take()
		must(t, do())
		for _, statement := range w.Take() {
			switch word, _, _ := strings.Cut(strings.TrimSpace(statement), " "); {
			case strings.HasPrefix(statement, "INSERT INTO locks"):
				return
			case slices.Contains([]string{"INSERT", "UPDATE", "DELETE"}, word):
				t.Errorf("%s begins with %s", verb, statement)
				return
			}
		}
		t.Errorf("%s waits for nobody", verb)
	}
	link := h.setup(t)
	first("SetupToken", func() error {
		_, err := h.SetupToken(h.ctx, Operator)
		return err
	})
	first("Setup", func() error {
		_, err := h.Setup(h.ctx, link, Ada(), From)
		return err
	})
	for i, a := range actings {
		subject := a.begin(t, h, fmt.Sprintf("subject-%d", i))
		first(a.verb, func() error { return a.do(h, subject, by(h.find(t, "ada"))) })
	}
	h.exec(t, `DELETE FROM letters`)
	must(t, h.Invite(h.ctx, "other@example.com", "support", Operator))
	token := h.letters(t)[store.LetterInvite].Token
	first("AcceptInvite", func() error {
		_, err := h.AcceptInvite(h.ctx, token, visitor(), From)
		return err
	})
	visitor := h.find(t, "visitor")
	first("CloseAccount", func() error { return h.CloseAccount(h.ctx, visitor, From) })
}

// usedJustNow is a link that somebody else used, or that was voided, between the look and the deed.
func usedJustNow(t *testing.T, h house) {
	h = h.mailing(t)
	link := h.setup(t)
	must(t, h.Invite(h.ctx, "guest@example.com", "support", Operator))
	token := h.letters(t)[store.LetterInvite].Token
	answers := h.overtake(t, taking, []string{`DELETE FROM tokens`}, func() error {
		_, err := h.Setup(h.ctx, link, Ada(), From)
		return err
	}, func() error {
		_, err := h.AcceptInvite(h.ctx, token, visitor(), From)
		return err
	})
	for _, err := range answers {
		if !errors.Is(err, store.ErrInvalidLink) {
			t.Errorf("a link that was just voided: %v", err)
		}
	}
	h.count(t, "users", 0)
}

// letters are those that wait, by their kinds.
func (h house) letters(t *testing.T) map[string]store.Letter {
	t.Helper()
	list := map[string]store.Letter{}
	for _, l := range h.post(t) {
		list[l.Kind] = l
	}
	return list
}
