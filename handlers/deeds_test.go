package handlers

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/store"
	"gatehouse/store/storetest"
)

// done is a deed as a page does it.
type done struct {
	below  string
	values url.Values
	// asked says that the deed has a page of its own.
	asked bool
}

// everyDeed are all deeds on a person, with what each takes to be done to grace.
var everyDeed = []done{
	{below: "/signins/end"},
	{below: "/signins/NONE/end"},
	{below: "/reset"},
	{below: "/confirm"},
	{"/factors", url.Values{}, true},
	{"/disable", url.Values{}, true},
	{below: "/enable"},
	{"/role", url.Values{"role": {"support"}, "was": {"member"}}, true},
	{"/close", url.Values{}, true},
	{"/erase", url.Values{"username": {"grace"}}, true},
}

// does sends a deed on somebody.
func (v *visitor) does(id int64, d done) *page {
	v.t.Helper()
	return v.post(v.h.Admin.Person(id, d.below), d.values)
}

// deeds are the rows of the audit, the oldest first: what was done to whom, by whom, and what is said about it.
func (h *house) deeds(t *testing.T) (list []string) {
	t.Helper()
	audit, err := h.Store.Audit(t.Context(), store.Sought{})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range slices.Backward(audit.Rows) {
		list = append(list, strings.TrimSpace(fmt.Sprintf("%s %d by %s %d: %s %s", d.Name, d.SubjectID, d.Actor, d.ActorID, d.Detail, d.Reason)))
	}
	return list
}

// Every deed says what came of it, whether or not there was anything to do.
func TestADeedSaysWhatCameOfIt(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		storetest.Register(t, h.Store, registration("grace"))
		grace, boss := h.user(t, "grace"), v.serves("boss", store.RoleAdmin)
		reopen := h.clock.Now().Add(h.Store.ReopenWithin()).UTC().Format("2 January")
		for range 3 {
			v.another().tries("grace", storetest.Password).goesTo("/")
		}
		one := "/signins/" + h.signIns(t, "grace")[0].Handle + "/end"
		ask := func(below string, form ...string) done { return done{below, parsed(strings.Join(form, "&")), true} }
		for _, step := range []struct {
			done
			says string
		}{
			{done{below: one}, "grace is signed out on that device."},
			{done{below: one}, "grace was signed out on that device already."},
			{done{below: "/signins/end"}, "grace is signed out on 2 devices."},
			{done{below: "/signins/end"}, "grace was signed in nowhere."},
			{done{below: "/reset"}, "A link for a new password is on its way to grace."},
			{done{below: "/confirm"}, "A link to confirm the address is on its way to grace."},
			{ask("/factors"), "grace has no second step and no passkey."},
			{ask("/disable", "reason=asked by phone"), "grace is disabled and signed out everywhere."},
			{ask("/disable"), "grace was disabled already."},
			{done{below: "/enable"}, "grace can sign in again."},
			{done{below: "/enable"}, "grace was not disabled."},
			{ask("/role", "role=support", "was=member", "reason=hired"), "grace is now Support and has to sign in again."},
			{ask("/role", "role=support", "was=support"), "grace is Support already."},
			{ask("/role", "role=member", "was=support"), "grace is now Member and has to sign in again."},
			{ask("/close"), "grace is closed and can be reopened until " + reopen},
			{ask("/close"), "grace was closed already."},
		} {
			page := boss.does(grace.ID, step.done)
			if path := h.Admin.Person(grace.ID, ""); step.asked {
				page = page.goesTo(path)
			} else {
				page = page.arrives(path)
			}
			page.is(200).says(step.says)
		}
		if _, err := h.data.Write.Exec(`UPDATE users SET confirmed_at = created_at WHERE username = 'grace'`); err != nil {
			t.Fatal(err)
		}
		boss.does(grace.ID, done{below: "/confirm"}).arrives(h.Admin.Person(grace.ID, "")).says("The address of grace is confirmed already.")
		boss.does(grace.ID, ask("/erase", "username=Grace", "reason=wanted it")).goesTo(h.Admin.People()).
			says("grace is erased. The username stays reserved for 30 days.")
		n, by := grace.ID, fmt.Sprintf("by boss %d:", h.user(t, "boss").ID)
		want := []string{
			fmt.Sprintf("authz_change %d by command line, alice 0: member admin", h.user(t, "boss").ID),
			fmt.Sprintf("authn_token_revoked %d %s %s", n, by, strings.Split(one, "/")[2]),
			fmt.Sprintf("authn_token_revoked %d %s", n, by),
			fmt.Sprintf("authn_password_reset_asked %d %s", n, by),
			fmt.Sprintf("email_confirmation_asked %d %s", n, by),
			fmt.Sprintf("authn_login_lock %d %s", n, by),
			fmt.Sprintf("authn_login_unlock %d %s", n, by),
			fmt.Sprintf("authz_change %d %s member support", n, by),
			fmt.Sprintf("authz_change %d %s support member", n, by),
			fmt.Sprintf("user_archived %d %s", n, by),
			fmt.Sprintf("user_deleted %d %s  wanted it", n, by),
		}
		if got := h.deeds(t); !slices.Equal(got, want) {
			t.Errorf("AUD-01: the audit is\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}, withMail)
}

// AUD-02: a deed on a page is in the audit, in the activity of its subject and in the log, the right way round. The owner
// is not told who it was.
func TestAUD02ADeedNamesActorAndSubject(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		h.equips(t, "grace")
		grace, boss := v.another(), v.serves("boss", store.RoleAdmin)
		admin, subject := h.user(t, "boss").ID, h.user(t, "grace").ID
		boss.does(subject, done{"/factors", url.Values{"reason": {"lost her phone"}}, true}).goesTo(h.Admin.Person(subject, "")).
			says("grace signs in with the password alone now.").says("By boss")
		audit, err := h.Store.Audit(t.Context(), store.Sought{})
		if err != nil {
			t.Fatal(err)
		}
		if d := audit.Rows[0]; d.Name != store.EventFactorsReset || d.ActorID != admin || d.Actor != "boss" || d.SubjectID != subject ||
			d.Reason != "lost her phone" || d.Address != "127.0.0.1" || d.Request == "" {
			t.Errorf("the audit says %+v", d)
		}
		for _, line := range []string{
			fmt.Sprintf(`"event":"%s","user":%d,"actor":%d,`, store.EventFactorsReset, subject, admin), fmt.Sprintf(`"user":%d,"subject":%d`, admin, subject),
		} {
			if !strings.Contains(h.log.String(), line) {
				t.Errorf("the log lacks %s", line)
			}
		}
		grace.tries("grace", storetest.Password).goesTo("/")
		own := grace.get("/account/activity").says("By an administrator.").hides("boss", "lost her phone")
		if entries := own.Find(".entry").Length(); entries < 3 {
			t.Errorf("grace is told of %d things", entries)
		}
		grace.get("/account/export").hides("boss", "lost her phone")
	}, withMail)
}

// FAC-02: whoever lost a phone is helped from the page, is told, and has to sign in again.
func TestFAC02FactorsAreRemovedFromThePage(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		grace := h.equips(t, "grace")
		helper := v.serves("helper", "support")
		page := helper.get(h.at(t, "grace", "")).follow("Remove all factors of grace").is(200).says("Be sure that it's really them who ask.")
		page.submit(map[string]string{"reason": "lost her phone"}).goesTo(h.Admin.Person(grace.ID, "")).
			says("grace signs in with the password alone now.").hides("Remove all factors")
		if got := len(h.signIns(t, "grace")); got != 0 {
			t.Errorf("grace is signed in on %d devices", got)
		}
		if got := h.subjects(t, grace.Email); got[0] != "Your second step was removed" {
			t.Errorf("the letters are %q", got)
		}
		v.another().tries("grace", storetest.Password).goesTo("/").is(200)
		want := fmt.Sprintf("%s %d by helper %d:  lost her phone", store.EventFactorsReset, grace.ID, h.user(t, "helper").ID)
		if got := h.deeds(t); got[len(got)-1] != want {
			t.Errorf("the audit ends with %q, want %q", got[len(got)-1], want)
		}
	}, withMail)
}

// What is said of who has no password, and of whom the site asks for a second step.
func TestFactorsGoneIsSaidAsItIs(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		boss := v.another()
		storetest.Register(t, h.Store, registration("boss"))
		h.gives(t, "boss", store.RoleAdmin)
		boss.tries("boss", storetest.Password).goesTo("/account/second")
		if _, err := h.data.Write.Exec(`UPDATE users SET second_at = created_at WHERE username = 'boss'`); err != nil {
			t.Fatal(err)
		}
		for username, sentence := range map[string]string{
			"grace": "grace signs in with the password alone now, and is asked to set up a second factor.",
			"vera":  "vera has no factors and no password now. Send a link for a new password.",
		} {
			user := h.equips(t, username)
			if username == "vera" {
				if _, err := h.data.Write.Exec(`UPDATE users SET password_scheme = '', password_hash = '' WHERE username = 'vera'`); err != nil {
					t.Fatal(err)
				}
			}
			boss.does(user.ID, done{"/factors", url.Values{}, true}).goesTo(h.Admin.Person(user.ID, "")).says(sentence)
		}
	}, withMail, withRules(func(r *store.Rules) { r.SecondStepRequired = true }))
}

// FAC-03: a link for a new password changes nothing until it is used, and leaves the factors.
func TestFAC03ALinkLeavesTheFactors(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		grace := h.equips(t, "grace")
		helper := v.serves("helper", "support")
		before := len(h.signIns(t, "grace"))
		helper.does(grace.ID, done{below: "/reset"}).arrives(h.Admin.Person(grace.ID, "")).says("A link for a new password is on its way to grace.").
			hides("/password/reset/")
		if got := len(h.signIns(t, "grace")); got != before {
			t.Errorf("grace is signed in on %d devices, want %d", got, before)
		}
		letter := h.letters(t)[0]
		if !strings.Contains(letter.Text, "The people who run Gatehouse sent you this link.") || strings.Contains(letter.Text, "127.0.0.1") || strings.Contains(letter.Text, "helper") {
			t.Errorf("the letter says\n%s", letter.Text)
		}
		owner := v.another()
		owner.follows(h.link(t, grace.Email)).submit(map[string]string{"password": newPassword}).goesTo("/login")
		if !h.user(t, "grace").SecondStep() {
			t.Error("the second step is gone")
		}
		owner.tries("grace", newPassword).goesTo("/login/second")
	}, withMail)
}

// Three an hour, whoever asks.
func TestStaffSendThreeLinksAnHour(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		storetest.Register(t, h.Store, registration("grace"))
		grace, helper := h.user(t, "grace"), v.serves("helper", "support")
		// One to confirm the address was written when grace registered.
		for below, free := range map[string]int{"/reset": store.LettersPerHour, "/confirm": store.LettersPerHour - 1} {
			for range free {
				helper.does(grace.ID, done{below: below}).arrives(h.Admin.Person(grace.ID, "")).is(200)
			}
			before := h.dump(t, "sessions")
			helper.does(grace.ID, done{below: below}).is(422).says("grace had 3 of these emails within the hour. Wait before you send another.").
				says("grace@example.com")
			if after := h.dump(t, "sessions"); after != before {
				t.Error("a link that was refused changed something")
			}
		}
		h.clock.Move(time.Hour)
		helper.tries("helper", storetest.Password)
		again := v.another()
		again.tries("helper", storetest.Password).goesTo("/")
		again.does(grace.ID, done{below: "/reset"}).arrives(h.Admin.Person(grace.ID, "")).is(200)
	}, withMail)
}

func TestWithoutMailTheOperatorIsNamed(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		storetest.Register(t, h.Store, registration("grace"))
		grace, helper := h.user(t, "grace"), v.serves("helper", "support")
		sentence := "This site sends no mail. Whoever runs it can use gatehouse user reset grace."
		helper.get(h.at(t, "grace", "")).says(sentence).hides("Send a link")
		helper.does(grace.ID, done{below: "/reset"}).is(422).says(sentence)
		helper.does(grace.ID, done{below: "/confirm"}).is(422).says("This site sends no mail")
	})
}

// PPL-06: who is disabled while signed in on two copies of the program is signed out by the next request to either, and
// the right password gets the sentence of every failure. What was emailed is void.
func TestPPL06DisabledOnTwoCopies(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		h.confirms(t, "grace")
		if err := h.Store.AskReset(t.Context(), "grace", storetest.From); err != nil {
			t.Fatal(err)
		}
		link := h.link(t, "grace@example.com")
		beside := h.beside(t)
		here, there := v.another(), beside.visitor(t)
		there.htmx = v.htmx
		for _, grace := range []*visitor{here, there} {
			grace.tries("grace", storetest.Password).goesTo("/")
		}
		boss := v.serves("boss", store.RoleAdmin)
		boss.get(h.at(t, "grace", "/disable")).submit(map[string]string{"reason": "asked"}).goesTo(h.at(t, "grace", "")).
			says("grace is disabled and signed out everywhere.").says("Disabled")
		for _, grace := range []*visitor{here, there} {
			grace.get("/account").goesTo("/login?next=%2Faccount")
			grace.post("/account/profile", url.Values{"name": {"Grace"}, "username": {"grace"}}).turnedAway()
			grace.tries("grace", storetest.Password).is(422).says(store.ErrWrongLogin.Error())
		}
		boss.does(h.user(t, "grace").ID, done{below: "/enable"}).arrives(h.at(t, "grace", "")).says("grace can sign in again.")
		for _, grace := range []*visitor{here, there} {
			grace.tries("grace", storetest.Password).goesTo("/")
		}
		v.another().follows(link).is(422)
		if n := h.rows(t, "tokens WHERE purpose = 'reset'"); n != 0 {
			t.Errorf("%d links for a new password are left", n)
		}
	}, withMail)
}

// PPL-07: every deed on oneself, upward, on who is gone, and on somebody who is not there to the last: a sentence, and
// nothing is written.
func TestPPL07DeedsThatCannotBe(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		boss, manager := v.serves("boss", store.RoleAdmin), v.serves("manager", testManager)
		storetest.Register(t, h.Store, registration("grace"))
		id := func(username string) int64 { return h.user(t, username).ID }
		gone := id("grace")
		if err := h.Store.Erase(t.Context(), h.user(t, "grace"), storetest.Operator); err != nil {
			t.Fatal(err)
		}
		before := h.dump(t, "sessions")
		for _, d := range everyDeed {
			values := url.Values{"role": {"support"}, "was": {testManager}, "username": {"manager"}}
			own := done{d.below, values, d.asked}
			manager.does(id("manager"), own).is(422).says("This is your own account: use its own pages.")
			values = url.Values{"role": {"support"}, "was": {"admin"}, "username": {"boss"}}
			// ROL-06
			manager.does(id("boss"), done{d.below, values, d.asked}).is(422).says("You can't do this to somebody who may do more than you.")
			boss.does(gone, d).is(404).says(fmt.Sprintf("There is no account with the number %d, or not any more.", gone))
			if d.asked {
				manager.get(h.Admin.Person(id("manager"), d.below)).is(422).says("This is your own account: use its own pages.")
				manager.get(h.Admin.Person(id("boss"), d.below)).is(422).says("You can't do this to somebody who may do more than you.")
			}
		}
		if after := h.dump(t, "sessions"); after != before {
			t.Errorf("the database changed from\n%s\nto\n%s", before, after)
		}
	}, withMail)
}

// PPL-07: a form that was drawn with another role is refused, and shown with the role that holds.
func TestPPL07AStaleRoleIsRefused(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		storetest.Register(t, h.Store, registration("grace"))
		boss := v.serves("boss", store.RoleAdmin)
		page := boss.get(h.at(t, "grace", "/role")).is(200)
		h.gives(t, "grace", "support")
		page = page.submit(map[string]string{"role": "admin", "reason": "promoted"}).is(422).says("The role is Support by now. Check and send again.")
		if page.value("reason") != "promoted" || page.Find(`input[name=role][checked]`).AttrOr("value", "") != "admin" {
			t.Errorf("what was typed is gone: %q", page.value("reason"))
		}
		page.submit(nil).goesTo(h.at(t, "grace", "")).says("grace is now Administrator and has to sign in again.")
		for _, role := range []string{"", "nobody", "Support"} {
			boss.does(h.user(t, "grace").ID, done{"/role", url.Values{"role": {role}, "was": {"admin"}}, true}).is(422)
		}
		if got := h.user(t, "grace").Role; got != store.RoleAdmin {
			t.Errorf("grace is %q", got)
		}
	})
}

// ROL-06: nobody gives a role that may do more than they, nor is offered one.
func TestROL06NoRoleAboveOnesOwn(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		storetest.Register(t, h.Store, registration("grace"))
		manager := v.serves("manager", testManager)
		page := manager.get(h.at(t, "grace", "/role")).is(200)
		var offered []string
		for _, role := range page.Find("input[name=role]").EachIter() {
			offered = append(offered, role.AttrOr("value", ""))
		}
		if want := []string{"member", "support", testManager}; !slices.Equal(offered, want) {
			t.Errorf("offered are %q, want %q", offered, want)
		}
		for _, role := range []string{store.RoleAdmin, testChief} {
			manager.does(h.user(t, "grace").ID, done{"/role", url.Values{"role": {role}, "was": {"member"}}, true}).is(422)
		}
		if got := h.user(t, "grace").Role; got != "" {
			t.Errorf("grace is %q", got)
		}
		for role, below := range map[string][]string{
			"":        {"", "/reset", "/signins/end", "/factors", "/disable", "/close", "/erase", "/role"},
			"support": {"/disable", "/enable", "/close", "/erase", "/role"},
		} {
			staff := v.another()
			if role != "" {
				staff = v.serves("helper", role)
			} else {
				storetest.Register(t, h.Store, registration("member"))
				staff.tries("member", storetest.Password).goesTo("/")
			}
			before := h.dump(t, "sessions")
			for _, b := range below {
				staff.post(h.at(t, "grace", b), url.Values{"role": {"support"}, "was": {"member"}, "username": {"grace"}})
				staff.get(h.at(t, "grace", b))
			}
			if after := h.dump(t, "sessions"); after != before {
				t.Errorf("%q changed something", role)
			}
		}
	})
}

// ROL-07: the only administrator who can sign in stays, whoever tries what, and can close nothing of their own either.
func TestROL07TheLastAdministratorStays(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		boss := v.serves("boss", store.RoleAdmin)
		for username, state := range map[string]string{"disabled": "disabled_at", "closed": "closed_at"} {
			v.serves(username, store.RoleAdmin)
			if _, err := h.data.Write.Exec(`UPDATE users SET `+state+` = created_at WHERE username = $1`, username); err != nil {
				t.Fatal(err)
			}
		}
		chief := v.serves("chief", testChief)
		before := h.dump(t, "sessions")
		for below, values := range map[string]string{
			"/disable": "", "/close": "", "/erase": "username=boss", "/role": "role=member&was=admin",
		} {
			chief.does(h.user(t, "boss").ID, done{below, parsed(values), true}).is(422).says(store.ErrLastAdmin.Error())
		}
		boss.post("/account/delete", url.Values{"username": {"boss"}}).is(422).says(store.ErrLastAdmin.Error())
		if after := h.dump(t, "sessions"); after != before {
			t.Errorf("the database changed from\n%s\nto\n%s", before, after)
		}
	})
}

// A deed whose proof has run out leads by way of the confirmation back to where it was asked for, and is not done.
func TestADeedTakesRecentProof(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		storetest.Register(t, h.Store, registration("grace"))
		grace, boss := h.user(t, "grace"), v.serves("boss", store.RoleAdmin)
		h.clock.Move(store.RecentAuthStaff)
		before := h.dump(t, "sessions", "signins")
		for _, d := range everyDeed {
			back := h.Admin.Person(grace.ID, "")
			if d.asked {
				back += d.below
			}
			if got, want := boss.does(grace.ID, d).destination(), "/confirm?next="+url.QueryEscape(back); got != want {
				t.Errorf("%s leads to %q, want %q", d.below, got, want)
			}
		}
		if after := h.dump(t, "sessions", "signins"); after != before {
			t.Errorf("the database changed from\n%s\nto\n%s", before, after)
		}
		boss.post("/confirm", url.Values{"password": {storetest.Password}, "next": {h.at(t, "grace", "/disable")}}).goesTo(h.at(t, "grace", "/disable")).is(200)
	}, withMail)
}

// What is typed stays when a form is refused. A reason that outlives the account names nobody.
func TestAReasonIsPlainText(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		r := registration("grace")
		r.Name = "Grace Hopper"
		storetest.Register(t, h.Store, r)
		grace, boss := h.user(t, "grace"), v.serves("boss", store.RoleAdmin)
		long := strings.Repeat("ä", store.ReasonMax)
		for reason, sentence := range map[string]string{
			long + "x": "That's 201 characters. Use at most 200.", "she\x00asked": "Use plain text", "she \u202easked": "Use plain text",
		} {
			page := boss.does(grace.ID, done{"/disable", url.Values{"reason": {reason}}, true}).is(422).says(sentence)
			if got := page.value("reason"); got != strings.ReplaceAll(reason, "\x00", "\ufffd") {
				t.Errorf("%q is %q by now", reason, got)
			}
		}
		for _, reason := range []string{"GRACE asked", "asked as grace@example.com.", "for grace hopper"} {
			boss.does(grace.ID, done{"/erase", url.Values{"username": {"grace"}, "reason": {reason}}, true}).is(422).says("The audit outlives the account.")
		}
		boss.does(grace.ID, done{"/erase", url.Values{"username": {"ada"}}, true}).is(422).says("Type grace to erase this account.")
		if h.user(t, "grace").Disabled() {
			t.Error("a deed that was refused was done")
		}
		boss.does(grace.ID, done{"/disable", url.Values{"reason": {long}}, true}).goesTo(h.at(t, "grace", ""))
		if got := h.deeds(t); !strings.HasSuffix(got[len(got)-1], long) {
			t.Errorf("the audit says %q", got[len(got)-1])
		}
	})
}

// Closing is as the owner would close: they are told, and reopen the account by signing in. Where nobody can reopen one
// it is erased at once, which takes whoever may do that.
func TestStaffCloseAsTheOwnerWould(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		h.confirms(t, "grace")
		boss := v.serves("boss", store.RoleAdmin)
		boss.get(h.at(t, "grace", "/close")).submit(nil).goesTo(h.at(t, "grace", "")).says("Closed")
		letter := h.letters(t)[0]
		if letter.Subject != "Your account is closed" || !strings.Contains(letter.Text, "The people who run Gatehouse closed your account grace.") {
			t.Errorf("the letter says\n%s\n%s", letter.Subject, letter.Text)
		}
		grace := v.another()
		grace.tries("grace", storetest.Password).goesTo("/reopen").submit(nil).goesTo("/account")
		grace.get("/account/activity").says("Account closed").says("By an administrator.")
	}, withMail)
}

func TestClosingThatErasesTakesWhoMayErase(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		storetest.Register(t, h.Store, registration("grace"))
		grace := h.user(t, "grace")
		boss := v.serves("boss", store.RoleAdmin)
		boss.get(h.at(t, "grace", "/close")).says("The account and everything in it are erased at once, for good.").submit(map[string]string{"reason": "asked"})
		boss.get(h.Admin.Person(grace.ID, "")).is(404)
		want := fmt.Sprintf("user_deleted %d by boss %d:  asked", grace.ID, h.user(t, "boss").ID)
		if got := h.deeds(t); got[len(got)-1] != want {
			t.Errorf("the audit ends with %q, want %q", got[len(got)-1], want)
		}
	}, withRules(func(r *store.Rules) { r.Reopen = 0 }))
}

// A form that was drawn for another administrator is shown again, by a page of the right one, and done by nobody.
func TestADeedDrawnForSomebodyElseIsNotDone(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		storetest.Register(t, h.Store, registration("grace"))
		grace, boss := h.user(t, "grace"), v.serves("boss", store.RoleAdmin)
		v.serves("vice", store.RoleAdmin)
		before := h.dump(t, "sessions")
		for _, d := range everyDeed {
			values := url.Values{"account": {h.user(t, "vice").FormID()}, "reason": {"typed"}}
			for name, value := range d.values {
				values[name] = value
			}
			page := boss.does(grace.ID, done{d.below, values, d.asked}).is(422).says("boss")
			if page.Find(`form[action="`+h.Admin.Person(grace.ID, "")+`/disable"], a[href="`+h.Admin.Person(grace.ID, "")+`"], a[href="`+h.Admin.Person(grace.ID, "/disable")+`"]`).Length() == 0 {
				t.Errorf("%s is answered by another page:\n%s", d.below, page.body)
			}
			if d.asked && page.value("reason") != "typed" {
				t.Errorf("%s: what was typed is gone", d.below)
			}
		}
		if after := h.dump(t, "sessions"); after != before {
			t.Errorf("the database changed from\n%s\nto\n%s", before, after)
		}
	}, withMail)
}
