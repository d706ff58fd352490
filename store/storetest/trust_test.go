package storetest_test

import (
	"strings"
	"testing"
	"time"

	"gatehouse/store"
	"gatehouse/store/secret"
	. "gatehouse/store/storetest"
)

// The contract of trusted browsers.
func TestTrustContract(t *testing.T) {
	contract(t, []promise{
		{"FX-15 asks a trusted browser for no second step, however often somebody signs out and in", trusts},
		{"FX-16 trusts a browser for thirty days, and use prolongs nothing", trustEnds},
		{"trusts a browser by both its tokens, and by no other", bothTokens},
		{"lets four people trust one browser", fourTokens},
		{"trusts nothing where the site allows none, and nothing by a recovery code", trustsNothing},
		{"takes no sign-in on a trusted browser for recent proof", trustIsNoProof},
		{"refuses a browser whose trust has ended since the password", trustEndedMeanwhile},
		{"ends trust before a sign-in that found it, or after that", trustEndsBeside},
		{"lists the browsers that are trusted, and ends them at once", listsTrusted},
	})
}

// trustToken is what the cookie of a trusted browser holds.
const trustToken = "the-token-of-trust"

// trusting is a browser with a device cookie and tokens of trust.
func trusting(device string, tokens ...string) store.Origin {
	from := on(device)
	from.Trust = strings.Join(tokens, ".")
	return from
}

// trusted is a house where Ada trusts the browser at home, where she is signed in.
func (h house) trusted(t *testing.T) (house, equipment) {
	t.Helper()
	h, ada := h.equipped(t)
	n, err := SignInByCode(h.Store, "ada", Password, store.KindCode, ada.Code(), trustToken, on("home"))
	must(t, err)
	must(t, h.SignOut(h.ctx, ada.signIn, From))
	ada.signIn = n
	ada.Next()
	return h, ada
}

// trustedEntry is that of Ada, who gave her password at home.
func (h house) trustedEntry(t *testing.T) store.Entry {
	t.Helper()
	entry, err := h.Authenticate(h.ctx, "ada", Password, trusting("home", trustToken))
	must(t, err)
	if entry.Kind != store.KindTrusted {
		t.Fatalf("the entry is by %q", entry.Kind)
	}
	return entry
}

// asked says whether somebody is asked for the second step.
func (h house) asked(t *testing.T, who, password string, from store.Origin) bool {
	t.Helper()
	entry, err := h.Authenticate(h.ctx, who, password, from)
	must(t, err)
	return entry.Missing() == store.SecondStep
}

func trusts(t *testing.T, h house) {
	h, ada := h.trusted(t)
	for range 5 {
		must(t, h.SignOut(h.ctx, ada.signIn, From))
		ada.signIn = h.enter(t, "ada", Password, trusting("home", trustToken))
		if ada.signIn.Kind != store.KindTrusted {
			t.Errorf("signed in by %q", ada.signIn.Kind)
		}
	}
	events, _, err := h.Events(h.ctx, h.find(t, "ada"), 0)
	must(t, err)
	trusted := 0
	for _, e := range events {
		if e.Name == store.EventTrusted {
			trusted++
		}
	}
	if trusted != 1 {
		t.Errorf("%d times the browser was trusted, want once", trusted)
	}
	if _, err := h.Authenticate(h.ctx, "ada", "wrong", trusting("home", trustToken)); err == nil {
		t.Error("a trusted browser takes any password")
	}
}

func trustEnds(t *testing.T, h house) {
	h, _ = h.trusted(t)
	since := h.clock.Now().Add(-30 * time.Second)
	for day := range 30 {
		h.clock.Move(since.Add(time.Duration(day)*24*time.Hour + time.Hour).Sub(h.clock.Now()))
		h.enter(t, "ada", Password, trusting("home", trustToken))
	}
	h.clock.Move(since.Add(30*24*time.Hour - time.Second).Sub(h.clock.Now()))
	if h.asked(t, "ada", Password, trusting("home", trustToken)) {
		t.Error("asked before thirty days are over")
	}
	h.clock.Move(time.Second)
	if !h.asked(t, "ada", Password, trusting("home", trustToken)) {
		t.Error("not asked after thirty days")
	}
}

func bothTokens(t *testing.T, h house) {
	h, _ = h.trusted(t)
	h.enter(t, "ada", Password, trusting("home", trustToken))
	n := h.enter(t, h.confirmedGrace(t), Password, on("home"))
	graces, _, _ := SetUpApp(t, h.Store, h.clock, n)
	_, err := SignInByCode(h.Store, "grace", Password, store.KindCode, graces.Next(), "grace's", on("home"))
	must(t, err)
	for _, from := range []store.Origin{
		on("home"), trusting("", trustToken), trusting("another", trustToken), trusting("home", ""), trusting("home", "another"), trusting("home", "grace's"),
		trusting("home", strings.ToUpper(trustToken)), trusting("home", "", "", ""), trusting("home", "none"), trusting("home", trustToken+" "),
		trusting("home", "1", "2", "3", "4", trustToken),
	} {
		if !h.asked(t, "ada", Password, from) {
			t.Errorf("trusted by the device %q and the tokens %q", from.Device, from.Trust)
		}
	}
	if h.asked(t, "grace", Password, trusting("home", "grace's", trustToken)) {
		t.Error("somebody else who trusts the same browser is asked")
	}
	// What the database holds is no token.
	var digest string
	must(t, h.db.Read.QueryRow(`SELECT trust FROM devices WHERE user_id = $1 AND trust <> ''`, h.find(t, "ada").ID).Scan(&digest))
	if !h.asked(t, "ada", Password, trusting("home", digest)) {
		t.Error("trusted by the digest")
	}
}

func fourTokens(t *testing.T, h house) {
	h, _ = h.trusted(t)
	for at := range store.TrustTokens {
		tokens := []string{"1", "2", "3", "4"}
		tokens[at] = trustToken
		if h.asked(t, "ada", Password, trusting("home", tokens...)) {
			t.Errorf("asked with the token in place %d", at)
		}
	}
}

func trustsNothing(t *testing.T, h house) {
	h, ada := h.trusted(t)
	site := store.DefaultRules
	site.Trust = 0
	none := h.ruled(t, site)
	h.exec(t, `UPDATE devices SET trusted_until = $1`, h.moment(time.Minute))
	if none.Trust() != 0 || !none.asked(t, "ada", Password, trusting("home", trustToken)) {
		t.Error("a browser is trusted where the site allows none")
	}
	_, err := SignInByCode(none.Store, "ada", Password, store.KindCode, ada.Code(), "new", on("work"))
	must(t, err)
	_, err = SignInByCode(h.Store, "ada", Password, store.KindRecovery, ada.codes[0], "new", on("work"))
	must(t, err)
	_, err = SignInByCode(h.Store, "ada", Password, store.KindCode, ada.Next(), "new", on("")) // no device to trust
	must(t, err)
	h.count(t, "devices WHERE trust <> '' OR trusted_until IS NOT NULL", 0)
}

func trustIsNoProof(t *testing.T, h house) {
	h, ada := h.trusted(t)
	n := h.enter(t, "ada", Password, trusting("home", trustToken))
	if n = h.visit(t, n.ID); h.RecentlyAuthenticated(n) {
		t.Error("a password on a trusted browser is recent proof")
	}
	_, err := h.Reauthenticate(h.ctx, n, Password, "", trusting("home", trustToken))
	refused(t, err)
	n, err = h.Reauthenticate(h.ctx, n, Password, ada.Code(), trusting("home", trustToken))
	must(t, err)
	if !h.RecentlyAuthenticated(h.visit(t, n.ID)) {
		t.Error("password and code are none")
	}
}

func trustEndedMeanwhile(t *testing.T, h house) {
	h, _ = h.trusted(t)
	var digest string
	must(t, h.db.Read.QueryRow(`SELECT trust FROM devices`).Scan(&digest))
	here := trusting("home", trustToken)
	for what, c := range map[string]struct {
		end  func()
		from store.Origin
	}{
		"by its person":       {func() { must(t, h.EndTrust(h.ctx, h.find(t, "ada"), From)) }, here},
		"by itself":           {func() { h.clock.Move(30 * 24 * time.Hour) }, here},
		"with another cookie": {func() {}, on("home")},
		"with its device":     {func() { h.exec(t, `DELETE FROM devices`) }, here},
	} {
		h.exec(t, `DELETE FROM devices`)
		h.exec(t, `INSERT INTO devices (user_id, device, created_at, seen_at, trust, trusted_until) SELECT id, $1, created_at, created_at, $2, $3 FROM users`,
			secret.Digest("home"), digest, h.moment(time.Hour))
		entry := h.trustedEntry(t)
		c.end()
		_, err := h.SignIn(h.ctx, entry, c.from)
		if r := refused(t, err); r.Wait != 0 {
			t.Errorf("%s: %+v", what, r)
		}
		h.exec(t, `DELETE FROM throttles`)
	}
}

// Beside a sign-in: another transaction holds the account until both wait for it.
func trustEndsBeside(t *testing.T, h house) {
	h, _ = h.trusted(t)
	entry, user := h.trustedEntry(t), h.find(t, "ada")
	h.clock.Move(time.Second)
	answers := h.overtake(t, `UPDATE users SET name = name`, nil,
		func() error { _, err := h.SignIn(h.ctx, entry, trusting("home", trustToken)); return err },
		func() error { return h.EndTrust(h.ctx, user, From) })
	must(t, answers[1])
	events, _, err := h.Events(h.ctx, user, 0)
	must(t, err)
	// Events have the numbers of the order in which they were done.
	if signedIn := answers[0] == nil; signedIn != (events[0].Name == store.EventTrustEnded && events[1].Name == store.EventSignedIn) {
		t.Errorf("the sign-in says %v, and done were %s after %s", answers[0], events[0].Name, events[1].Name)
	}
}

func listsTrusted(t *testing.T, h house) {
	h, ada := h.trusted(t)
	h.clock.Move(time.Hour)
	work := on("work")
	work.Agent = "Agent at work"
	n, err := SignInByCode(h.Store, "ada", Password, store.KindCode, ada.Code(), "2", work)
	must(t, err)
	must(t, h.SignOut(h.ctx, ada.signIn, From))
	user := h.find(t, "ada")
	f, err := h.Factors(h.ctx, user)
	must(t, err)
	if got := f.Trusted; len(got) != 2 || !got[0].On(n) || got[1].On(n) || got[0].Agent != work.Agent || got[1].Agent != "" ||
		!got[0].Until.Equal(h.moment(30*24*time.Hour)) || !got[0].SeenAt.Equal(h.moment(0)) {
		t.Errorf("listed %+v", got)
	}
	for range 2 {
		must(t, h.EndTrust(h.ctx, user, From))
		if f, err := h.Factors(h.ctx, user); err != nil || len(f.Trusted) != 0 {
			t.Errorf("listed %+v, %v", f.Trusted, err)
		}
	}
	h.count(t, "events WHERE name = 'browser_trust_ended'", 1)
	h.visit(t, n.ID)
	if !h.asked(t, "ada", Password, trusting("home", trustToken)) {
		t.Error("not asked at home")
	}
}
