package handlers

import (
	"net/url"
	"testing"
)

// No other test reads what our front page says: a product has one of its own.
func TestTheFrontPageSaysWhoIsSignedIn(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.get("/").is(200).says("Welcome to " + h.Name).says("Sign in, or make an account")
		v.registers().is(200).says("Hello, Ada Lovelace").says("You are signed in as ada.").hides("not signed in")
		v.post("/account/profile", url.Values{"name": {""}, "username": {"countess"}}).goesTo("/account/profile")
		v.get("/").says("Hello, countess")
	})
}
