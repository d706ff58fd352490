package handlers

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/store"
	"gatehouse/store/secret"
	"gatehouse/store/storetest"
)

func TestRegisterSignsInAndGreets(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.get("/").is(200).signedInAs("")
		v.registers().is(200).says("Welcome, Ada Lovelace. Your account is ready.").hides(storetest.Password).signedInAs("ada")
		v.get("/").hides("Your account is ready.")
		v.get("/account").is(200).says("Ada Lovelace").says("ada@example.com").hides(storetest.Password)
		if got := h.rows(t, "users"); got != 1 {
			t.Errorf("%d accounts, want 1", got)
		}
	})
}

func TestRegisterNeedsNoName(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		person := ada()
		person["name"] = ""
		v.get("/register").submit(person).goesTo("/").says("Welcome, ada. Your account is ready.")
		v.get("/account").hides("<dt>Name</dt>")
	})
}

func TestRegisterRefusesAndKeepsWhatWasTyped(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		refused := v.get("/register").submit(map[string]string{
			"name": "Ada <Lovelace>", "username": "a b", "email": "ada at home", "password": "too short",
		}).is(http.StatusUnprocessableEntity)
		for field, want := range map[string]string{
			"name": "", "username": "Only a to z", "email": "a whole address", "password": "The password needs 3 more characters.",
		} {
			if got := refused.message(field); !strings.HasPrefix(got, want) && !strings.Contains(got, want) || want == "" && got != "" {
				t.Errorf("the message at %s is %q, want %q", field, got, want)
			}
			if got := refused.Find(`.summary a[href="#` + field + `"]`).Text(); got != refused.message(field) {
				t.Errorf("the summary says %q of %s, want %q", got, field, refused.message(field))
			}
		}
		for field, want := range map[string]string{"name": "Ada <Lovelace>", "username": "a b", "email": "ada at home", "password": ""} {
			if got := refused.value(field); got != want {
				t.Errorf("%s shows %q, want %q", field, got, want)
			}
		}
		if got, want := refused.Find("title").Text(), "Error: Create your account · "+h.Name; got != want {
			t.Errorf("the title is %q, want %q", got, want)
		}
		if refused.Find(`.summary[role=alert][tabindex="-1"][autofocus]`).Length() != 1 {
			t.Error("no summary takes the focus")
		}
		refused.hides("too short", "<Lovelace>")
		if got := refused.Find("html[lang]").Length() == 1 && strings.Contains(refused.body, "<html"); got == v.htmx {
			t.Errorf("a whole page was sent: %v, as htmx: %v", got, v.htmx)
		}
		if h.rows(t, "users") != 0 || h.rows(t, "sessions") != 0 {
			t.Error("a refused registration left something behind")
		}
	})
}

func TestREG04RegisterRefusesATakenUsernameOrEmailWhateverItsCase(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		other := h.visitor(t)
		other.htmx = v.htmx
		person := ada()
		person["username"], person["email"] = "ADA", "grace@example.com"
		if got := other.get("/register").submit(person).is(422).message("username"); got != "This username is taken. Was that you just now? Sign in" {
			t.Errorf("a taken username: %q", got)
		}
		person = ada()
		person["username"], person["email"] = "grace", "ADA@EXAMPLE.COM"
		refused := other.get("/register").submit(person).is(422)
		if got := refused.linksIn("#email-message"); len(got) != 2 || got[0] != "/login" || got[1] != "/password/forgot" || !strings.HasPrefix(refused.message("email"), "This address has an account.") {
			t.Errorf("a taken email address: %q leads to %q", refused.message("email"), got)
		}
		if got := h.rows(t, "users"); got != 1 {
			t.Errorf("%d accounts, want 1", got)
		}
	})
}

func TestREG06ConcurrentDuplicatesMakeOneAccount(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		var group sync.WaitGroup
		var mu sync.Mutex
		answers := map[int]int{}
		for i := range 50 {
			group.Go(func() {
				other := h.visitor(t)
				other.htmx = v.htmx
				values := url.Values{}
				for name, value := range ada() {
					values.Set(name, value)
				}
				if i%2 == 0 {
					values.Set("username", "ADA")
					values.Set("email", "ADA@example.com")
				}
				status := other.post("/register", values).status
				mu.Lock()
				defer mu.Unlock()
				answers[status]++
			})
		}
		group.Wait()
		done := http.StatusSeeOther
		if v.htmx {
			done = http.StatusNoContent
		}
		if answers[done] != 1 || answers[422] != 49 || h.rows(t, "users") != 1 {
			t.Errorf("answers %v and %d accounts, want one %d, 49 times 422, one account", answers, h.rows(t, "users"), done)
		}
	})
}

func TestREG07RegisterIgnoresWhatNoInputExistsFor(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		values := url.Values{
			"role": {"admin"}, "is_admin": {"1"}, "email_verified": {"1"}, "id": {"77"},
			"created_at": {"2001-01-01"}, "disabled_at": {"2001-01-01"}, "epoch": {"9"}, "password_hash": {"x"},
		}
		for name, value := range ada() {
			values.Set(name, value)
		}
		v.post("/register", values).goesTo("/")
		user, err := h.Store.Find(t.Context(), "ada")
		if err != nil || user.ID != 1 || user.Disabled() || user.Verified() || user.CreatedAt.Year() == 2001 {
			t.Errorf("made %+v, %v", user, err)
		}
	})
}

func TestREG09PasswordsAreCountedInCharacters(t *testing.T) {
	for name, c := range map[string]struct {
		password string
		accepted bool
	}{
		"eleven":                {"owl barn xk", false},
		"twelve":                {"owl barn xk2", true},
		"64 ASCII":              {strings.Repeat("a", 64), true},
		"64 emoji of 256 bytes": {strings.Repeat("🦉", 64), true},
		"128":                   {strings.Repeat("owl barn", 16), true},
		"129":                   {strings.Repeat("owl barn", 16) + "!", false},
		"a whole form of it":    {strings.Repeat("x", 60<<10), false},
	} {
		t.Run(name, func(t *testing.T) {
			full := secret.NewGate(0, time.Millisecond) // so that what is hashed is answered with 503
			t.Cleanup(full.Close)
			either(t, func(t *testing.T, h *house, v *visitor) {
				person := ada()
				person["password"] = c.password
				answer := v.get("/register").submit(person)
				if !c.accepted {
					answer.is(422)
					return
				}
				answer.goesTo("/")
				other := h.visitor(t)
				other.get("/login").submit(map[string]string{"username": "ada", "password": c.password}).goesTo("/")
			}, func(s *Site) {
				if !c.accepted {
					s.Hasher.Gate = full
				}
			})
		})
	}
}

func TestREG10RegisterRefusesGuessablePasswords(t *testing.T) {
	for name, c := range map[string]struct{ password, want string }{
		"listed":                   {storetest.CommonPassword, "too common"},
		"listed, capitals":         {strings.ToUpper(storetest.CommonPassword), "too common"},
		"username repeated":        {"countess-countess-1", "Don't build a password from your name"},
		"site name and digits":     {"gatehouse-2026-11", "Don't build a password from your name"},
		"local part doubled":       {"enchantressenchantress", "Don't build a password from your name"},
		"common word and a year":   {"Password-2026!", "common word"},
		"a walk over the keyboard": {"qwertyuiop[]", "neighbouring"},
	} {
		t.Run(name, func(t *testing.T) {
			either(t, func(t *testing.T, h *house, v *visitor) {
				person := map[string]string{"username": "countess", "email": "enchantress@example.com", "password": c.password}
				if got := v.get("/register").submit(person).is(422).message("password"); !strings.Contains(got, c.want) {
					t.Errorf("the message is %q, want %q in it", got, c.want)
				}
			})
		})
	}
}

func TestREG11RegisterTakesNoControlCharacters(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		for field := range ada() {
			for name, bad := range map[string]string{
				"NUL": "a\x00b", "C0": "a\x01b", "C1": "a\u0085b", "invalid UTF-8": "a\xffb", "overlong": "a\xc0\x80b", "long": strings.Repeat("é", 20<<10),
			} {
				values := url.Values{}
				for name, value := range ada() {
					values.Set(name, value)
				}
				values.Set(field, values.Get(field)+bad)
				if got := v.post("/register", values).status; got != 422 && got != 400 && got != 413 {
					t.Errorf("%s in %s: %d, want 422, 400 or 413", name, field, got)
				}
			}
		}
		if h.rows(t, "users") != 0 {
			t.Error("something was stored")
		}
	})
}

func TestREG12RegisterTakesOneBareAddress(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		for _, email := range []string{
			"a@b", "a@[127.0.0.1]", `"x y"@z.com`, "X <a@b.ch>", "a@b.ch,d@e.ch", "a@b.ch\r\nBcc: c@d.ch", strings.Repeat("a", 300) + "@b.ch",
		} {
			person := ada()
			person["email"] = email
			if got := v.get("/register").submit(person).is(422).message("email"); got == "" {
				t.Errorf("%q has no message at the field", email)
			}
		}
		person := ada()
		person["email"] = "  ada@example.com "
		v.get("/register").submit(person).goesTo("/")
	})
}

func TestREG13RepeatedAndQueryParametersAreNotRead(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		values := url.Values{}
		for name, value := range ada() {
			values.Set(name, value)
		}
		values.Add("email", "second@example.com")
		v.post("/register", values).is(400)
		for _, r := range h.unsafe() {
			v.post(r.example().address(), url.Values{"a": {"1", "2"}}).is(400)
		}
		values.Del("email")
		v.post("/register?email=query@example.com", values).is(422).hides("query@example.com")
		v.post("/login?username=ada&password=x", url.Values{}).is(422)
		if h.rows(t, "users") != 0 {
			t.Error("an account was made")
		}
	})
}

func TestREG16ASignedInPersonStaysWhoTheyAre(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		storetest.Register(t, h.Store, registration("grace"))
		before := v.session()
		values := url.Values{"username": {"grace"}, "password": {storetest.Password}}
		v.post("/login", values).goesTo("/").says("signed in already, as ada")
		values.Set("email", "third@example.com")
		values.Set("username", "third")
		v.post("/register", values).is(422).says("signed in already, as ada")
		if got := v.signedIn(); got != "ada" || v.session() != before {
			t.Errorf("signed in as %q, want ada, session unchanged %v", got, v.session() == before)
		}
		if got := h.rows(t, "users"); got != 2 {
			t.Errorf("%d accounts, want 2", got)
		}
		v.get("/login").goesTo("/")
		v.get("/register").goesTo("/")
		v.get("/login?next=%2Faccount").goesTo("/account")
	})
}

func TestREG17ReservedNames(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		for _, name := range []string{"admin", "root", "support", "login", "static", "me", "..", "a/b"} {
			person := ada()
			person["username"] = name
			if got := v.get("/register").submit(person).is(422).message("username"); got == "" {
				t.Errorf("%q has no message", name)
			}
		}
	})
}

func TestTheNameOfTheSiteIsReserved(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		person := ada()
		person["username"] = "gatehouse"
		if got, want := v.get("/register").submit(person).is(422).message("username"), "This username is reserved."; got != want {
			t.Errorf("the message is %q, want %q", got, want)
		}
	})
}

func TestRegistrationCanBeClosed(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(s *Site) { s.Registration = store.RegistrationClosed })
	v := h.visitor(t)
	v.get("/register").is(200).says("Registration is closed")
	values := url.Values{}
	for name, value := range ada() {
		values.Set(name, value)
	}
	v.post("/register", values).is(403).says("Registration is closed")
	v.post("/register/check/username", url.Values{"username": {"ada"}}).is(404)
	v.get("/").hides("/register")
	v.get("/login").hides("/register")
	if h.rows(t, "users") != 0 {
		t.Error("an account was made")
	}
}

func TestInlineChecks(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	storetest.Register(t, h.Store, registration("grace"))
	v := h.visitor(t)
	v.htmx = true
	for _, c := range []struct {
		name, path, field string
		send              url.Values
		want              string
	}{
		{"a free username", "/register", "username", url.Values{"username": {"Ada"}}, "This username is free, as ada."},
		{"a taken one", "/register", "username", url.Values{"username": {"GRACE"}}, "This username is taken."},
		{"a short one", "/register", "username", url.Values{"username": {"ad"}}, "The username needs one more character."},
		{"nothing is left in peace", "/register", "username", url.Values{"username": {""}}, ""},
		{"no form at all", "/register", "username", url.Values{}, ""},
		{"an email address", "/register", "email", url.Values{"email": {"ada@example.com"}}, ""},
		{"one that has an account is not told", "/register", "email", url.Values{"email": {"grace@example.com"}}, ""},
		{"no email address", "/register", "email", url.Values{"email": {"ada"}}, "That isn't a whole address yet."},
		{"a name", "/register", "name", url.Values{"name": {"Ada"}}, ""},
		{"a long name", "/register", "name", url.Values{"name": {strings.Repeat("n", 101)}}, "Use at most 100 characters for the name."},
		{"a password", "/register", "password", url.Values{"password": {"owl barn xk2"}}, "That'll do. Another word would make it stronger."},
		{"a long password", "/register", "password", url.Values{"password": {"correct horse battery"}}, "That's a strong password."},
		{"a password from the username", "/register", "password", url.Values{"password": {"countess-countess"}, "username": {"countess"}}, "Don't build a password from your name, address or this site's name."},
		{"who signs in", "/login", "username", url.Values{"username": {"nobody"}}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			answer := v.post(c.path+"/check/"+c.field, c.send).is(200)
			if got := answer.message(c.field); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if answer.Find("#field-"+c.field).Length() != 1 || answer.Find("form, html > head > title, h1").Length() != 0 {
				t.Errorf("the answer is more than the field:\n%s", answer.body)
			}
			if password := c.send.Get("password"); password != "" {
				answer.hides(password)
			}
		})
	}
	v.post("/register/check/nothing", url.Values{}).is(404)
	v.post("/login/check/password", url.Values{}).is(404)
	v.htmx = false
	v.post("/register/check/username", url.Values{"username": {"ada"}}).goesTo("/register")
	if h.rows(t, "sessions") != 0 {
		t.Error("a check made a session")
	}
}
