package storetest_test

import (
	"errors"
	"testing"
	"time"

	"gatehouse/store"
	. "gatehouse/store/storetest"
)

// The contract of how staff sign in.
func TestStaffContract(t *testing.T) {
	contract(t, []promise{
		{"ROL-09 ends a sign-in that was kept, and keeps none of staff", staffNotKept},
		{"ROL-09 ends a sign-in of staff after half an hour without a visit, and after twelve hours in all", staffShort},
		{"ROL-09 takes a proof of staff for five minutes", staffProof},
		{"ROL-09 holds a role that was given by hand to the same", staffByHand},
		{"trusts no browser of staff", staffTrustNothing},
		{"ends trust with a change of role, and with disabling", staffTrustEnds},
		{"asks staff alone for a second step, where the site does", staffSecondStep},
		{"has the rules for staff for guarded roles alone", staffGuarded},
	})
}

// promoted is Ada, who has that role and just signed in and asked to stay so.
func (h house) promoted(t *testing.T, role string) store.SignIn {
	t.Helper()
	Register(t, h.Store, Ada())
	must(t, h.makeRole(t, "ada", role))
	return h.signInAs(t, h.find(t, "ada"), true)
}

func staffNotKept(t *testing.T, h house) {
	before := h.signIn(t, true)
	if !before.Remembered || !before.EndsAt.Equal(h.moment(store.AbsoluteRemembered)) {
		t.Errorf("a member is signed in by %+v", before)
	}
	must(t, h.makeRole(t, "ada", "support"))
	h.gone(t, before.ID)
	n := h.signInAs(t, h.find(t, "ada"), true)
	h.count(t, "signins WHERE kept", 0)
	list, err := h.SignIns(h.ctx, h.find(t, "ada"))
	must(t, err)
	current, _, err := h.Current(h.ctx, n.ID)
	must(t, err)
	overview, _, _, err := h.CurrentOverview(h.ctx, n.ID)
	must(t, err)
	for name, got := range map[string]store.SignIn{"SignIn": n, "SignIns": list[0], "Current": current, "CurrentOverview": overview} {
		if got != n || got.Remembered || !got.Staff || !got.EndsAt.Equal(h.moment(12*time.Hour)) || !got.IdleAt.Equal(h.moment(30*time.Minute)) {
			t.Errorf("%s says %+v", name, got)
		}
	}
	must(t, h.makeRole(t, "ada", ""))
	h.gone(t, n.ID)
	if n := h.signInAs(t, h.find(t, "ada"), true); !n.Remembered || n.Staff {
		t.Errorf("a member again is signed in by %+v", n)
	}
}

func staffShort(t *testing.T, h house) {
	n := h.promoted(t, store.RoleAdmin)
	h.clock.Move(30*time.Minute - time.Second)
	h.visit(t, n.ID)
	h.clock.Move(30*time.Minute - time.Second)
	h.visit(t, n.ID)
	h.clock.Move(30 * time.Minute)
	h.gone(t, n.ID)
	n = h.signInAs(t, h.find(t, "ada"), true)
	for range 36 {
		h.visit(t, n.ID)
		h.clock.Move(20*time.Minute - time.Millisecond)
	}
	h.visit(t, n.ID)
	h.clock.Move(36 * time.Millisecond)
	h.gone(t, n.ID)
	if got := h.handles(t, "ada"); len(got) != 0 {
		t.Errorf("listed %v", got)
	}
}

func staffProof(t *testing.T, h house) {
	n := h.promoted(t, "support")
	proves := func(n store.SignIn) {
		t.Helper()
		h.clock.Move(5*time.Minute - time.Microsecond)
		if !h.RecentlyAuthenticated(h.visit(t, n.ID)) {
			t.Error("a proof is not taken for five minutes")
		}
		h.clock.Move(time.Microsecond)
		if h.RecentlyAuthenticated(h.visit(t, n.ID)) {
			t.Error("a proof is taken for more than five minutes")
		}
	}
	proves(n)
	n, err := h.Reauthenticate(h.ctx, h.visit(t, n.ID), Password, "", From)
	must(t, err)
	proves(n)
}

func staffByHand(t *testing.T, h house) {
	kept, n := h.signIn(t, true), h.signIn(t, false)
	h.exec(t, `UPDATE users SET role = 'support'`)
	h.gone(t, kept.ID)
	h.gone(t, n.ID)
	if got := h.handles(t, "ada"); len(got) != 0 {
		t.Errorf("listed %v", got)
	}
}

// trustBy enters with the app and asks to trust the browser.
func (h house) trustBy(t *testing.T, ada equipment, device string) {
	t.Helper()
	_, err := SignInByCode(h.Store, "ada", Password, store.KindCode, ada.Next(), trustToken, on(device))
	must(t, err)
}

func staffTrustNothing(t *testing.T, h house) {
	h, ada := h.trusted(t)
	h.exec(t, `UPDATE users SET role = 'support'`) // which ends no trust
	if !h.asked(t, "ada", Password, trusting("home", trustToken)) {
		t.Error("staff are not asked on a browser that they trusted as members")
	}
	h.trustBy(t, ada, "work")
	if !h.asked(t, "ada", Password, trusting("work", trustToken)) {
		t.Error("staff can trust a browser")
	}
	h.count(t, "devices WHERE trusted_until IS NOT NULL", 1)
	h.exec(t, `UPDATE users SET role = 'writer'`)
	h.trustBy(t, ada, "work")
	if h.asked(t, "ada", Password, trusting("home", trustToken)) || h.asked(t, "ada", Password, trusting("work", trustToken)) {
		t.Error("who is nobody's staff is asked")
	}
}

func staffTrustEnds(t *testing.T, h house) {
	h, ada := h.trusted(t)
	ends := func(what string, deed func(ada store.User) error) {
		t.Helper()
		entry := h.trustedEntry(t)
		must(t, deed(h.find(t, "ada")))
		if _, err := h.SignIn(h.ctx, entry, trusting("home", trustToken)); err == nil {
			t.Errorf("%s: a sign-in that began before came about", what)
		}
		h.count(t, "devices WHERE trusted_until IS NOT NULL OR trust <> ''", 0)
	}
	ends("a role", func(store.User) error { return h.makeRole(t, "ada", "test-writer") })
	h.trustBy(t, ada, "home")
	ends("disabling", func(ada store.User) error { return h.Disable(h.ctx, ada, Operator) })
	must(t, h.Enable(h.ctx, h.find(t, "ada"), Operator))
	if !h.asked(t, "ada", Password, trusting("home", trustToken)) {
		t.Error("enabled again, somebody is not asked")
	}
}

func staffSecondStep(t *testing.T, h house) {
	plain, rules := h, store.DefaultRules
	rules.SecondStepStaff = true
	h = h.ruled(t, rules)
	for role, staff := range map[string]bool{"": false, "test-writer": false, "long-gone": false, "support": true, "test-manager": true, store.RoleAdmin: true} {
		user := store.User{Role: role}
		if h.RequiresSecondStep(user) != staff || h.MustSetUp(user) != staff || plain.RequiresSecondStep(user) || plain.MustSetUp(user) {
			t.Errorf("%q must set up: %v, want %v, and nobody elsewhere", role, h.MustSetUp(user), staff)
		}
		user.SecondAt = h.clock.Now()
		if h.RequiresSecondStep(user) != staff || h.MustSetUp(user) {
			t.Errorf("%q, who has a second step, must set one up: %v", role, h.MustSetUp(user))
		}
	}
	rules.SecondStepStaff, rules.SecondStepRequired = false, true
	if all := h.ruled(t, rules); !all.MustSetUp(store.User{}) || !all.MustSetUp(store.User{Role: "support"}) {
		t.Error("not everybody must set up where the site asks everybody")
	}
	// They sign in with the password alone until it is set up, and cannot turn it off then.
	n := h.promoted(t, "support")
	app, n, codes := SetUpApp(t, h.Store, h.clock, n)
	if len(codes) != store.RecoveryCodes {
		t.Errorf("made codes %v", codes)
	}
	app.Next()
	if _, err := h.TurnSecondStepOff(h.ctx, n, h.find(t, "ada"), From); !errors.Is(err, store.ErrRequired) {
		t.Errorf("staff turn it off: %v", err)
	}
	if !h.asked(t, "ada", Password, From) {
		t.Error("it is off")
	}
	_, err := h.ResetFactors(h.ctx, h.find(t, "ada"), Operator)
	must(t, err)
	if user := h.find(t, "ada"); !h.MustSetUp(user) {
		t.Errorf("%+v need not set it up again", user)
	}
	h.signInAs(t, h.find(t, "ada"), false)
	// The first passkey of staff turns it on.
	must(t, h.makeRole(t, "ada", "test-manager"))
	added := AddPasskey(t, h.Store, NewAuthenticator(Origin), h.signInAs(t, h.find(t, "ada"), false))
	if user := h.find(t, "ada"); !user.SecondStep() || len(added.Codes) != store.RecoveryCodes || h.MustSetUp(user) {
		t.Errorf("%+v has codes %v", user, added.Codes)
	}
}

func staffGuarded(t *testing.T, h house) {
	n := h.promoted(t, "test-writer")
	if !n.Remembered || n.Staff || !n.EndsAt.Equal(h.moment(store.AbsoluteRemembered)) || !n.IdleAt.Equal(h.moment(store.IdleRemembered)) {
		t.Errorf("signed in by %+v", n)
	}
	h.clock.Move(9 * time.Minute)
	if !h.RecentlyAuthenticated(h.visit(t, n.ID)) {
		t.Error("a proof is not taken for nine minutes")
	}
}
