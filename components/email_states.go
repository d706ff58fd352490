package components

import (
	"time"

	"gatehouse/store"
)

func emailStates() []State {
	return []State{
		emailState("email", verified(sampleUser), true, "", func(*EmailForm) {}),
		emailState("email-waiting", verified(sampleUser), true, "ada@example.org", func(*EmailForm) {}),
		emailState("email-unconfirmed", sampleLong, true, "", func(*EmailForm) {}),
		emailState("email-without-mail", sampleUser, false, "", func(*EmailForm) {}),
		withSupport("email-without-mail-support", Email(NewEmailForm(), sampleUser, false, "", sampleNow, sampleContacts)),
		emailState("email-refused", verified(sampleUser), true, "", func(f *EmailForm) {
			f.Email.Value = sampleUser.Email
			f.TakeRefusal(store.ErrSameEmail)
		}),
		undoState("undo-address", sampleLong.Email, func(*Form) {}),
		undoState("undo-unlinked", "", func(f *Form) { f.Problem = UnknownLink }),
	}
}

func emailState(name string, user store.User, mails bool, waiting string, change func(f *EmailForm)) State {
	f := NewEmailForm()
	change(f)
	return State{name, formPage(memberPage(sampleUser, ""), &f.Form), Email(f, user, mails, waiting, sampleNow.Add(55*time.Minute), Contacts{})}
}

func undoState(name, email string, change func(f *Form)) State {
	f := NewUndoForm()
	change(f)
	return State{name, formPage(visitorPage(""), f), UndoAddress(f, email)}
}
