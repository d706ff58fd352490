package storetest_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"gatehouse/store"
	. "gatehouse/store/storetest"
)

// The contract of closing, reopening and erasing.
func TestClosingContract(t *testing.T) {
	contract(t, []promise{
		{"SES-07 ends all sign-ins of a closed account, and gives it none", closes},
		{"reopens a closed account within fourteen days, by a ticket that works once", reopens},
		{"lets a ticket die after ten minutes, and with any other change", ticketsDie},
		{"takes no garbage for a ticket", noGarbage},
		{"ADM-03 reopens no disabled account", reopensNoDisabled},
		{"erases what was closed fourteen days ago, and nothing else", erasesInTime},
		{"erases an account with many events in pieces", erasesInPieces},
		{"erases no account that was reopened at the last moment", erasesNoReopened},
		{"erases at once where nothing can be reopened", erasesAtOnce},
		{"erases all that hangs on a person, in every table", erasesAll},
		{"keeps an erased username from everybody for thirty days", keepsErased},
		{"erases once when two copies do so at once", erasesTogether},
	})
}

const reopen = 14 * 24 * time.Hour

// closed is Ada, who has closed her account and given her password again.
func (h house) closed(t *testing.T) store.User {
	t.Helper()
	must(t, h.CloseAccount(h.ctx, Register(t, h.Store, Ada()), From))
	return h.authenticated(t).User
}

func (h house) authenticated(t *testing.T) store.Entry {
	t.Helper()
	entry, err := h.Authenticate(h.ctx, "ada", Password, From)
	must(t, err)
	return entry
}

func closes(t *testing.T, h house) {
	Register(t, h.Store, grace())
	foreign := h.enter(t, "grace", Password, From)
	n, remembered := h.signIn(t, false), h.signIn(t, true)
	ada := h.find(t, "ada")
	for range 2 {
		must(t, h.CloseAccount(h.ctx, ada, From))
		h.gone(t, n.ID)
		h.gone(t, remembered.ID)
		h.count(t, "signins", 1)
	}
	closedAt := h.clock.Now().UTC().Truncate(time.Microsecond)
	h.clock.Move(time.Hour)
	must(t, h.CloseAccount(h.ctx, ada, From))
	user := h.authenticated(t).User
	if !user.Closed() || !user.ClosedAt.Equal(closedAt) || !h.ErasedAt(user).Equal(closedAt.Add(reopen)) || h.ReopenWithin() != reopen {
		t.Errorf("Authenticate = %+v, want her closed at %v", user, closedAt)
	}
	for _, u := range []store.User{user, ada} {
		_, err := h.SignIn(h.ctx, store.ByPassword(u), store.Origin{})
		refused(t, err)
	}
	h.guess(t, "ada", From)
	h.count(t, "signins", 1)
	h.clock.Move(-time.Hour)
	h.visit(t, foreign.ID)
}

func reopens(t *testing.T, h house) {
	h.closed(t)
	h.clock.Move(reopen - time.Second)
	ticket := h.Ticket(h.authenticated(t))
	if offered, err := h.Resume(h.ctx, ticket); err != nil || offered.User.Username != "ada" || offered.Missing() != store.Reopening {
		t.Errorf("Resume = %+v, %v", offered, err)
	}
	entry, err := h.Reopen(h.ctx, ticket, From)
	if err != nil || entry.Missing() != store.Nothing || entry.User != h.find(t, "ada") {
		t.Fatalf("Reopen = %+v, %v", entry, err)
	}
	h.count(t, "signins", 0)
	n, err := h.SignIn(h.ctx, entry, store.Origin{})
	must(t, err)
	h.visit(t, n.ID)
	h.noTicket(t, "used", ticket)
	h.clock.Move(reopen)
	if n, err := h.EraseClosed(h.ctx, 10); err != nil || n != 0 {
		t.Errorf("EraseClosed = %d, %v; want nobody", n, err)
	}
	h.count(t, "users", 1)
}

// noTicket wants a ticket to be good for nothing.
func (h house) noTicket(t *testing.T, name, ticket string) {
	t.Helper()
	before := h.dump(t)
	if _, err := h.Resume(h.ctx, ticket); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("%s: Reopening = %v, want ErrNotFound", name, err)
	}
	if _, err := h.Reopen(h.ctx, ticket, From); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("%s: Reopen = %v, want ErrNotFound", name, err)
	}
	if after := h.dump(t); after != before {
		t.Errorf("%s changed the database from\n%s\nto\n%s", name, before, after)
	}
}

func ticketsDie(t *testing.T, h house) {
	user := h.closed(t)
	ticket := h.Ticket(store.ByPassword(user))
	h.clock.Move(10*time.Minute - 2*time.Second)
	if _, err := h.Resume(h.ctx, ticket); err != nil {
		t.Errorf("before its time Reopening = %v", err)
	}
	h.clock.Move(2 * time.Second)
	h.noTicket(t, "old", ticket)

	ticket = h.Ticket(store.ByPassword(user))
	_, err := h.Reopen(h.ctx, ticket, From)
	must(t, err)
	must(t, h.CloseAccount(h.ctx, user, From))
	h.noTicket(t, "from before closing again", ticket)

	ticket = h.Ticket(store.ByPassword(h.find(t, "ada")))
	must(t, h.Disable(h.ctx, user, Operator))
	must(t, h.Enable(h.ctx, user, Operator))
	h.noTicket(t, "from before an operator's change", ticket)

	h.clock.Move(reopen - time.Minute)
	ticket = h.Ticket(store.ByPassword(h.find(t, "ada")))
	h.clock.Move(time.Minute)
	h.noTicket(t, "at the time of erasing", ticket)

	ticket = h.Ticket(store.ByPassword(h.find(t, "ada")))
	must(t, h.Erase(h.ctx, user, Operator))
	h.noTicket(t, "of an erased account", ticket)
}

func noGarbage(t *testing.T, h house) {
	user := h.closed(t)
	good := h.Ticket(store.ByPassword(user))
	parts := strings.Split(good, ".")
	tickets := []string{
		"", ".", "..", "...", "1", "1.1", "0.0.0", "-1.-1.-1", "a.b.c", "1.1.1.1", "null", "%", "' OR 1=1 --", "\x00", "\xff", "🦉",
		strings.Repeat("9", 5000), strings.Repeat(".", 5000), "9223372036854775808.0.9223372036854775807", "1e3.1.9999999999",
		parts[0] + "." + parts[1], good + ".", "." + good, good + "0x", " " + good, good + "\n", strings.ReplaceAll(good, ".", ","),
		fmt.Sprintf("%d.%s.%s", user.ID+1, parts[1], parts[2]), fmt.Sprintf("-%s", good),
		fmt.Sprintf("%s.%s9.%s", parts[0], parts[1], parts[2]), fmt.Sprintf("%s.-%s.%s", parts[0], parts[1], parts[2]),
		fmt.Sprintf("%s.%s.-%s", parts[0], parts[1], parts[2]),
	}
	former := strings.Join(parts[:3], ".") // of a copy that knows no second step
	for i := range good {
		if good[:i] != former {
			tickets = append(tickets, good[:i])
		}
		tickets = append(tickets, good[:i]+"x"+good[i+1:])
	}
	for _, ticket := range tickets {
		h.noTicket(t, fmt.Sprintf("%.40q", ticket), ticket)
	}
	for _, ticket := range []string{good, former} {
		if _, err := h.Resume(h.ctx, ticket); err != nil {
			t.Errorf("the good one %q: %v", ticket, err)
		}
	}
	Register(t, h.Store, grace())
	h.noTicket(t, "of an open account", h.Ticket(store.ByPassword(h.find(t, "grace"))))
}

func reopensNoDisabled(t *testing.T, h house) {
	user := h.closed(t)
	must(t, h.Disable(h.ctx, user, Operator))
	h.noTicket(t, "of a disabled account", h.Ticket(store.ByPassword(h.find(t, "ada"))))
	_, err := h.Authenticate(h.ctx, "ada", Password, From)
	refused(t, err)
}

func erasesInTime(t *testing.T, h house) {
	Register(t, h.Store, grace())
	user := h.closed(t)
	must(t, register(h, "later"))
	h.clock.Move(time.Second)
	must(t, h.CloseAccount(h.ctx, h.find(t, "later"), From))
	h.clock.Move(reopen - 2*time.Second)
	if n, err := h.EraseClosed(h.ctx, 10); err != nil || n != 0 {
		t.Errorf("before its time EraseClosed = %d, %v", n, err)
	}
	h.count(t, "users", 3)
	h.clock.Move(time.Second)
	// Not erased yet, but no longer to be reopened.
	_, err := h.Authenticate(h.ctx, "ada", Password, From)
	if gone, wrong := refused(t, err), h.guess(t, "grace", From); gone != wrong {
		t.Errorf("the right password says %+v, a wrong one %+v", gone, wrong)
	}
	for _, want := range []int64{1, 0} {
		if n, err := h.EraseClosed(h.ctx, 10); err != nil || n != want {
			t.Errorf("EraseClosed = %d, %v; want %d", n, err, want)
		}
	}
	if _, err := h.Find(h.ctx, user.Username); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Find = %v, want ErrNotFound", err)
	}
	h.find(t, "grace")
	h.find(t, "later")
}

func erasesInPieces(t *testing.T, h house) {
	w := &Watch{}
	h = open(t, h.kind.Watched(w))
	user := h.closed(t)
	const limit, batches = 10, 3 // the newest, and three times as many that go before
	for h.owned(t, "events", user) < limit+limit*batches-1 {
		h.exec(t, `INSERT INTO events (user_id, at, name, operator, address, agent, request, detail)
			SELECT user_id, at, name, operator, address, agent, request, detail FROM events ORDER BY id LIMIT 1`)
	}
	h.clock.Move(reopen)
	w.Take()
	if n, err := h.EraseClosed(h.ctx, limit); err != nil || n != 1 {
		t.Errorf("EraseClosed = %d, %v; want 1", n, err)
	}
	deletions := 0
	for _, statement := range w.Take() {
		if strings.HasPrefix(statement, "DELETE FROM events") {
			deletions++
		}
	}
	if deletions != batches {
		t.Errorf("the events went in %d statements, want %d", deletions, batches)
	}
	h.count(t, "events", 0)
}

func erasesNoReopened(t *testing.T, h house) {
	h.closed(t)
	h.clock.Move(reopen)
	answers := h.overtake(t, `UPDATE users SET closed_at = NULL`, nil, func() error {
		_, err := h.EraseClosed(h.ctx, 10)
		return err
	})
	must(t, answers[0])
	h.find(t, "ada")
	h.count(t, "reserved_usernames", 0)
}

func erasesAtOnce(t *testing.T, h house) {
	rules := store.DefaultRules
	rules.Reopen = 0
	h = h.ruled(t, rules)
	n := h.signIn(t, true)
	must(t, h.CloseAccount(h.ctx, h.find(t, "ada"), From))
	h.gone(t, n.ID)
	for table, want := range map[string]int{"users": 0, "signins": 0, "events": 0, "reserved_usernames": 1} {
		h.count(t, table, want)
	}
	r := Ada()
	r.Username = "countess"
	Register(t, h.Store, r)
}

// lived is a person who has left something in every table.
func (h house) lived(t *testing.T, r store.Registration) store.User {
	t.Helper()
	Register(t, h.Store, r)
	n := h.enter(t, r.Username, r.Password, on("device of "+r.Username))
	_, n, _ = SetUpApp(t, h.Store, h.clock, n)
	AddPasskey(t, h.Store, NewAuthenticator(Origin), n)
	h.guess(t, r.Username, on("device of "+r.Username))
	h.guess(t, r.Username, From)
	must(t, h.rename(t, r.Username, r.Username+"-2"))
	user := h.find(t, r.Username+"-2")
	from := Operator
	from.Reason = "asked as " + r.Username
	_, err := h.ResetToken(h.ctx, user, from)
	must(t, err)
	must(t, h.Extend(books()))
	must(t, h.ChooseLetters(h.ctx, user, func(string) bool { return false }))
	h.exec(t, `INSERT INTO letters (kind, address, created_at, due_at, expires_at, user_id, outcome, ended_at)
		VALUES ('reset', '', $1, $1, $1, $2, 'sent', $1)`, h.moment(0), user.ID)
	return user
}

// owning are the tables that refer to a person.
func (h house) owning(t *testing.T) []string {
	t.Helper()
	var tables []string
	for table, columns := range h.columns(t) {
		if slices.Contains(columns, "user_id") {
			tables = append(tables, table)
		}
	}
	slices.Sort(tables)
	return tables
}

func (h house) owned(t *testing.T, table string, user store.User) int {
	t.Helper()
	var n int
	must(t, h.db.Read.QueryRow(`SELECT count(*) FROM `+table+` WHERE user_id = $1`, user.ID).Scan(&n))
	return n
}

func erasesAll(t *testing.T, h house) {
	// The second person's id is not a continuation of the first one's, so the
	// counters of one who has such an id are made up.
	ada, other := h.lived(t, Ada()), h.lived(t, grace())
	for _, bucket := range []string{"user:%d0", "user:%d0:device:x"} {
		h.exec(t, `INSERT INTO throttles (bucket, failures, failed_at, waits_until) SELECT $1, 1, failed_at, failed_at FROM throttles LIMIT 1`,
			fmt.Sprintf(bucket, ada.ID))
	}
	if got := h.owning(t); len(got) < 4 {
		t.Fatalf("only %v refer to a person", got)
	}
	for _, table := range h.owning(t) {
		if h.owned(t, table, ada) == 0 {
			t.Errorf("nothing in %s, so this test shows nothing about it: let lived leave something there", table)
		}
	}
	h.count(t, "throttles", 6)
	must(t, h.Erase(h.ctx, ada, Operator))
	for _, table := range h.owning(t) {
		if n := h.owned(t, table, ada); n != 0 {
			t.Errorf("%d rows of an erased person in %s", n, table)
		}
		if h.owned(t, table, other) == 0 {
			t.Errorf("somebody else's rows in %s are gone", table)
		}
	}
	h.count(t, "throttles", 4)
	// What was done to them stays known, of a number.
	h.count(t, fmt.Sprintf("audit WHERE subject_id = %d AND reason = ''", ada.ID), 2)
	h.count(t, fmt.Sprintf("audit WHERE subject_id = %d AND reason = 'asked as grace'", other.ID), 1)
	dump := h.dump(t, "reserved_usernames")
	// As words: three such letters may well stand within a sum.
	if trace := regexp.MustCompile(`(?i)\bada\b|lovelace`).FindString(dump); trace != "" {
		t.Errorf("after erasing, the database holds %q:\n%s", trace, dump)
	}
	if err := h.Erase(h.ctx, ada, Operator); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a second Erase = %v, want ErrNotFound", err)
	}
}

// In the usual collations of PostgreSQL punctuation is not in the order of its
// bytes.
func TestErasesWhereTextIsSortedByLanguage(t *testing.T) {
	t.Parallel()
	cluster := Postgres(t)
	conn, err := pgx.Connect(t.Context(), cluster.URL("postgres"))
	must(t, err)
	defer conn.Close(context.Background())
	for _, statement := range []string{
		`DROP DATABASE IF EXISTS english WITH (FORCE)`,
		`CREATE DATABASE english TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en'`,
	} {
		_, err := conn.Exec(t.Context(), statement)
		must(t, err)
	}
	d := PostgreSQL
	d.New = func(testing.TB) string { return cluster.URL("english") }
	erasesAll(t, open(t, d))
}

func keepsErased(t *testing.T, h house) {
	must(t, h.Erase(h.ctx, h.lived(t, Ada()), Operator))
	for _, name := range []string{"ada", "ada-2"} {
		r := refused(t, register(h, name))
		if r.Field != "username" || !strings.Contains(r.Sentence, "taken") {
			t.Errorf("%s: %+v", name, r)
		}
	}
	again := Ada()
	again.Username = "countess"
	Register(t, h.Store, again)
	h.clock.Move(store.UsernameReservation - time.Second)
	if err := h.rename(t, "countess", "ada"); err == nil {
		t.Error("an erased username was given away")
	}
	h.clock.Move(time.Second)
	must(t, h.rename(t, "countess", "ada"))
	must(t, register(h, "ada-2"))
}

func erasesTogether(t *testing.T, h house) {
	const people = 6
	Register(t, h.Store, Ada())
	for i := range people {
		name := fmt.Sprintf("person%d", i)
		must(t, register(h, name))
		must(t, h.CloseAccount(h.ctx, h.find(t, name), From))
	}
	h.clock.Move(reopen)
	if n, err := h.EraseClosed(h.ctx, 2); err != nil || n != 2 {
		t.Errorf("EraseClosed = %d, %v; want 2", n, err)
	}
	h.count(t, "users", people-1)
	var group sync.WaitGroup
	for _, copied := range []house{h, h.copied(t)} {
		group.Go(func() {
			if _, err := copied.EraseClosed(h.ctx, people); err != nil {
				t.Errorf("EraseClosed = %v", err)
			}
		})
	}
	group.Wait()
	h.find(t, "ada")
	h.count(t, "users", 1)
	h.count(t, "reserved_usernames", people)
}
