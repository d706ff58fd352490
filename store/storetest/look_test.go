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

// The contract of looking at an account as its owner sees it.
func TestLookContract(t *testing.T) {
	contract(t, []promise{
		{"LOOK-02 tells the owner, and the audit has both ends with the reason", looksOpenly},
		{"LOOK-02 writes to the owner at most once a day, whatever other letters are turned off", tellsOnceADay},
		{"LOOK-04 ends by itself after a quarter of an hour, and is not prolonged", looksNotLong},
		{"LOOK-04 ends with the sign-in, whatever ends that", endsWithSignIn},
		{"LOOK-04 ends with what is looked at, and does not come back", endsWithSubject},
		{"LOOK-04 ends with the permission", endsWithPermission},
		{"LOOK-05 leaves nothing of the owner's changed but what tells them", changesNothing},
		{"LOOK-06 refuses oneself, staff, who is disabled or closed, and a look without a reason", looksAtNobody},
		{"ADM-01 looks for nobody who may not, and for no operator", looksForNobody},
		{"takes a copy whose clock is behind for no longer a look", looksAhead},
	})
}

const why = "asked by phone"

// onlooker is an administrator who is signed in, as the origin of what they do.
func (h house) onlooker(t *testing.T, name string) (store.SignIn, store.Origin) {
	t.Helper()
	from := h.staff(t, name, store.RoleAdmin)
	from.Reason = why
	n := h.signInAs(t, h.find(t, name), false)
	return h.visit(t, n.ID), from
}

// looksAt says at whom a sign-in looks now, or is empty.
func (h house) looksAt(t *testing.T, n store.SignIn) string {
	t.Helper()
	n, actor, err := h.Current(h.ctx, n.ID)
	must(t, err)
	user, err := h.LookedAt(h.ctx, n, actor)
	same, sum, also := h.LookedAtOverview(h.ctx, n, actor)
	if user != same || (err == nil) != (also == nil) {
		t.Errorf("LookedAt = %+v, %v; LookedAtOverview = %+v, %v", user, err, same, also)
	}
	if errors.Is(err, store.ErrNotFound) {
		return ""
	}
	must(t, err)
	if sum.Last.Name != store.EventLooked || sum.Devices != 0 {
		t.Errorf("the summary is %+v", sum)
	}
	return user.Username
}

// lookedAt are the ends of looks in the audit, the oldest first: begun or ended, by whom, at whom, why.
func (h house) lookedAt(t *testing.T) (rows []string) {
	t.Helper()
	for _, d := range slices.Backward(h.audited(t)) {
		if d.Name == store.EventLooked {
			rows = append(rows, fmt.Sprintf("%s %s %d %s", d.Detail, d.Actor, d.SubjectID, d.Reason))
		}
	}
	return rows
}

func (h house) lookedAtIs(t *testing.T, want ...string) {
	t.Helper()
	if got := h.lookedAt(t); !slices.Equal(got, want) {
		t.Errorf("the audit has %q, want %q", got, want)
	}
	h.count(t, "signins WHERE looks_at_id IS NULL AND looks_until IS NOT NULL", 0)
}

func looksOpenly(t *testing.T, h house) {
	h = h.mailing(t)
	user := h.confirmed(t, grace())
	n, boss := h.onlooker(t, "boss")
	h.post(t)
	must(t, h.Look(h.ctx, n, user.ID, boss))
	if got := h.looksAt(t, n); got != "grace" {
		t.Errorf("looks at %q", got)
	}
	letter := h.letter(t, store.LetterLookedAt)
	if letter.To != user.Email || letter.From+letter.Agent != "" || letter.Username != "grace" {
		t.Errorf("told %+v", letter)
	}
	n = h.visit(t, n.ID)
	boss.Reason = ""
	for range 2 {
		must(t, h.StopLooking(h.ctx, n, boss))
	}
	if got := h.looksAt(t, n); got != "" {
		t.Errorf("still looks at %q", got)
	}
	begun, ended := fmt.Sprintf("begun boss %d %s", user.ID, why), fmt.Sprintf("ended boss %d %s", user.ID, why)
	h.lookedAtIs(t, begun, ended)
	for _, d := range h.audited(t)[:2] {
		if d.ActorID != boss.By || d.Address != boss.Address || d.Request != boss.Request {
			t.Errorf("the audit has %+v", d)
		}
	}
	events, _, err := h.Events(h.ctx, user, 0)
	must(t, err)
	for i, detail := range []string{store.DetailEnded, store.DetailBegun} {
		if e := events[i]; e.Name != store.EventLooked || e.Detail != detail || e.By != boss.By || e.Address+e.Agent != "" {
			t.Errorf("the activity has %+v", e)
		}
	}
	export, err := h.Export(h.ctx, user)
	must(t, err)
	if got := export.Deeds[0]; got.Name != store.EventLooked || got.Reason+got.Actor != "" {
		t.Errorf("the download has %+v", got)
	}
}

func tellsOnceADay(t *testing.T, h house) {
	rules := store.DefaultRules
	rules.Mails, rules.NoNotices = true, true
	h = h.ruled(t, rules)
	user, unconfirmed := h.confirmed(t, grace()), h.member(t, "unconfirmed")
	from := h.staff(t, "boss", store.RoleAdmin)
	from.Reason = why
	h.post(t)
	for i, want := range []string{store.LetterLookedAt, "", "", store.LetterLookedAt, ""} {
		n := h.visit(t, h.signInAs(t, h.find(t, "boss"), false).ID)
		must(t, h.Look(h.ctx, n, user.ID, from))
		if got := kinds(h.post(t)); got != want {
			t.Errorf("look %d is told by %q, want %q", i, got, want)
		}
		_, err := Prune(h.ctx, h.Store, "letters", 100)
		must(t, err)
		h.clock.Move(8*time.Hour + time.Second)
	}
	n := h.visit(t, h.signInAs(t, h.find(t, "boss"), false).ID)
	must(t, h.Look(h.ctx, n, unconfirmed.ID, from))
	if got := kinds(h.post(t)); got != "" {
		t.Errorf("an address that nobody confirmed got %q", got)
	}
}

func looksNotLong(t *testing.T, h house) {
	user, other := h.member(t, "grace"), h.member(t, "hopper")
	n, boss := h.onlooker(t, "boss")
	must(t, h.Look(h.ctx, n, user.ID, boss))
	h.clock.Move(store.LookLasts - time.Microsecond)
	for _, again := range []store.User{user, other} { // of two forms that were sent at once one counts
		if r := refused(t, h.Look(h.ctx, n, again.ID, boss)); !strings.HasPrefix(r.Sentence, "You're looking at an account already.") {
			t.Errorf("%+v", r)
		}
	}
	if got := h.looksAt(t, n); got != "grace" {
		t.Errorf("looks at %q", got)
	}
	begun, ended := fmt.Sprintf("begun boss %d %s", user.ID, why), fmt.Sprintf("ended boss %d %s", user.ID, why)
	h.oldLooks(t, 0)
	h.clock.Move(time.Microsecond)
	if got := h.looksAt(t, n); got != "" {
		t.Errorf("still looks at %q", got)
	}
	h.lookedAtIs(t, begun)
	// The next one does not wait for that to be noted.
	must(t, h.Look(h.ctx, n, other.ID, boss))
	next := []string{fmt.Sprintf("begun boss %d %s", other.ID, why), fmt.Sprintf("ended boss %d %s", other.ID, why)}
	h.lookedAtIs(t, begun, ended, next[0])
	h.oldLooks(t, 0)
	h.clock.Move(store.LookLasts)
	h.oldLooks(t, 1)
	h.oldLooks(t, 0)
	h.lookedAtIs(t, begun, ended, next[0], next[1])
	// Nor is it longer than the sign-in.
	n = h.visit(t, h.signInAs(t, h.find(t, "boss"), false).ID)
	h.exec(t, `UPDATE signins SET ends_at = $1 WHERE id = $2`, h.moment(time.Minute), n.ID)
	n, _, err := h.Current(h.ctx, n.ID)
	must(t, err)
	must(t, h.Look(h.ctx, n, user.ID, boss))
	h.clock.Move(time.Minute)
	h.oldLooks(t, 1)
}

func (h house) oldLooks(t *testing.T, want int64) {
	t.Helper()
	if got, err := Prune(h.ctx, h.Store, "looks", 10); err != nil || got != want {
		t.Errorf("ended %d looks, %v; want %d", got, err, want)
	}
}

func endsWithSignIn(t *testing.T, h house) {
	h.staff(t, "chief", store.RoleAdmin) // or the last administrator could not go
	tried := 0
	for name, ends := range map[string]func(n store.SignIn, boss store.User) error{
		"signing out": func(n store.SignIn, _ store.User) error { return h.SignOut(h.ctx, n, From) },
		"another device that ends this one": func(n store.SignIn, boss store.User) error {
			return h.EndSignIn(h.ctx, h.signInAs(t, boss, false), n.Handle, From)
		},
		"another device that ends all others": func(_ store.SignIn, boss store.User) error {
			_, err := h.EndOtherSignIns(h.ctx, h.signInAs(t, boss, false), From)
			return err
		},
		"a password chosen by link": func(_ store.SignIn, boss store.User) error {
			token, err := h.ResetToken(h.ctx, boss, Operator)
			must(t, err)
			return h.ResetPassword(h.ctx, token, otherPassword, From)
		},
		"one sign-in too many": func(_ store.SignIn, boss store.User) error {
			for range store.SignInsMax {
				h.clock.Move(time.Millisecond)
				h.signInAs(t, boss, false)
			}
			return nil
		},
		"a role":    func(_ store.SignIn, boss store.User) error { return h.makeRole(t, boss.Username, "support") },
		"disabling": func(_ store.SignIn, boss store.User) error { return h.Disable(h.ctx, boss, Operator) },
		"closing":   func(_ store.SignIn, boss store.User) error { return h.CloseAccount(h.ctx, boss, From) },
		"erasing":   func(_ store.SignIn, boss store.User) error { return h.Erase(h.ctx, boss, Operator) },
	} {
		who := fmt.Sprintf("boss-%d", tried)
		tried++
		user := h.member(t, "seen-by-"+who)
		n, boss := h.onlooker(t, who)
		must(t, h.Look(h.ctx, n, user.ID, boss))
		before := len(h.lookedAt(t))
		must(t, ends(n, h.find(t, who)))
		want := fmt.Sprintf("ended %s %d %s", who, user.ID, why)
		if got := h.lookedAt(t); len(got) != before+1 || got[before] != want {
			t.Errorf("%s leaves %q, want %q more", name, got[before:], want)
		}
		h.gone(t, n.ID)
	}
	h.count(t, "signins WHERE looks_at_id IS NOT NULL", 0)
}

func endsWithSubject(t *testing.T, h house) {
	for name, ends := range map[string]func(user store.User, back bool) error{
		"disable": func(user store.User, back bool) error {
			if back {
				return h.Enable(h.ctx, user, Operator)
			}
			return h.Disable(h.ctx, user, Operator)
		},
		"close": func(user store.User, back bool) error {
			if back {
				_, err := h.Reopen(h.ctx, h.Ticket(store.ByPassword(h.find(t, user.Username))), From)
				return err
			}
			return h.CloseAccount(h.ctx, user, From)
		},
		"promote": func(user store.User, back bool) error {
			return h.makeRole(t, user.Username, map[bool]string{false: "support", true: ""}[back])
		},
		"write": func(user store.User, back bool) error { // a role that is nobody's staff
			return h.makeRole(t, user.Username, map[bool]string{false: "test-writer", true: ""}[back])
		},
		"erase": func(user store.User, back bool) error {
			if back {
				return nil
			}
			return h.Erase(h.ctx, user, Operator)
		},
	} {
		user := h.member(t, "seen-"+name)
		n, boss := h.onlooker(t, "by-"+name)
		must(t, h.Look(h.ctx, n, user.ID, boss))
		before := len(h.lookedAt(t))
		reason := map[bool]string{true: "", false: why}[name == "erase"]
		for _, back := range []bool{false, true} {
			must(t, ends(user, back))
			if got := h.looksAt(t, n); got != "" {
				t.Errorf("%s, back %v: still looks at %q", name, back, got)
			}
		}
		want := fmt.Sprintf("ended by-%s %d %s", name, user.ID, reason)
		if got := h.lookedAt(t); len(got) != before+1 || got[before] != want {
			t.Errorf("%s leaves %q, want %q more", name, got[before:], want)
		}
	}
	// Also where somebody changed the row by hand.
	user := h.member(t, "grace")
	n, boss := h.onlooker(t, "boss")
	must(t, h.Look(h.ctx, n, user.ID, boss))
	for _, change := range []string{`disabled_at = created_at`, `closed_at = created_at`, `role = 'support'`, `role = 'long-gone'`} {
		column, _, _ := strings.Cut(change, " ")
		h.exec(t, `UPDATE users SET `+change+` WHERE id = $1`, user.ID)
		if got := h.looksAt(t, n); got != "" {
			t.Errorf("%s: still looks at %q", change, got)
		}
		empty := map[bool]string{true: `''`, false: `NULL`}[column == "role"]
		h.exec(t, `UPDATE users SET `+column+` = `+empty+` WHERE id = $1`, user.ID)
	}
	if got := h.looksAt(t, n); got != "grace" {
		t.Errorf("looks at %q", got)
	}
}

func endsWithPermission(t *testing.T, h house) {
	user := h.member(t, "grace")
	n, boss := h.onlooker(t, "boss")
	must(t, h.Look(h.ctx, n, user.ID, boss))
	other := h.copied(t)
	h.exec(t, `UPDATE users SET role = 'support' WHERE username = 'boss'`)
	if got := other.looksAt(t, n); got != "" {
		t.Errorf("who may not look any more looks at %q", got)
	}
	h.exec(t, `UPDATE users SET role = 'admin' WHERE username = 'boss'`)
	rules := store.DefaultRules
	rules.SecondStepStaff = true
	if got := h.ruled(t, rules).looksAt(t, n); got != "" {
		t.Errorf("who has to set up a second step first looks at %q", got)
	}
	must(t, h.makeRole(t, "grace", "test-writer"))
	h.exec(t, `UPDATE users SET role = '' WHERE username = 'grace'`)
	must(t, h.Look(h.ctx, n, user.ID, boss))
	h.exec(t, `UPDATE users SET role = 'test-writer' WHERE username = 'grace'`)
	if got := h.looksAt(t, n); got != "grace" { // an administrator may all that the product allows
		t.Errorf("looks at %q", got)
	}
}

func changesNothing(t *testing.T, h house) {
	h.lived(t, Ada())
	n, boss := h.onlooker(t, "boss")
	user := h.find(t, "ada-2")
	of := func() string { return h.dump(t, "audit", "events", "letters", "letter_addresses", "locks") }
	strip := func(dump string) string {
		var lines []string
		for line := range strings.Lines(dump) {
			if !strings.Contains(line, " id="+n.ID+" ") {
				lines = append(lines, line)
			}
		}
		return strings.Join(lines, "")
	}
	before := strip(of())
	must(t, h.Look(h.ctx, n, user.ID, boss))
	h.clock.Move(5 * time.Minute)
	n = h.visit(t, n.ID)
	must(t, h.StopLooking(h.ctx, n, boss))
	if after := strip(of()); after != before {
		t.Errorf("it was\n%s\nand is\n%s", before, after)
	}
}

func looksAtNobody(t *testing.T, h house) {
	h = h.mailing(t)
	n, boss := h.onlooker(t, "boss")
	user := h.member(t, "grace")
	for name, role := range map[string]string{"chief": store.RoleAdmin, "helper": "support", "veteran": "long-gone"} {
		h.staff(t, name, role)
	}
	must(t, h.Disable(h.ctx, h.member(t, "disabled"), Operator))
	must(t, h.CloseAccount(h.ctx, h.member(t, "closed"), From))
	h.post(t)
	before := h.dump(t)
	for name, want := range map[string]string{
		"boss": ownAccount, "chief": "helps to run this site", "helper": "helps to run this site", "veteran": "helps to run this site",
		"disabled": "is disabled", "closed": "is closed",
	} {
		if r := refused(t, h.Look(h.ctx, n, h.find(t, name).ID, boss)); !strings.Contains(r.Sentence, want) || r.Field != "" {
			t.Errorf("%s: %+v", name, r)
		}
	}
	for reason, want := range map[string]string{"": "Say why", strings.Repeat("ü", store.ReasonMax+1): "at most 200"} {
		from := boss
		from.Reason = reason
		if r := refused(t, h.Look(h.ctx, n, user.ID, from)); !strings.Contains(r.Sentence, want) || r.Field != "reason" {
			t.Errorf("%q: %+v", reason, r)
		}
	}
	if err := h.Look(h.ctx, n, 999, boss); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("nobody: %v, want ErrNotFound", err)
	}
	if after := h.dump(t); after != before {
		t.Errorf("the database changed from\n%s\nto\n%s", before, after)
	}
	boss.Reason = strings.Repeat("ü", store.ReasonMax)
	must(t, h.Look(h.ctx, n, user.ID, boss))
	if got := h.audited(t)[0].Reason; got != boss.Reason {
		t.Errorf("the reason is %q", got)
	}
	other, from := h.onlooker(t, "vice")
	must(t, h.SignOut(h.ctx, other, From))
	if err := h.Look(h.ctx, other, user.ID, from); !errors.Is(err, store.ErrSignInEnded) {
		t.Errorf("a sign-in that ended: %v, want ErrSignInEnded", err)
	}
}

func looksForNobody(t *testing.T, h house) {
	n, boss := h.onlooker(t, "boss")
	other, _ := h.onlooker(t, "vice")
	user := h.member(t, "grace")
	operator := Operator
	operator.Reason, operator.By = why, boss.By
	before := h.dump(t)
	forbidden(t, "the operator", h.Look(h.ctx, n, user.ID, operator))
	forbidden(t, "nobody", h.Look(h.ctx, n, user.ID, From))
	forbidden(t, "somebody by another's sign-in", h.Look(h.ctx, other, user.ID, boss))
	for _, role := range []string{"", "support", "test-manager", "long-gone"} {
		h.exec(t, `UPDATE users SET role = $1 WHERE username = 'boss'`, role)
		forbidden(t, fmt.Sprintf("the role %q", role), h.Look(h.ctx, n, user.ID, boss))
	}
	h.exec(t, `UPDATE users SET role = 'admin' WHERE username = 'boss'`)
	if after := h.dump(t); after != before {
		t.Errorf("the database changed from\n%s\nto\n%s", before, after)
	}
	// Of one who looks away while the other's permission is taken one wins.
	answers := h.overtake(t, taking, []string{`UPDATE users SET role = '' WHERE username = 'boss'`}, func() error {
		return h.Look(h.ctx, n, user.ID, boss)
	})
	forbidden(t, "who was demoted just before", answers[0])
}

// looksAhead is about a look that was begun while the clock was ahead.
func looksAhead(t *testing.T, h house) {
	user := h.member(t, "grace")
	n, boss := h.onlooker(t, "boss")
	must(t, h.Look(h.ctx, n, user.ID, boss))
	h.exec(t, `UPDATE signins SET looks_until = $1 WHERE id = $2`, h.moment(store.LookLasts+4*time.Minute), n.ID)
	if got := h.looksAt(t, n); got != "grace" { // copies need not agree to the minute
		t.Errorf("looks at %q", got)
	}
	h.exec(t, `UPDATE signins SET looks_until = $1 WHERE id = $2`, h.moment(store.LookLasts+6*time.Minute), n.ID)
	if got := h.looksAt(t, n); got != "" {
		t.Errorf("still looks at %q", got)
	}
	h.oldLooks(t, 1)
	h.lookedAtIs(t, fmt.Sprintf("begun boss %d %s", user.ID, why), fmt.Sprintf("ended boss %d %s", user.ID, why))
	must(t, h.Look(h.ctx, n, user.ID, boss))
}
