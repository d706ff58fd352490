package housetest

import (
	"errors"
	"strings"
	"testing"

	"gatehouse/handlers/visitor"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// Visitor is a browser in which nobody is signed in.
func (h *House) Visitor(t testing.TB) *visitor.Visitor {
	v := visitor.New(t, h.server.URL, h.Site.BaseURL)
	v.HTMX = h.HTMX
	return v
}

// SignedIn is a browser in which somebody signed in some time ago, who gets an account if
// there is none under that username. What asks for recent authentication sends them to
// /confirm.
func (h *House) SignedIn(t testing.TB, username string) *visitor.Visitor {
	t.Helper()
	h.person(t, username)
	h.Clock.Move(-store.RecentAuth)
	v := h.signIn(t, username)
	h.Clock.Move(store.RecentAuth)
	// The visit is written down, so that later pages change nothing.
	v.Get("/account").Is(200)
	return v
}

// Verified is SignedIn for somebody whose email address is verified.
func (h *House) Verified(t testing.TB, username string) *visitor.Visitor {
	t.Helper()
	h.verify(t, username)
	return h.SignedIn(t, username)
}

// Recent is SignedIn for somebody who signed in just now. Their email address is verified
// if it was before.
func (h *House) Recent(t testing.TB, username string) *visitor.Visitor {
	t.Helper()
	h.person(t, username)
	return h.signIn(t, username)
}

func (h *House) signIn(t testing.TB, username string) *visitor.Visitor {
	t.Helper()
	v := h.Visitor(t)
	v.Get("/login").Submit(map[string]string{"username": username, "password": storetest.Password}).GoesTo("/")
	return v
}

// GiveRole gives somebody a role, as whoever runs the site does, and an account if there is
// none. All sign-ins of theirs end.
func (h *House) GiveRole(t testing.TB, username, role string) {
	t.Helper()
	user := h.person(t, username)
	_, err := h.Store.ChangeRole(t.Context(), user, role, user.Role, storetest.Operator)
	must(t, err)
}

// User is the account with that username, as it is now.
func (h *House) User(t testing.TB, username string) store.User {
	t.Helper()
	user, err := h.Store.Find(t.Context(), username)
	must(t, err)
	return user
}

// person makes an account unless there is one. Nobody is sent a letter.
func (h *House) person(t testing.TB, username string) store.User {
	t.Helper()
	user, err := h.Store.Find(t.Context(), username)
	if errors.Is(err, store.ErrNotFound) {
		return storetest.Register(t, h.people, store.Registration{
			Username: username, Name: nameOf(username), Email: username + "@example.com", Password: storetest.Password,
		})
	}
	must(t, err)
	return user
}

// nameOf is the name of a person: Ada Example is ada.
func nameOf(username string) string {
	return strings.ToUpper(username[:1]) + username[1:] + " Example"
}

// verify marks the address of a person, as their click on the link of a letter does.
func (h *House) verify(t testing.TB, username string) store.User {
	t.Helper()
	user := h.person(t, username)
	_, err := h.Database.Write.ExecContext(t.Context(), `UPDATE users SET confirmed_at = created_at WHERE id = $1`, user.ID)
	must(t, err)
	return h.User(t, username)
}
