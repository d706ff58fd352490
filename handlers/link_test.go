package handlers

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/store"
	"gatehouse/store/storetest"
)

// pairs make two live links of every purpose, for two different people.
var pairs = map[string]func(t *testing.T, h *house, username string) (link string){
	store.PurposeVerify: func(t *testing.T, h *house, username string) string {
		return h.link(t, storetest.Register(t, h.Store, registration(username)).Email)
	},
	store.PurposeNewEmail: func(t *testing.T, h *house, username string) string {
		if err := h.Store.ChangeEmail(t.Context(), h.confirms(t, username), username+"@example.org", storetest.From); err != nil {
			t.Fatal(err)
		}
		return h.link(t, username+"@example.org")
	},
	store.PurposeRegister: func(t *testing.T, h *house, username string) string {
		if err := h.Store.RegisterPending(t.Context(), registration(username), strings.Repeat("H", 26), storetest.From); err != nil {
			t.Fatal(err)
		}
		return h.link(t, username+"@example.com")
	},
	store.PurposeReset: func(t *testing.T, h *house, username string) string {
		user := h.confirms(t, username)
		if err := h.Store.AskReset(t.Context(), username, storetest.From); err != nil {
			t.Fatal(err)
		}
		return h.link(t, user.Email)
	},
	store.PurposeUndo: func(t *testing.T, h *house, username string) string {
		h.moves(t, username)
		return h.link(t, username+"@example.com")
	},
	store.PurposeFactors: func(t *testing.T, h *house, username string) string {
		return h.link(t, h.equips(t, username).Email)
	},
	store.PurposeInvite: func(t *testing.T, h *house, username string) string {
		if err := h.Store.Invite(t.Context(), username+"@example.com", "", storetest.Operator); err != nil {
			t.Fatal(err)
		}
		return h.link(t, username+"@example.com")
	},
}

// good says whether a link of that purpose still works.
func (h *house) good(t *testing.T, purpose, link string) bool {
	t.Helper()
	_, err := h.Store.Token(t.Context(), token(link), purpose)
	if purpose == store.PurposeRegister {
		_, _, err = h.Store.FindPending(t.Context(), token(link), "")
	}
	if err != nil && !errors.Is(err, store.ErrInvalidLink) {
		t.Fatal(err)
	}
	return err == nil
}

// filled is what somebody types into the form behind a link.
func filled(purpose, username string) map[string]string {
	values := map[string]string{}
	for name, typed := range buttons[slices.IndexFunc(buttons, func(b button) bool { return b.purpose == purpose })].form {
		values[name] = typed[0]
	}
	if purpose == store.PurposeInvite {
		values["username"] = username
	}
	return values
}

// typedInto leaves out what a form does not ask for: without its link that of a
// registration does not know whether a password is needed.
func typedInto(form *page, values map[string]string) map[string]string {
	for name := range values {
		if form.Find("input#"+name).Length() == 0 {
			delete(values, name)
		}
	}
	return values
}

// Two letters are opened in two tabs of one browser.
func TestAPageActsForTheLinkItShows(t *testing.T) {
	for purpose, link := range pairs {
		t.Run(purpose, func(t *testing.T) {
			both(t, func(t *testing.T, h *house, v *visitor) {
				anna, bert := link(t, h, "anna"), link(t, h, "bert")
				first, second := v.follows(anna).is(200), v.follows(bert).is(200)
				if got := first.submit(filled(purpose, "anna")); got.destination() == "" {
					t.Fatalf("the first tab answers %d:\n%s", got.status, got.body)
				}
				if h.good(t, purpose, anna) || !h.good(t, purpose, bert) {
					t.Errorf("the link of the first tab is good: %v, that of the second: %v", h.good(t, purpose, anna), h.good(t, purpose, bert))
				}
				v.post("/logout", url.Values{})
				if got := second.submit(filled(purpose, "bert")); got.destination() == "" {
					t.Fatalf("the second tab answers %d:\n%s", got.status, got.body)
				}
				if h.good(t, purpose, bert) {
					t.Error("the link of the second tab was not used")
				}
			}, withMail)
		})
	}
}

// A form that says of no link, or of one that is not open here, does nothing
// until its link is opened. What was typed stays.
func TestAFormOfAnUnknownLinkDoesNothing(t *testing.T) {
	for purpose, link := range pairs {
		t.Run(purpose, func(t *testing.T) {
			either(t, func(t *testing.T, h *house, v *visitor) {
				anna, bert := link(t, h, "anna"), link(t, h, "bert")
				page := buttons[slices.IndexFunc(buttons, func(b button) bool { return b.purpose == purpose })].page
				form := v.follows(anna).is(200)
				other := v.another()
				other.follows(bert)
				for name, digest := range map[string]string{
					"anna's": form.Find("main input[name=link]").AttrOr("value", ""), "none": "", "odd": "<b>", "the token": token(bert),
				} {
					values := url.Values{"link": {digest}}
					for field, typed := range filled(purpose, "anna") {
						values.Set(field, typed)
					}
					answer := other.postExactly(page, values).is(422).says("Open the link in the email again").hides(storetest.Password, newPassword, token(bert), "<b>")
					if purpose == store.PurposeInvite && answer.value("username") != "anna" {
						t.Errorf("%s: the username is %q", name, answer.value("username"))
					}
					if !h.good(t, purpose, anna) || !h.good(t, purpose, bert) {
						t.Fatalf("%s: a link was used", name)
					}
				}
				// The browser has lost its cookie, and opens the link again.
				form.v = v.another()
				refused := form.submit(filled(purpose, "anna")).is(422).says("Open the link in the email again")
				form.v.follows(anna)
				if got := refused.submit(typedInto(refused, filled(purpose, "anna"))); purpose != store.PurposeRegister && got.destination() == "" {
					t.Errorf("once the link is opened the form answers %d:\n%s", got.status, got.body)
				}
			}, withMail)
		})
	}
}

// Whoever thinks for long finds the link still open, as long as it lasts.
func TestALinkStaysOpenAsLongAsItLasts(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		links := h.links(t)
		for _, p := range buttons {
			other := v.another()
			answer := other.get(links[p.purpose])
			form := other.get(answer.destination()).is(200)
			for _, c := range (&http.Response{Header: answer.header}).Cookies() {
				page := linkPages[slices.IndexFunc(linkPages, func(l linkPage) bool { return l.path == p.page })]
				if c.MaxAge != int(page.lasts.Seconds()) {
					t.Errorf("%s: the cookie lasts %d s", p.purpose, c.MaxAge)
				}
			}
			if form.Find("main input[name=link]").Length() != 1 {
				t.Errorf("%s: the form does not say which link it is about", p.purpose)
			}
		}
	}, withMail)
}

func TestABrowserRemembersTheNewestFourLinks(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		var links []string
		var forms []*page
		for _, name := range []string{"anna", "bert", "carl", "dora", "emil"} {
			links = append(links, pairs[store.PurposeInvite](t, h, name))
			forms = append(forms, v.follows(links[len(links)-1]).is(200).says(name+"@example.com"))
		}
		v.follows(links[4]).says("emil@example.com") // opened twice, it is one link
		if got := strings.Count(v.carries(invitePage.cookie), "."); got != linksMax-1 {
			t.Errorf("%d links are remembered", got+1)
		}
		forms[0].submit(map[string]string{"username": "anna", "password": newPassword}).is(422).says("Open the link in the email again")
		forms[1].submit(map[string]string{"username": "bert", "password": newPassword}).goesTo("/")
		v.post("/logout", url.Values{})
		v.get("/invite").is(200).says("emil@example.com")
	}, withMail)
}

// What was typed for an invitation that is over is not lost, and can be sent for
// the next one.
func TestADeadInvitationKeepsWhatWasTyped(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		form := v.follows(pairs[store.PurposeInvite](t, h, "anna")).is(200)
		h.clock.Move(store.InviteValid)
		refused := form.submit(map[string]string{"name": "Anna Schmidt", "username": "anna", "password": newPassword}).is(422).says("This link no longer works")
		if refused.value("name") != "Anna Schmidt" || refused.value("username") != "anna" {
			t.Errorf("the form keeps %q and %q", refused.value("name"), refused.value("username"))
		}
		v.follows(pairs[store.PurposeInvite](t, h, "annika"))
		shown := refused.submit(map[string]string{"password": newPassword}).is(422).says("annika@example.com")
		shown.submit(map[string]string{"password": newPassword}).goesTo("/").signedInAs("anna")
	}, withMail)
}

func TestInlineChecksNeedTheirLink(t *testing.T) {
	t.Parallel()
	h := newHouse(t, withMail)
	v := h.htmx(t)
	v.follows(pairs[store.PurposeInvite](t, h, "anna"))
	v.post("/invite/check/username", url.Values{"username": {"anna"}}).is(200).says("This username is free.")
	v.post("/invite/check/username", url.Values{"username": {"anna"}, "link": {linkDigest("another")}}).is(204)
}

// Whoever meets the limit on links that are not good keeps what was typed.
func TestALimitOnLinksKeepsWhatWasTyped(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		form := v.follows(pairs[store.PurposeInvite](t, h, "anna")).is(200)
		other := v.another()
		for range 30 {
			other.follows("/password/reset/NONE")
		}
		refused := form.submit(map[string]string{"name": "Anna", "username": "anna", "password": newPassword}).waits("2").says("Too many tries.")
		if refused.value("name") != "Anna" {
			t.Errorf("the name is %q", refused.value("name"))
		}
		h.clock.Move(2 * time.Second)
		refused.submit(map[string]string{"password": newPassword}).goesTo("/")
	}, withMail, limited)
}
