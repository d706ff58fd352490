package storetest_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"gatehouse/store"
	. "gatehouse/store/storetest"
)

// The contract of what a product adds to the store.
func TestProductContract(t *testing.T) {
	contract(t, []promise{
		{"writes letters of a product in the transaction of what they speak of, or does neither", writesForProduct},
		{"writes them to people with a confirmed address who want them, and to nobody else", writesToWhoWants},
		{"lets people turn off what is optional, and drops what waits", turnsOff},
		{"turns off by the link of a letter what the letter is, for years", unsubscribes},
		{"UNS-01 takes no garbage for the token of such a link", noUnsubscribeGarbage},
		{"counts and exports the events of a product", recordsForProduct},
		{"exports what a product holds, and erases it with the account or not at all", holdsForProduct},
		{"takes no name that is taken, or that cannot be", namesOfProduct},
	})
}

const (
	weekly  = "product-weekly"
	receipt = "product-receipt"
)

// books is what a product might state.
func books() store.Product {
	return store.Product{
		Letters: []store.ProductLetter{{Kind: weekly, Optional: true}, {Kind: receipt}},
		Events:  []string{"book_added"},
		Jobs:    []string{"weekly"},
	}
}

// withProduct is the same house with mail and a product.
func (h house) withProduct(t *testing.T, p store.Product) house {
	t.Helper()
	h = h.mailing(t)
	must(t, h.Extend(p))
	return h
}

type about struct{ Titles []string }

// writes writes a letter of the product.
func (h house) writes(t *testing.T, kind string, user store.User) {
	t.Helper()
	must(t, h.Write(h.ctx, func(tx *store.Tx) error { return tx.Letter(h.ctx, kind, user, about{[]string{"Sketch", "Notes"}}) }))
}

func writesForProduct(t *testing.T, h house) {
	h = h.withProduct(t, books())
	ada := h.confirmed(t, Ada())
	failure := errors.New("no")
	if err := h.Write(h.ctx, func(tx *store.Tx) error {
		if err := tx.Letter(h.ctx, receipt, ada, about{}); err != nil {
			return err
		}
		return failure
	}); !errors.Is(err, failure) {
		t.Errorf("Write = %v", err)
	}
	if post := h.post(t); len(post) != 0 {
		t.Errorf("a transaction that failed wrote %+v", post)
	}
	if err := h.Write(h.ctx, func(tx *store.Tx) error { return tx.Letter(h.ctx, "product-none", ada, about{}) }); err == nil {
		t.Error("a kind that the product does not state is written")
	}
	h.writes(t, receipt, ada)
	h.unreadable(t, "letters", "Sketch", ada.Email)
	l := h.letter(t, receipt)
	var read about
	if err := l.About(&read); err != nil || len(read.Titles) != 2 || read.Titles[1] != "Notes" {
		t.Errorf("About = %+v, %v", read, err)
	}
	if l.To != ada.Email || l.Username != "ada" || l.Token != "" {
		t.Errorf("the letter is %+v", l)
	}
	var wrong []int
	if err := l.About(&wrong); err == nil {
		t.Error("a letter is about anything")
	}
	for range store.LettersPerHour {
		h.writes(t, receipt, ada)
	}
	if got := kinds(h.post(t)); got != receipt+" "+receipt {
		t.Errorf("within the hour came %q as well", got)
	}
}

func writesToWhoWants(t *testing.T, h house) {
	h = h.withProduct(t, books())
	ada := h.confirmed(t, Ada())
	stranger := Register(t, h.Store, grace())
	h.post(t)
	for name, user := range map[string]store.User{"nobody confirmed": stranger, "disabled": {Username: "x", Email: ada.Email, VerifiedAt: ada.VerifiedAt, DisabledAt: ada.VerifiedAt}, "closed": {Username: "x", Email: ada.Email, VerifiedAt: ada.VerifiedAt, ClosedAt: ada.VerifiedAt}} {
		h.writes(t, receipt, user)
		if post := h.post(t); len(post) != 0 {
			t.Errorf("%s: wrote %+v", name, post)
		}
	}
	silent := h.ruled(t, store.DefaultRules)
	must(t, silent.Extend(books()))
	silent.writes(t, receipt, ada)
	h.writes(t, weekly, ada)
	h.letter(t, weekly)
}

func turnsOff(t *testing.T, h house) {
	h = h.withProduct(t, books())
	ada := h.confirmed(t, Ada())
	h.writes(t, weekly, ada)
	h.writes(t, receipt, ada)
	for range 2 {
		must(t, h.ChooseLetters(h.ctx, ada, func(string) bool { return false }))
	}
	h.letter(t, receipt)
	h.clock.Move(time.Hour)
	h.writes(t, weekly, ada)
	h.writes(t, receipt, ada)
	h.letter(t, receipt)
	unwanted, err := h.UnwantedLetters(h.ctx, ada)
	must(t, err)
	if len(unwanted) != 1 || unwanted[0].Kind != weekly || unwanted[0].CreatedAt.IsZero() {
		t.Errorf("unwanted are %+v", unwanted)
	}
	must(t, h.ChooseLetters(h.ctx, ada, func(kind string) bool { return kind == weekly }))
	h.writes(t, weekly, ada)
	h.letter(t, weekly)
	h.count(t, "unwanted_letters", 0)
}

func unsubscribes(t *testing.T, h house) {
	h = h.withProduct(t, books())
	ada, other := h.confirmed(t, Ada()), h.confirmed(t, grace())
	h.writes(t, weekly, ada)
	token := h.letter(t, weekly).Token
	before := h.dump(t)
	if kind, err := h.UnsubscribeKind(token); err != nil || kind != weekly {
		t.Errorf("UnsubscribeKind = %q, %v", kind, err)
	}
	if h.dump(t) != before {
		t.Error("looking at the link changed something")
	}
	h.clock.Move(3 * 365 * 24 * time.Hour)
	for range 2 {
		if kind, err := h.Unsubscribe(h.ctx, token); err != nil || kind != weekly {
			t.Errorf("Unsubscribe = %q, %v", kind, err)
		}
	}
	h.writes(t, weekly, ada)
	h.writes(t, weekly, other)
	if l := h.letter(t, weekly); l.To != other.Email {
		t.Errorf("wrote to %s", l.To)
	}
	h.count(t, "unwanted_letters", 1)
	must(t, h.Erase(h.ctx, ada, Operator))
	h.count(t, "unwanted_letters", 0)
	if kind, err := h.Unsubscribe(h.ctx, token); err != nil || kind != weekly {
		t.Errorf("once the account is gone Unsubscribe = %q, %v", kind, err)
	}
	h.count(t, "unwanted_letters", 0)
}

func noUnsubscribeGarbage(t *testing.T, h house) {
	h = h.withProduct(t, books())
	ada := h.confirmed(t, Ada())
	h.writes(t, weekly, ada)
	good := h.letter(t, weekly).Token
	tokens := []string{"", ".", "null", "%", "\x00", "\xff", strings.Repeat("A", 5000), good + "A", good[1:], good + "="}
	for i := range good {
		swapped := byte('A')
		if good[i] == swapped {
			swapped = 'B'
		}
		tokens = append(tokens, good[:i]+string(swapped)+good[i+1:])
	}
	before := h.dump(t)
	for _, token := range tokens {
		if _, err := h.Unsubscribe(h.ctx, token); !errors.Is(err, store.ErrInvalidLink) {
			t.Errorf("%.40q: Unsubscribe = %v, want ErrInvalidLink", token, err)
		}
		if _, err := h.UnsubscribeKind(token); !errors.Is(err, store.ErrInvalidLink) {
			t.Errorf("%.40q: UnsubscribeKind = %v, want ErrInvalidLink", token, err)
		}
	}
	if h.dump(t) != before {
		t.Error("garbage changed the database")
	}
	silent := h.ruled(t, store.DefaultRules)
	if _, err := silent.Unsubscribe(h.ctx, good); !errors.Is(err, store.ErrInvalidLink) {
		t.Errorf("where no mail is sent: %v", err)
	}
}

func recordsForProduct(t *testing.T, h house) {
	h = h.withProduct(t, books())
	ada := Register(t, h.Store, Ada())
	must(t, h.Write(h.ctx, func(tx *store.Tx) error { return tx.Record(h.ctx, ada.ID, "book_added", "Sketch", From) }))
	if got := h.EventCount("book_added"); got != 1 {
		t.Errorf("counted %d", got)
	}
	export, err := h.Export(h.ctx, ada)
	must(t, err)
	if e := export.Events[0]; e.Name != "book_added" || e.Detail != "Sketch" {
		t.Errorf("exported %+v", e)
	}
}

func holdsForProduct(t *testing.T, h house) {
	var erased []string
	failure := errors.New("no")
	fail := false
	p := books()
	p.Data = []store.Data{{
		Name: "books",
		Export: func(_ context.Context, user store.User) (any, error) {
			return []string{"Sketch of " + user.Username}, nil
		},
		Erase: func(ctx context.Context, tx *store.Tx, user store.User) error {
			if fail {
				return failure
			}
			erased = append(erased, user.Username)
			_, err := tx.ExecContext(ctx, `DELETE FROM reserved_usernames`)
			return err
		},
	}, {Name: "shelves", Export: func(context.Context, store.User) (any, error) { return nil, failure }}}
	h = h.withProduct(t, p)
	ada := Register(t, h.Store, Ada())
	if _, err := h.Export(h.ctx, ada); !errors.Is(err, failure) {
		t.Errorf("Export = %v", err)
	}
	p.Data = p.Data[:1]
	must(t, h.Extend(p))
	export, err := h.Export(h.ctx, ada)
	must(t, err)
	if held, _ := export.Product["books"].([]string); len(held) != 1 || held[0] != "Sketch of ada" {
		t.Errorf("exported %+v", export.Product)
	}
	fail = true
	before := h.dump(t)
	if err := h.Erase(h.ctx, ada, Operator); !errors.Is(err, failure) {
		t.Errorf("Erase = %v", err)
	}
	if h.dump(t) != before {
		t.Error("an account whose data was not erased is half erased")
	}
	fail = false
	must(t, h.CloseAccount(h.ctx, ada, From))
	h.clock.Move(reopen)
	_, err = h.EraseClosed(h.ctx, 10)
	must(t, err)
	if len(erased) == 0 || erased[0] != "ada" {
		t.Errorf("erased %q", erased)
	}
	h.count(t, "users", 0)
	if err := h.Erase(h.ctx, ada, Operator); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a second Erase = %v, want ErrNotFound", err)
	}
}

func namesOfProduct(t *testing.T, h house) {
	export := func(context.Context, store.User) (any, error) { return nil, nil }
	data := func(names ...string) store.Product {
		var p store.Product
		for _, name := range names {
			p.Data = append(p.Data, store.Data{Name: name, Export: export})
		}
		return p
	}
	for _, p := range []store.Product{
		data("account"), data("unwanted_letters"), data("Books"), data(""), data("books", "books"),
		{Events: []string{store.EventSignedIn}},
		{Events: []string{"a b"}},
		{Events: []string{"a", "a"}},
		{Letters: []store.ProductLetter{{Kind: "weekly"}}},
		{Letters: []store.ProductLetter{{Kind: "product-"}}},
		{Letters: []store.ProductLetter{{Kind: weekly}, {Kind: weekly}}},
		{Jobs: []string{"Weekly"}},
		{Jobs: []string{"a", "a"}},
	} {
		if err := h.Extend(p); err == nil {
			t.Errorf("a product of %+v is taken", p)
		}
	}
	must(t, h.Extend(data("books")))
}

func TestMigrationsOfAProductFollowOurs(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	onEach(t, func(t *testing.T, d Database) {
		own := fstest.MapFS{"1000_books.sql": file(`CREATE TABLE books (title TEXT)`)}
		place := d.New(t)
		db := d.Open(t, place)
		if err := db.CheckSchema(t.Context(), own); !errors.Is(err, store.ErrOlder) {
			t.Errorf("CheckSchema of an empty database = %v", err)
		}
		_, err := db.Migrate(t.Context())
		must(t, err)
		applied, err := db.Migrate(t.Context(), own)
		must(t, err)
		if len(applied) != 1 || applied[0] != "1000_books.sql" {
			t.Errorf("applied %q", applied)
		}
		must(t, db.CheckSchema(t.Context(), own))
		if err := db.CheckSchema(t.Context()); !errors.Is(err, store.ErrNewer) {
			t.Errorf("without the product CheckSchema = %v, want ErrNewer", err)
		}
		for name, files := range map[string]fstest.MapFS{
			"a number of ours":       {"0042_books.sql": file(`SELECT 1`)},
			"no number":              {"books.sql": file(`SELECT 1`)},
			"a number twice":         {"1000_a.sql": file(`SELECT 1`), "1000_b.sql": file(`SELECT 1`)},
			"one database forgotten": {"1000_a." + map[bool]string{true: "sqlite", false: "postgres"}[d.Name == PostgreSQL.Name] + ".sql": file(`SELECT 1`)},
		} {
			if _, err := db.Migrate(t.Context(), files); err == nil {
				t.Errorf("%s: migrated", name)
			}
		}
	})
}
