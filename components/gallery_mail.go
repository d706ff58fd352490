package components

import (
	"net/url"
	"strings"
	"time"

	"github.com/a-h/templ"

	"gatehouse/store"
	"gatehouse/store/rules"
)

// addMailStates adds the pages that mail leads to.
func addMailStates(add func(name string, page Page, title string, body templ.Component), ada, long store.User, at time.Time) {
	in, out := Page{User: &ada}, Page{Entry: true, Open: true}
	refused := Page{Entry: true, Open: true, Refused: true}
	passwords := &rules.Passwords{Min: rules.PasswordDefault}
	confirmed := ada
	confirmed.VerifiedAt = at

	add("home-unconfirmed", Page{Entry: true, User: &ada, Mails: true}, "", Home(dressed(in, "")))
	add("verify", out, "Confirm your email address", Verify(NewVerifyForm(false, "ada"), ada.Email))
	add("verify-long", out, "Confirm your email address", Verify(NewVerifyForm(false, long.Username), long.Email))
	add("verify-with-password", out, "Confirm your email address", Verify(NewVerifyForm(true, "ada"), ada.Email))
	wrong := NewVerifyForm(true, "ada")
	wrong.Password.Refusal = "That is not your password. Check it and try again."
	add("verify-refused", refused, "Confirm your email address", Verify(wrong, ada.Email))
	add("check-inbox", out, "Check your inbox", CheckInbox(""))
	add("check-inbox-too-often", out, "Check your inbox", CheckInbox(rules.TooMany(6*time.Minute).Error()))
	add("unconfirmed", in, "Confirm your email address", Unconfirmed(ada, true, ""))
	add("unconfirmed-without-mail", in, "Confirm your email address", Unconfirmed(long, false, ""))
	add("stale-link", out, "This link does not work", StaleLink(nil, true))
	add("invite-signed-in", in, "You are signed in already", InviteSignedIn(ada))
	add("stale-link-signed-in", in, "This link does not work", StaleLink(&ada, false))

	forgot := NewForgotForm()
	add("forgot", out, "Forgot your password?", Forgot(forgot, true))
	add("forgot-without-mail", out, "Forgot your password?", Forgot(forgot, false))
	empty := NewForgotForm()
	empty.Check()
	add("forgot-refused", refused, "Forgot your password?", Forgot(empty, true))
	add("forgot-sent", out, "Check your inbox", ForgotSent())

	add("reset", out, "Choose a new password", Reset(NewResetForm(passwords, ada)))
	short := NewResetForm(passwords, long)
	short.Password.Value = "too short"
	short.Check()
	add("reset-refused", refused, "Choose a new password", Reset(short))

	unlinked := NewResetForm(passwords, store.User{})
	unlinked.Problem = UnknownLink
	add("reset-unlinked", refused, "Choose a new password", Reset(unlinked))
	undo := NewUndoForm()
	undo.Problem = UnknownLink
	add("undo-unlinked", refused, "Put the old address back?", UndoAddress(undo, ""))
	add("no-cookies", out, "Your browser keeps no cookies", NoCookies("Allow cookies for this site, then sign in again."))

	add("email", in, "Email address", Email(NewEmailForm(), confirmed, true, "", at))
	add("email-waiting", in, "Email address", Email(NewEmailForm(), confirmed, true, "ada@example.org", at))
	add("email-unconfirmed", in, "Email address", Email(NewEmailForm(), long, true, "", at))
	add("email-without-mail", in, "Email address", Email(NewEmailForm(), ada, false, "", at))
	same := NewEmailForm()
	same.Email.Value, same.Email.Refusal = ada.Email, "That is the address you have."
	add("email-refused", Page{User: &ada, Refused: true}, "Email address", Email(same, confirmed, true, "", at))
	add("undo-address", out, "Put the old address back?", UndoAddress(NewUndoForm(), long.Email))

	invite := NewInviteForm(passwords, ada.Email)
	add("invite", out, "Accept your invitation", Invite(invite, ada.Email))
	bare := NewInviteForm(passwords, long.Email)
	bare.Check()
	add("invite-refused", refused, "Accept your invitation", Invite(bare, long.Email))

	add("mailbox-empty", Page{Open: true}, "Mailbox", Mailbox(nil))
	var items []MailboxItem
	for _, l := range GalleryLetters() {
		items = append(items, MailboxItem{Number: len(items), To: ada.Email, Subject: l.Subject, Text: l.Text(), Sent: at})
	}
	add("mailbox", Page{Open: true}, "Mailbox", Mailbox(items))
}

// GalleryLetter is a letter and the name it has in the gallery.
type GalleryLetter struct {
	Name string
	Letter
}

// GalleryLetters are all letters, in every state that they can be in.
func GalleryLetters() []GalleryLetter {
	base := &url.URL{Scheme: "https", Host: "accounts.example.com"}
	data := store.LetterData{
		To: "ada@example.com", Verified: true, Name: "Ada Lovelace", Username: "ada", Token: strings.Repeat("Qx7-", 11)[:43],
		Address: "countess@example.com", At: time.Date(2026, 11, 23, 9, 41, 0, 0, time.UTC), From: "192.0.2.1", Agent: firefox,
		Within: 14 * 24 * time.Hour,
	}
	valid := map[string]time.Duration{
		store.LetterVerify: store.VerifyValid, store.LetterRegister: store.PendingValid, store.LetterReset: store.ResetValid, store.LetterEmailRestored: store.ResetValid,
		store.LetterNewEmail: store.NewEmailValid, store.LetterEmailChanged: store.UndoValid, store.LetterInvite: store.InviteValid,
	}
	var letters []GalleryLetter
	add := func(name, kind string, data store.LetterData) {
		data.Valid = valid[kind]
		if data.Valid == 0 {
			data.Token = ""
		}
		letter, ok := NewLetter(store.Letter{Kind: kind, LetterData: data}, "Gatehouse", base)
		if ok {
			letters = append(letters, GalleryLetter{name, letter})
		}
	}
	for _, kind := range store.LetterKinds {
		add(kind, kind, data)
	}
	nameless := data
	nameless.Name, nameless.From, nameless.Agent = "", "", ""
	add("reset-nameless", store.LetterReset, nameless)
	stranger := data
	stranger.Verified = false
	add("reset-unconfirmed", store.LetterReset, stranger)
	add("owner-unconfirmed", store.LetterOwner, stranger)
	atOnce := data
	atOnce.Within = 0
	add("closed-at-once", store.LetterClosed, atOnce)
	long := data
	long.Name, long.Username = strings.Repeat("W", rules.NameMax), strings.Repeat("w", rules.UsernameMax)
	long.Address, long.Agent = strings.Repeat("w", 64)+"@"+strings.Repeat("w", 60)+".example.com", strings.Repeat("W", 400)
	add("address-changed-long", store.LetterEmailChanged, long)
	return letters
}
