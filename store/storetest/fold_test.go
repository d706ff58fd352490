package storetest_test

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"gatehouse/store"
	. "gatehouse/store/storetest"
)

// The contract of what names are found by.
func TestFoldContract(t *testing.T) {
	contract(t, []promise{
		{"folds a name wherever it is written", foldsWhatIsWritten},
		{"folds what was there before, a few at a time, each once", foldsInBatches},
		{"folds again what a copy of the version before has written", foldsAgain},
		{"never gives a name the keys of the one before", foldsTheLast},
		{"folds the longest names there are", foldsLong},
	})
}

// keys are what somebody is found by: the name, and the name with its last word first.
func (h house) keys(t *testing.T, username string) string {
	t.Helper()
	var key, turned sql.NullString
	must(t, h.db.Read.QueryRow(`SELECT name_key, name_turned FROM users WHERE username = $1`, username).Scan(&key, &turned))
	if key.Valid != turned.Valid {
		t.Errorf("%s has one key of two", username)
	}
	if !key.Valid {
		return "none"
	}
	return key.String + "|" + turned.String
}

func (h house) hasKeys(t *testing.T, username, want string) {
	t.Helper()
	if got := h.keys(t, username); got != want {
		t.Errorf("%s is found by %q, want %q", username, got, want)
	}
}

func foldsWhatIsWritten(t *testing.T, h house) {
	h = h.mailing(t)
	wish := func(username string) store.Registration {
		return store.Registration{Username: username, Name: "Zoë B. " + username, Email: username + "@example.com", Password: Password}
	}
	_, err := h.CompleteRegistration(h.ctx, h.pending(t, wish("waited"), "browser"), "", "browser", From)
	must(t, err)
	h.exec(t, `DELETE FROM letters`)
	_, err = h.AcceptInvite(h.ctx, h.invited(t, "guest@example.com"), wish("invited"), From)
	must(t, err)
	_, err = h.Setup(h.ctx, h.setup(t), wish("first"), From)
	must(t, err)
	Register(t, h.Store, wish("plain"))
	_, err = h.AddUser(h.ctx, wish("added"), "", Operator)
	must(t, err)
	for _, username := range []string{"first", "plain", "added", "waited", "invited"} {
		h.hasKeys(t, username, "zoe b "+username+"|"+username+" zoe b")
	}
	without := wish("nameless")
	without.Name = ""
	user := Register(t, h.Store, without)
	h.hasKeys(t, "nameless", "none")
	for _, c := range []struct{ name, want string }{
		{"Grace Hopper", "grace hopper|hopper grace"},
		{"GRACE HOPPER", "grace hopper|hopper grace"}, // another name with the same keys
		{"\U0001f98a", "|"},
		{"", "none"},
		{"Émile", "emile|emile"},
	} {
		user, err = h.UpdateProfile(h.ctx, user, c.name, "nameless", From)
		must(t, err)
		h.hasKeys(t, "nameless", c.want)
	}
	if n, err := h.FoldNames(h.ctx, 10); n != 0 || err != nil {
		t.Errorf("%d names were left, %v", n, err)
	}
}

func foldsInBatches(t *testing.T, h house) {
	for i := range 5 {
		h.exec(t, `INSERT INTO users (username, email, email_key, name, created_at) VALUES ($1, $1, $1, $2, $3)`, fmt.Sprintf("old-%d", i), fmt.Sprintf("Öld %d", i), h.moment(0))
	}
	h.exec(t, `INSERT INTO users (username, email, email_key, name, created_at) VALUES ('fox', 'fox', 'fox', $1, $2)`, "\U0001f98a", h.moment(0))
	h.exec(t, `INSERT INTO users (username, email, email_key, created_at) VALUES ('bare', 'bare', 'bare', $1)`, h.moment(0))
	for _, want := range []int64{2, 2, 2, 0, 0} {
		if n, err := h.FoldNames(h.ctx, 2); n != want || err != nil {
			t.Errorf("FoldNames = %d, %v, want %d", n, err, want)
		}
	}
	h.hasKeys(t, "old-4", "old 4|4 old")
	h.hasKeys(t, "fox", "|")
	h.hasKeys(t, "bare", "none")
}

func foldsAgain(t *testing.T, h house) {
	Register(t, h.Store, Ada())
	Register(t, h.Store, grace())
	h.exec(t, `UPDATE users SET name = 'Augusta King' WHERE username = 'ada'`)
	h.hasKeys(t, "ada", "none")
	h.hasKeys(t, "grace", "grace hopper|hopper grace")
	h.exec(t, `UPDATE users SET name = name, username = username`) // which changes none
	h.hasKeys(t, "grace", "grace hopper|hopper grace")
	if found, err := h.Search(h.ctx, "augusta"); err != nil || len(found) != 0 {
		t.Errorf("found %v, %v before it was folded", found, err)
	}
	if n, err := h.FoldNames(h.ctx, 10); n != 1 || err != nil {
		t.Errorf("FoldNames = %d, %v", n, err)
	}
	h.hasKeys(t, "ada", "augusta king|king augusta")
	h.exec(t, `UPDATE users SET name = '' WHERE username = 'ada'`)
	h.hasKeys(t, "ada", "none")
}

func foldsTheLast(t *testing.T, h house) {
	h.exec(t, `INSERT INTO users (username, email, email_key, name, created_at) VALUES ('ada', 'ada', 'ada', 'Ada Lovelace', $1)`, h.moment(0))
	must(t, h.overtake(t, `UPDATE users SET name = 'Augusta King'`, nil, func() error {
		_, err := h.FoldNames(h.ctx, 10)
		return err
	})[0])
	h.hasKeys(t, "ada", "none")
	_, err := h.FoldNames(h.ctx, 10)
	must(t, err)
	h.hasKeys(t, "ada", "augusta king|king augusta")
}

func foldsLong(t *testing.T, h house) {
	for i, letter := range []string{"\ufdfa", "\U00020000", "ß"} {
		r := Ada()
		r.Username, r.Email, r.Name = fmt.Sprintf("long-%d", i), fmt.Sprintf("long-%d@example.com", i), strings.Repeat(letter, 100)
		user := Register(t, h.Store, r)
		people, _, err := h.SearchBy(h.ctx, strings.Repeat(letter, 60), store.ByName, store.Mark{})
		if err != nil || len(people) != 1 || people[0].ID != user.ID {
			t.Errorf("%q finds %v, %v", letter, people, err)
		}
	}
}
