package storetest_test

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/store"
	"gatehouse/store/rules"
	. "gatehouse/store/storetest"
)

// The contract of the outbox.
func TestLetterContract(t *testing.T) {
	contract(t, []promise{
		{"writes nothing where the site sends no mail", writesNothing},
		{"writes a letter in the transaction of what it speaks of, or does neither", writesOrNothing},
		{"SES-10 keeps nothing of a letter readable, and erases it once it is done", sealsLetters},
		{"RST-12 gives an address three letters of each kind within any hour", threeAnHour},
		{"RST-12 gives three letters to fifty who ask at once, from two copies", threeAtOnce},
		{"gives each letter to one of two workers", takenOnce},
		{"goes past letters that their domain has no room for, however many", pastTheOthers},
		{"brings back what its worker did not report on", leaseEnds},
		{"tries again after growing pauses, until it is not worth it any more", growingPauses},
		{"gives up what was sealed with another secret, once, and says so", otherSecret},
		{"gives up what nobody could send in time", notWorthIt},
		{"tells people what was done to their account, at a confirmed address only", tellsConfirmed},
		{"says who somebody is to an address that they confirmed, and to no other", namesConfirmed},
		{"keeps what is awaited apart from notices and from what was written in bulk", awaitedFirst},
		{"keeps how a letter ended for a week, and to which address it went for an hour", keepsOutcomes},
		{"sends what waits to who is erased, counts it, and forgets the rest", disownsLetters},
		{"prunes done letters and quiet addresses in batches, and none that count", prunesLetters},
	})
}

// mailing is the same house where mail is sent.
func (h house) mailing(t *testing.T) house {
	t.Helper()
	rules := store.DefaultRules
	rules.Mails = true
	return h.ruled(t, rules)
}

// due claims up to limit letters that are due, the most urgent first.
func (h house) due(t *testing.T, limit int) []store.Letter {
	t.Helper()
	var due []store.Letter
	for _, p := range store.Priorities {
		if limit > len(due) {
			taken, err := h.TakeLetters(h.ctx, p, limit-len(due), nil)
			must(t, err)
			due = append(due, taken...)
		}
	}
	return due
}

// post takes every letter that is due and reports it delivered.
func (h house) post(t *testing.T) []store.Letter {
	t.Helper()
	var post []store.Letter
	for {
		taken := h.due(t, 10)
		for _, l := range taken {
			must(t, h.LetterDone(h.ctx, l, store.OutcomeSent))
		}
		post = append(post, taken...)
		if len(taken) == 0 {
			return post
		}
	}
}

// letter is the one letter that is due, of that kind.
func (h house) letter(t *testing.T, kind string) store.Letter {
	t.Helper()
	post := h.post(t)
	if got := kinds(post); got != kind {
		t.Fatalf("the letters are %q, want %q", got, kind)
	}
	return post[0]
}

// kinds are the kinds of letters, in order.
func kinds(post []store.Letter) string {
	var list []string
	for _, l := range post {
		list = append(list, l.Kind)
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

// confirmed registers a person whose address is confirmed.
func (h house) confirmed(t *testing.T, r store.Registration) store.User {
	t.Helper()
	Register(t, h.Store, r)
	user, err := h.VerifyEmail(h.ctx, h.letter(t, store.LetterVerify).Token, From)
	must(t, err)
	return user
}

func writesNothing(t *testing.T, h house) {
	n := h.signIn(t, false)
	ada := h.find(t, "ada")
	h.exec(t, `UPDATE users SET confirmed_at = created_at`)
	must(t, h.SendVerification(h.ctx, ada, From))
	must(t, h.AskReset(h.ctx, "ada", From))
	must(t, h.ChangeEmail(h.ctx, ada, "new@example.com", From))
	must(t, h.Invite(h.ctx, "guest@example.com", "", asOperator(From)))
	must(t, h.RegisterPending(h.ctx, grace(), "browser", From))
	_, err := h.ChangePassword(h.ctx, n, Password, otherPassword, From)
	must(t, err)
	h.enter(t, "ada", otherPassword, on("one"))
	h.enter(t, "ada", otherPassword, on("two"))
	must(t, h.CloseAccount(h.ctx, ada, From))
	for _, table := range []string{"letters", "letter_addresses", "tokens"} {
		h.count(t, table, 0)
	}
	if h.Mails() || h.announced() {
		t.Error("letters are announced")
	}
}

// announced says whether new letters were announced.
func (h house) announced() bool {
	select {
	case <-h.Letters():
		return true
	default:
		return false
	}
}

func writesOrNothing(t *testing.T, h house) {
	h = h.mailing(t)
	ada := h.confirmed(t, Ada())
	n := h.enter(t, "ada", Password, on("one"))
	must(t, h.ChangeEmail(h.ctx, ada, "new@example.com", From))
	move := h.letter(t, store.LetterNewEmail)
	must(t, h.AskReset(h.ctx, "ada", From))
	reset := h.letter(t, store.LetterReset)
	h.announced()
	verbs := map[string]func() error{
		"Register": func() error {
			_, err := h.Register(h.ctx, grace(), From)
			return err
		},
		"ChangePassword": func() error {
			_, err := h.ChangePassword(h.ctx, n, Password, otherPassword, From)
			return err
		},
		"SignIn": func() error {
			_, err := h.SignIn(h.ctx, store.ByPassword(ada), on("two"))
			return err
		},
		"CloseAccount":  func() error { return h.CloseAccount(h.ctx, ada, From) },
		"ResetPassword": func() error { return h.ResetPassword(h.ctx, reset.Token, otherPassword, From) },
		"ConfirmAddress": func() error {
			_, err := h.VerifyEmail(h.ctx, move.Token, From)
			return err
		},
		"ChangeAddress": func() error { return h.ChangeEmail(h.ctx, ada, "other@example.com", From) },
	}
	for _, table := range []string{"letters", "events"} {
		h.exec(t, `ALTER TABLE `+table+` RENAME TO lost`)
		before := h.dump(t, "throttles")
		for name, verb := range verbs {
			err := verb()
			if _, refused := rules.AsRefusal(err); err == nil || refused {
				t.Errorf("%s without %s = %v, want a fault", name, table, err)
			}
			if after := h.dump(t, "throttles"); after != before {
				t.Errorf("%s without %s changed the database from\n%s\nto\n%s", name, table, before, after)
				before = after
			}
		}
		h.exec(t, `ALTER TABLE lost RENAME TO `+table)
	}
	if h.announced() {
		t.Error("letters that came to nothing are announced")
	}
	must(t, verbs["Register"]())
	if !h.announced() || h.announced() {
		t.Error("a letter is not announced once")
	}
	if l := h.letter(t, store.LetterVerify); l.To != "grace@example.com" {
		t.Errorf("wrote to %s", l.To)
	}
}

func sealsLetters(t *testing.T, h house) {
	h = h.mailing(t)
	const asked = "somebody.unknown@example.org"
	must(t, h.AskReset(h.ctx, asked, From))
	must(t, h.AskReset(h.ctx, "typed into the wrong line", From))
	Register(t, h.Store, Ada())
	must(t, h.AskReset(h.ctx, "ada", From))
	must(t, h.Invite(h.ctx, "guest@example.com", "", asOperator(From)))
	h.unreadable(t, "", asked, "somebody", "wrong line")
	h.unreadable(t, "letters", "Lovelace", "ada@", "guest", "example", From.Address, "Firefox")
	post := h.post(t)
	if got := kinds(post); got != "confirm invite reset" {
		t.Fatalf("the letters are %q", got)
	}
	for _, l := range post {
		if len(l.Token) < 43 || l.From != From.Address || l.Agent != From.Agent || !l.At.Equal(h.clock.Now().UTC().Truncate(time.Microsecond)) {
			t.Errorf("the letter is %+v", l)
		}
		h.unreadable(t, "", l.Token)
	}
	h.count(t, "letters WHERE sealed IS NOT NULL", 0)
	h.count(t, "letters", 3) // who asked is nobody's to read any more
	h.count(t, "letters WHERE outcome = 'sent' AND token = ''", 3)
}

// unreadable searches a table, or the whole database with its files, for texts.
func (h house) unreadable(t *testing.T, table string, texts ...string) {
	t.Helper()
	places := map[string]string{"the tables": h.dump(t)}
	if table != "" {
		places = map[string]string{}
		for line := range strings.Lines(h.dump(t)) {
			if strings.HasPrefix(line, table+" ") {
				places["the table "+table] += line
			}
		}
	} else if h.kind.Name == SQLite.Name {
		for _, suffix := range []string{"", "-wal"} {
			text, err := os.ReadFile(h.place + suffix)
			must(t, err)
			places["the file "+suffix] = string(text)
		}
	}
	for place, held := range places {
		for _, text := range texts {
			if held == "" || strings.Contains(held, text) {
				t.Errorf("%s, of %d bytes, has %q in clear", place, len(held), text)
			}
		}
	}
}

func threeAnHour(t *testing.T, h house) {
	h = h.mailing(t)
	ada := Register(t, h.Store, Ada()) // the first
	Register(t, h.Store, grace())
	ask := func(want string) {
		t.Helper()
		err := h.SendVerification(h.ctx, ada, From)
		if got := kinds(h.post(t)); got != want || errors.Is(err, store.ErrEnoughLetters) != (want == "") {
			t.Errorf("got %q, want %q, %v", got, want, err)
		}
	}
	h.post(t)
	h.clock.Move(20 * time.Minute)
	ask("confirm")
	h.clock.Move(20 * time.Minute)
	ask("confirm")
	ask("")
	must(t, h.AskReset(h.ctx, "ada", From))
	h.letter(t, store.LetterReset)
	must(t, h.SendVerification(h.ctx, h.find(t, "grace"), From))
	if l := h.letter(t, store.LetterVerify); l.To != "grace@example.com" {
		t.Errorf("wrote to %s", l.To)
	}
	h.clock.Move(20*time.Minute - time.Millisecond)
	ask("")
	h.clock.Move(time.Millisecond)
	ask("confirm")
	ask("")
	h.clock.Move(20*time.Minute - time.Millisecond)
	ask("")
	h.clock.Move(time.Millisecond)
	ask("confirm")
	for range 5 {
		must(t, h.AskReset(h.ctx, "ADA@Example.com ", From))
	}
	if got := kinds(h.post(t)); got != "reset reset" {
		t.Errorf("after one reset within the hour got %q, want two", got)
	}
}

func threeAtOnce(t *testing.T, h house) {
	h = h.mailing(t)
	houses := []house{h, h.copied(t).mailing(t)}
	ada := Register(t, h.Store, Ada())
	h.post(t)
	h.clock.Move(time.Hour)
	var group sync.WaitGroup
	for i := range 50 {
		group.Go(func() {
			h := houses[i%2]
			var err error
			if i < 25 {
				err = h.SendVerification(h.ctx, ada, From)
			} else {
				err = h.AskReset(h.ctx, []string{"ada", "ada@example.com"}[i%2], From)
			}
			if err != nil && !errors.Is(err, store.ErrEnoughLetters) {
				t.Errorf("ask: %v", err)
			}
		})
	}
	group.Wait()
	var mu sync.Mutex
	var post []store.Letter
	for _, h := range houses {
		group.Go(func() {
			taken := h.post(t)
			mu.Lock()
			defer mu.Unlock()
			post = append(post, taken...)
		})
	}
	group.Wait()
	post = append(post, h.post(t)...) // what one worker wrote after the other had left
	if got, want := kinds(post), "confirm confirm confirm reset reset reset"; got != want {
		t.Errorf("fifty who asked got %q, want %q", got, want)
	}
}

func tellsConfirmed(t *testing.T, h house) {
	h = h.mailing(t)
	Register(t, h.Store, grace())
	h.letter(t, store.LetterVerify)
	h.confirmed(t, Ada())
	for who, want := range map[string][]string{
		"ada":   {"", store.LetterNewDevice, "", store.LetterPasswordChanged, store.LetterClosed},
		"grace": {"", "", "", "", ""},
	} {
		user := h.find(t, who)
		var n store.SignIn
		for i, verb := range []func() error{
			func() error {
				n = h.enter(t, who, Password, on("one"))
				return nil
			},
			func() error {
				n = h.enter(t, who, Password, on("two"))
				return nil
			},
			func() error {
				n = h.enter(t, who, Password, on("two"))
				return nil
			},
			func() (err error) {
				n, err = h.ChangePassword(h.ctx, n, Password, otherPassword, From)
				return err
			},
			func() error { return h.CloseAccount(h.ctx, user, From) },
		} {
			h.clock.Move(time.Minute)
			must(t, verb())
			post := h.post(t)
			if got := kinds(post); got != want[i] {
				t.Errorf("%s was told %q, want %q", who, got, want[i])
			}
			for _, l := range post {
				now := h.clock.Now().UTC().Truncate(time.Microsecond)
				if l.To != user.Email || l.Username != who || l.Name != user.Name || l.Token != "" ||
					!l.At.Equal(now) || l.From != From.Address || l.Agent != From.Agent || l.Within != reopen {
					t.Errorf("%s was told %+v", who, l)
				}
			}
		}
	}
}

// Anybody can type anybody's address, and whatever they like for a name.
func namesConfirmed(t *testing.T, h house) {
	h = h.mailing(t)
	from := From
	from.Agent = "Your prize waits at https://evil.example/win"
	wish := Ada()
	wish.Name, wish.Username, wish.Email = "Claim it at https://evil.example/win", "prize-winner", "victim@example.com"
	same := grace()
	same.Email = wish.Email
	said := map[string]bool{}
	ask := func(confirmed bool, kind string, verb func() error) store.Letter {
		t.Helper()
		h.clock.Move(20 * time.Minute) // an address gets three of a kind in an hour
		must(t, verb())
		l := h.letter(t, kind)
		named := l.Name == wish.Name && l.Username == wish.Username
		if l.Verified != confirmed || named != confirmed || !confirmed && l.Name+l.Username != "" {
			t.Errorf("%s to %s, confirmed %v, is %+v", kind, l.To, confirmed, l)
		}
		said[kind] = true
		return l
	}
	resets := func() error { return h.AskReset(h.ctx, wish.Username, from) }
	registers := func() error { return h.RegisterPending(h.ctx, same, "another browser", from) }
	ask(false, store.LetterVerify, func() error { _, err := h.Register(h.ctx, wish, from); return err })
	ask(false, store.LetterReset, resets)
	ask(false, store.LetterOwner, registers)
	link := ask(false, store.LetterVerify, func() error { return h.SendVerification(h.ctx, h.find(t, wish.Username), from) })
	other := wish
	other.Username, other.Email = "other-winner", "other@example.com"
	ask(false, store.LetterRegister, func() error { return h.RegisterPending(h.ctx, other, "browser", from) })
	ask(false, store.LetterRegister, func() error { return h.SendPending(h.ctx, "browser", from) })
	ask(false, store.LetterInvite, func() error { return h.Invite(h.ctx, "guest@example.com", "", asOperator(from)) })
	changes := func() error { return h.ChangeEmail(h.ctx, h.find(t, wish.Username), "next@example.com", from) }
	ask(false, store.LetterNewEmail, changes)

	_, err := h.VerifyEmail(h.ctx, link.Token, from)
	must(t, err)
	ask(true, store.LetterReset, resets)
	ask(true, store.LetterOwner, registers)
	move := ask(false, store.LetterNewEmail, changes)
	undo := ask(true, store.LetterEmailChanged, func() error { _, err := h.VerifyEmail(h.ctx, move.Token, from); return err })
	if undo.To != wish.Email || undo.Address != "next@example.com" {
		t.Errorf("told %+v", undo)
	}
	ask(true, store.LetterEmailRestored, func() error { return h.UndoEmail(h.ctx, undo.Token, from) })
	must(t, h.ResetPassword(h.ctx, h.resetLink(t, wish.Username), otherPassword, from))
	h.post(t)
	SetUpApp(t, h.Store, h.clock, h.enter(t, wish.Username, otherPassword, from))
	first := h.letter(t, store.LetterFirstFactor)
	ask(true, store.LetterFactorsUndone, func() error { return h.UndoFactors(h.ctx, first.Token, from) })
	ask(true, store.LetterRoleGained, func() error {
		_, err := h.ChangeRole(h.ctx, h.find(t, wish.Username), "support", "", asOperator(from))
		return err
	})
	h.exec(t, `UPDATE users SET role = '' WHERE username = $1`, wish.Username)
	n, boss := h.onlooker(t, "boss")
	h.post(t)
	ask(true, store.LetterLookedAt, func() error { return h.Look(h.ctx, n, h.find(t, wish.Username).ID, boss) })
	for _, kind := range store.LetterKinds {
		switch kind {
		case store.LetterPasswordChanged, store.LetterNewDevice, store.LetterClosed, store.LetterPasswordOff,
			store.LetterSecondOn, store.LetterSecondOff, store.LetterAppChanged, store.LetterCodesMade, store.LetterCodeUsed,
			store.LetterCodesWrong, store.LetterFactorsReset, store.LetterAppRemoved, store.LetterPasskeyAdded, store.LetterPasskeyRemoved,
			store.LetterPasswordRemoved, store.LetterFirstFactor: // to confirmed addresses alone
		default:
			if !said[kind] {
				t.Errorf("%s was not written", kind)
			}
		}
	}
}

func awaitedFirst(t *testing.T, h house) {
	h = h.mailing(t)
	ada := h.confirmed(t, Ada())
	for i := range 60 {
		must(t, h.Invite(h.ctx, fmt.Sprintf("guest%d@example.com", i), "", Operator))
	}
	for _, device := range []string{"one", "two", "three"} {
		h.enter(t, "ada", Password, on(device))
	}
	must(t, h.AskReset(h.ctx, "nobody", From))
	must(t, h.AskReset(h.ctx, "ada", From))
	must(t, h.ChangeEmail(h.ctx, ada, "next@example.com", From))
	for _, c := range []struct {
		priority store.Priority
		limit    int
		want     string
	}{
		{store.Awaited, 1, store.LetterNewEmail}, // and the questions wait for no place
		{store.Awaited, 4, store.LetterReset},
		{store.Awaited, 4, ""},
		{store.Notice, 4, store.LetterNewDevice + " " + store.LetterNewDevice},
		{store.Notice, 4, ""},
		{store.Bulk, 2, store.LetterInvite + " " + store.LetterInvite},
	} {
		taken, err := h.TakeLetters(h.ctx, c.priority, c.limit, nil)
		must(t, err)
		if got := kinds(taken); got != c.want {
			t.Errorf("of the priority %d took %q, want %q", c.priority, got, c.want)
		}
	}
	h.count(t, "letters WHERE sealed IS NOT NULL AND tries = 0", 58)
}
