package housetest

import (
	"strings"
	"testing"
	"time"

	"gatehouse/store"
	"gatehouse/store/storetest"
)

func TestAProductIsTriedInAFewLines(t *testing.T) {
	Both(t, newShelf, func(t *testing.T, h *House) {
		h.Visitor(t).Get("/books").GoesTo("/login?next=%2Fbooks")
		v := h.Verified(t, "ada")
		v.Get("/books/new").Submit(map[string]string{"title": strings.Repeat("n", 41)}).Is(422).Says("Use at most 40 characters.")
		v.Get("/books/new").Submit(map[string]string{"title": "Emma", "notes": "one\ntwo", "state": "read", "lent": "on"}).
			GoesTo("/books").Is(200).Says("Emma")
		h.SignedIn(t, "grace").Get("/books").Is(200).Hides("Emma")
	})
}

func TestPeopleAreSignedInAsTheGuardsAsk(t *testing.T) {
	Both(t, newShelf, func(t *testing.T, h *House) {
		const confirm = "/confirm?next=%2Fbooks%2F1%2Fdelete"
		member := h.SignedIn(t, "ada")
		lived(t, h, h.User(t, "ada"))
		member.Get("/books").Is(200)
		member.Get("/books/new").GoesTo("/email/verify")
		member.Get("/books/1/delete").GoesTo(confirm)
		verified := h.Verified(t, "ada")
		verified.Get("/books/new").Is(200)
		verified.Get("/books/1/delete").GoesTo(confirm)
		verified.Get("/editors").GoesTo("/confirm?next=%2Feditors")
		recent := h.Recent(t, "ada")
		recent.Get("/editors").Is(200)
		recent.Get("/books/1/delete").Submit(nil).GoesTo("/books").Hides("Diary of ada")
		if grace := h.Recent(t, "grace"); h.User(t, "grace").Verified() || grace.Get("/editors").Status != 403 {
			t.Error("grace is an editor")
		}
		if h.User(t, "ada").ID == h.User(t, "grace").ID {
			t.Error("two people share an account")
		}
		before := h.Clock.Now()
		h.Verified(t, "rosa")
		if !h.Clock.Now().Equal(before) {
			t.Error("signing somebody in takes time")
		}
		h.Clock.Move(store.Idle)
		recent.Get("/books").GoesTo("/login?next=%2Fbooks")
	})
}

func TestLettersOfAProductArrive(t *testing.T) {
	Both(t, newShelf, func(t *testing.T, h *House) {
		h.SignedIn(t, "grace")
		h.Verified(t, "ada")
		lived(t, h, h.User(t, "ada"))
		lived(t, h, h.User(t, "grace"))
		for range 2 {
			h.Run(t, "weekly")
			letters := h.Letters(t)
			if len(letters) != 1 || letters[0].To != "ada@example.com" || letters[0].Subject != "1 books on your shelf" || !strings.Contains(letters[0].Text, "Diary of ada") {
				t.Errorf("got the letters %+v, want one to ada about her book", letters)
			}
			h.Clock.Move(7 * 24 * time.Hour)
		}
		if letters := h.Letters(t); len(letters) != 0 {
			t.Errorf("got %d letters twice", len(letters))
		}
	})
}

func TestAHouseIsOpenOnTheDatabaseThatWasAskedFor(t *testing.T) {
	t.Parallel()
	for _, d := range storetest.Databases {
		w := &storetest.Watch{}
		h := Open(t, d.Watched(w), newShelf)
		w.Take()
		h.Visitor(t).Get("/").Is(200).Says("Every book you read")
		if taken := w.Take(); len(taken) != 0 {
			t.Errorf("%s: the front page takes %q", d.Name, taken)
		}
		if len(h.tables) != 1 || len(h.tables["books"]) != 9 {
			t.Errorf("%s: the product's tables are %v", d.Name, h.tables)
		}
	}
}
