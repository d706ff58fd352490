package components

import (
	"strings"
	"time"

	"github.com/a-h/templ"

	"gatehouse/store"
	"gatehouse/store/rules"
)

// State is one page in one of its states.
type State struct {
	// Name says which, and is its address in the gallery.
	Name string
	Page Page
	Body templ.Component
}

// Gallery lists every page in every state it can be in, for eyes and for
// tests. A new state is added here together with what draws it.
func Gallery() []State {
	at := time.Date(2026, 11, 23, 9, 41, 0, 0, time.UTC)
	ada := store.User{ID: 1, Username: "ada", Email: "ada@example.com", Name: "Ada Lovelace", CreatedAt: at}
	long := store.User{
		ID: 2, Username: strings.Repeat("w", rules.UsernameMax), Name: strings.Repeat("W", rules.NameMax),
		Email: strings.Repeat("w", 64) + "@" + strings.Repeat("w", 60) + ".example.com", CreatedAt: at,
	}
	signIn := store.SignIn{Agent: firefox, Kind: store.KindPassword, CreatedAt: at, EndsAt: at.Add(store.Absolute), Address: "2001:db8:85a3:8d3:1319:8a2e:370:7348"}
	kept := store.SignIn{Kind: store.KindPassword, CreatedAt: at, EndsAt: at.Add(store.AbsoluteRemembered), Remembered: true, Address: "192.0.2.1"}

	states := []State{
		{"home-anonymous", Page{Entry: true, Indexed: true, Open: true}, nil},
		{"home-closed", Page{Entry: true, Indexed: true}, nil},
		{"home-signed-in", Page{Entry: true, User: &ada}, nil},
		{"home-welcome", Page{Entry: true, User: &ada, Flash: "Welcome, Ada Lovelace. Your account is ready."}, nil},
		{"home-long-name", Page{Entry: true, User: &long, Flash: "Welcome back, " + long.Name + "."}, nil},
	}
	for i := range states {
		states[i].Page = dressed(states[i].Page, "")
		states[i].Body = Home(states[i].Page)
	}
	add := func(name string, page Page, title string, body templ.Component) {
		states = append(states, State{name, dressed(page, title), body})
	}

	entry := Page{Entry: true, Indexed: true, Open: true}
	refused := Page{Entry: true, Indexed: true, Open: true, Refused: true}
	passwords := &rules.Passwords{Min: rules.PasswordDefault}

	register := func(change func(f *RegisterForm)) templ.Component {
		f := NewRegisterForm(passwords)
		change(f)
		return Register(f)
	}
	add("register", entry, "Create your account", register(func(*RegisterForm) {}))
	add("register-with-return", entry, "Create your account", register(func(f *RegisterForm) { f.Next = "/account" }))
	add("register-praised", entry, "Create your account", register(func(f *RegisterForm) {
		f.Name.Value, f.Username.Value, f.Email.Value = ada.Name, ada.Username, ada.Email
		f.UsernameIsFree()
		f.Password.Praise = passwords.Praise("correct horse battery")
	}))
	add("register-refused-empty", refused, "Create your account", register(func(f *RegisterForm) { f.Check() }))
	add("register-refused", refused, "Create your account", register(func(f *RegisterForm) {
		f.Name.Value, f.Username.Value, f.Email.Value, f.Password.Value = long.Name+"W", "Ada Lovelace!", "ada at example", "too short"
		f.Check()
	}))
	add("register-refused-taken", refused, "Create your account", register(func(f *RegisterForm) {
		f.Username.Value, f.Email.Value = ada.Username, ada.Email
		f.Username.Refusal = "This username is taken. If you just made it, sign in."
		f.Email.Refusal = "An account with this email address exists. Sign in instead, or reset its password."
	}))
	add("register-refused-pasted", refused, "Create your account", register(func(f *RegisterForm) {
		f.Name.Value, f.Username.Value, f.Email.Value = "J\ufffdrg", "joerg\u200b", "jo\u200berg@example.com"
		f.Check()
	}))
	add("register-closed", Page{Entry: true}, ClosedTitle(false), RegisterClosed(false))
	add("register-invited", Page{Entry: true}, ClosedTitle(true), RegisterClosed(true))

	login := func(open bool, change func(f *LoginForm)) templ.Component {
		f := NewLoginForm()
		change(f)
		return Login(f, open, false)
	}
	add("login", entry, "Sign in", login(true, func(*LoginForm) {}))
	add("login-confirm", entry, "Sign in", Login(NewLoginForm(), true, true))
	add("login-closed", Page{Entry: true, Indexed: true}, "Sign in", login(false, func(*LoginForm) {}))
	add("login-refused-empty", refused, "Sign in", login(true, func(f *LoginForm) { f.Check() }))
	add("login-refused", refused, "Sign in", login(true, func(f *LoginForm) {
		f.Username.Value, f.Password.Value, f.Remember.Value, f.Next = "ada", "guess", "on", "/account"
		f.Problem = "That username or email address and that password do not belong together. Check both and try again."
	}))

	add("account", Page{User: &ada}, "Your account", Account(ada, signIn))
	add("account-kept", Page{User: &ada}, "Your account", Account(ada, kept))
	add("account-long", Page{User: &long}, "Your account", Account(long, signIn))
	nameless := ada
	nameless.Name = ""
	add("account-nameless", Page{User: &nameless}, "Your account", Account(nameless, store.SignIn{Kind: store.KindPassword, CreatedAt: at, EndsAt: at}))

	addAccountStates(add, ada, long, at)
	addMailStates(add, ada, long, at)

	for _, p := range Problems {
		add("problem-"+strings.ReplaceAll(strings.ToLower(p.Title), " ", "-"), Page{User: &ada}, p.Title, ProblemPage(p, "MZFRJZCRKEFYBPTR"))
	}
	add("problem-bare", Page{Bare: true}, CrossSite.Title, ProblemPage(CrossSite, "MZFRJZCRKEFYBPTR"))
	return states
}

// dressed fills in what every page of a site has.
func dressed(p Page, title string) Page {
	p.Site, p.Title, p.Theme, p.Here = "Gatehouse", title, ThemeAuto, "/"
	return p
}
