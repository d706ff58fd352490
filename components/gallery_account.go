package components

import (
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"gatehouse/store"
	"gatehouse/store/rules"
)

const (
	firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
	iphone  = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
	chrome  = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"
)

// addAccountStates adds the pages behind the door.
func addAccountStates(add func(name string, page Page, title string, body templ.Component), ada, long store.User, at time.Time) {
	in, refused := Page{User: &ada}, Page{User: &ada, Refused: true}
	passwords := &rules.Passwords{Min: rules.PasswordDefault}

	profile := func(user store.User, change func(f *ProfileForm)) templ.Component {
		f := NewProfileForm(user)
		change(f)
		return Profile(dressed(in, "Profile"), f)
	}
	add("profile", in, "Profile", profile(ada, func(*ProfileForm) {}))
	add("profile-long", Page{User: &long}, "Profile", profile(long, func(*ProfileForm) {}))
	add("profile-praised", in, "Profile", profile(ada, func(f *ProfileForm) {
		f.Username.Value = "countess"
		f.UsernameIsFree(ada)
	}))
	add("profile-unchecked", in, "Profile", profile(ada, func(f *ProfileForm) {
		f.Username.Value, f.Username.Note = "countess", "We will check this when you send the form."
	}))
	add("profile-refused", refused, "Profile", profile(ada, func(f *ProfileForm) {
		f.Username.Value, f.Username.Refusal = "countess", "You can change your username once a day. Your old one is still yours."
	}))

	password := func(change func(f *PasswordForm)) templ.Component {
		f := NewPasswordForm(passwords, ada)
		change(f)
		return Password(f)
	}
	add("password", in, "Password", password(func(*PasswordForm) {}))
	add("password-refused", refused, "Password", password(func(f *PasswordForm) {
		f.Current.Value, f.Password.Value = "guess", "too short"
		f.Check()
		f.Current.Refusal = "That is not your password. Check it and try again."
	}))
	add("password-throttled", refused, "Password", password(func(f *PasswordForm) { f.TakeRefusal(rules.TooMany(8 * time.Second)) }))

	confirm := func(change func(f *ReauthForm)) templ.Component {
		f := NewReauthForm(ada)
		f.Next = "/account/delete"
		change(f)
		return Reauth(f)
	}
	add("confirm", in, "Confirm it is you", confirm(func(*ReauthForm) {}))
	add("confirm-refused", refused, "Confirm it is you", confirm(func(f *ReauthForm) {
		f.Password.Refusal = "That is not your password. Check it and try again."
	}))

	here := store.SignIn{ID: "1", Handle: "1", Agent: firefox, CreatedAt: at, SeenAt: at, Address: "192.0.2.1"}
	list := []store.SignIn{
		here,
		{ID: "2", Handle: "2", Agent: iphone, CreatedAt: at.Add(-72 * time.Hour), SeenAt: at.Add(-time.Hour), Address: "2001:db8:85a3:8d3:1319:8a2e:370:7348"},
		{ID: "3", Handle: "3", Agent: strings.Repeat("W", 400), CreatedAt: at, SeenAt: at},
		{ID: "4", Handle: "4", CreatedAt: at, SeenAt: at},
	}
	add("signins", in, "Devices", SignIns(list, here, ada.FormID(), ""))
	add("signins-one", in, "Devices", SignIns(list[:1], here, ada.FormID(), ""))
	add("signins-ended", in, "Devices", SignIns(list[:2], here, ada.FormID(), "That device is signed out."))
	many := []store.SignIn{here}
	for i := 2; i <= store.SignInsMax; i++ {
		many = append(many, store.SignIn{ID: strconv.Itoa(i), Handle: strconv.Itoa(i), Agent: chrome, CreatedAt: at, SeenAt: at, Address: "192.0.2.1"})
	}
	add("signins-somebody-else", refused, "Devices", Refused(SomebodyElse(ada), SignIns(list[:2], here, ada.FormID(), "")))
	add("signins-many", in, "Devices", SignIns(many, here, ada.FormID(), ""))

	const kept = 180 * 24 * time.Hour
	add("activity-empty", in, "Activity", Activity(ActivityPage{}, kept))
	from := store.Origin{Address: "192.0.2.1", Agent: firefox}
	var events []store.Event
	for _, e := range []store.Event{
		{Name: store.EventRegistered},
		{Name: store.EventSignedIn},
		{Name: store.EventSignedIn, Detail: store.DetailNewDevice},
		{Name: store.EventFailed},
		{Name: store.EventThrottled},
		{Name: store.EventSignedOut},
		{Name: store.EventSignInEnded, Detail: iphone},
		{Name: store.EventSignInEnded},
		{Name: store.EventReauthenticated},
		{Name: store.EventPasswordChanged},
		{Name: store.EventPasswordRefused},
		{Name: store.EventUpdated, Detail: "name"},
		{Name: store.EventUpdated, Detail: "username ada countess"},
		{Name: store.EventDisabled, Origin: store.Origin{Operator: true}},
		{Name: store.EventEnabled, Origin: store.Origin{Operator: true}},
		{Name: store.EventClosed},
		{Name: store.EventReopened},
	} {
		e.ID, e.At = int64(len(events)+1), at
		if !e.Operator {
			e.Origin = from
		}
		events = append(events, e)
	}
	add("activity", in, "Activity", Activity(ActivityPage{Events: events, More: true}, kept))
	add("activity-later", in, "Activity", Activity(ActivityPage{Events: events[:2], Later: true}, kept))

	add("data", in, "Your data", Export())

	closing := func(reopen time.Duration, change func(f *ClosingForm)) templ.Component {
		f := NewClosingForm(ada)
		change(f)
		return Closing(f, reopen)
	}
	add("closing", in, "Close your account", closing(14*24*time.Hour, func(*ClosingForm) {}))
	add("closing-at-once", in, "Close your account", closing(0, func(*ClosingForm) {}))
	add("closing-refused", refused, "Close your account", closing(14*24*time.Hour, func(f *ClosingForm) {
		f.Username.Value = "adam"
		f.Check()
	}))
	closed := ada
	closed.ClosedAt = at
	add("reopening", Page{Open: true}, "Your account is closed", Reopening(closed, at.Add(14*24*time.Hour)))
	throttled := NewLoginForm()
	throttled.Username.Value = "ada"
	throttled.TakeRefusal(rules.TooMany(15 * time.Minute))
	add("login-throttled", Page{Entry: true, Indexed: true, Open: true, Refused: true}, "Sign in", Login(throttled, true, false))
}
