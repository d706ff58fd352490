package storetest_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/store"
	"gatehouse/store/rules"
	. "gatehouse/store/storetest"
)

// The contract of the tokens in letters.
func TestTokenContract(t *testing.T) {
	contract(t, []promise{
		{"RST-04 takes each token once, also of several at once from two copies, and RST-10 signs nobody in", tokensWorkOnce},
		{"RST-06 voids tokens with every change of what proves the person", tokensDie},
		{"RST-08 gives each purpose its own lifetime, and the letter states it", lifetimes},
		{"RST-09 takes a token for its own purpose alone", ownPurpose},
		{"RST-06 takes no token that a change has just overtaken", overtaken},
		{"RST-06 takes one of several tokens of a person at once, and the others find it taken", oneOfSeveral},
		{"prunes expired tokens in batches", prunesTokens},
	})
}

// links is a person with a live token of each purpose, and one invitation and
// one registration that wait.
func (h house) links(t *testing.T) map[string]store.Letter {
	t.Helper()
	Register(t, h.Store, grace())
	links := map[string]store.Letter{store.PurposeVerify: h.letter(t, store.LetterVerify)}
	ada := h.confirmed(t, Ada())
	must(t, h.ChangeEmail(h.ctx, ada, "first@example.com", From))
	_, err := h.VerifyEmail(h.ctx, h.letter(t, store.LetterNewEmail).Token, From)
	must(t, err)
	links[store.PurposeUndo] = h.letter(t, store.LetterEmailChanged)
	must(t, h.ChangeEmail(h.ctx, h.find(t, "ada"), "second@example.com", From))
	links[store.PurposeNewEmail] = h.letter(t, store.LetterNewEmail)
	must(t, h.AskReset(h.ctx, "ada", From))
	links[store.PurposeReset] = h.letter(t, store.LetterReset)
	must(t, h.Invite(h.ctx, "guest@example.com", "", Operator))
	links[store.PurposeInvite] = h.letter(t, store.LetterInvite)
	must(t, h.RegisterPending(h.ctx, third(), "browser", From))
	links[store.PurposeRegister] = h.letter(t, store.LetterRegister)
	return links
}

func third() store.Registration {
	return store.Registration{Username: "third", Email: "third@example.com", Password: Password}
}

// redeems are what each purpose is for.
func (h house) redeems() map[string]func(token string) error {
	confirm := func(token string) error {
		_, err := h.VerifyEmail(h.ctx, token, From)
		return err
	}
	return map[string]func(token string) error{
		store.PurposeVerify:   confirm,
		store.PurposeNewEmail: confirm,
		store.PurposeReset:    func(token string) error { return h.ResetPassword(h.ctx, token, otherPassword, From) },
		store.PurposeUndo:     func(token string) error { return h.UndoEmail(h.ctx, token, From) },
		store.PurposeInvite: func(token string) error {
			_, err := h.AcceptInvite(h.ctx, token, store.Registration{Username: "visitor", Password: Password}, From)
			return err
		},
		store.PurposeRegister: func(token string) error {
			_, err := h.CompleteRegistration(h.ctx, token, "", "browser", From)
			return err
		},
	}
}

// live says whether a token is good, as the page behind its link asks.
func (h house) live(t *testing.T, purpose, token string) bool {
	t.Helper()
	var err error
	if purpose == store.PurposeRegister {
		_, _, err = h.FindPending(h.ctx, token, "browser")
	} else {
		_, err = h.Token(h.ctx, token, purpose)
	}
	if err != nil && !errors.Is(err, store.ErrInvalidLink) {
		t.Fatal(err)
	}
	return err == nil
}

func tokensWorkOnce(t *testing.T, h house) {
	h = h.mailing(t)
	links := h.links(t)
	houses := []house{h, h.copied(t).mailing(t)}
	// A reset voids the token of a new address, and the other way round.
	for _, purpose := range []string{store.PurposeVerify, store.PurposeReset, store.PurposeUndo, store.PurposeInvite, store.PurposeRegister} {
		var group sync.WaitGroup
		answers := make([]error, 4)
		for i := range answers {
			group.Go(func() { answers[i] = houses[i%2].redeems()[purpose](links[purpose].Token) })
		}
		group.Wait()
		done := 0
		for _, err := range append(answers, h.redeems()[purpose](links[purpose].Token)) {
			// The username is taken as well: whichever is noticed first.
			refusal, refused := rules.AsRefusal(err)
			switch {
			case err == nil:
				done++
			case !errors.Is(err, store.ErrInvalidLink) && (!refused || purpose != store.PurposeInvite || refusal.Field != "username"):
				t.Errorf("%s: the second try = %v, want ErrLink", purpose, err)
			}
		}
		if done != 1 || h.live(t, purpose, links[purpose].Token) {
			t.Errorf("%s: %d tries came about, want one", purpose, done)
		}
	}
	h.count(t, "signins", 0)
	h.count(t, "users", 4)
}

func tokensDie(t *testing.T, h house) {
	h = h.unlimited(t)
	rules := store.DefaultRules
	rules.Limits, rules.Mails = store.Limits{}, true
	h = h.ruled(t, rules)
	for i, change := range []struct {
		name string
		do   func(user store.User, n store.SignIn) error
	}{
		{"another reset", func(user store.User, _ store.SignIn) error {
			token, err := h.ResetToken(h.ctx, user, Operator)
			must(t, err)
			return h.ResetPassword(h.ctx, token, otherPassword, From)
		}},
		{"a change of the password", func(_ store.User, n store.SignIn) error {
			_, err := h.ChangePassword(h.ctx, n, Password, otherPassword, From)
			return err
		}},
		{"a change of the address", func(user store.User, _ store.SignIn) error {
			must(t, h.ChangeEmail(h.ctx, user, "new-"+user.Email, From))
			_, err := h.VerifyEmail(h.ctx, h.letter(t, store.LetterNewEmail).Token, From)
			return err
		}},
		{"disabling", func(user store.User, _ store.SignIn) error { return h.Disable(h.ctx, user, Operator) }},
		{"disabling and enabling", func(user store.User, _ store.SignIn) error {
			return errors.Join(h.Disable(h.ctx, user, Operator), h.Enable(h.ctx, user, Operator))
		}},
		{"closing", func(user store.User, _ store.SignIn) error { return h.CloseAccount(h.ctx, user, From) }},
		{"erasing", func(user store.User, _ store.SignIn) error { return h.Erase(h.ctx, user, Operator) }},
	} {
		name := fmt.Sprintf("person%d", i)
		user := Register(t, h.Store, store.Registration{Username: name, Email: name + "@example.com", Password: Password})
		confirm := h.letter(t, store.LetterVerify).Token
		n := h.enter(t, name, Password, From)
		must(t, h.ChangeEmail(h.ctx, user, "other-"+user.Email, From))
		address := h.letter(t, store.LetterNewEmail).Token
		reset, err := h.ResetToken(h.ctx, user, Operator)
		must(t, err)
		for purpose, token := range map[string]string{store.PurposeVerify: confirm, store.PurposeNewEmail: address, store.PurposeReset: reset} {
			if !h.live(t, purpose, token) {
				t.Errorf("before %s the token for %s is not good", change.name, purpose)
			}
		}
		must(t, change.do(user, n))
		h.post(t)
		before := h.dump(t)
		for purpose, token := range map[string]string{store.PurposeVerify: confirm, store.PurposeNewEmail: address, store.PurposeReset: reset} {
			if err := h.redeems()[purpose](token); !errors.Is(err, store.ErrInvalidLink) || h.live(t, purpose, token) {
				t.Errorf("after %s the token for %s gives %v, want ErrLink", change.name, purpose, err)
			}
		}
		if after := h.dump(t); after != before {
			t.Errorf("a dead token changed the database from\n%s\nto\n%s", before, after)
		}
	}
}

func lifetimes(t *testing.T, h house) {
	h = h.mailing(t)
	start := h.clock.Now()
	links := h.links(t)
	for _, c := range []struct {
		purpose string
		valid   time.Duration
	}{
		{store.PurposeReset, 30 * time.Minute},
		{store.PurposeNewEmail, time.Hour},
		{store.PurposeVerify, 24 * time.Hour},
		{store.PurposeRegister, 24 * time.Hour},
		{store.PurposeUndo, 7 * 24 * time.Hour},
		{store.PurposeInvite, 7 * 24 * time.Hour},
	} {
		l := links[c.purpose]
		if l.Valid != c.valid {
			t.Errorf("the letter with the token for %s says %v, want %v", c.purpose, l.Valid, c.valid)
		}
		h.clock.Move(start.Add(c.valid).Sub(h.clock.Now()) - time.Millisecond)
		if !h.live(t, c.purpose, l.Token) {
			t.Errorf("the token for %s is dead before %v are over", c.purpose, c.valid)
		}
		h.clock.Move(time.Millisecond)
		if h.live(t, c.purpose, l.Token) {
			t.Errorf("the token for %s lives longer than %v", c.purpose, c.valid)
		}
		if err := h.redeems()[c.purpose](l.Token); !errors.Is(err, store.ErrInvalidLink) {
			t.Errorf("the expired token for %s gives %v, want ErrLink", c.purpose, err)
		}
		h.clock.Move(-time.Millisecond)
	}
}

func ownPurpose(t *testing.T, h house) {
	h = h.mailing(t)
	links := h.links(t)
	before := h.dump(t)
	for purpose, link := range links {
		for other, redeem := range h.redeems() {
			confirms := map[string]bool{store.PurposeVerify: true, store.PurposeNewEmail: true}
			if other == purpose || confirms[other] && confirms[purpose] {
				continue
			}
			if err := redeem(link.Token); !errors.Is(err, store.ErrInvalidLink) || h.live(t, other, link.Token) {
				t.Errorf("a token for %s used for %s gives %v, want ErrLink", purpose, other, err)
			}
		}
		good := link.Token
		for _, token := range []string{"", good[:len(good)-1], good + "A", " " + good, strings.ToUpper(good), strings.Repeat("A", 43), "\x00", "' OR 1=1 --", "\xff"} {
			if err := h.redeems()[purpose](token); !errors.Is(err, store.ErrInvalidLink) {
				t.Errorf("%.40q for %s gives %v, want ErrLink", token, purpose, err)
			}
		}
	}
	if after := h.dump(t); after != before {
		t.Errorf("the database changed from\n%s\nto\n%s", before, after)
	}
	for purpose, link := range links {
		if !h.live(t, purpose, link.Token) {
			t.Errorf("the token for %s is dead", purpose)
		}
	}
}

func overtaken(t *testing.T, h house) {
	h = h.mailing(t)
	links := h.links(t)
	var verbs []func() error
	purposes := []string{store.PurposeReset, store.PurposeNewEmail, store.PurposeVerify}
	for _, purpose := range purposes {
		verbs = append(verbs, func() error { return h.redeems()[purpose](links[purpose].Token) })
	}
	for i, err := range h.overtake(t, `UPDATE users SET epoch = epoch + 1`, nil, verbs...) {
		if !errors.Is(err, store.ErrInvalidLink) {
			t.Errorf("the token for %s gives %v, want ErrLink", purposes[i], err)
		}
	}
	if ada := h.find(t, "ada"); ada.Email != "first@example.com" || h.find(t, "grace").Verified() {
		t.Errorf("the address is %s", ada.Email)
	}
	h.enter(t, "ada", Password, From)
}

// Each takes its own token and voids those of the others: they must not wait
// for each other.
func oneOfSeveral(t *testing.T, h house) {
	h = h.mailing(t)
	ada := h.confirmed(t, Ada())
	redeems := h.redeems()
	var verbs []func() error
	for i := range 2 {
		token, err := h.ResetToken(h.ctx, ada, Operator)
		must(t, err)
		must(t, h.ChangeEmail(h.ctx, ada, fmt.Sprintf("new%d@example.com", i), From))
		address := h.letter(t, store.LetterNewEmail).Token
		verbs = append(verbs,
			func() error { return redeems[store.PurposeReset](token) },
			func() error { return redeems[store.PurposeNewEmail](address) })
	}
	done := 0
	for _, err := range h.overtake(t, `UPDATE users SET name = name`, nil, verbs...) {
		if err == nil {
			done++
		} else if !errors.Is(err, store.ErrInvalidLink) {
			t.Errorf("the token that came too late gives %v, want ErrLink", err)
		}
	}
	if done != 1 {
		t.Errorf("%d of four tokens came about, want one", done)
	}
}

func prunesTokens(t *testing.T, h house) {
	h = h.mailing(t)
	ada := Register(t, h.Store, Ada()) // with a token for a day
	for range 5 {
		_, err := h.ResetToken(h.ctx, ada, Operator)
		must(t, err)
	}
	for _, step := range []struct {
		move time.Duration
		want []int64
	}{
		{store.ResetValid - time.Millisecond, []int64{0}},
		{time.Millisecond, []int64{3, 2, 0}},
		{store.VerifyValid, []int64{1, 0}},
	} {
		h.clock.Move(step.move)
		for _, want := range step.want {
			if got, err := Prune(h.ctx, h.Store, "tokens", 3); err != nil || got != want {
				t.Errorf("pruning tokens = %d, %v; want %d", got, err, want)
			}
		}
	}
}
