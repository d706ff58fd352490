package handlers

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"gatehouse/components"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

const (
	banner = "You're looking at the account of ada until "
	only   = "You're looking at the account of ada. Nothing can be changed from here."
)

// withUnseen gives the site pages of a product that nobody sees who looks at an account.
func withUnseen(s *Site) {
	page := func(w http.ResponseWriter, r *http.Request) error {
		name := "nobody"
		if user := User(r); user != nil {
			name = user.Username
		}
		body := `<h1>Notes of ` + name + `</h1><form method="post" action="/notes"><button>Write</button></form>`
		return s.Show(w, r, http.StatusOK, "Notes", templ.Raw(body))
	}
	s.Product.Routes = append(s.Product.Routes,
		Route{Method: get, Path: "/notes", Guard: Members, Do: page}, Route{Method: post, Path: "/notes", Guard: Members, Do: page},
		Route{Method: get, Path: "/open", Guard: Everyone, Do: page},
		Route{Method: get, Path: "/told", Guard: Members, Do: func(w http.ResponseWriter, r *http.Request) error {
			s.Flash(r, "You were told.")
			return page(w, r)
		}},
		Route{Method: get, Path: "/secrets", Guard: Unseen, Do: page},
		Route{Method: get, Path: "/secrets/verified", Guard: Verified.And(Unseen), Do: page},
		Route{Method: get, Path: "/secrets/both", Guard: Unseen.And(Verified), Do: page},
		Route{Method: get, Path: "/staff", Guard: May(store.SeePeople), Do: page})
}

// onlooks has Ada live in her account, and an administrator who is signed in look at it. They are
// returned: Ada at her browser, then the administrator.
func (v *visitor) onlooks() (ada, boss *visitor) {
	v.t.Helper()
	ada, boss = v.lives(), v.another()
	boss.administers()
	boss.looks("ada")
	return ada, boss
}

// lives has Ada sign up, with a passkey, a second step and a verified address.
func (v *visitor) lives() *visitor {
	v.t.Helper()
	ada := v.another()
	ada.registers()
	if v.h.Store.Mails() {
		v.h.verifies(v.t, "ada")
	}
	ada.setsUp()
	ada.addsPasskey(v.h.authenticator())
	return ada
}

// administers makes an administrator, and leaves the visitor signed in as them.
func (v *visitor) administers() {
	v.t.Helper()
	storetest.Register(v.t, v.h.Store, store.Registration{Username: "boss", Email: "boss@staff.example", Password: storetest.Password})
	if v.h.Store.Mails() {
		v.h.verifies(v.t, "boss")
	}
	v.h.gives(v.t.(*testing.T), "boss", store.RoleAdmin)
	v.tries("boss", storetest.Password).goesTo("/")
}

func (v *visitor) lookPath(username string) string {
	return v.h.Admin.Person(v.h.user(v.t, username).ID, "/look")
}

// looks begins to look at an account.
func (v *visitor) looks(username string) *page {
	v.t.Helper()
	return v.get(v.lookPath(username)).is(200).submit(map[string]string{"reason": "asked by phone"}).goesTo("/")
}

// stops ends it.
func (v *visitor) stops() *page {
	v.t.Helper()
	return v.post(v.h.Admin.StopLooking(), url.Values{})
}

// sees requires that a page is that of Ada, with the banner first and nothing in it that can be sent.
func (p *page) sees() *page {
	p.v.t.Helper()
	p.says(banner).hides("boss@staff.example", ">boss<", "Hello, boss")
	first := p.Find("body > :not(.skip)").First()
	if partial := p.Find("body > header").Length() == 0; partial {
		first = p.Find("#looking[hx-swap-oob]")
	}
	if role, id := first.AttrOr("role", ""), first.AttrOr("id", ""); role != "status" || id != "looking" || first.Find("form button").Text() != "Stop looking" {
		p.v.t.Errorf("%s: the banner is not first:\n%s", p.path, p.body)
	}
	for _, button := range p.Find("form button, form input:not([type=hidden])").EachIter() {
		form := button.Closest("form")
		works := form.AttrOr("action", "") == "/logout" || form.AttrOr("action", "") == "/theme" || form.Closest("#looking").Length() == 1
		if disabled := button.Closest("fieldset[disabled]").Length() == 1; works == disabled && form.AttrOr("action", "") != "/theme" {
			p.v.t.Errorf("%s: the form to %s is disabled: %v", p.path, form.AttrOr("action", ""), disabled)
		}
	}
	return p
}

// own requires that a page is that of somebody who looks at nobody.
func (p *page) own(username string) *page {
	p.v.t.Helper()
	p.hides("looking at the account", "<fieldset disabled")
	if got := p.v.get("/account").is(200).Find(".link-rows .username").Text(); !strings.HasPrefix(strings.TrimSpace(got), username) {
		p.v.t.Errorf("the account is that of %q, want %q", got, username)
	}
	return p
}

// bystander is the database but for what is the administrator's own: their sign-in.
func (h *house) bystander(t *testing.T) string {
	t.Helper()
	boss := " user_id=" + strconv.FormatInt(h.user(t, "boss").ID, 10) + " "
	var lines []string
	for line := range strings.Lines(h.dump(t)) {
		if !strings.HasPrefix(line, "signins ") || !strings.Contains(line, boss) {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}

// seenThen are the pages that somebody sees who looks at the account of Ada.
var seenThen = strings.Fields(`/ /account /account/profile /account/signins /account/activity /account/data /account/second
	/account/passkeys /account/passkeys/{handle} /account/preferences /members /verified /ada/{id} /notes /open /told`)

// LOOK-01, LOOK-03: it shows and never does.
func TestLOOK01LookingShowsAndNeverDoes(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		h.links(t)
		_, boss := v.onlooks()
		h.clock.Move(2 * time.Minute) // so that a visit is noted
		before := h.bystander(t)
		for _, r := range h.routes() {
			if r.guard == static || r.path == "/logout" || r.path == h.Admin.StopLooking() {
				continue
			}
			path, form := h.example(t, r), parsed(r.example().form)
			if path == "" { // of this test
				path = r.path
			}
			for _, account := range []string{"", h.user(t, "boss").FormID(), h.user(t, "ada").FormID()} {
				if account != "" {
					form.Set("account", account)
				}
				answer := boss.asksBy(r.method, path, form)
				switch seen := r.method == get && slices.Contains(seenThen, r.path); {
				case r.path == "/theme":
					if form.Get("account") != h.user(t, "ada").FormID() && answer.status != 303 && answer.status != 204 {
						t.Errorf("%s answers %d", path, answer.status)
					}
				case seen:
					answer.is(200).sees()
				case boss.htmx && strings.Contains(r.path, "/check/"):
					answer.is(204)
				default:
					answer.is(403).says(only).sees()
				}
				if r.method == get {
					break
				}
			}
			if r.method == get {
				want := map[bool]int{true: 200, false: 403}[slices.Contains(seenThen, r.path)]
				boss.send(http.MethodHead, path, nil, http.Header{}).is(want)
			}
			for _, method := range []string{"PUT", "DELETE", "PATCH", "OPTIONS"} {
				boss.send(method, path, nil, http.Header{"Sec-Fetch-Site": {"same-origin"}}).is(405)
			}
		}
		boss.get("/nowhere").is(404).sees()
		boss.get("/nowhere?x=1&cookies=needed")
		for _, path := range []string{"/account/signins/" + h.signIns(t, "ada")[0].Handle + "/end", "/account/signins/" + h.signIns(t, "boss")[0].Handle + "/end"} {
			boss.post(path, url.Values{}).is(403).says(only)
		}
		if after := h.bystander(t); after != before {
			t.Errorf("the database was\n%s\nand is\n%s", before, after)
		}
		boss.get("/account").is(200).sees()
	}, withMail, withProduct, withUnseen)
}

// asksBy sends a request by any method of the table.
func (v *visitor) asksBy(method, path string, form url.Values) *page {
	v.t.Helper()
	if method == get {
		return v.get(path)
	}
	return v.postExactly(path, form)
}

// Pages of the administration are not for whoever looks either, and the links to them are gone.
func TestLOOK01NothingOfTheAdministratorIsShown(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		ada, boss := v.onlooks()
		own := ada.get("/account/activity").is(200)
		for _, path := range []string{"/", "/account", "/account/profile", "/account/signins", "/account/second", "/account/passkeys", "/account/activity", "/notes"} {
			page := boss.get(path).is(200).sees().hides(string(h.Admin)+`"`, "This device", "Used for this sign-in", "This browser", "signalAllAcceptedCredentials", "data-signal")
			if path == "/account/activity" {
				if got, want := page.Find(".diary h3").Text(), own.Find(".diary h3").Text(); got != want {
					t.Errorf("the activity is %q, want %q", got, want)
				}
			}
		}
		boss.get("/").says("Ada")
		boss.get("/notes").says("Notes of ada")
		boss.get("/account/profile").is(200)
		if got := boss.get("/account/profile").value("username"); got != "ada" {
			t.Errorf("the username is %q", got)
		}
		boss.get("/account").says("Signed in on one").says("An administrator looked at your account as you see it")
		// A page that was drawn for no session is never kept for others, nor taken.
		boss.get("/login").is(403)
		v.get("/login").is(200).hides("looking")
		v.get("/").is(200).hides("looking", "ada")
		boss.get("/").sees()
	}, withMail, withUnseen)
}

// A fragment carries the banner, and the links around it.
func TestLOOK01FragmentsCarryTheBanner(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		_, boss := v.onlooks()
		header := http.Header{"Hx-Request": {"true"}, "Hx-Request-Type": {"partial"}}
		fragment := boss.send(get, "/notes", nil, header).is(200).sees()
		if fragment.Find("nav#links[hx-swap-oob]").Length() != 1 || !strings.Contains(fragment.Find("nav#links").Text(), "Ada") {
			t.Errorf("the links stay those of the administrator:\n%s", fragment.body)
		}
		boss.stops()
		over := boss.send(get, "/notes", nil, header).is(200).hides("fieldset")
		if over.Find("#looking[hidden][hx-swap-oob]").Length() != 1 {
			t.Errorf("the banner stays:\n%s", over.body)
		}
		v.tries("ada", storetest.Password)
		v.get("/").hides("looking") // members never get one
	}, withUnseen)
}

// LOOK-02: the owner reads of it, and gets a letter; the audit has both ends and the reason, the log who it was.
func TestLOOK02LookingIsNoSecret(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		ada, boss := v.onlooks()
		boss.get("/notes").is(200)
		boss.stops()
		activity := ada.get("/account/activity").is(200).hides("boss", "asked by phone")
		for _, sentence := range []string{"An administrator looked at your account as you see it", "An administrator stopped looking at your account"} {
			activity.says(sentence)
		}
		letters := 0
		for _, m := range h.letters(t) {
			if m.To == "ada@example.com" && m.Subject == "An administrator looked at your account" {
				letters++
			}
		}
		if letters != 1 {
			t.Errorf("%d letters tell of it", letters)
		}
		deeds, err := h.Store.Audit(t.Context(), store.Sought{})
		if err != nil {
			t.Fatal(err)
		}
		for i, detail := range []string{store.DetailEnded, store.DetailBegun} {
			if d := deeds.Rows[i]; d.Name != store.EventLooked || d.Detail != detail || d.Actor != "boss" || d.SubjectID != h.user(t, "ada").ID || d.Reason != "asked by phone" || d.Request == "" {
				t.Errorf("the audit has %+v", d)
			}
		}
		line := `"user":` + strconv.FormatInt(h.user(t, "boss").ID, 10) + `,"looking":` + strconv.FormatInt(h.user(t, "ada").ID, 10) + "}"
		logged := 0
		for text := range strings.Lines(h.log.String()) {
			if looking := strings.Contains(text, `"looking"`); looking != strings.Contains(text, line) {
				t.Errorf("logged %s", text)
			} else if looking && strings.Contains(text, `"/notes"`) {
				logged++
			}
		}
		if logged != 1 {
			t.Errorf("%d lines say who looked at the page", logged)
		}
	}, withMail, withUnseen)
}

// LOOK-03: a form that was drawn while somebody looks does nothing later, for nobody.
func TestLOOK03FormsOfALookAreNeverActedUpon(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		_, boss := v.onlooks()
		profile, second, hello := boss.get("/account/profile").is(200), boss.get("/account/second").is(200), boss.get("/").is(200)
		typed := url.Values{"name": {"Mallory"}, "username": {"mallory"}, "account": {profile.Find("#profile input[name=account]").AttrOr("value", "")}}
		boss.post("/account/profile", typed).is(403)
		boss.stops()
		before := h.dump(t)
		boss.post("/account/profile", typed).is(422).says("You're signed in as boss now")
		account := second.Find(`form[action="/account/second/off"] input[name=account]`).AttrOr("value", "")
		boss.post("/account/second/off", url.Values{"account": {account}}).is(422)
		if after := h.dump(t); after != before {
			t.Errorf("the database was\n%s\nand is\n%s", before, after)
		}
		// A button of a page that was drawn for somebody else shows what that would be, which may not be seen.
		boss.looks("ada")
		for _, path := range []string{h.Admin.StopLooking(), "/logout"} {
			answer := boss.post(path, url.Values{"account": {h.user(t, "ada").FormID()}})
			if want := map[bool]int{true: 422, false: 403}[path == "/logout"]; answer.status != want { // the front page may
				t.Errorf("%s answers %d, want %d", path, answer.status, want)
			}
			answer.sees()
		}
		boss.stops()
		// What works on every page acts for the administrator.
		out := hello.Find(`form[action="/logout"] input[name=account]`).AttrOr("value", "")
		if out != h.user(t, "boss").FormID() {
			t.Error("signing out is not the administrator's")
		}
		// And one that was drawn before is theirs again afterwards.
		profile = boss.get("/account/profile")
		boss.looks("ada")
		profile.submit(map[string]string{"name": "The boss"}).is(403).says(only)
		boss.stops()
		profile.submit(map[string]string{"name": "The boss"}).goesTo("/account/profile").says(components.Saved)
		if h.user(t, "boss").Name != "The boss" || h.user(t, "ada").Name != "Ada Lovelace" {
			t.Error("the name is somebody else's")
		}
	})
}

// What the administrator left behind, a draft or a sentence, waits for them, and nobody else's page shows it.
func TestLOOK03WhatWaitsForTheAdministratorWaits(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.lives()
		boss := v.another()
		boss.administers()
		boss.get("/")
		profile := boss.get("/account/profile")
		h.clock.Move(store.IdleStaff)
		profile.submit(map[string]string{"name": "The boss"}).turnedAway()
		boss.tries("boss", storetest.Password)
		boss.post("/account/profile", url.Values{"name": {"Boss"}, "username": {"boss"}})
		boss.post(boss.lookPath("ada"), url.Values{"reason": {"asked"}}).goesTo("/").sees().hides(components.Saved)
		if got := boss.get("/account/profile").sees().hides("Nothing was changed yet", components.Saved, "data-signal").value("name"); got != "Ada Lovelace" {
			t.Errorf("the name is %q", got)
		}
		boss.stops()
		if got := boss.get("/account/profile").says("Nothing was changed yet.").value("name"); got != "The boss" {
			t.Errorf("the name is %q", got)
		}
	})
}

// LOOK-04: however it ends, the administrator is in their own account again.
func TestLOOK04LookingEnds(t *testing.T) {
	for name, ends := range map[string]func(t *testing.T, h *house, boss *visitor){
		"stopped": func(t *testing.T, h *house, boss *visitor) {
			person := h.Admin.Person(h.user(t, "ada").ID, "")
			page := boss.get("/account").Find("#looking form")
			answer := boss.post(page.AttrOr("action", ""), url.Values{"account": {page.Find("input[name=account]").AttrOr("value", "")}})
			if got := answer.destination(); got != person {
				t.Errorf("leads to %q, want %q", got, person)
			}
			boss.get("/account").says(components.StoppedLooking)
			boss.stops().goesTo(h.Admin.Overview()) // once more
		},
		"stopped in another tab": func(t *testing.T, h *house, boss *visitor) {
			tab := boss.get("/account/signins").is(200)
			boss.stops()
			account := tab.Find("#looking input[name=account]").AttrOr("value", "")
			if got := boss.post(h.Admin.StopLooking(), url.Values{"account": {account}}).destination(); got != h.Admin.Overview() {
				t.Errorf("leads to %q", got)
			}
		},
		"over": func(t *testing.T, h *house, boss *visitor) {
			until := h.clock.Now().Add(store.LookLasts).UTC().Format("15:04")
			boss.get("/account").says(banner + until + " UTC.")
			h.clock.Move(store.LookLasts - time.Second)
			boss.get("/account").sees() // a visit prolongs nothing
			h.clock.Move(time.Second)
		},
		"disabled": func(t *testing.T, h *house, _ *visitor) {
			if err := h.Store.Disable(t.Context(), h.user(t, "ada"), storetest.Operator); err != nil {
				t.Fatal(err)
			}
		},
		"closed": func(t *testing.T, h *house, _ *visitor) {
			if err := h.Store.CloseAccount(t.Context(), h.user(t, "ada"), storetest.From); err != nil {
				t.Fatal(err)
			}
		},
		"erased":   func(t *testing.T, h *house, _ *visitor) { h.erase(t, "ada") },
		"promoted": func(t *testing.T, h *house, _ *visitor) { h.gives(t, "ada", "support") },
		"a permission that is gone": func(t *testing.T, h *house, _ *visitor) {
			if _, err := h.data.Write.Exec(`UPDATE users SET role = 'support' WHERE username = 'boss'`); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, h *house, v *visitor) {
				_, boss := v.onlooks()
				boss.get("/account").sees()
				ends(t, h, boss)
				boss.get("/").is(200).own("boss")
			})
		})
	}
}

// LOOK-04: signing out signs the administrator out, and so does losing the role.
func TestLOOK04SigningOutIsTheAdministrators(t *testing.T) {
	for name, ends := range map[string]func(t *testing.T, h *house, boss *visitor){
		"signed out": func(t *testing.T, h *house, boss *visitor) {
			form := boss.get("/account").Find(`form[action="/logout"]`)
			answer := boss.post("/logout", url.Values{"account": {form.Find("input[name=account]").AttrOr("value", "")}})
			if answer.header.Get("Clear-Site-Data") == "" {
				t.Error("what scripts keep stays")
			}
			answer.goesTo(signedOutPage).hides("looking")
		},
		"demoted": func(t *testing.T, h *house, _ *visitor) { h.gives(t, "boss", "") },
		"gone":    func(_ *testing.T, h *house, _ *visitor) { h.clock.Move(store.IdleStaff) },
	} {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, h *house, v *visitor) {
				ada, boss := v.onlooks()
				storetest.Register(t, h.Store, registration("chief"))
				h.gives(t, "chief", store.RoleAdmin)
				ends(t, h, boss)
				if got := boss.signedIn(); got != "" {
					t.Errorf("signed in as %q", got)
				}
				if name != "gone" {
					ada.get("/account").is(200).own("ada")
				}
			})
		})
	}
}

// LOOK-04: both tabs of a browser are the same, and another browser is not.
func TestLOOK04ALookIsOfOneSignIn(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		_, boss := v.onlooks()
		other := v.another()
		other.tries("boss", storetest.Password).goesTo("/")
		other.get("/account").own("boss")
		again := other.get(other.lookPath("ada")).is(200)
		again.submit(map[string]string{"reason": "as well"}).goesTo("/").sees()
		// Not prolonged, nor moved to somebody else, in whatever tab.
		storetest.Register(t, h.Store, registration("hopper"))
		h.clock.Move(time.Minute)
		until := boss.get("/").Find("#looking p").Text()
		for _, username := range []string{"ada", "hopper"} {
			boss.post(boss.lookPath(username), url.Values{"reason": {"again"}}).is(403).says(only)
			boss.get(boss.lookPath(username)).is(403)
		}
		if got := boss.get("/").Find("#looking p").Text(); got != until {
			t.Errorf("it was %q and is %q", until, got)
		}
		other.stops()
		other.get("/").own("boss")
		boss.get("/").sees()
	})
}

// LOOK-05: nothing about the person moves but what tells them.
func TestLOOK05ThePersonIsLeftAsTheyAre(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.lives()
		boss := v.another()
		boss.administers()
		h.clock.Move(2 * time.Minute)
		of := func() string {
			var lines []string
			for line := range strings.Lines(h.bystander(t)) {
				table, _, _ := strings.Cut(line, " ")
				if !slices.Contains([]string{"audit", "events", "letters", "letter_addresses", "locks", "sessions"}, table) {
					lines = append(lines, line)
				}
			}
			return strings.Join(lines, "")
		}
		before, failures := of(), h.Store.EventCount(store.EventFailed)
		boss.looks("ada")
		for _, path := range []string{"/", "/account", "/account/signins", "/account/second", "/account/passkeys"} {
			boss.get(path).sees()
		}
		boss.post("/login", url.Values{"username": {"ada"}, "password": {"wrong"}}).is(403)
		boss.post("/confirm", url.Values{"password": {"wrong"}}).is(403)
		boss.stops()
		if after := of(); after != before {
			t.Errorf("it was\n%s\nand is\n%s", before, after)
		}
		if got := h.Store.EventCount(store.EventFailed); got != failures {
			t.Errorf("%d wrong passwords were counted", got-failures)
		}
	})
}

// LOOK-06: not at oneself, staff, who is disabled or closed, nor without a reason.
func TestLOOK06NobodyLooksAtThese(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.administers()
		for _, username := range []string{"ada", "helper", "gone", "shut"} {
			storetest.Register(t, h.Store, registration(username))
		}
		h.gives(t, "helper", "support")
		if err := h.Store.Disable(t.Context(), h.user(t, "gone"), storetest.Operator); err != nil {
			t.Fatal(err)
		}
		if err := h.Store.CloseAccount(t.Context(), h.user(t, "shut"), storetest.From); err != nil {
			t.Fatal(err)
		}
		before := h.dump(t)
		for username, want := range map[string]string{
			"boss": "This is your own account", "helper": "helps to run this site", "gone": "This account is disabled", "shut": "This account is closed",
		} {
			v.post(v.lookPath(username), url.Values{"reason": {"asked"}}).is(422).says(want)
			v.get(v.lookPath(username)).is(422).says(want)
			if link := v.get(h.Admin.Person(h.user(t, username).ID, "")).is(200).Find(`main a[href$="/look"]`); link.Length() != 0 {
				t.Errorf("the page of %s leads there", username)
			}
		}
		for reason, want := range map[string]string{"": "Say why", "  ": "Say why", strings.Repeat("x", store.ReasonMax+1): "at most 200", "one\x00": "plain text", "one\ntwo": "plain text"} {
			refused := v.post(v.lookPath("ada"), url.Values{"reason": {reason}}).is(422)
			if got := refused.message("reason"); !strings.Contains(got, want) {
				t.Errorf("%q is refused by %q", reason, got)
			}
		}
		v.get(h.Admin.Person(999, "/look")).is(404)
		v.post(h.Admin.Person(999, "/look"), url.Values{"reason": {"asked"}}).is(404)
		if after := h.dump(t); after != before {
			t.Errorf("the database was\n%s\nand is\n%s", before, after)
		}
		v.get("/").own("boss")
		v.get(h.Admin.Person(h.user(t, "ada").ID, "")).follow("Look at the account of ada").is(200).says("Look at the account of ada")
		// Nor by whose role does not allow it, or who proved long ago who they are.
		helper := v.another()
		helper.tries("helper", storetest.Password)
		helper.get(v.lookPath("ada")).is(403)
		helper.post(v.lookPath("ada"), url.Values{"reason": {"asked"}}).is(403)
		h.clock.Move(store.RecentAuthStaff)
		v.post(v.lookPath("ada"), url.Values{"reason": {"asked"}}).goesTo("/confirm?next=" + url.QueryEscape(v.lookPath("ada")))
		if got := h.rows(t, "events WHERE name = 'authz_admin'"); got != 0 {
			t.Errorf("%d looks were begun", got)
		}
	})
}

// A signed-in page stays at two statements, and one more while somebody looks.
func TestLookingTakesOneQuery(t *testing.T) {
	t.Parallel()
	for _, d := range storetest.Databases {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			h := newWatched(t, d, withUnseen)
			v := h.visitor(t)
			v.administers()
			storetest.Register(t, h.Store, registration("ada"))
			v.get("/")
			for path, more := range map[string]int{"/": 0, "/account": 0, "/notes": 0, "/account/activity": 1} {
				h.costs(t, path, 2+more, func() { v.get(path).is(200) })
			}
			v.looks("ada")
			for path, more := range map[string]int{"/": 0, "/account": 0, "/notes": 0, "/account/activity": 1} {
				h.costs(t, path+" of somebody", 3+more, func() { v.get(path).is(200).sees() })
			}
			h.costs(t, "what is not allowed", 3, func() { v.post("/account/profile", url.Values{}).is(403) })
		})
	}
}
