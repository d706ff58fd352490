package storetest_test

import (
	"log/slog"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"gatehouse/store"
	"gatehouse/store/rules"
	"gatehouse/store/secret"
	. "gatehouse/store/storetest"
)

func authenticates(t *testing.T, h house) {
	made := Register(t, h.Store, Ada())
	for _, who := range []string{"ada", "Ada", "ada@example.com", " ADA@example.COM"} {
		entry, err := h.Authenticate(h.ctx, who, Password, From)
		if err != nil || entry.User.ID != made.ID {
			t.Errorf("Authenticate(%q) = %+v, %v", who, entry, err)
		}
	}
}

func refusesAlike(t *testing.T, h house) {
	Register(t, h.Store, Ada())
	disabled := Register(t, h.Store, store.Registration{Username: "disabled", Email: "d@example.com", Password: Password})
	if err := h.Disable(h.ctx, disabled, Operator); err != nil {
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
		refusal, ok := rules.AsRefusal(err)
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
	hasher := NewHasher(t)
	hasher.Cost = Cost + 1
	dearer, err := store.New(h.ctx, h.db, NewPasswords(), hasher, store.DefaultRules, h.clock.Now, slog.New(slog.DiscardHandler))
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
		h.exec(t, `UPDATE users SET password_scheme = $1, password_hash = $2 WHERE id = $3`, secret.SchemeBcrypt, hash, user.ID)
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
	entry, err := h.Authenticate(h.ctx, "ada", Password, From)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Disable(h.ctx, entry.User, Operator); err != nil {
		t.Fatal(err)
	}
	if err := h.Enable(h.ctx, entry.User, Operator); err != nil {
		t.Fatal(err)
	}
	if _, err := h.SignIn(h.ctx, entry, store.Origin{}); err == nil {
		t.Error("a sign-in came about although the account had changed")
	}
	h.count(t, "signins", 0)
}

// tooDear would keep everybody waiting for as long as one of its hashes takes,
// which is days: so nothing but an answer shows that it is never compared.
func tooDear(t *testing.T, h house) {
	h = h.unlimited(t)
	n := h.signIn(t, false)
	ada := h.find(t, "ada")
	Register(t, h.Store, grace())
	for i, hash := range []string{
		"$2a$31$" + strings.Repeat("A", 53), "$2b$15$" + strings.Repeat("A", 53), "$2x$04$" + strings.Repeat("A", 53), "$2$04$" + strings.Repeat("A", 53),
	} {
		cost := []int{31, 15, 4, 4}[i]
		h.exec(t, `UPDATE users SET password_scheme = $1, password_hash = $2, password_cost = $3 WHERE id = $4`, secret.SchemeBcrypt, hash, cost, ada.ID)
		h := h.copied(t).unlimited(t)
		want := map[bool]int64{true: 1}[cost > secret.BcryptCostMax]
		if got, err := h.CountTooCostly(h.ctx); err != nil || got != want {
			t.Errorf("%s: CountTooDear = %d, %v; want %d", hash, got, err, want)
		}
		h.enter(t, "grace", Password, From)
		_, err := h.Authenticate(h.ctx, "ada", Password, From)
		_, unknown := h.Authenticate(h.ctx, "nobody", Password, From)
		if refused(t, err) != refused(t, unknown) {
			t.Errorf("%s: %v, nobody gets %v", hash, err, unknown)
		}
		_, err = h.Reauthenticate(h.ctx, n, Password, "", From)
		refused(t, err)
		_, err = h.ChangePassword(h.ctx, n, Password, otherPassword, From)
		refused(t, err)
		if got := h.hash(t, ada); got != hash {
			t.Errorf("%s became %s", hash, got)
		}
		h.enter(t, "grace", Password, From)

		token, err := h.ResetToken(h.ctx, ada, Operator)
		must(t, err)
		must(t, h.ResetPassword(h.ctx, token, Password, From))
		n = h.enter(t, "ada", Password, From)
		ada = h.find(t, "ada")
		if got, err := h.CountTooCostly(h.ctx); err != nil || got != 0 {
			t.Errorf("%s: after a reset CountTooDear = %d, %v", hash, got, err)
		}
	}
}

// Whoever brings accounts along may leave out what the hash says as well.
func TestAHashThatIsTooDearIsCountedThoughItsCostIsNotNoted(t *testing.T) {
	onEach(t, func(t *testing.T, d Database) {
		h := open(t, d)
		ada := Register(t, h.Store, Ada())
		for hash, want := range map[string]int64{
			"$2a$31$" + strings.Repeat("A", 53): 1, "$2b$15$" + strings.Repeat("A", 53): 1, "$2y$99$" + strings.Repeat("A", 53): 1,
			"$2b$14$" + strings.Repeat("A", 53): 0, "$2a$04$" + strings.Repeat("A", 53): 0, "$2$04$" + strings.Repeat("A", 53): 0, "": 0,
		} {
			h.exec(t, `UPDATE users SET password_scheme = $1, password_hash = $2, password_cost = 0 WHERE id = $3`, secret.SchemeBcrypt, hash, ada.ID)
			if got, err := h.CountTooCostly(h.ctx); err != nil || got != want {
				t.Errorf("%s: CountTooDear = %d, %v; want %d", hash, got, err, want)
			}
		}
	})
}

func notedWrong(t *testing.T, h house) {
	ada := Register(t, h.Store, Ada())
	for _, noted := range []int{31, 15, 0, -1} {
		h.exec(t, `UPDATE users SET password_cost = $1 WHERE id = $2`, noted, ada.ID)
		h.copied(t).enter(t, "ada", Password, From)
	}
}
