package handlers

import (
	"net/url"
	"testing"
)

func TestAnAddressIsConfirmedByTheButton(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.registers().says("Your email address is not confirmed yet")
		link := h.link(t, "ada@example.com")
		page := v.get(link).goesTo("/email/verify").is(200).says("Is ada@example.com yours?").hides(link)
		page.submit(map[string]string{}).goesTo("/account").says("is confirmed").hides("not confirmed yet")
		v.get(link).goesTo("/email/verify").is(422).says("This link does not work")
	}, withMail)
}

func TestAForgottenPasswordIsChosenAnew(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		other := h.visitor(t)
		other.registers()
		v.get("/password/forgot").submit(map[string]string{"username": "ADA"}).goesTo("/password/forgot?sent=1").says("Check your inbox")
		link := h.link(t, "ada@example.com")
		form := v.get(link).goesTo("/password/reset").is(200)
		form.submit(map[string]string{"password": "short"}).is(422)
		form.submit(map[string]string{"password": "another engine no. 2"}).goesTo("/login").says("Your new password is saved")
		if other.signedIn() != "" || v.signedIn() != "" {
			t.Error("somebody is signed in")
		}
		if got := v.post("/login", url.Values{"username": {"ada"}, "password": {"another engine no. 2"}}).destination(); got != "/" {
			t.Errorf("the new password leads to %q", got)
		}
	}, withMail)
}
