package components

import "gatehouse/store"

func profileStates() []State {
	saved := profileState("profile-saved", sampleUser, func(*ProfileForm) {})
	saved.Page.Here, saved.Page.Flash = "/account/profile", Saved
	return []State{
		profileState("profile", sampleUser, func(*ProfileForm) {}),
		saved,
		profileState("profile-long", sampleLong, func(*ProfileForm) {}),
		profileState("profile-praised", sampleUser, func(f *ProfileForm) {
			f.Username.Value = "countess"
			f.UsernameIsFree(sampleUser)
		}),
		profileState("profile-unchecked", sampleUser, func(f *ProfileForm) {
			f.Username.Value = "countess"
			f.Username.CheckLater()
		}),
		profileState("profile-refused", sampleUser, func(f *ProfileForm) {
			f.Username.Value = "countess"
			f.TakeRefusal(store.ErrRenamedToday)
		}),
	}
}

func profileState(name string, user store.User, change func(f *ProfileForm)) State {
	f := NewProfileForm(user)
	change(f)
	page := formPage(memberPage(user, ""), &f.Form)
	return State{name, page, Profile(page, f, NewZoneForm(user, "Asia/Kathmandu"), "")}
}
