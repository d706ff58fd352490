package handlers

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"gatehouse/store"
	"gatehouse/store/storetest"
)

// around are characters that nobody sees, as they come along with what is pasted.
var around = []string{"\ufeff%", "%\u200b", "\u202a%\u202c", "\u2066%\u2069", "\u200e %\u00ad", "\u3164%\u200d"}

func TestWhatIsPastedAroundANameOrAddressIsLeftOut(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		ada := storetest.Register(t, h.Store, storetest.Ada())
		for i, paste := range around {
			with := func(value string) string { return strings.ReplaceAll(paste, "%", value) }
			for _, who := range []string{"ada", "Ada@example.com"} {
				v.another().get("/login").submit(map[string]string{"username": with(who), "password": storetest.Password}).goesTo("/").signedInAs("ada")
				v.another().forgets(with(who)).goesTo("/password/forgot?sent=1")
			}
			username := "countess" + string(rune('a'+i))
			other := v.another()
			other.get("/register").submit(map[string]string{
				"name": strings.TrimRight(with("Countess"), "\u200d"), "username": with(username), "email": with(username + "@example.com"), "password": storetest.Password,
			}).goesTo("/").says("Welcome, Countess.").signedInAs(username)
			if user := h.user(t, username); user.Username != username || user.Name != "Countess" || user.Email != username+"@example.com" {
				t.Errorf("%+q: the account is %+v", paste, user)
			}
			other.post("/account/profile", url.Values{"name": {"\ufeffAugusta\u200b"}, "username": {with(username)}}).goesTo("/account/profile").says("Saved.")
			other.post("/account/email", url.Values{"email": {with("new-" + username + "@example.com")}}).goesTo("/account/email").says("emailed new-" + username + "@example.com.")
			other.post("/account/delete", url.Values{"username": {with(username)}}).goesTo("/").says("Your account is closed.")
		}
		reset := 0
		for _, subject := range h.subjects(t, ada.Email) {
			if subject == resetSubject {
				reset++
			}
		}
		if reset != store.LettersPerHour {
			t.Errorf("%d letters to whoever forgot, want %d", reset, store.LettersPerHour)
		}
	}, withMail)
}

func TestWhatIsPastedIsNamedInARefusal(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		const left = "an invisible character was pasted with it and left out."
		const inside = "contains an invisible character. Type it instead of pasting it."
		form := func(change url.Values) url.Values {
			values := person("grace")
			for name := range change {
				values.Set(name, change.Get(name))
			}
			return values
		}
		for _, c := range []struct {
			path   string
			values url.Values
			says   string
		}{
			{"/register", form(url.Values{"username": {"ada\u200b"}}), "Username: " + left},
			{"/register", form(url.Values{"username": {"ada"}, "email": {"\u202aada@example.com\u202c"}}), "Email address: " + left},
			{"/register", form(url.Values{"username": {"\ufeffadmin"}}), "Username: " + left},
			{"/register", form(url.Values{"username": {"gr\u200bace"}}), "The username " + inside},
			{"/register", form(url.Values{"email": {"gr\u2060ace@example.com"}}), "The email address " + inside},
			{"/register", form(url.Values{"password": {"\ufeff" + storetest.Password}}), "The password " + inside},
			{"/register", form(url.Values{"password": {storetest.Password + "\u200e"}}), "The password " + inside},
			{"/register", form(url.Values{"name": {"Gra\ufeffce"}}), "Your name contains an invisible character"},
			{"/register", form(url.Values{"name": {"J\ufffdrg"}}), "Your name has \ufffd where a letter did not come as UTF-8."},
			{"/login", url.Values{"username": {"a\u200bda"}, "password": {storetest.Password}}, "The username or email address " + inside},
			{"/login", url.Values{"username": {"\u200bada"}, "password": {"wrong"}}, "Username or email address: " + left},
			{"/login", url.Values{"username": {"\u200b"}, "password": {"wrong"}}, "Enter your username or email address."},
			{"/password/forgot", url.Values{"username": {"ada@exa\u034f mple.com"}}, "The username or email address " + inside},
			{"/account/profile", url.Values{"username": {"a\u00adda"}}, "The username " + inside},
			{"/account/email", url.Values{"email": {"new\u200d@example.com"}}, "The email address " + inside},
			{"/account/password", url.Values{"current": {storetest.Password}, "password": {"a lamp \u2060in the hall"}}, "The password " + inside},
			{"/account/delete", url.Values{"username": {"a\u200bda"}}, "The username " + inside},
		} {
			w := v
			if !strings.HasPrefix(c.path, "/account") {
				w = v.another()
			}
			refused := w.post(c.path, c.values).is(422)
			if got := refused.Find(".summary").Text(); !strings.Contains(got, c.says) {
				t.Errorf("%s %+q: the summary is %q, want %q", c.path, c.values, got, c.says)
			}
			for name := range c.values {
				if got := refused.value(name); name != "password" && name != "current" && got != c.values.Get(name) {
					t.Errorf("%s %+q: %s shows %+q", c.path, c.values, name, got)
				}
			}
		}
		if h.rows(t, "users") != 1 || h.rows(t, "signins") != 1 {
			t.Errorf("something was done:\n%s", h.dump(t))
		}
	}, withMail)
}

func TestInlineChecksNameWhatIsPasted(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	v := h.htmx(t)
	for _, c := range []struct{ field, value, want string }{
		{"username", "gr\u200bace", "The username contains an invisible character."},
		{"username", "\ufeffGrace\u200b", "This username is free, as grace."},
		{"email", "gr\u200bace@example.com", "The email address contains an invisible character."},
		{"email", "\u202agrace@example.com\u202c", ""},
		{"name", "\u3164", ""},
		{"name", "J\ufffdrg", "Your name has \ufffd where a letter did not come as UTF-8."},
		{"password", "nanoseconds\u200b of copper", "The password contains an invisible character."},
	} {
		answer := v.post("/register/check/"+c.field, url.Values{c.field: {c.value}}).is(200)
		if got := answer.message(c.field); !strings.HasPrefix(got, c.want) || c.want == "" && got != "" {
			t.Errorf("%s %+q: %q, want %q", c.field, c.value, got, c.want)
		}
	}
}

func TestANameThatCannotBeSeenGivesWayToTheUsername(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		for i, name := range []string{"\u3164", "\u115f\u1160", "\uffa0", "\u2800", "\u180e", "\u2062", "\U000e0041", "\ufe0f", "\u200d", "\u0301", "\U0001d173"} {
			values := person("blank" + string(rune('a'+i)))
			values.Set("name", name)
			other := v.another()
			other.post("/register", values).goesTo("/").says("Welcome, " + values.Get("username") + ".")
			other.get("/account").hides("<dt>Name</dt>")
		}
		v.registers()
		// As an older version stored it.
		if _, err := h.data.Write.Exec(`UPDATE users SET name = $1`, "\u115f"); err != nil {
			t.Fatal(err)
		}
		account := v.get("/account").hides("<dt>Name</dt>", "\u115f")
		if got := account.Find(`#links a[href="/account"]`).Text(); got != "ada" {
			t.Errorf("the link to the account says %q", got)
		}
	})
}

func TestNamesWithJoinersAreKept(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		for _, name := range []string{"👩\u200d👩\u200d👧", "❤\ufe0f", "می\u200cخواهم", "क\u094d\u200dष"} {
			saved := v.post("/account/profile", url.Values{"name": {name}, "username": {"ada"}}).goesTo("/account/profile")
			if got := saved.value("name"); got != name || h.user(t, "ada").Name != name {
				t.Errorf("%+q is kept as %+q", name, got)
			}
		}
	})
}

func TestASignInComparesThePasswordAsTyped(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		// As an older version took it.
		for _, password := range []string{"\ufeff" + storetest.Password, storetest.Password + "\u200b"} {
			kept, err := bcrypt.GenerateFromPassword([]byte(password), storetest.Cost)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := h.data.Write.Exec(`UPDATE users SET password_scheme = 'bcrypt', password_hash = $1`, string(kept)); err != nil {
				t.Fatal(err)
			}
			v.another().tries("ada", storetest.Password).is(422)
			v.another().tries("ada", password).goesTo("/")
		}
	})
}

func TestAFormThatIsNotUTF8IsAnsweredWithWhatToDo(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		header := http.Header{"Content-Type": {formType}, "Sec-Fetch-Site": {"same-origin"}}
		v.send(http.MethodPost, "/register", strings.NewReader("name=J%F6rg&username=joerg"), header).is(400).
			says("Set the text encoding of your browser to UTF-8, go back and try again.")
	})
}
