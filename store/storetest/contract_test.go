package storetest_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"gatehouse/store"
	. "gatehouse/store/storetest"
)

// house is one case's own store.
type house struct {
	*store.Store
	db    store.Database
	clock *Clock
	ctx   context.Context
	kind  Database
	place string
}

// promise is one case of the contract.
type promise struct {
	name string
	run  func(t *testing.T, h house)
}

// contract runs every case on every database.
func contract(t *testing.T, promises []promise) {
	t.Helper()
	t.Parallel()
	for _, p := range promises {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			for _, d := range Databases {
				t.Run(d.Name, func(t *testing.T) {
					t.Parallel()
					p.run(t, open(t, d))
				})
			}
		})
	}
}

func open(t *testing.T, d Database) house {
	t.Helper()
	h := house{clock: NewClock(), ctx: context.Background(), kind: d, place: d.New(t)}
	db := d.Open(t, h.place)
	if _, err := db.Migrate(h.ctx); err != nil {
		t.Fatalf("migrate: %v", err)
	}
	h.db = db.Accounts()
	h.Store = New(t, h.db, h.clock)
	return h
}

// copied is another copy of the program on the same database.
func (h house) copied(t *testing.T) house {
	t.Helper()
	h.db = h.kind.Open(t, h.place).Accounts()
	h.Store = New(t, h.db, h.clock)
	return h
}

// ruled is the same house with other rules.
func (h house) ruled(t *testing.T, rules store.Rules) house {
	t.Helper()
	h.Store = NewWith(t, h.db, h.clock, rules)
	return h
}

// The contract of accounts and sign-ins.
func TestContract(t *testing.T) {
	contract(t, []promise{
		{"registers a person and finds them by username and email, whatever the case", registers},
		{"REG-04 keeps one account per canonical username and email", oneAccountPerName},
		{"REG-06 gives one account to fifty who register the same at once", oneAccountAtOnce},
		{"refuses a registration that breaks a rule, and stores nothing", refusesRules},
		{"says whether a username is free", usernameFree},
		{"signs in by username and by email", authenticates},
		{"LOG-01 refuses every failed sign-in in the same words", refusesAlike},
		{"LOG-06 takes NFC and NFD for one password, and space and case for different ones", normalises},
		{"LOG-20 upgrades an older cost after the right password only, two at once", upgradesCost},
		{"accepts plain bcrypt of other systems and upgrades it", upgradesPlain},
		{"LOG-22 gives no sign-in to an account disabled while its password was compared", disabledMeanwhile},
		{"ends a sign-in after an idle hour, and visits extend it", idles},
		{"ends a sign-in after a day, however often it is visited", endsAbsolutely},
		{"keeps a sign-in for fourteen idle and thirty days in all", keeps},
		{"writes a visit down at most once a minute", seenOnceAMinute},
		{"SES-03 brings no ended sign-in back by a late visit", neverRevives},
		{"ADM-03 ends all sign-ins of a disabled account", disableEnds},
		{"SES-17 refuses an ended sign-in before it is pruned, and prunes in batches", prunes},
		{"keeps a person's sign-ins to twenty, ending the oldest", keepsTwenty},
		{"lists accounts page by page", lists},
		{"LOG-23 takes SQL and NUL in every field for text", metaCharacters},
		{"SRV-04 keeps its invariants under mixed writers", mixedWriters},
	})
}

func registers(t *testing.T, h house) {
	made := Register(t, h.Store, Ada())
	for _, who := range []string{"ada", " ADA ", "ada@example.com", "ADA@EXAMPLE.COM"} {
		found, err := h.Find(h.ctx, who)
		if err != nil || found != made {
			t.Errorf("Find(%q) = %+v, %v; want %+v", who, found, err, made)
		}
	}
	if made.Email != "Ada@example.com" || made.Name != "Ada Lovelace" || made.Username != "ada" || made.Disabled() {
		t.Errorf("registered %+v", made)
	}
	if _, err := h.Find(h.ctx, "grace"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Find(grace) = %v, want ErrNotFound", err)
	}
}

func oneAccountPerName(t *testing.T, h house) {
	Register(t, h.Store, Ada())
	for _, change := range []func(r *store.Registration){
		func(r *store.Registration) { r.Username, r.Email = "ADA", "other@example.com" },
		func(r *store.Registration) { r.Username = "other" },
		func(r *store.Registration) { r.Username, r.Email = "other", " ADA@EXAMPLE.com " },
	} {
		r := Ada()
		change(&r)
		_, err := h.Register(h.ctx, r, From)
		if _, ok := store.AsRefusal(err); !ok {
			t.Errorf("Register(%s, %s) = %v, want a refusal", r.Username, r.Email, err)
		}
	}
	h.count(t, "users", 1)
}

func oneAccountAtOnce(t *testing.T, h house) {
	var group sync.WaitGroup
	var mu sync.Mutex
	made := 0
	for i := range 50 {
		group.Go(func() {
			r := Ada()
			if i%2 == 0 {
				r.Username, r.Email = "ADA", "ada@EXAMPLE.com"
			}
			_, err := h.Register(h.ctx, r, From)
			if err == nil {
				mu.Lock()
				defer mu.Unlock()
				made++
			} else if refusal, ok := store.AsRefusal(err); !ok || refusal.Field == "" {
				t.Errorf("Register = %v, want a refusal at a field", err)
			}
		})
	}
	group.Wait()
	if made != 1 {
		t.Errorf("%d registrations were accepted, want 1", made)
	}
	h.count(t, "users", 1)
}

func refusesRules(t *testing.T, h house) {
	for field, change := range map[string]func(r *store.Registration){
		"name":     func(r *store.Registration) { r.Name = strings.Repeat("n", store.NameMax+1) },
		"username": func(r *store.Registration) { r.Username = "a b" },
		"email":    func(r *store.Registration) { r.Email = "nobody" },
		"password": func(r *store.Registration) { r.Password = CommonPassword },
	} {
		r := Ada()
		change(&r)
		_, err := h.Register(h.ctx, r, From)
		if refusal, ok := store.AsRefusal(err); !ok || refusal.Field != field {
			t.Errorf("a bad %s gives %v, want a refusal there", field, err)
		}
	}
	h.count(t, "users", 0)
}

func usernameFree(t *testing.T, h house) {
	Register(t, h.Store, Ada())
	if err := h.UsernameFree(h.ctx, "grace", store.User{}, ""); err != nil {
		t.Errorf("UsernameFree(grace) = %v, want nil", err)
	}
	for _, name := range []string{"ada", "ADA", "admin", "a"} {
		if _, ok := store.AsRefusal(h.UsernameFree(h.ctx, name, store.User{}, "")); !ok {
			t.Errorf("UsernameFree(%s) was not refused", name)
		}
	}
}

func authenticates(t *testing.T, h house) {
	made := Register(t, h.Store, Ada())
	for _, who := range []string{"ada", "Ada", "ada@example.com", " ADA@example.COM"} {
		user, err := h.Authenticate(h.ctx, who, Password, From)
		if err != nil || user.ID != made.ID {
			t.Errorf("Authenticate(%q) = %+v, %v", who, user, err)
		}
	}
}

func refusesAlike(t *testing.T, h house) {
	Register(t, h.Store, Ada())
	disabled := Register(t, h.Store, store.Registration{Username: "disabled", Email: "d@example.com", Password: Password})
	if err := h.Disable(h.ctx, disabled, From); err != nil {
		t.Fatal(err)
	}
	nopass := Register(t, h.Store, store.Registration{Username: "passkey-only", Email: "p@example.com", Password: Password})
	h.exec(t, `UPDATE users SET password_hash = '', password_scheme = '' WHERE id = $1`, nopass.ID)
	var want string
	for _, c := range []struct{ who, password string }{
		{"ada", "wrong"},
		{"nobody", Password},
		{"nobody@example.com", Password},
		{"disabled", Password},
		{"passkey-only", Password},
		{"passkey-only", ""},
		{"ada", ""},
		{"", ""},
		{"ada", strings.Repeat("long", 500)},
		{"not a name at all \x00 '", Password},
		{"a@", Password},
	} {
		_, err := h.Authenticate(h.ctx, c.who, c.password, From)
		refusal, ok := store.AsRefusal(err)
		if !ok {
			t.Fatalf("Authenticate(%q) = %v, want a refusal", c.who, err)
		}
		if want == "" {
			want = refusal.Sentence
		}
		if refusal.Sentence != want || refusal.Field != "" {
			t.Errorf("Authenticate(%q) says %+v, want %q", c.who, refusal, want)
		}
	}
}

func normalises(t *testing.T, h house) {
	h = h.unlimited(t)
	r := Ada()
	r.Password = "cafe\u0301 au lait s'il vous plai\u0302t"
	Register(t, h.Store, r)
	for password, want := range map[string]bool{
		"caf\u00e9 au lait s'il vous pla\u00eet":        true,
		"cafe\u0301 au lait s'il vous plai\u0302t":      true,
		" caf\u00e9 au lait s'il vous pla\u00eet":       false,
		"caf\u00e9 au lait s'il vous pla\u00eet ":       false,
		"CAF\u00c9 au lait s'il vous pla\u00eet":        false,
		"caf\u00e9 au lait s'il vous pla\u00eet\x00":    false,
		"cafe au lait s'il vous plait":                  false,
		"caf\u00e9 au lait s'il vous pla\u00eet\x00caf": false,
	} {
		_, err := h.Authenticate(h.ctx, "ada", password, From)
		if got := err == nil; got != want {
			t.Errorf("Authenticate with %q = %v, want accepted %v", password, err, want)
		}
	}
}

func upgradesCost(t *testing.T, h house) {
	user := Register(t, h.Store, Ada())
	before := h.hash(t, user)
	passwords := NewPasswords(t)
	passwords.Cost = Cost + 1
	dearer, err := store.New(h.ctx, h.db, passwords, store.DefaultRules, h.clock.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := dearer.Authenticate(h.ctx, "ada", "wrong", From); err == nil || h.hash(t, user) != before {
		t.Errorf("a wrong password gave %v and changed the hash: %v", err, h.hash(t, user) != before)
	}
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() {
			if _, err := dearer.Authenticate(h.ctx, "ada", Password, From); err != nil {
				t.Errorf("Authenticate = %v", err)
			}
		})
	}
	group.Wait()
	if cost, err := bcrypt.Cost([]byte(h.hash(t, user))); err != nil || cost != Cost+1 {
		t.Errorf("the hash has cost %d, %v; want %d", cost, err, Cost+1)
	}
	if _, err := dearer.Authenticate(h.ctx, "ada", Password, From); err != nil {
		t.Errorf("after the upgrade Authenticate = %v", err)
	}
}

func upgradesPlain(t *testing.T, h house) {
	h = h.unlimited(t)
	user := Register(t, h.Store, Ada())
	const foreign = "from an older system"
	plain, err := bcrypt.GenerateFromPassword([]byte(foreign), Cost)
	if err != nil {
		t.Fatal(err)
	}
	for _, variant := range []string{"$2a$", "$2b$", "$2y$"} {
		hash := variant + string(plain[4:])
		h.exec(t, `UPDATE users SET password_scheme = $1, password_hash = $2 WHERE id = $3`, store.SchemeBcrypt, hash, user.ID)
		if _, err := h.Authenticate(h.ctx, "ada", foreign+"\x00"+foreign, From); err == nil {
			t.Errorf("%s: a password with a NUL was accepted", variant)
		}
		for _, when := range []string{"before", "after"} {
			if _, err := h.Authenticate(h.ctx, "ada", foreign, From); err != nil {
				t.Errorf("%s %s the upgrade: %v", variant, when, err)
			}
		}
		if h.hash(t, user) == hash {
			t.Errorf("%s was not upgraded", variant)
		}
	}
}

func disabledMeanwhile(t *testing.T, h house) {
	Register(t, h.Store, Ada())
	user, err := h.Authenticate(h.ctx, "ada", Password, From)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Disable(h.ctx, user, From); err != nil {
		t.Fatal(err)
	}
	if err := h.Enable(h.ctx, user, From); err != nil {
		t.Fatal(err)
	}
	if _, err := h.SignIn(h.ctx, user, store.Visit{Kind: store.KindPassword}); err == nil {
		t.Error("a sign-in came about although the account had changed")
	}
	h.count(t, "signins", 0)
}

func idles(t *testing.T, h house) {
	n := h.signIn(t, false)
	h.clock.Move(store.Idle - time.Second)
	h.visit(t, n.ID)
	h.clock.Move(store.Idle - time.Second)
	h.visit(t, n.ID)
	h.clock.Move(store.Idle)
	h.gone(t, n.ID)
}

func endsAbsolutely(t *testing.T, h house) {
	n := h.signIn(t, false)
	for range 47 {
		h.clock.Move(30 * time.Minute)
		h.visit(t, n.ID)
	}
	h.clock.Move(30*time.Minute - time.Second)
	h.visit(t, n.ID)
	h.clock.Move(time.Second)
	h.gone(t, n.ID)
}

func keeps(t *testing.T, h house) {
	n := h.signIn(t, true)
	h.clock.Move(store.IdleKept - time.Second)
	h.visit(t, n.ID)
	h.clock.Move(store.IdleKept - time.Second)
	h.visit(t, n.ID)
	h.clock.Move(2 * 24 * time.Hour)
	h.visit(t, n.ID)
	h.clock.Move(2 * time.Second)
	h.gone(t, n.ID)

	n = h.signIn(t, true)
	h.clock.Move(store.IdleKept)
	h.gone(t, n.ID)
}

func seenOnceAMinute(t *testing.T, h house) {
	n := h.signIn(t, false)
	first := h.visit(t, n.ID)
	h.clock.Move(store.SeenEvery - time.Second)
	if again := h.visit(t, n.ID); !again.SeenAt.Equal(first.SeenAt) {
		t.Error("a second visit within the minute was written down")
	}
	h.clock.Move(time.Second)
	h.visit(t, n.ID)
	later, _, err := h.Current(h.ctx, n.ID)
	if err != nil || !later.SeenAt.Equal(first.SeenAt.Add(store.SeenEvery)) {
		t.Errorf("seen at %v, %v; want a minute after %v", later.SeenAt, err, first.SeenAt)
	}
}

func neverRevives(t *testing.T, h house) {
	n := h.signIn(t, false)
	if err := h.SignOut(h.ctx, n, From); err != nil {
		t.Fatal(err)
	}
	h.clock.Move(2 * store.SeenEvery)
	if err := h.Seen(h.ctx, n); err != nil {
		t.Errorf("Seen = %v", err)
	}
	h.gone(t, n.ID)
	h.count(t, "signins", 0)
	if err := h.SignOut(h.ctx, n, From); err != nil {
		t.Errorf("a second SignOut = %v", err)
	}
}

func disableEnds(t *testing.T, h house) {
	n := h.signIn(t, true)
	user, err := h.Find(h.ctx, "ada")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := h.Disable(h.ctx, user, From); err != nil {
			t.Fatal(err)
		}
		h.gone(t, n.ID)
	}
	if user, err := h.Find(h.ctx, "ada"); err != nil || !user.Disabled() {
		t.Errorf("Find = %+v, %v; want disabled", user, err)
	}
	if err := h.Enable(h.ctx, user, From); err != nil {
		t.Fatal(err)
	}
	h.gone(t, n.ID)
	if _, err := h.Authenticate(h.ctx, "ada", Password, From); err != nil {
		t.Errorf("after Enable: %v", err)
	}
}

func prunes(t *testing.T, h house) {
	user := Register(t, h.Store, Ada())
	for range 5 {
		if _, err := h.SignIn(h.ctx, user, store.Visit{}); err != nil {
			t.Fatal(err)
		}
	}
	h.clock.Move(store.Idle)
	live := h.signInAs(t, user, false)
	for _, want := range []int64{3, 2, 0} {
		if got, err := h.PruneSignIns(h.ctx, 3); err != nil || got != want {
			t.Errorf("PruneSignIns = %d, %v; want %d", got, err, want)
		}
	}
	h.visit(t, live.ID)
}

func keepsTwenty(t *testing.T, h house) {
	ada := Register(t, h.Store, Ada())
	var all []store.SignIn
	for range store.SignInsMax + 3 {
		all = append(all, h.signInAs(t, ada, true))
		h.clock.Move(time.Second)
	}
	for _, n := range all[:3] {
		h.gone(t, n.ID)
	}
	for _, n := range all[3:] {
		h.visit(t, n.ID)
	}
	h.count(t, "signins", store.SignInsMax)
}

func lists(t *testing.T, h house) {
	for i := range 5 {
		r := Ada()
		r.Username, r.Email = fmt.Sprintf("ada%d", i), fmt.Sprintf("ada%d@example.com", i)
		Register(t, h.Store, r)
	}
	var names []string
	for after := int64(0); ; {
		users, err := h.Users(h.ctx, after, 2)
		if err != nil {
			t.Fatal(err)
		}
		if len(users) == 0 {
			break
		}
		for _, user := range users {
			names, after = append(names, user.Username), user.ID
		}
	}
	if got, want := strings.Join(names, " "), "ada0 ada1 ada2 ada3 ada4"; got != want {
		t.Errorf("listed %q, want %q", got, want)
	}
}

func metaCharacters(t *testing.T, h house) {
	Register(t, h.Store, Ada())
	for _, value := range []string{`' OR '1'='1`, `"; DROP TABLE users; --`, "%", "_", "\x00", "$1", "a\x00b@example.com"} {
		if _, err := h.Find(h.ctx, value); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("Find(%q) = %v, want ErrNotFound", value, err)
		}
		if _, _, err := h.Current(h.ctx, strings.ReplaceAll(value, "\x00", "")); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("Current(%q) = %v, want ErrNotFound", value, err)
		}
		if _, err := h.Authenticate(h.ctx, value, value, From); err == nil {
			t.Errorf("Authenticate(%q) succeeded", value)
		}
	}
	h.count(t, "users", 1)
}

func mixedWriters(t *testing.T, h house) {
	var group sync.WaitGroup
	for i := range 12 {
		group.Go(func() {
			r := Ada()
			r.Username, r.Email = fmt.Sprintf("ada%d", i), fmt.Sprintf("ada%d@example.com", i)
			user, err := h.Register(h.ctx, r, From)
			if err != nil {
				t.Errorf("Register = %v", err)
				return
			}
			for range 8 {
				n, err := h.SignIn(h.ctx, user, store.Visit{})
				if err != nil {
					t.Errorf("SignIn = %v", err)
					return
				}
				if _, _, err := h.Current(h.ctx, n.ID); err != nil {
					t.Errorf("Current = %v", err)
				}
				if err := h.SignOut(h.ctx, n, From); err != nil {
					t.Errorf("SignOut = %v", err)
				}
			}
		})
	}
	group.Wait()
	h.count(t, "users", 12)
	h.count(t, "signins", 0)
}

func (h house) signIn(t *testing.T, kept bool) store.SignIn {
	t.Helper()
	user, err := h.Find(h.ctx, "ada")
	if errors.Is(err, store.ErrNotFound) {
		user = Register(t, h.Store, Ada())
	}
	return h.signInAs(t, user, kept)
}

// unlimited is the same house without limits on tries.
func (h house) unlimited(t *testing.T) house {
	t.Helper()
	rules := store.DefaultRules
	rules.Limits = store.Limits{}
	return h.ruled(t, rules)
}

func (h house) signInAs(t *testing.T, user store.User, kept bool) store.SignIn {
	t.Helper()
	n, err := h.SignIn(h.ctx, user, store.Visit{Origin: From, Kind: store.KindPassword, Kept: kept})
	if err != nil {
		t.Fatalf("sign in: %v", err)
	}
	return n
}

// visit is what a request does, and returns the sign-in as it found it.
func (h house) visit(t *testing.T, id string) store.SignIn {
	t.Helper()
	n, _, err := h.Current(h.ctx, id)
	if err != nil {
		t.Fatalf("the sign-in is gone: %v", err)
	}
	if err := h.Seen(h.ctx, n); err != nil {
		t.Fatalf("note a visit: %v", err)
	}
	return n
}

func (h house) gone(t *testing.T, id string) {
	t.Helper()
	if _, _, err := h.Current(h.ctx, id); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Current = %v, want ErrNotFound", err)
	}
}

// find returns who has that username, as the database has them now.
func (h house) find(t *testing.T, username string) store.User {
	t.Helper()
	user, err := h.Find(h.ctx, username)
	if err != nil {
		t.Fatalf("find %s: %v", username, err)
	}
	return user
}

// refused is the refusal that an answer must be.
func refused(t *testing.T, err error) store.Refusal {
	t.Helper()
	refusal, ok := store.AsRefusal(err)
	if !ok {
		t.Fatalf("got %v, want a refusal", err)
	}
	return refusal
}

// must ends the test on any error.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (h house) exec(t *testing.T, query string, args ...any) {
	t.Helper()
	if _, err := h.db.Write.Exec(query, args...); err != nil {
		t.Fatal(err)
	}
}

func (h house) hash(t *testing.T, user store.User) string {
	t.Helper()
	var hash string
	if err := h.db.Read.QueryRow(`SELECT password_hash FROM users WHERE id = $1`, user.ID).Scan(&hash); err != nil {
		t.Fatal(err)
	}
	return hash
}

func (h house) count(t *testing.T, table string, want int) {
	t.Helper()
	var got int
	if err := h.db.Read.QueryRow(`SELECT count(*) FROM ` + table).Scan(&got); err != nil {
		t.Fatal(err)
	}
	if got != want {
		t.Errorf("%d rows in %s, want %d", got, table, want)
	}
}

// columns are the columns of every table.
func (h house) columns(t *testing.T) map[string][]string {
	t.Helper()
	query := `SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position`
	if h.kind.Name == SQLite.Name {
		query = `SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c
			WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY m.name, c.cid`
	}
	rows, err := h.db.Read.Query(query)
	must(t, err)
	defer rows.Close()
	columns := map[string][]string{}
	for rows.Next() {
		var table, column string
		must(t, rows.Scan(&table, &column))
		columns[table] = append(columns[table], column)
	}
	must(t, rows.Err())
	if len(columns["users"]) < 2 {
		t.Fatalf("found the columns %v", columns)
	}
	return columns
}

// dump is every row of every table but those left out, to compare or to search.
func (h house) dump(t *testing.T, but ...string) string {
	t.Helper()
	var lines []string
	for table, columns := range h.columns(t) {
		if slices.Contains(but, table) {
			continue
		}
		rows, err := h.db.Read.Query(`SELECT ` + strings.Join(columns, ", ") + ` FROM ` + table)
		must(t, err)
		for rows.Next() {
			values, into := make([]any, len(columns)), make([]any, len(columns))
			for i := range values {
				into[i] = &values[i]
			}
			must(t, rows.Scan(into...))
			line := table
			for i, value := range values {
				if text, ok := value.([]byte); ok {
					value = string(text)
				}
				line += fmt.Sprintf(" %s=%v", columns[i], value)
			}
			lines = append(lines, line)
		}
		must(t, rows.Err())
		must(t, rows.Close())
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}
