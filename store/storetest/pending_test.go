package storetest_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"gatehouse/store"
	. "gatehouse/store/storetest"
)

// The contract of registrations that wait for their address to be confirmed.
func TestPendingContract(t *testing.T) {
	contract(t, []promise{
		{"REG-01 takes a known address like a new one, and only letters differ", pendsAlike},
		{"REG-03 refuses a sign-in before the address is confirmed like any other", noSignInYet},
		{"makes the account in the browser that asked, and deletes the others with the address", opensAccount},
		{"REG-06 makes one account of fifty registrations that are confirmed at once", opensOne},
		{"REG-06 gives the address to one of several who are confirmed just now", opensJustNow},
		{"holds the username for a day, and lets its own browser ask again", holdsUsername},
		{"wants the password in another browser, and counts wrong ones", wantsPassword},
		{"LOG-13 lets nobody without the letter make its reader wait", nobodyDelays},
		{"writes once more, and voids the link before", sendsAgain},
		{"leaves the last link good when the address had its share of letters", keepsLastLink},
		{"refuses a registration that breaks a rule, and stores nothing", pendsByRules},
		{"prunes registrations that were not confirmed in time, in batches", prunesPending},
	})
}

// pending asks for an account and returns the token of the letter.
func (h house) pending(t *testing.T, r store.Registration, browser string) string {
	t.Helper()
	must(t, h.RegisterPending(h.ctx, r, browser, From))
	return h.letter(t, store.LetterRegister).Token
}

func pendsAlike(t *testing.T, h house) {
	h = h.mailing(t)
	h.confirmed(t, grace())
	h.exec(t, `DELETE FROM letters`)
	h.exec(t, `DELETE FROM letter_addresses`)
	rows := func() map[string]int {
		n := map[string]int{}
		for _, table := range []string{"users", "tokens", "pending", "letters", "letter_addresses", "events", "throttles"} {
			n[table] = len(h.rows(t, table))
		}
		return n
	}
	var grew []string
	for i, email := range []string{"GRACE@example.com", "new@example.com"} {
		before := rows()
		must(t, h.RegisterPending(h.ctx, store.Registration{Username: fmt.Sprintf("name%d", i), Email: email, Password: otherPassword}, "browser", From))
		after := rows()
		for table := range after {
			after[table] -= before[table]
		}
		grew = append(grew, fmt.Sprint(after))
		if want := map[string]int{"pending": 1, "letters": 1, "letter_addresses": 1}; after["pending"] != 1 || after["letters"] != 1 || after["users"] != 0 {
			t.Errorf("%s: %v, want %v", email, after, want)
		}
	}
	if grew[0] != grew[1] {
		t.Errorf("a known address made %s, a new one %s", grew[0], grew[1])
	}
	post := h.post(t)
	if kinds(post) != "owner register" {
		t.Fatalf("wrote %q", kinds(post))
	}
	for _, l := range post {
		want := map[string]string{store.LetterOwner: "grace@example.com", store.LetterRegister: "new@example.com"}[l.Kind]
		if l.To != want || (l.Token == "") != (l.Kind == store.LetterOwner) {
			t.Errorf("wrote %+v", l)
		}
	}
	h.enter(t, "grace", Password, From)
}

func noSignInYet(t *testing.T, h house) {
	h = h.mailing(t)
	h.confirmed(t, grace())
	h.pending(t, Ada(), "browser")
	known := store.Registration{Username: "known", Email: "grace@example.com", Password: otherPassword}
	must(t, h.RegisterPending(h.ctx, known, "browser", From))
	want := h.guess(t, "nobody", From)
	for who, password := range map[string]string{
		"ada": Password, "Ada@example.com": Password, "known": otherPassword, "grace@example.com": otherPassword,
	} {
		_, err := h.Authenticate(h.ctx, who, password, From)
		if got := refused(t, err); got != want {
			t.Errorf("%s: %+v, want %+v", who, got, want)
		}
		if _, err := h.Find(h.ctx, who); (err == nil) != (who == "grace@example.com") {
			t.Errorf("Find(%s) = %v", who, err)
		}
	}
}

func opensAccount(t *testing.T, h house) {
	h = h.mailing(t)
	var tokens []string
	for i := range 3 {
		r := Ada()
		r.Username = fmt.Sprintf("ada%d", i)
		tokens = append(tokens, h.pending(t, r, fmt.Sprintf("browser%d", i)))
	}
	h.pending(t, grace(), "another")
	p, mine, err := h.FindPending(h.ctx, tokens[1], "browser1")
	if err != nil || !mine || p.Username != "ada1" || p.Email != "Ada@example.com" || p.Name != "Ada Lovelace" {
		t.Errorf("FindPending = %+v, %v, %v", p, mine, err)
	}
	for _, browser := range []string{"", "browser0"} {
		if _, mine, _ := h.FindPending(h.ctx, tokens[1], browser); mine {
			t.Errorf("the registration belongs to the browser %q", browser)
		}
	}
	h.clock.Move(time.Minute)
	user, err := h.CompleteRegistration(h.ctx, tokens[1], "", "browser1", From)
	must(t, err)
	now := h.clock.Now().UTC().Truncate(time.Microsecond)
	if found := h.find(t, "ada1"); found != user || user.Email != "Ada@example.com" || user.Name != "Ada Lovelace" || !user.VerifiedAt.Equal(now) || !user.CreatedAt.Equal(now) {
		t.Errorf("made %+v, found %+v", user, found)
	}
	h.count(t, "pending", 1)
	for i, token := range tokens {
		if _, err := h.CompleteRegistration(h.ctx, token, Password, fmt.Sprintf("browser%d", i), From); !errors.Is(err, store.ErrInvalidLink) {
			t.Errorf("registration %d = %v, want ErrLink", i, err)
		}
	}
	h.count(t, "signins", 0)
	if _, err := h.SignIn(h.ctx, store.ByPassword(user), store.Origin{}); err != nil {
		t.Errorf("the user who was made gets no sign-in: %v", err)
	}
	h.enter(t, "ada@example.com", Password, From)
	must(t, register(h, "ada0"))
}

func opensOne(t *testing.T, h house) {
	h = h.mailing(t)
	const registrations = 50
	var tokens []string
	for i := range registrations {
		r := Ada()
		r.Username = fmt.Sprintf("ada%d", i)
		tokens = append(tokens, h.pending(t, r, "browser"))
		h.exec(t, `DELETE FROM letters`)
	}
	houses := []house{h, h.copied(t).mailing(t)}
	answers := make([]error, registrations)
	var group sync.WaitGroup
	for i, token := range tokens {
		group.Go(func() { _, answers[i] = houses[i%2].CompleteRegistration(h.ctx, token, "", "browser", From) })
	}
	group.Wait()
	made := 0
	for _, err := range answers {
		if err == nil {
			made++
		} else if !errors.Is(err, store.ErrInvalidLink) {
			t.Errorf("one that came too late = %v, want ErrLink", err)
		}
	}
	if made != 1 {
		t.Errorf("%d accounts were made, want 1", made)
	}
	h.count(t, "users", 1)
	h.count(t, "pending", 0)
}

// The first deletes what the others ask for: they must not wait for each other.
func opensJustNow(t *testing.T, h house) {
	h = h.mailing(t)
	var verbs []func() error
	for i := range 3 {
		r := Ada()
		r.Username = fmt.Sprintf("ada%d", i)
		token := h.pending(t, r, "browser")
		verbs = append(verbs, func() error {
			_, err := h.CompleteRegistration(h.ctx, token, "", "browser", From)
			return err
		})
	}
	made := 0
	for _, err := range h.overtake(t,
		`INSERT INTO users (username, email, email_key, created_at) VALUES ('x', 'x', 'ada@example.com', '2026-01-01 00:00:00')`,
		[]string{`DELETE FROM users`}, verbs...) {
		if err == nil {
			made++
		} else if !errors.Is(err, store.ErrInvalidLink) {
			t.Errorf("one that came too late = %v, want ErrLink", err)
		}
	}
	if made != 1 {
		t.Errorf("%d accounts were made, want 1", made)
	}
	h.count(t, "users", 1)
	h.count(t, "pending", 0)
}

func holdsUsername(t *testing.T, h house) {
	h = h.mailing(t)
	first := h.pending(t, Ada(), "browser")
	other := third()
	other.Username = "ADA"
	for name, try := range map[string]func() error{
		"RegisterPending": func() error { return h.RegisterPending(h.ctx, other, "another", From) },
		"without a cookie": func() error {
			return h.RegisterPending(h.ctx, other, "", From)
		},
		"Register": func() error {
			_, err := h.Register(h.ctx, other, From)
			return err
		},
		"UsernameFree": func() error { return h.UsernameFree(h.ctx, "ada", store.User{}, "") },
	} {
		if r := refused(t, try()); r.Field != "username" {
			t.Errorf("%s: %+v, want that the name is taken", name, r)
		}
	}
	must(t, h.UsernameFree(h.ctx, "ada", store.User{}, "browser"))
	again := Ada()
	again.Email, again.Password = "better@example.com", otherPassword
	second := h.pending(t, again, "browser")
	if h.live(t, store.PurposeRegister, first) {
		t.Error("the registration that was replaced is still good")
	}
	h.count(t, "pending", 1)
	h.clock.Move(store.PendingValid - time.Millisecond)
	if err := h.RegisterPending(h.ctx, other, "another", From); err == nil {
		t.Error("the name was given away before its time")
	}
	h.clock.Move(time.Millisecond)
	if _, err := h.CompleteRegistration(h.ctx, second, "", "browser", From); !errors.Is(err, store.ErrInvalidLink) {
		t.Errorf("after a day = %v, want ErrLink", err)
	}
	h.pending(t, other, "another")
}

func wantsPassword(t *testing.T, h house) {
	h = h.mailing(t)
	token := h.pending(t, Ada(), "browser")
	for i := range free {
		_, err := h.CompleteRegistration(h.ctx, token, "wrong", []string{"", "another"}[i%2], From)
		if r := refused(t, err); r.Field != "password" || r.Wait != 0 {
			t.Errorf("a wrong password says %+v", r)
		}
	}
	wait := time.Duration(0)
	for _, password := range []string{"wrong", Password} {
		_, err := h.CompleteRegistration(h.ctx, token, password, "another", From)
		r := refused(t, err)
		if wait = r.Wait; wait == 0 {
			t.Errorf("after %d wrong ones: %+v, want a wait", free, r)
		}
	}
	h.count(t, "users", 0)
	if r := h.guess(t, "ada", From); r.Wait != 0 {
		t.Errorf("they count for sign-ins: %+v", r)
	}
	h.clock.Move(wait)
	user, err := h.CompleteRegistration(h.ctx, token, Password, "another", From)
	if err != nil || user.Username != "ada" {
		t.Errorf("ConfirmRegistration = %+v, %v", user, err)
	}
}

func sendsAgain(t *testing.T, h house) {
	h = h.mailing(t)
	h.confirmed(t, grace())
	first := h.pending(t, Ada(), "browser")
	must(t, h.SendPending(h.ctx, "", From))
	must(t, h.SendPending(h.ctx, "another", From))
	if post := h.post(t); len(post) != 0 {
		t.Errorf("wrote %+v", post)
	}
	h.clock.Move(time.Hour)
	must(t, h.SendPending(h.ctx, "browser", From))
	l := h.letter(t, store.LetterRegister)
	if l.To != "Ada@example.com" || l.Name+l.Username != "" || h.live(t, store.PurposeRegister, first) || !h.live(t, store.PurposeRegister, l.Token) {
		t.Errorf("wrote %+v", l)
	}
	known := store.Registration{Username: "known", Email: "grace@example.com", Password: Password}
	must(t, h.RegisterPending(h.ctx, known, "knowing", From))
	h.letter(t, store.LetterOwner)
	must(t, h.SendPending(h.ctx, "knowing", From))
	if l := h.letter(t, store.LetterOwner); l.To != "grace@example.com" || l.Token != "" {
		t.Errorf("wrote %+v", l)
	}
	_, err := h.CompleteRegistration(h.ctx, l.Token, "", "browser", From)
	must(t, err)
	h.clock.Move(store.PendingValid)
	must(t, h.SendPending(h.ctx, "knowing", From))
	must(t, h.SendPending(h.ctx, "browser", From))
	if post := h.post(t); len(post) != 0 {
		t.Errorf("wrote %+v", post)
	}
}

func keepsLastLink(t *testing.T, h house) {
	h = h.mailing(t)
	link := h.pending(t, Ada(), "browser")
	for range store.LettersPerHour - 1 {
		must(t, h.SendPending(h.ctx, "browser", From))
		link = h.letter(t, store.LetterRegister).Token
	}
	must(t, h.SendPending(h.ctx, "browser", From))
	must(t, h.RegisterPending(h.ctx, Ada(), "browser", From))
	if post := h.post(t); len(post) != 0 {
		t.Errorf("wrote %+v", post)
	}
	if !h.live(t, store.PurposeRegister, link) {
		t.Error("the last link that arrived is dead")
	}
	moved := Ada()
	moved.Email = "countess@example.com"
	must(t, h.RegisterPending(h.ctx, moved, "browser", From))
	h.letter(t, store.LetterRegister)
	if h.live(t, store.PurposeRegister, link) {
		t.Error("the link to an address that was given up is good")
	}
}

func pendsByRules(t *testing.T, h house) {
	h = h.mailing(t)
	h.confirmed(t, grace())
	before := h.dump(t)
	for field, change := range map[string]func(r *store.Registration){
		"username": func(r *store.Registration) { r.Username = "grace" },
		"email":    func(r *store.Registration) { r.Email = "nonsense" },
		"password": func(r *store.Registration) { r.Password = "short" },
		"name":     func(r *store.Registration) { r.Name = "a\x00b" },
	} {
		r := Ada()
		change(&r)
		if got := refused(t, h.RegisterPending(h.ctx, r, "browser", From)); got.Field != field {
			t.Errorf("%+v, want a refusal of the %s", got, field)
		}
	}
	if after := h.dump(t); after != before {
		t.Errorf("the database changed from\n%s\nto\n%s", before, after)
	}
}

func prunesPending(t *testing.T, h house) {
	h = h.mailing(t)
	for i := range 5 {
		must(t, h.RegisterPending(h.ctx, store.Registration{Username: fmt.Sprintf("name%d", i), Email: fmt.Sprintf("name%d@example.com", i), Password: Password}, "browser", From))
	}
	h.clock.Move(time.Second)
	must(t, h.RegisterPending(h.ctx, Ada(), "browser", From))
	h.clock.Move(store.PendingValid - time.Second)
	for _, want := range []int64{3, 2, 0} {
		if got, err := Prune(h.ctx, h.Store, "pending registrations", 3); err != nil || got != want {
			t.Errorf("pruning pending registrations = %d, %v; want %d", got, err, want)
		}
	}
	h.count(t, "pending", 1)
}

func nobodyDelays(t *testing.T, h house) {
	h = h.mailing(t)
	token := h.pending(t, third(), "browser")
	for _, name := range []string{"registration " + third().Username, third().Username, third().Email} {
		h.burn(t, name, From)
	}
	if _, err := h.CompleteRegistration(h.ctx, token, third().Password, "another browser", From); err != nil {
		t.Errorf("ConfirmRegistration = %v", err)
	}
}
