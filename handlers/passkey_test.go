package handlers

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/store"
	"gatehouse/store/storetest"
)

// authenticator is one whose browser is at this site.
func (h *house) authenticator() *storetest.Authenticator {
	return storetest.NewAuthenticator(h.BaseURL.Scheme + "://" + h.BaseURL.Host)
}

// beginsWith begins with a passkey, as site.js does for the form that is sent to a path, and returns the
// token of the ceremony and the options.
func (v *visitor) beginsWith(path string, form url.Values) (ceremony string, publicKey json.RawMessage) {
	v.t.Helper()
	answer := v.post(path+"/options", form).is(200)
	var asked struct {
		Ceremony  string
		PublicKey json.RawMessage
	}
	if err := json.Unmarshal([]byte(answer.body), &asked); err != nil {
		v.t.Fatalf("%s/options: %v in %q", path, err, answer.body)
	}
	return asked.Ceremony, asked.PublicKey
}

// answers is the form that the answer of an authenticator makes for a path. does is its Create or Get.
func (v *visitor) answers(path string, does func(t testing.TB, publicKey any) string) url.Values {
	v.t.Helper()
	ceremony, publicKey := v.beginsWith(path, url.Values{})
	return url.Values{"ceremony": {ceremony}, "passkey": {does(v.t, publicKey)}}
}

// addsPasskey gives Ada, who is signed in by this visitor, a passkey.
func (v *visitor) addsPasskey(a *storetest.Authenticator) {
	v.t.Helper()
	if v.h.Store.Mails() && !v.h.user(v.t, "ada").Verified() {
		v.h.verifies(v.t, "ada")
	}
	v.get("/account/passkeys/new").is(200)
	v.post("/account/passkeys/new", v.answers("/account/passkeys/new", a.Create)).goesTo(passkeysPage).is(200)
}

func TestAPasskeySignsIn(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		a := h.authenticator()
		v.addsPasskey(a)
		v.get(passkeysPage).says("On one device only").says("never used")
		other := v.another()
		other.post("/login/passkey", other.answers("/login/passkey", a.Get)).goesTo("/").is(200).says("Welcome back, Ada Lovelace.")
		if got := other.signedIn(); got != "ada" {
			t.Fatalf("signed in as %q", got)
		}
		other.get(passkeysPage).says("Used for this sign-in")
		other.get("/account/signins").says("passkey")
	}, withMail)
}

// FX-28, FX-29, PK-05: whoever asks, the options say nothing about anybody, and no row is written.
func TestPK05BeginningNamesNobody(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		v.addsPasskey(h.authenticator())
		before := h.dump(t)
		var want []string
		for _, form := range []url.Values{{}, {"username": {"ada"}}, {"username": {"nobody"}}, {"username": {"ada@example.com"}, "next": {"/account"}}} {
			_, publicKey := v.another().beginsWith("/login/passkey", form)
			var options map[string]any
			if err := json.Unmarshal(publicKey, &options); err != nil {
				t.Fatal(err)
			}
			keys := append(slices.Sorted(maps.Keys(options)), strconv.Itoa(len(publicKey)))
			if want == nil {
				want = keys
			}
			if !slices.Equal(keys, want) || strings.Contains(string(publicKey), "allowCredentials") {
				t.Errorf("%v gets %s", form, publicKey)
			}
		}
		if after := h.dump(t); after != before {
			t.Errorf("the database changed from\n%s\nto\n%s", before, after)
		}
	})
}

// A form without an answer came from a browser without JavaScript.
func TestPasskeyFormsWithoutAnAnswerAreRefused(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.get("/login").is(200)
		v.post("/login/passkey", url.Values{"next": {"/account"}}).is(422).says("Passkeys need JavaScript. Sign in with your password.")
		v.registers()
		a := h.authenticator()
		v.addsPasskey(a)
		v.post("/account/passkeys/new", url.Values{"name": {"Phone"}}).is(422).says("Passkeys need JavaScript.")
		v.post("/confirm/passkey", url.Values{}).is(422).says("Passkeys need JavaScript.")
		v.setsUp()
		other := v.another()
		other.begins()
		other.post("/login/second/passkey", url.Values{}).is(422).says("Passkeys need JavaScript.")
	})
}

// PK-01, FX-33, FX-40, PK-06: what the browser sends is refused alike, and no signal goes out for it.
func TestPK01EveryWrongAnswerIsRefusedAlike(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		a := h.authenticator()
		v.registers()
		v.addsPasskey(a)
		lies := map[string]func(r *storetest.Response){
			"another origin":   func(r *storetest.Response) { r.Origin = "https://evil.example" },
			"another port":     func(r *storetest.Response) { r.Origin = "http://localhost:1" },
			"another domain":   func(r *storetest.Response) { r.Domain = "evil.example" },
			"another type":     func(r *storetest.Response) { r.Type = "webauthn.create" },
			"cross-origin":     func(r *storetest.Response) { r.CrossOrigin = true },
			"nobody there":     func(r *storetest.Response) { r.Flags &^= storetest.Present },
			"nobody verified":  func(r *storetest.Response) { r.Flags &^= storetest.VerifiedUser },
			"another person":   func(r *storetest.Response) { r.User = []byte("somebody else") },
			"no person":        func(r *storetest.Response) { r.User = nil },
			"an old challenge": func(r *storetest.Response) { r.Challenge = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" },
		}
		want := ""
		refused := func(what string, form url.Values) {
			t.Helper()
			other := v.another()
			ceremony, publicKey := other.beginsWith("/login/passkey", url.Values{})
			if form == nil {
				form = url.Values{"passkey": {a.Get(t, publicKey)}}
			}
			form.Set("ceremony", ceremony)
			answer := other.post("/login/passkey", form).is(422).says(store.ErrPasskeyFailed.Error())
			if answer.Find("[data-signal]").Length() != 0 {
				t.Errorf("%s: a signal", what)
			}
			body := answer.masked("")
			if want == "" {
				want = body
			}
			if body != want {
				t.Errorf("%s gets\n%s\nwant\n%s", what, body, want)
			}
			if got := other.signedIn(); got != "" {
				t.Fatalf("%s: signed in as %q", what, got)
			}
		}
		for what, lie := range lies {
			a.Lie = lie
			refused(what, nil)
		}
		a.Lie = nil
		for _, member := range []string{"id", "rawId", "type", "response", "clientDataJSON", "authenticatorData", "signature", "userHandle"} {
			a.Sent = func(credential, response map[string]any) {
				delete(credential, member)
				delete(response, member)
			}
			refused("without "+member, nil)
		}
		a.Sent = func(_, response map[string]any) { response["signature"] = response["signature"].(string)[:20] }
		refused("a short signature", nil)
		a.Sent = nil
		for _, text := range []string{"{}", "[]", "null", "\x00", "{\"id\":\"AA\"}", strings.Repeat("[", 20_000), strings.Repeat("x", 20_000)} {
			refused(text[:min(len(text), 10)], url.Values{"passkey": {text}})
		}
		// In every form that a passkey answers.
		v.setsUp()
		v.post("/confirm/passkey", url.Values{"passkey": {"{}"}, "ceremony": {"x"}}).is(422).says(store.ErrPasskeyFailed.Error())
		v.post("/account/passkeys/new", url.Values{"passkey": {"{}"}, "ceremony": {"x"}}).is(422).says(store.ErrPasskeyFailed.Error())
		other := v.another()
		other.begins()
		other.post("/login/second/passkey", url.Values{"passkey": {"{}"}, "ceremony": {"x"}}).is(422).says(store.ErrPasskeyFailed.Error())
		if strings.Contains(h.log.String(), `"level":"ERROR"`) {
			t.Error(h.log.String())
		}
	})
}

// FX-32: a passkey that no account has is refused with the signal by which its manager deletes it.
func TestFX32AnUnknownPasskeyIsToldToItsManager(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		a, other := h.authenticator(), h.authenticator()
		v.registers()
		v.addsPasskey(a)
		h.clock.Move(time.Second)
		v.addsPasskey(other)
		id := base64.RawURLEncoding.EncodeToString(other.Keys[0].ID)
		v.post(passkeysPage+"/"+h.passkey(t, 1).Handle+"/remove", url.Values{}).goesTo(passkeysPage).is(200).says("The passkey is removed.")
		v = v.another()
		answer := v.post("/login/passkey", v.answers("/login/passkey", other.Get)).is(422).says(store.ErrPasskeyUnknown.Error())
		signal := answer.Find("[data-signal]").AttrOr("data-signal", "")
		if want := `{"signalUnknownCredential":{"credentialId":"` + id + `","rpId":"localhost"}}`; signal != want {
			t.Errorf("the signal is %s, want %s", signal, want)
		}
		v.post("/login/passkey", v.answers("/login/passkey", a.Get)).goesTo("/")
	})
}

// passkey is one of Ada's, by its place in the list.
func (h *house) passkey(t *testing.T, i int) store.Passkey {
	t.Helper()
	list, err := h.Store.ListPasskeys(t.Context(), h.user(t, "ada"))
	if err != nil || len(list.Keys) <= i {
		t.Fatalf("%d passkeys, %v", len(list.Keys), err)
	}
	return list.Keys[i]
}

// FX-31, PK-08: who is disabled is refused like everybody else, and keeps the passkey.
func TestFX31ADisabledPersonIsRefusedWithoutASignal(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		a := h.authenticator()
		v.registers()
		v.addsPasskey(a)
		if err := h.Store.Disable(t.Context(), h.user(t, "ada"), storetest.Operator); err != nil {
			t.Fatal(err)
		}
		v = v.another()
		answer := v.post("/login/passkey", v.answers("/login/passkey", a.Get)).is(422).says(store.ErrPasskeyFailed.Error())
		if answer.Find("[data-signal]").Length() != 0 || v.signedIn() != "" {
			t.Error("a signal, or a sign-in")
		}
	})
}

// The ceremony belongs to the browser that began it, and is good once and for five minutes.
func TestACeremonyIsGoodOnceForOneBrowser(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		a := h.authenticator()
		v.registers()
		v.addsPasskey(a)
		v = v.another()
		form := v.answers("/login/passkey", a.Get)
		v.another().post("/login/passkey", form).is(422).says(store.ErrPasskeyFailed.Error())
		stranger := v.another()
		stranger.beginsWith("/login/passkey", url.Values{}) // has a cookie of its own
		stranger.post("/login/passkey", form).is(422).says(store.ErrPasskeyFailed.Error())
		v.post("/login/passkey", form).goesTo("/")
		v.post("/logout", url.Values{})
		v.post("/login/passkey", form).is(422).says(store.ErrPasskeyFailed.Error())
		form = v.answers("/login/passkey", a.Get)
		h.clock.Move(5 * time.Minute)
		v.post("/login/passkey", form).is(422).says(store.ErrPasskeyLate.Error())
		// FX-26: a page that was open for long begins anew.
		v.post("/login/passkey", v.answers("/login/passkey", a.Get)).goesTo("/")
	})
}

// Of twenty answers to one ceremony at once, one signs in.
func TestOneCeremonyIsOneSignIn(t *testing.T) {
	t.Parallel()
	for _, d := range storetest.Databases {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			h := newHouseOn(t, d)
			v := h.visitor(t)
			v.registers()
			a := h.authenticator()
			a.Synced = true // it counts nothing, so only the challenge is good once
			v.addsPasskey(a)
			other := h.visitor(t)
			form := other.answers("/login/passkey", a.Get)
			before := len(h.signIns(t, "ada"))
			var wg sync.WaitGroup
			for range 20 {
				wg.Go(func() {
					request, _ := http.NewRequest(post, h.server.URL+"/login/passkey", strings.NewReader(form.Encode()))
					request.Header.Set("Content-Type", formType)
					request.AddCookie(&http.Cookie{Name: h.cookieName(ceremonyCookie), Value: other.carries(ceremonyCookie)})
					response, err := http.DefaultTransport.RoundTrip(request)
					if err != nil {
						t.Error(err)
						return
					}
					response.Body.Close()
					if response.StatusCode != 303 && response.StatusCode != 422 {
						t.Errorf("answered %d", response.StatusCode)
					}
				})
			}
			wg.Wait()
			if got := len(h.signIns(t, "ada")) - before; got != 1 {
				t.Errorf("%d sign-ins, want 1", got)
			}
		})
	}
}

// FX-27: somebody with a second step and a passkey is asked for nothing else, and a passkey is a second
// step after a password.
func TestFX27APasskeyIsASecondStep(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		_, codes := v.second()
		a := h.authenticator()
		v.addsPasskey(a)
		alone := v.another()
		form := alone.answers("/login/passkey", a.Get)
		form.Set("remember", "on")
		form.Set("next", "/account/activity")
		alone.post("/login/passkey", form).goesTo("/account/activity").is(200)
		if list := h.signIns(t, "ada"); !slices.ContainsFunc(list, func(n store.SignIn) bool { return n.Remembered && n.Kind == store.KindPasskey }) {
			t.Error("not remembered")
		}
		other := v.another()
		page := other.begins().says("Use a passkey").says("Code")
		form = other.answers("/login/second/passkey", a.Get)
		form.Set("trust", "on")
		form.Set("ticket", page.Find("#passkey [name=ticket]").AttrOr("value", ""))
		other.post("/login/second/passkey", form).goesTo("/").is(200).says("Welcome back, Ada Lovelace.")
		other.get("/account/signins").says("password and passkey")
		other.post("/logout", url.Values{})
		other.tries("ada", storetest.Password).goesTo("/")
		// FX-30: not with the passkey of somebody else.
		stranger := h.authenticator()
		storetest.Register(t, h.Store, registration("grace"))
		grace := v.another()
		grace.tries("grace", storetest.Password)
		grace.post("/account/passkeys/new", grace.answers("/account/passkeys/new", stranger.Create)).goesTo(passkeysPage)
		third := v.another()
		third.begins()
		ceremony, publicKey := third.beginsWith("/login/second/passkey", url.Values{})
		answer := url.Values{"ceremony": {ceremony}, "passkey": {stranger.Use(t, publicKey, stranger.Keys[0])}}
		third.post("/login/second/passkey", answer).is(422).says(store.ErrPasskeyFailed.Error())
		if got := third.signedIn(); got != "" {
			t.Errorf("signed in as %q", got)
		}
		// A form for another sign-in is shown again.
		answer = third.answers("/login/second/passkey", a.Get)
		answer.Set("ticket", "0123456789abcdef")
		third.post("/login/second/passkey", answer).is(422).says("Somebody else began to sign in here")
		third.post("/login/second/recovery", url.Values{"code": {codes[0]}}).goesTo("/account/second")
	})
}

// The way in of somebody whose passkeys are their only second step.
func TestPasskeysAloneAreASecondStep(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		a := h.authenticator()
		v.registers()
		v.addsPasskey(a)
		v.get("/account/second").says("Use my passkeys")
		codes := v.post("/account/second/on", url.Values{}).is(200).says("The second step is on.").shown()
		v.get("/account/second").says("On since").says("Turn the second step off")
		v.post("/account/second/on", url.Values{}).goesTo("/account/second")
		other := v.another()
		page := other.begins().says("Use your passkey").says("Without it, use a recovery code.").hides("6 digits")
		if page.Find("#code").Length() != 0 {
			t.Error("asked for a code")
		}
		other.post("/login/second/passkey", other.answers("/login/second/passkey", a.Get)).goesTo("/")
		third := v.another()
		third.begins()
		third.post("/login/second/recovery", url.Values{"code": {codes[0]}}).goesTo("/account/second")
		// PK-07: the last one stays while it is all there is.
		remove := passkeysPage + "/" + h.passkey(t, 0).Handle + "/remove"
		v.post(remove, url.Values{}).is(422).says("This passkey is all your second step has.")
		v.post("/account/second/off", url.Values{}).goesTo("/account/second").is(200).says("The second step is off.")
		v.post(remove, url.Values{}).goesTo(passkeysPage)
		v.post(remove, url.Values{}).is(404)
	})
}

func TestAnAppIsRemovedBesidePasskeys(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.second()
		v.get("/account/second").hides("Remove the app")
		a := h.authenticator()
		v.addsPasskey(a)
		v.get("/account/second").says("Remove the app")
		v.post("/account/totp/remove", url.Values{}).goesTo("/account/second").is(200).says("The app is removed.").says("10 of 10 left")
		if user := h.user(t, "ada"); !user.SecondStep() {
			t.Error("the second step is off")
		}
		other := v.another()
		other.begins().hides("6 digits")
		other.post("/login/second/passkey", other.answers("/login/second/passkey", a.Get)).goesTo("/")
	})
}

// PK-09: a passkey is added by who proved lately who they are, at an address that is confirmed.
func TestPK09AddingTakesProof(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		v.get("/account/passkeys/new").goesTo("/email/verify")
		v.get(passkeysPage).says("First we need to know that we can reach you.")
		v.post("/account/passkeys/new", url.Values{"passkey": {"{}"}}).goesTo("/email/verify")
		h.verifies(t, "ada")
		a := h.authenticator()
		form := v.answers("/account/passkeys/new", a.Create)
		h.clock.Move(store.RecentAuth)
		asked := v.post("/account/passkeys/new", form).goesTo("/confirm?next=%2Faccount%2Fpasskeys%2Fnew")
		v.post("/account/passkeys/new/options", url.Values{}).goesTo("/confirm?next=%2Faccount%2Fpasskeys%2Fnew")
		if h.rows(t, "passkeys") != 0 || strings.Contains(h.dump(t, "users"), form.Get("ceremony")) {
			t.Error("something was stored")
		}
		asked.submit(map[string]string{"password": storetest.Password}).goesTo("/account/passkeys/new").is(200)
		a.Keys = nil
		form = v.answers("/account/passkeys/new", a.Create)
		form.Set("name", "  Kitchen  ")
		v.post("/account/passkeys/new", form).goesTo(passkeysPage).is(200).says("Kitchen is added. From now on it signs you in.")
		v.post("/account/passkeys/new", form).is(422).says(store.ErrPasskeyFailed.Error())
		form = v.answers("/account/passkeys/new", h.authenticator().Create)
		form.Set("name", strings.Repeat("x", 41))
		if got := v.post("/account/passkeys/new", form).is(422).message("name"); got != "Use at most 40 characters for the name." {
			t.Errorf("the message is %q", got)
		}
		if got := h.subjects(t, "ada@example.com"); len(got) == 0 || h.rows(t, "passkeys") != 1 {
			t.Errorf("letters %q", got)
		}
	}, withMail)
}

// A proof by passkey brings back what was typed.
func TestAPasskeyIsAProof(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		a := h.authenticator()
		v.second()
		v.addsPasskey(a)
		h.clock.Move(store.RecentAuth)
		before := v.session()
		v.post("/account/email", url.Values{"email": {"ada@example.org"}}).goesTo("/confirm?next=%2Faccount%2Femail").is(200).says("Use a passkey")
		form := v.answers("/confirm/passkey", a.Get)
		form.Set("next", "/account/email")
		back := v.post("/confirm/passkey", form).goesTo("/account/email").is(200).says("Nothing was changed yet.")
		if got := back.value("email"); got != "ada@example.org" || v.session() == before {
			t.Errorf("came back with %q", got)
		}
		v.post("/confirm/passkey", form).is(422).says(store.ErrPasskeyFailed.Error())
	}, withMail)
}

// PK-07: a passkey of somebody else is as absent as one that is gone.
func TestPK07ForeignPasskeysAreNotThere(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		v.addsPasskey(h.authenticator())
		path := passkeysPage + "/" + h.passkey(t, 0).Handle
		storetest.Register(t, h.Store, registration("grace"))
		grace := v.another()
		grace.tries("grace", storetest.Password)
		before := h.dump(t, "sessions")
		for _, path := range []string{path, passkeysPage + "/NONE"} {
			grace.get(path).is(404)
			grace.post(path, url.Values{"name": {"Mine"}}).is(404)
			grace.post(path+"/remove", url.Values{}).is(404)
		}
		if h.dump(t, "sessions") != before {
			t.Error("something changed")
		}
		page := v.get(path).is(200)
		page = page.submit(map[string]string{"name": " "}).is(422)
		page.submit(map[string]string{"name": "Phone"}).goesTo(passkeysPage).is(200).says("Phone").says("The passkey has its new name.")
	})
}

// FX-12 with passkeys: where everybody must have a second step, the first passkey is one.
func TestTheFirstPasskeyIsTheRequiredSecondStep(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.post("/register", person("ada")).goesTo(secondPage)
		v.get(passkeysPage).is(200)
		codes := v.post("/account/passkeys/new", v.answers("/account/passkeys/new", h.authenticator().Create)).is(200).says("The second step is on.").shown()
		if len(codes) != store.RecoveryCodes {
			t.Errorf("%d codes", len(codes))
		}
		v.get("/account").is(200)
		remove := passkeysPage + "/" + h.passkey(t, 0).Handle + "/remove"
		v.post(remove, url.Values{}).is(422).says("This passkey is all your second step has.")
	}, required)
}

func TestBeginningIsLimited(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		a := h.authenticator()
		v.addsPasskey(a) // the first of three
		v = v.another()
		form := v.answers("/login/passkey", a.Get)
		v.beginsWith("/login/passkey", url.Values{})
		answer := v.post("/login/passkey/options", url.Values{}).is(429)
		if got := answer.header.Get("Retry-After"); got == "" || answer.header.Get("Content-Type") != "application/json; charset=utf-8" {
			t.Errorf("answered %v", answer.header)
		}
		// Ending is not: nobody who began is turned away.
		v.post("/login/passkey", form).goesTo("/")
	}, func(s *Site) { s.Limits.Passkeys = store.Rates{{Count: 3, Per: time.Minute}} })
}

// A site whose address can have no passkeys offers none anywhere.
func TestASiteWithoutPasskeysOffersNone(t *testing.T) {
	for name, site := range map[string]func(*Site){
		"no relying party": withRules(func(r *store.Rules) { r.RelyingParty = nil }), "no secret": withoutSecret,
	} {
		t.Run(name, func(t *testing.T) {
			either(t, func(t *testing.T, h *house, v *visitor) {
				if page := v.get("/login").hides("passkey"); page.Find("[autocomplete=username]").Length() != 1 {
					t.Error("the username asks for passkeys")
				}
				v.registers()
				v.get("/account").hides("Passkeys")
				v.get("/account/second").hides("passkey")
				for _, path := range []string{passkeysPage, "/account/passkeys/new", "/.well-known/passkey-endpoints"} {
					v.get(path).is(404)
				}
				v.another().post("/login/passkey/options", url.Values{}).is(404)
			}, site)
		})
	}
}

func TestPasskeyEndpointsAreNamed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	answer := h.visitor(t).get("/.well-known/passkey-endpoints").is(200)
	base := h.BaseURL.String()
	if want := `{"enroll":"` + base + `/account/passkeys/new","manage":"` + base + `/account/passkeys"}`; answer.body != want {
		t.Errorf("answered %s, want %s", answer.body, want)
	}
}

// What a password manager is told of its owner: all passkeys, also when there are none.
func TestTheListTellsThePasswordManager(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		signal := func() string { return v.get(passkeysPage).Find("[data-signal]").AttrOr("data-signal", "") }
		v.registers()
		none := signal()
		a := h.authenticator()
		v.addsPasskey(a)
		id := base64.RawURLEncoding.EncodeToString(a.Keys[0].ID)
		user := base64.RawURLEncoding.EncodeToString(a.Keys[0].User)
		for got, ids := range map[string]string{none: `[]`, signal(): `["` + id + `"]`} {
			want := `{"signalAllAcceptedCredentials":{"allAcceptedCredentialIds":` + ids + `,"rpId":"localhost","userId":"` + user +
				`"},"signalCurrentUserDetails":{"displayName":"Ada Lovelace","name":"ada","rpId":"localhost","userId":"` + user + `"}}`
			if got != want {
				t.Errorf("the signal is\n%s, want\n%s", got, want)
			}
		}
	})
}

// And what they are called, on the page on which they just changed that.
func TestTheProfileTellsThePasswordManager(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		signal := func(p *page) string { return p.Find("[data-signal]").AttrOr("data-signal", "") }
		rename := map[string]string{"name": "Augusta"}
		v.registers()
		if got := signal(v.get("/account/profile").submit(rename).goesTo("/account/profile").says("Saved.")); got != "" {
			t.Errorf("without a passkey the signal is %s", got)
		}
		a := h.authenticator()
		v.addsPasskey(a)
		v.get(passkeysPage).is(200) // which says that it is added
		if got := signal(v.get("/account/profile")); got != "" {
			t.Errorf("before a change the signal is %s", got)
		}
		rename["name"] = "Augusta Ada"
		user := base64.RawURLEncoding.EncodeToString(a.Keys[0].User)
		want := `{"signalCurrentUserDetails":{"displayName":"Augusta Ada","name":"ada","rpId":"localhost","userId":"` + user + `"}}`
		if got := signal(v.get("/account/profile").submit(rename).goesTo("/account/profile").says("Saved.")); got != want {
			t.Errorf("the signal is\n%s, want\n%s", got, want)
		}
	}, withMail)
}

// The name of a passkey is typed before site.js asks whether one may be added.
func TestTheNameOfAPasskeyIsKeptThroughAProof(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		h.verifies(t, "ada")
		v.get("/account/passkeys/new").is(200)
		h.clock.Move(store.RecentAuth)
		v.post("/account/passkeys/new/options", url.Values{"name": {"Phone"}}).goesTo("/confirm?next=%2Faccount%2Fpasskeys%2Fnew")
		v.reauthenticates()
		if got := v.get("/account/passkeys/new").says("Nothing was changed yet.").value("name"); got != "Phone" {
			t.Errorf("the name is %q", got)
		}
	}, withMail)
}

// FX-41: a passkey changes nothing for a password.
func TestFX41APasskeyLeavesThePasswordAlone(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		v.addsPasskey(h.authenticator())
		v.another().signsIn()
	})
}

// What a page of passkeys takes, and a sign-in: at most three statements more than a password's.
func TestQueriesOfPasskeys(t *testing.T) {
	t.Parallel()
	for _, d := range storetest.Databases {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			h := newWatched(t, d)
			v := h.visitor(t)
			a := h.authenticator()
			v.registers()
			v.addsPasskey(a)
			v.get("/")
			h.costs(t, "the list", 3, func() { v.get(passkeysPage).is(200) })
			h.costs(t, "home", 2, func() { v.get("/").is(200) })
			h.costs(t, "account", 2, func() { v.get("/account").is(200) })
			other := v.another()
			h.costs(t, "beginning", 0, func() { other.beginsWith("/login/passkey", url.Values{}) })
			form := other.answers("/login/passkey", a.Get)
			h.costs(t, "a sign-in", 16, func() { other.post("/login/passkey", form).is(303) })
		})
	}
}

// A list is light however many there are.
func TestPagesOfPasskeysAreLight(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	storetest.Register(t, h.Store, registration("ada"))
	v := h.weigher(t)
	v.signsIn()
	for range store.PasskeysMax {
		form := v.answers("/account/passkeys/new", h.authenticator().Create)
		form.Set("name", strings.Repeat("W", 40))
		v.post("/account/passkeys/new", form).goesTo(passkeysPage)
	}
	v.get(passkeysPage).is(200).says("An account can have 20 passkeys.").light()
	v.post("/account/passkeys/new", v.answers("/account/passkeys/new", h.authenticator().Create)).is(422).says("You have 20 passkeys")
	v.get("/account/passkeys/new").light()
	v.get(passkeysPage + "/" + h.passkey(t, 0).Handle).light()
}

// FX-37: the link of no letter, of whatever purpose, sets up a factor or changes one.
func TestFX37NoLinkSetsUpAFactor(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		links := h.links(t)
		before := h.dump(t, "sessions")
		for purpose, link := range links {
			reader := v.another()
			reader.get(link).is(303)
			tried := 0
			for _, r := range h.routes() {
				if r.guard != equipping && r.guard != Recent {
					continue
				}
				tried++
				answer := reader.send(r.method, h.example(t, r), strings.NewReader(accepted(r.path).Encode()), http.Header{"Content-Type": {formType}})
				if got := answer.destination(); !strings.HasPrefix(got, "/login") {
					t.Errorf("with a link for %s, %s %s answers %d and leads to %q", purpose, r.method, r.path, answer.status, got)
				}
			}
			if tried < 8 {
				t.Fatalf("only %d routes were tried", tried)
			}
		}
		if after := h.dump(t, "sessions"); after != before {
			t.Errorf("the database changed from\n%s\nto\n%s", before, after)
		}
	}, withMail)
}
