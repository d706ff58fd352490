package storetest_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"gatehouse/store"
	. "gatehouse/store/storetest"
)

// ahead is how far a clock was wrong, and far longer than any rule lasts.
const ahead = 400 * 24 * time.Hour

// whileAhead does something while the clock is wrong, which is then put right.
func (h house) whileAhead(do func()) {
	h.clock.Move(ahead)
	do()
	h.clock.Move(-ahead)
}

// stored says of each time that is stored what becomes of one that a clock wrote
// which was ahead. Where nobody waits for it and it lets nobody in there is only
// the reason.
var stored = map[string]struct {
	harmless string
	behaves  func(t *testing.T, h house)
}{
	"users.created_at":            {harmless: "it is shown"},
	"users.disabled_at":           {harmless: "that there is one decides"},
	"users.confirmed_at":          {harmless: "that there is one decides"},
	"users.password_at":           {harmless: "it is shown"},
	"users.second_at":             {harmless: "that there is one decides"},
	"users.renamed_at":            {behaves: renamedAhead},
	"users.closed_at":             {behaves: closedAhead},
	"users.closed_noted_at":       {behaves: closedBehind},
	"signins.created_at":          {behaves: twentyAhead},
	"signins.proved_at":           {behaves: provedAhead},
	"signins.seen_at":             {behaves: seenAhead},
	"signins.ends_at":             {behaves: endsAhead},
	"signins.idle_at":             {behaves: signedInAhead},
	"users.password_until":        {harmless: "the operator says any day to come"},
	"signins.looks_until":         {behaves: looksAhead},
	"devices.created_at":          {harmless: "it is shown"},
	"devices.seen_at":             {behaves: devicesAhead},
	"devices.trusted_until":       {behaves: trustedAhead},
	"passkeys.created_at":         {harmless: "it is shown, and an address that is undone takes the passkey along, as it should one of since then"},
	"passkeys.used_at":            {harmless: "it is shown"},
	"challenges.expires_at":       {behaves: ceremonyAhead},
	"totp.created_at":             {harmless: "it is shown"},
	"totp.last_step":              {behaves: stepAhead},
	"recovery_codes.created_at":   {harmless: "it is shown, and names the set that new codes replace, whenever that was made"},
	"recovery_codes.used_at":      {harmless: "that there is one decides"},
	"events.at":                   {harmless: "it is shown, and goes when it is old: nothing else tells what is older"},
	"throttles.failed_at":         {behaves: failedAhead},
	"throttles.waits_until":       {behaves: waitsAhead},
	"reserved_usernames.until":    {behaves: reservedAhead},
	"tokens.created_at":           {behaves: askedAhead},
	"tokens.expires_at":           {behaves: linksAhead},
	"tokens.used_at":              {harmless: "that there is one decides"},
	"pending.expires_at":          {behaves: pendingAhead},
	"letters.created_at":          {behaves: writtenAhead},
	"letters.due_at":              {behaves: dueAhead},
	"letters.expires_at":          {behaves: expiresAhead},
	"letters.ended_at":            {harmless: "it is shown"},
	"locks.at":                    {behaves: importAhead},
	"audit.at":                    {harmless: "it is shown, and goes when it is old: nothing else tells what is older"},
	"letter_addresses.at":         {harmless: "it is locked, and goes when it is old"},
	"unwanted_letters.created_at": {harmless: "it is shown"},
	"jobs.due_at":                 {behaves: jobAhead},
	"jobs.done_at":                {harmless: "it is shown"},
	"sessions.expiry":             {harmless: "a session only names a sign-in, which decides"},
}

// A time that is stored and not listed here is a mistake: somebody may wait for
// it, or come in by it, for as long as a clock was ahead.
func TestAClockThatWasAheadMakesNobodyWaitAndLetsNobodyIn(t *testing.T) {
	onEach(t, func(t *testing.T, d Database) {
		found := map[string]bool{"sessions.expiry": true, "totp.last_step": true} // numbers
		for _, column := range open(t, d).times(t) {
			found[column] = true
			if s, listed := stored[column]; !listed || (s.harmless == "") == (s.behaves == nil) {
				t.Errorf("%s: say what becomes of a time that is too late", column)
			}
		}
		for column, s := range stored {
			if !found[column] {
				t.Errorf("%s is no time that is stored", column)
			}
			if s.behaves != nil {
				t.Run(column, func(t *testing.T) {
					t.Parallel()
					s.behaves(t, open(t, d))
				})
			}
		}
	})
}

// times are the columns that hold a time.
func (h house) times(t *testing.T) (columns []string) {
	t.Helper()
	query := `SELECT table_name || '.' || column_name FROM information_schema.columns
		WHERE table_schema = current_schema() AND (data_type LIKE 'timestamp%' OR data_type LIKE 'date%' OR data_type LIKE 'time%')`
	if h.kind.Name == SQLite.Name {
		query = `SELECT m.name || '.' || c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c
			WHERE m.type = 'table' AND (c.type LIKE 'TIMESTAMP%' OR c.type LIKE 'DATE%' OR c.type LIKE 'TIME%' OR c.name LIKE '%\_at' ESCAPE '\')`
	}
	rows, err := h.db.Read.Query(query)
	must(t, err)
	defer rows.Close()
	for rows.Next() {
		var column string
		must(t, rows.Scan(&column))
		columns = append(columns, column)
	}
	must(t, rows.Err())
	return columns
}

// moment is the time that is stored now, so much later.
func (h house) moment(later time.Duration) time.Time {
	return h.clock.Now().UTC().Truncate(time.Microsecond).Add(later)
}

func renamedAhead(t *testing.T, h house) {
	Register(t, h.Store, Ada())
	h.whileAhead(func() { must(t, h.rename(t, "ada", "countess")) })
	must(t, h.rename(t, "countess", "lovelace"))
	refused(t, h.rename(t, "lovelace", "countess"))
	h.clock.Move(store.UsernameEvery)
	must(t, h.rename(t, "lovelace", "countess"))
}

func closedAhead(t *testing.T, h house) {
	ada, other := Register(t, h.Store, Ada()), Register(t, h.Store, grace())
	n := h.signIn(t, true)
	var ticket string
	h.whileAhead(func() {
		must(t, h.CloseAccount(h.ctx, ada, From))
		must(t, h.CloseAccount(h.ctx, other, From))
		ticket = h.Ticket(store.ByPassword(h.find(t, "ada")))
	})
	h.gone(t, n.ID)
	if got, want := h.ErasedAt(h.authenticated(t).User), h.moment(reopen); !got.Equal(want) {
		t.Errorf("she is told that her account goes at %v, want %v", got, want)
	}
	if _, err := h.Reopen(h.ctx, ticket, From); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an offer that stands for 400 days: %v, want ErrNotFound", err)
	}
	h.erases(t, 0)
	_, err := h.Reopen(h.ctx, h.Ticket(h.authenticated(t)), From)
	must(t, err)
	h.clock.Move(reopen - time.Second)
	h.erases(t, 0)
	_, err = h.Resume(h.ctx, h.Ticket(store.ByPassword(h.find(t, "grace"))))
	must(t, err)
	// What was seen of the first closing says nothing about the second.
	h.whileAhead(func() { must(t, h.CloseAccount(h.ctx, h.find(t, "ada"), From)) })
	h.clock.Move(time.Second)
	h.erases(t, 1)
	h.find(t, "ada")
	h.clock.Move(reopen)
	h.erases(t, 1)
}

// erases requires that so many accounts are erased now.
func (h house) erases(t *testing.T, want int64) {
	t.Helper()
	if got, err := h.EraseClosed(h.ctx, 10); err != nil || got != want {
		t.Errorf("EraseClosed = %d, %v; want %d", got, err, want)
	}
}

// closedBehind is about a clock that is behind for a while.
func closedBehind(t *testing.T, h house) {
	h.closed(t)
	h.clock.Move(-10 * 24 * time.Hour)
	h.erases(t, 0)
	h.clock.Move(10*24*time.Hour + reopen - time.Second)
	h.erases(t, 0)
	_, err := h.Resume(h.ctx, h.Ticket(h.authenticated(t)))
	must(t, err)
	h.clock.Move(time.Second)
	h.erases(t, 1)
}

func twentyAhead(t *testing.T, h house) {
	h.whileAhead(func() {
		for range store.SignInsMax {
			h.signIn(t, true)
		}
	})
	n := h.signIn(t, false)
	h.visit(t, n.ID)
	for range store.SignInsMax {
		h.clock.Move(time.Millisecond)
		h.signIn(t, false)
	}
	h.gone(t, n.ID)
	if got := len(h.handles(t, "ada")); got != store.SignInsMax {
		t.Errorf("%d sign-ins are left, want %d", got, store.SignInsMax)
	}
}

func provedAhead(t *testing.T, h house) {
	n := h.signIn(t, false)
	for later, want := range map[time.Duration]bool{ahead: false, 6 * time.Minute: false, 4 * time.Minute: true, -store.RecentAuth: false} {
		h.exec(t, `UPDATE signins SET proved_at = $1`, h.moment(later))
		if got := h.RecentlyAuthenticated(h.visit(t, n.ID)); got != want {
			t.Errorf("a proof of in %v counts: %v, want %v", later, got, want)
		}
	}
	n, err := h.Reauthenticate(h.ctx, h.visit(t, n.ID), Password, "", From)
	must(t, err)
	if !h.RecentlyAuthenticated(h.visit(t, n.ID)) {
		t.Error("a proof of now does not count")
	}
}

func seenAhead(t *testing.T, h house) {
	n := h.signIn(t, false)
	for later, want := range map[time.Duration]time.Duration{30 * time.Minute: 0, 30 * time.Second: 30 * time.Second} {
		h.exec(t, `UPDATE signins SET seen_at = $1`, h.moment(later))
		h.visit(t, n.ID)
		if got := h.visit(t, n.ID).SeenAt; !got.Equal(h.moment(want)) {
			t.Errorf("seen in %v, a visit leaves %v, want %v", later, got, h.moment(want))
		}
	}
}

func endsAhead(t *testing.T, h house) {
	for _, remembered := range []bool{false, true} {
		n := h.signIn(t, remembered)
		h.exec(t, `UPDATE signins SET ends_at = $1 WHERE id = $2`, n.EndsAt.Add(4*time.Minute), n.ID)
		h.visit(t, n.ID)
		h.exec(t, `UPDATE signins SET ends_at = $1 WHERE id = $2`, n.EndsAt.Add(6*time.Minute), n.ID)
		h.gone(t, n.ID)
	}
	if got := h.handles(t, "ada"); len(got) != 0 {
		t.Errorf("listed %v", got)
	}
}

func signedInAhead(t *testing.T, h house) {
	right, remembered := h.signIn(t, false), h.signIn(t, true)
	var wrong []store.SignIn
	h.whileAhead(func() { wrong = append(wrong, h.signIn(t, false), h.signIn(t, true)) })
	for _, n := range wrong {
		h.gone(t, n.ID)
	}
	if got := len(h.handles(t, "ada")); got != 2 {
		t.Errorf("%d sign-ins are listed, want 2", got)
	}
	if got, err := h.CountSignIns(h.ctx); err != nil || got != 2 {
		t.Errorf("CountSignIns = %d, %v; want 2", got, err)
	}
	// The other way round: a clock that is behind ends nothing for good.
	h.clock.Move(-ahead)
	h.gone(t, right.ID)
	if n, err := Prune(h.ctx, h.Store, "sign-ins", 10); err != nil || n != 0 {
		t.Errorf("pruning sign-ins = %d, %v; want 0", n, err)
	}
	h.clock.Move(ahead)
	h.visit(t, right.ID)
	h.visit(t, remembered.ID)
	// Copies need not agree to the minute.
	h.clock.Move(-4 * time.Minute)
	h.visit(t, right.ID)
	h.visit(t, remembered.ID)
	// A visit may have been noted by the wrong clock as well.
	h.clock.Move(24 * time.Hour)
	h.visit(t, remembered.ID)
	h.clock.Move(-24 * time.Hour)
	h.gone(t, remembered.ID)
	h.clock.Move(24 * time.Hour)
	h.visit(t, remembered.ID)
}

func devicesAhead(t *testing.T, h house) {
	ada := Register(t, h.Store, Ada())
	h.whileAhead(func() {
		for i := range store.SignInsMax {
			h.enter(t, "ada", Password, on(fmt.Sprint("device ", i)))
		}
	})
	enters := func(device, want string) {
		t.Helper()
		h.enter(t, "ada", Password, on(device))
		events, _, err := h.Events(h.ctx, ada, 0)
		must(t, err)
		if events[0].Detail != want {
			t.Errorf("a sign-in on %s is %q, want %q", device, events[0].Detail, want)
		}
	}
	enters("new", store.DetailNewDevice)
	enters("new", "")
	h.count(t, "devices", store.SignInsMax)
	known := 0
	for i := range store.SignInsMax {
		if r := h.guess(t, "ada", on(fmt.Sprint("device ", i))); r.Wait == 0 {
			known++
		}
	}
	if known < store.SignInsMax-1 {
		t.Errorf("%d devices are known, want all but the one that made room", known)
	}
}

func failedAhead(t *testing.T, h house) {
	Register(t, h.Store, Ada())
	for _, who := range []string{"ada", "nobody"} {
		h.whileAhead(func() { h.burn(t, who, From) })
		if got := h.burn(t, who, From); got != free {
			t.Errorf("%d guesses at %s are free, want %d", got, who, free)
		}
		// Or a copy whose clock is behind would give everybody a fresh count.
		h.clock.Move(-time.Hour)
		if got := h.burn(t, who, From); got != 1 {
			t.Errorf("an hour earlier %d guesses at %s are free, want the one that a wait of an hour is none for", got, who)
		}
		if r := h.guess(t, who, From); r.Wait != 2*time.Second {
			t.Errorf("an hour earlier %s waits for %v, want 2s", who, r.Wait)
		}
		h.clock.Move(time.Hour)
	}
}

func waitsAhead(t *testing.T, h house) {
	Register(t, h.Store, Ada())
	h.enter(t, "ada", Password, on(token))
	places := map[string]store.Origin{"ada": From, "ADA@example.com": on(token), "nobody": From}
	longest := store.DefaultLimits.LongestWait
	for who, from := range places {
		h.whileAhead(func() { h.burn(t, who, from) })
		if r := h.guess(t, who, from); r.Wait != 0 {
			t.Errorf("%s waits for %v", who, r.Wait)
		}
		h.exec(t, `UPDATE throttles SET failures = 20, waits_until = $1`, h.moment(longest))
		if r := h.guess(t, who, from); r.Wait != longest {
			t.Errorf("%s waits for %v, want %v", who, r.Wait, longest)
		}
		h.exec(t, `UPDATE throttles SET failed_at = $1, waits_until = $1`, h.moment(longest+time.Microsecond))
		if r := h.guess(t, who, from); r.Wait != 0 {
			t.Errorf("%s waits for %v", who, r.Wait)
		}
		if r := h.guess(t, who, from); r.Wait != longest { // it counted, and all that was before it
			t.Errorf("%s waits for %v, want %v", who, r.Wait, longest)
		}
	}
	// The setting was lowered.
	rules := store.DefaultRules
	rules.Limits.LongestWait = time.Minute
	h = h.ruled(t, rules)
	h.enter(t, "ada", Password, From)
}

func reservedAhead(t *testing.T, h house) {
	Register(t, h.Store, Ada())
	h.whileAhead(func() { must(t, h.rename(t, "ada", "countess")) })
	export, err := h.Export(h.ctx, h.find(t, "countess"))
	must(t, err)
	if len(export.Reserved) != 0 {
		t.Errorf("reserved are %v", export.Reserved)
	}
	must(t, h.UsernameFree(h.ctx, "ada", store.User{}, ""))
	r := grace()
	r.Username = "ada"
	Register(t, h.Store, r)
	must(t, h.rename(t, "countess", "lovelace"))
	h.clock.Move(-4 * time.Minute) // as on another copy
	refused(t, h.UsernameFree(h.ctx, "countess", store.User{}, ""))
}

func askedAhead(t *testing.T, h house) {
	h = h.mailing(t)
	ada := h.confirmed(t, Ada())
	h.whileAhead(func() { must(t, h.ChangeEmail(h.ctx, ada, "later@example.com", From)) })
	if email, _, err := h.PendingEmail(h.ctx, ada); err != nil || email != "" {
		t.Errorf("%q waits, %v; want nothing", email, err)
	}
	must(t, h.ChangeEmail(h.ctx, ada, "new@example.com", From))
	if email, _, err := h.PendingEmail(h.ctx, ada); err != nil || email != "new@example.com" {
		t.Errorf("%q waits, %v; want the new address", email, err)
	}
}

func linksAhead(t *testing.T, h house) {
	h = h.mailing(t)
	tokens := map[string]string{}
	h.whileAhead(func() {
		ada := h.confirmed(t, Ada())
		must(t, h.ChangeEmail(h.ctx, ada, "new@example.com", From))
		_, err := h.VerifyEmail(h.ctx, h.letter(t, store.LetterNewEmail).Token, From)
		must(t, err)
		tokens[store.PurposeUndo] = h.letter(t, store.LetterEmailChanged).Token
		Register(t, h.Store, grace())
		tokens[store.PurposeVerify] = h.letter(t, store.LetterVerify).Token
		must(t, h.ChangeEmail(h.ctx, h.find(t, "ada"), "newer@example.com", From))
		tokens[store.PurposeNewEmail] = h.letter(t, store.LetterNewEmail).Token
		must(t, h.Invite(h.ctx, "guest@example.com", "", Operator))
		tokens[store.PurposeInvite] = h.letter(t, store.LetterInvite).Token
		must(t, h.AskReset(h.ctx, "ada", From))
		tokens[store.PurposeReset] = h.letter(t, store.LetterReset).Token
		for purpose, token := range tokens {
			if _, err := h.Token(h.ctx, token, purpose); err != nil {
				t.Errorf("the link to %s: %v", purpose, err)
			}
		}
	})
	for purpose, token := range tokens {
		if _, err := h.Token(h.ctx, token, purpose); !errors.Is(err, store.ErrInvalidLink) {
			t.Errorf("the link to %s: %v, want ErrLink", purpose, err)
		}
	}
	before := h.dump(t)
	_, confirmed := h.VerifyEmail(h.ctx, tokens[store.PurposeVerify], From)
	_, moved := h.VerifyEmail(h.ctx, tokens[store.PurposeNewEmail], From)
	_, accepted := h.AcceptInvite(h.ctx, tokens[store.PurposeInvite], store.Registration{Username: "guest", Password: Password}, From)
	for what, err := range map[string]error{
		"confirm": confirmed, "move": moved, "accept": accepted,
		"reset": h.ResetPassword(h.ctx, tokens[store.PurposeReset], otherPassword, From),
		"undo":  h.UndoEmail(h.ctx, tokens[store.PurposeUndo], From),
	} {
		if !errors.Is(err, store.ErrInvalidLink) {
			t.Errorf("%s: %v, want ErrLink", what, err)
		}
	}
	if after := h.dump(t); after != before {
		t.Errorf("the database changed from\n%s\nto\n%s", before, after)
	}
	// An address that nobody can take back is free, and keeps no account.
	must(t, h.CloseAccount(h.ctx, h.find(t, "ada"), From))
	r := Ada()
	r.Username = "augusta"
	Register(t, h.Store, r)
	h.clock.Move(reopen)
	h.erases(t, 1)
}

func pendingAhead(t *testing.T, h house) {
	h = h.mailing(t)
	var token string
	h.whileAhead(func() { token = h.pending(t, Ada(), "hers") })
	if _, _, err := h.FindPending(h.ctx, token, "hers"); !errors.Is(err, store.ErrInvalidLink) {
		t.Errorf("FindPending = %v, want ErrLink", err)
	}
	_, err := h.CompleteRegistration(h.ctx, token, "", "hers", From)
	if !errors.Is(err, store.ErrInvalidLink) {
		t.Errorf("ConfirmRegistration = %v, want ErrLink", err)
	}
	must(t, h.SendPending(h.ctx, "hers", From))
	if post := h.post(t); len(post) != 0 {
		t.Errorf("wrote %q", kinds(post))
	}
	must(t, h.UsernameFree(h.ctx, "ada", store.User{}, ""))
	r := grace()
	r.Username = "ada"
	_, err = h.CompleteRegistration(h.ctx, h.pending(t, r, "another"), "", "another", From)
	must(t, err)
}

func writtenAhead(t *testing.T, h house) {
	h = h.mailing(t)
	Register(t, h.Store, Ada())
	h.post(t)
	h.whileAhead(func() {
		for range 2 * store.LettersPerHour {
			must(t, h.AskReset(h.ctx, "ada", From))
		}
		h.post(t)
		must(t, h.Invite(h.ctx, "guest@example.com", "", Operator))
	})
	if age, err := h.OldestLetter(h.ctx); err != nil || age != 0 {
		t.Errorf("OldestLetter = %v, %v; want 0", age, err)
	}
	h.letter(t, store.LetterInvite)
	for range 2 * store.LettersPerHour {
		must(t, h.AskReset(h.ctx, "ada", From))
	}
	post := h.post(t)
	if got, want := kinds(post), "reset reset reset"; got != want {
		t.Fatalf("wrote %q, want %q", got, want)
	}
	must(t, h.ResetPassword(h.ctx, post[0].Token, otherPassword, From))
}

func dueAhead(t *testing.T, h house) {
	h = h.mailing(t)
	Register(t, h.Store, Ada())
	h.post(t)
	h.whileAhead(func() {
		must(t, h.Invite(h.ctx, "guest@example.com", "", Operator))
		l, _ := h.take(t)
		later, err := h.LetterLater(h.ctx, l)
		must(t, err)
		if !later {
			t.Error("a fresh letter is given up")
		}
		must(t, h.AskReset(h.ctx, "ada", From)) // nobody has answered it yet
	})
	must(t, h.Invite(h.ctx, "other@example.com", "", Operator))
	taken := h.due(t, 10)
	if got, want := kinds(taken), "invite invite "+store.LetterReset; got != want {
		t.Fatalf("took %q, want %q", got, want)
	}
	must(t, h.ResetPassword(h.ctx, taken[0].Token, otherPassword, From))
	h.clock.Move(5 * time.Minute) // what nobody reported on comes back
	if taken = h.due(t, 10); !strings.Contains(kinds(taken), "invite invite") {
		t.Errorf("took %q", kinds(taken))
	}
}

func expiresAhead(t *testing.T, h house) {
	h = h.mailing(t)
	h.whileAhead(func() { must(t, h.Invite(h.ctx, "guest@example.com", "", Operator)) })
	begun := h.clock.Now()
	for {
		l, due := h.take(t)
		if !due {
			t.Fatalf("nothing is due after %v", h.clock.Now().Sub(begun))
		}
		later, err := h.LetterLater(h.ctx, l)
		must(t, err)
		if !later {
			break
		}
		h.clock.Move([]time.Duration{15 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour}[min(l.Tries, 5)-1])
	}
	if tried := h.clock.Now().Sub(begun); tried < store.LetterLasts-time.Hour || tried >= store.LetterLasts {
		t.Errorf("a letter is tried for %v, want about %v", tried, store.LetterLasts)
	}
}

func trustedAhead(t *testing.T, h house) {
	h, ada := h.equipped(t)
	from := on("home")
	from.Trust = "trust"
	_, err := SignInByCode(h.Store, "ada", Password, store.KindCode, ada.Code(), "trust", from)
	must(t, err)
	longest := store.DefaultRules.Trust
	for later, want := range map[time.Duration]bool{
		ahead: false, longest + 6*time.Minute: false, longest + 4*time.Minute: true, time.Second: true, 0: false,
	} {
		h.exec(t, `UPDATE devices SET trusted_until = $1`, h.moment(later))
		entry, err := h.Authenticate(h.ctx, "ada", Password, from)
		must(t, err)
		if got := entry.Kind == store.KindTrusted; got != want {
			t.Errorf("a browser that is trusted for %v is: %v, want %v", later, got, want)
		}
		factors, err := h.Factors(h.ctx, h.find(t, "ada"))
		must(t, err)
		if got := len(factors.Trusted) == 1; got != want {
			t.Errorf("a browser that is trusted for %v is listed: %v, want %v", later, got, want)
		}
	}
}

func stepAhead(t *testing.T, h house) {
	h, ada := h.equipped(t)
	enters := func() error {
		_, err := h.finish(h.half(t, From), store.KindCode, ada.Code(), From)
		return err
	}
	h.whileAhead(func() { must(t, enters()) })
	must(t, enters())
	if err := enters(); !errors.Is(err, store.ErrWrongCode) {
		t.Errorf("the code of now a second time: %v", err)
	}
	h.clock.Move(time.Hour)
	must(t, enters())
	h.clock.Move(-6 * time.Minute)
	must(t, enters())
	// Copies need not agree to the minute.
	h.clock.Move(time.Hour)
	must(t, enters())
	h.clock.Move(-4 * time.Minute)
	if err := enters(); !errors.Is(err, store.ErrWrongCode) {
		t.Errorf("a code from before one that a copy whose clock is ahead took: %v", err)
	}
}

func ceremonyAhead(t *testing.T, h house) {
	a, _ := h.keyholder(t)
	a.Synced = true
	ceremony := func(ahead time.Duration) (token, text string) {
		h.clock.Move(ahead)
		defer h.clock.Move(-ahead)
		return h.answered(t, a)
	}
	for later, late := range map[time.Duration]bool{ahead: true, 6 * time.Minute: true, 4 * time.Minute: false} {
		token, text := ceremony(later)
		_, err := h.byPasskey(token, text)
		if got := errors.Is(err, store.ErrPasskeyLate); got != late || !late && err != nil {
			t.Errorf("begun by a clock that was %v ahead: %v", later, err)
		}
	}
	// What was answered stays so, whenever its row goes.
	token, text := h.answered(t, a)
	_, err := h.byPasskey(token, text)
	must(t, err)
	h.exec(t, `UPDATE challenges SET expires_at = $1`, h.moment(ahead))
	if _, err := h.byPasskey(token, text); !errors.Is(err, store.ErrPasskeyFailed) {
		t.Errorf("a second time: %v", err)
	}
}

// An import of when the clock was ahead keeps nobody out.
func importAhead(t *testing.T, h house) {
	h.exec(t, `INSERT INTO locks (name, at) VALUES ('import', $1)`, h.clock.Now().UTC().Add(time.Hour))
	h.fromFile(hashBcrypt, "ada").brings(t, 1)
}
