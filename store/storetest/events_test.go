package storetest_test

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"gatehouse/store"
	"gatehouse/store/rules"
	. "gatehouse/store/storetest"
)

// The contract of the record.
func TestEventContract(t *testing.T) {
	contract(t, []promise{
		{"ADM-07 records who did what, when and from where", recordsAll},
		{"ADM-07 refuses to change an event", eventsStay},
		{"records a change in the transaction that makes it, or makes none", recordsOrNothing},
		{"INJ-04 records of what a client says only what can be shown", recordsPlainText},
		{"lists the events of one account, newest first, page by page", pagesEvents},
		{"says beside a sign-in what happened last to its account", sumsUp},
		{"prunes old events in batches", prunesEvents},
		{"logs what was done, and neither details nor what came to nothing", logsDone},
	})
}

func recordsAll(t *testing.T, h house) {
	ada := Register(t, h.Store, Ada())
	var n, there store.SignIn
	var err error
	from := store.Origin{Address: "2001:db8::7", Agent: "Agent of Ada", Request: "R", Device: "secret-token"}
	for i, step := range []struct {
		name, detail string
		do           func() error
	}{
		{store.EventSignedIn, "", func() error {
			there, err = h.SignIn(h.ctx, store.ByPassword(ada), from)
			return err
		}},
		{store.EventSignedIn, "", func() error {
			n, err = h.SignIn(h.ctx, store.ByPassword(ada), from)
			return err
		}},
		{store.EventFailed, "", func() error {
			_, err := h.Authenticate(h.ctx, "ada", "wrong", from)
			return want(err)
		}},
		{store.EventFailed, "", func() error {
			_, err := h.Reauthenticate(h.ctx, n, "wrong", "", from)
			return want(err)
		}},
		{store.EventPasswordRefused, "", func() error {
			_, err := h.ChangePassword(h.ctx, n, "wrong", otherPassword, from)
			return want(err)
		}},
		{store.EventReauthenticated, "", func() error {
			n, err = h.Reauthenticate(h.ctx, n, Password, "", from)
			return err
		}},
		{store.EventSignInEnded, "Agent of Ada", func() error { return h.EndSignIn(h.ctx, n, there.Handle, from) }},
		{store.EventSignedIn, store.DetailNewDevice, func() error {
			_, err = h.SignIn(h.ctx, store.ByPassword(ada), on("another"))
			return err
		}},
		{store.EventSignInEnded, "", func() error {
			_, err = h.EndOtherSignIns(h.ctx, n, from)
			return err
		}},
		{store.EventUpdated, "name", func() error {
			ada, err = h.UpdateProfile(h.ctx, ada, "Countess", "ada", from)
			return err
		}},
		{store.EventUpdated, "username ada countess", func() error {
			ada, err = h.UpdateProfile(h.ctx, ada, "Countess", "countess", from)
			return err
		}},
		{store.EventPasswordChanged, "", func() error {
			n, err = h.ChangePassword(h.ctx, n, Password, otherPassword, from)
			return err
		}},
		{store.EventSignedOut, "", func() error { return h.SignOut(h.ctx, n, from) }},
		{store.EventDisabled, "", func() error { return h.Disable(h.ctx, ada, store.Origin{Operator: true}) }},
		{store.EventEnabled, "", func() error { return h.Enable(h.ctx, ada, store.Origin{Operator: true}) }},
		{store.EventClosed, "", func() error { return h.CloseAccount(h.ctx, ada, from) }},
		{store.EventReopened, "", func() error {
			entry, err := h.Reopen(h.ctx, h.Ticket(store.ByPassword(h.find(t, "countess"))), from)
			ada = entry.User
			return err
		}},
	} {
		h.clock.Move(time.Second)
		must(t, step.do())
		events, _, err := h.Events(h.ctx, ada, 0)
		must(t, err)
		if len(events) != i+2 {
			t.Fatalf("after %s there are %d events, want %d", step.name, len(events), i+2)
		}
		got := events[0]
		expect := store.Event{ID: got.ID, At: h.clock.Now().UTC().Truncate(time.Microsecond), UserID: ada.ID, Name: step.name, Detail: step.detail}
		expect.Origin = store.Origin{Address: from.Address, Agent: from.Agent, Request: from.Request}
		switch {
		case step.name == store.EventDisabled || step.name == store.EventEnabled:
			expect.Origin = store.Origin{Operator: true}
		case step.detail == store.DetailNewDevice:
			expect.Origin = From
		}
		if got != expect {
			t.Errorf("recorded %+v, want %+v", got, expect)
		}
	}
	h.recordsThrottling(t, ada)
}

// recordsThrottling wants one event when the account begins to wait, and none
// for tries that are not compared.
func (h house) recordsThrottling(t *testing.T, ada store.User) {
	t.Helper()
	h.exec(t, `DELETE FROM throttles`)
	h.exec(t, `DELETE FROM events`)
	h.burn(t, ada.Username, From)
	h.clock.Move(time.Hour)
	h.burn(t, ada.Username, From)
	h.guess(t, "nobody", From)
	events, _, err := h.Events(h.ctx, ada, 0)
	must(t, err)
	var names []string
	for _, e := range events {
		names = append(names, e.Name)
	}
	failed := store.EventFailed + " "
	if got, want := strings.Join(names, " "), failed+store.EventThrottled+" "+strings.TrimSpace(strings.Repeat(failed, free)); got != want {
		t.Errorf("recorded %s, want %s", got, want)
	}
	h.count(t, "events", free+2)
}

// want turns a refusal into none.
func want(err error) error {
	if _, ok := rules.AsRefusal(err); ok {
		return nil
	}
	return errors.Join(errors.New("there was no refusal"), err)
}

func eventsStay(t *testing.T, h house) {
	Register(t, h.Store, Ada())
	before := h.dump(t)
	for _, change := range []string{
		`UPDATE events SET name = 'x'`, `UPDATE events SET at = at`, `UPDATE events SET detail = 'x' WHERE user_id > 0`,
	} {
		if _, err := h.db.Write.Exec(change); err == nil || !strings.Contains(err.Error(), "never changed") {
			t.Errorf("%s: %v", change, err)
		}
	}
	if after := h.dump(t); after != before {
		t.Errorf("the database changed from\n%s\nto\n%s", before, after)
	}
}

func recordsOrNothing(t *testing.T, h house) {
	ada := Register(t, h.Store, Ada())
	Register(t, h.Store, grace())
	n, other := h.enter(t, "ada", Password, on(token)), h.enter(t, "ada", Password, on("other"))
	must(t, h.CloseAccount(h.ctx, h.find(t, "grace"), From))
	r := Ada()
	r.Username, r.Email = "third", "third@example.com"
	disabled := Register(t, h.Store, r)
	must(t, h.Disable(h.ctx, disabled, Operator))
	h.exec(t, `ALTER TABLE events RENAME TO lost`)
	before := h.dump(t, "throttles")
	for name, verb := range map[string]func() error{
		"Register": func() error { return register(h, "fourth") },
		"SignIn": func() error {
			_, err := h.SignIn(h.ctx, store.ByPassword(ada), on("new"))
			return err
		},
		"SignOut":   func() error { return h.SignOut(h.ctx, n, From) },
		"EndSignIn": func() error { return h.EndSignIn(h.ctx, n, other.Handle, From) },
		"EndOtherSignIns": func() error {
			_, err := h.EndOtherSignIns(h.ctx, n, From)
			return err
		},
		"Prove": func() error {
			_, err := h.Reauthenticate(h.ctx, n, Password, "", From)
			return err
		},
		"ChangePassword": func() error {
			_, err := h.ChangePassword(h.ctx, n, Password, otherPassword, From)
			return err
		},
		"UpdateProfile of the name": func() error {
			_, err := h.UpdateProfile(h.ctx, ada, "Countess", "ada", From)
			return err
		},
		"UpdateProfile of the username": func() error {
			_, err := h.UpdateProfile(h.ctx, ada, ada.Name, "countess", From)
			return err
		},
		"Disable":      func() error { return h.Disable(h.ctx, ada, Operator) },
		"Enable":       func() error { return h.Enable(h.ctx, disabled, Operator) },
		"CloseAccount": func() error { return h.CloseAccount(h.ctx, ada, From) },
		"Reopen": func() error {
			_, err := h.Reopen(h.ctx, h.Ticket(store.ByPassword(h.find(t, "grace"))), From)
			return err
		},
	} {
		err := verb()
		if _, refused := rules.AsRefusal(err); err == nil || refused || errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s without a record = %v, want a fault", name, err)
		}
		if after := h.dump(t, "throttles"); after != before {
			t.Errorf("%s changed the database from\n%s\nto\n%s", name, before, after)
			before = after
		}
	}
}

func recordsPlainText(t *testing.T, h house) {
	ada := Register(t, h.Store, Ada())
	from := From
	from.Agent = "a\x00b\r\nc\x1b[31m\u202ed\u2028e\xff" + strings.Repeat("é", 400)
	_, err := h.SignIn(h.ctx, store.ByPassword(ada), from)
	must(t, err)
	events, _, err := h.Events(h.ctx, ada, 0)
	must(t, err)
	list, err := h.SignIns(h.ctx, ada)
	must(t, err)
	for _, agent := range []string{events[0].Agent, list[0].Agent} {
		if !strings.HasPrefix(agent, "abc[31mdeé") || strings.Trim(agent[len("abc[31mde"):], "é") != "" || len(agent) > 400 || len(agent) < 370 {
			t.Errorf("recorded the agent %q", agent)
		}
	}
}

func pagesEvents(t *testing.T, h house) {
	ada := Register(t, h.Store, Ada())
	other := Register(t, h.Store, grace())
	for range store.EventsPerPage {
		h.clock.Move(time.Second)
		must(t, errors.Join(h.Disable(h.ctx, ada, Operator), h.Disable(h.ctx, other, Operator)))
		must(t, errors.Join(h.Enable(h.ctx, ada, Operator), h.Enable(h.ctx, other, Operator)))
	}
	var pages []int
	var all []store.Event
	for before := int64(0); len(pages) < 5; before = all[len(all)-1].ID {
		events, more, err := h.Events(h.ctx, ada, before)
		must(t, err)
		pages, all = append(pages, len(events)), append(all, events...)
		if !more {
			break
		}
	}
	if len(all) != 2*store.EventsPerPage+1 || len(pages) != 3 || pages[0] != store.EventsPerPage || pages[1] != store.EventsPerPage {
		t.Errorf("pages of %v events", pages)
	}
	for i, e := range all {
		if e.UserID != ada.ID || i > 0 && (e.ID >= all[i-1].ID || e.At.After(all[i-1].At)) {
			t.Errorf("event %d is %+v", i, e)
		}
	}
	if events, more, err := h.Events(h.ctx, ada, all[len(all)-1].ID); err != nil || more || len(events) != 0 {
		t.Errorf("behind the last page: %v, %v, %v", events, more, err)
	}
	// A page that is full exactly has nothing behind it.
	if events, more, err := h.Events(h.ctx, ada, all[store.EventsPerPage].ID); err != nil || more || len(events) != store.EventsPerPage {
		t.Errorf("the last %d: %d, %v, %v", store.EventsPerPage, len(events), more, err)
	}
}

func sumsUp(t *testing.T, h house) {
	n := h.signIn(t, false)
	Register(t, h.Store, grace())
	h.enter(t, "grace", Password, From) // later, and of no concern
	says := func(devices int, name, detail string) {
		t.Helper()
		found, user, sum, err := h.CurrentOverview(h.ctx, n.ID)
		must(t, err)
		if user.Username != "ada" || found.ID != n.ID || sum.Devices != devices || sum.Last.Name != name || sum.Last.Detail != detail {
			t.Errorf("%s: %+v, want %d devices and %q of %q", user.Username, sum, devices, name, detail)
		}
		if at := h.clock.Now().UTC().Truncate(time.Microsecond); name != "" && !sum.Last.At.Equal(at) {
			t.Errorf("%s was at %v, want %v", name, sum.Last.At, at)
		}
	}
	says(1, store.EventSignedIn, "")
	h.clock.Move(time.Second)
	h.enter(t, "ada", Password, on(token))
	h.clock.Move(time.Second)
	h.enter(t, "ada", Password, on("another"))
	says(3, store.EventSignedIn, store.DetailNewDevice)
	h.clock.Move(time.Second)
	h.guess(t, "ada", From)
	says(3, store.EventFailed, "")
	h.exec(t, `DELETE FROM events`)
	says(3, "", "")
}

func prunesEvents(t *testing.T, h house) {
	rules := store.DefaultRules
	rules.EventRetention = 10 * 24 * time.Hour
	h = h.ruled(t, rules)
	ada := Register(t, h.Store, Ada())
	for range 2 {
		must(t, h.Disable(h.ctx, ada, Operator))
		must(t, h.Enable(h.ctx, ada, Operator))
	}
	h.clock.Move(time.Second)
	must(t, h.Disable(h.ctx, ada, Operator))
	h.clock.Move(rules.EventRetention - time.Second)
	for _, want := range []int64{3, 2, 0} {
		if got, err := Prune(h.ctx, h.Store, "events", 3); err != nil || got != want {
			t.Errorf("pruning events = %d, %v; want %d", got, err, want)
		}
	}
	h.count(t, "events", 1)
}

func logsDone(t *testing.T, h house) {
	var log bytes.Buffer
	s, err := store.New(h.ctx, h.db, NewPasswords(), NewHasher(t), store.DefaultRules, h.clock.Now, slog.New(slog.NewTextHandler(&log, nil)))
	must(t, err)
	h.Store = s
	ada := Register(t, s, Ada())
	h.guess(t, "typed-name", on(token))
	_, err = s.UpdateProfile(h.ctx, ada, ada.Name, "countess", From)
	must(t, err)
	_, err = s.UpdateProfile(h.ctx, h.find(t, "countess"), "Refused", "lovelace", From)
	refused(t, err)
	must(t, s.Erase(h.ctx, ada, store.Origin{Operator: true}))
	var names []string
	for line := range strings.Lines(log.String()) {
		_, name, _ := strings.Cut(line, "event=")
		names = append(names, strings.TrimSpace(name))
	}
	where := " request=TEST address=192.0.2.7"
	if got, want := strings.Join(names, "\n"), "user_created user=1"+where+"\nauthn_login_fail"+where+
		"\nuser_updated user=1"+where+"\nuser_deleted user=1 operator=true"; got != want {
		t.Errorf("logged\n%s\nwant\n%s", got, want)
	}
	for _, private := range []string{token, "typed-name", "countess", "Lovelace", "example.com", "Firefox"} {
		if strings.Contains(log.String(), private) {
			t.Errorf("%q was logged", private)
		}
	}
}
