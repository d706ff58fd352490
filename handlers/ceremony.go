package handlers

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"gatehouse/components"
	"gatehouse/store"
)

// optionsSuffix ends the path at which site.js begins with a passkey, before it sends the form.
const optionsSuffix = "/options"

// ceremonyLasts is how long a browser is known as the one that begins with a passkey.
const ceremonyLasts = time.Hour

// options answers with what the browser needs for a passkey. site.js asks for it; begin makes it.
// It is the only answer in JSON, and nothing is ever read in JSON.
func (s *Site) options(w http.ResponseWriter, r *http.Request, begin func() (store.Ceremony, error)) error {
	if err := spend(s.budgets.passkeys, source(r)); err != nil {
		return s.refuseOptions(w, r, s.Refuse(w, r, err))
	}
	ceremony, err := begin()
	if errors.Is(err, store.ErrNotFound) {
		return components.NotFound
	}
	if err != nil {
		return err
	}
	if err := s.save(w, r); err != nil {
		return err
	}
	return writeJSON(w, r, http.StatusOK, ceremony)
}

// refuseOptions answers with a status alone. For most of them site.js has the words; a form that is refused it sends
// without a passkey, so that its page says why.
func (s *Site) refuseOptions(w http.ResponseWriter, r *http.Request, status int) error {
	return writeJSON(w, r, status, struct{}{})
}

// holder is the token of the browser that began to sign in with a passkey, or empty.
func (s *Site) holder(r *http.Request) string {
	return s.cookie(r, ceremonyCookie, browserToken.MatchString)
}

// loginOptions begins a sign-in with a passkey. It is the same for everybody, and asks the database
// nothing.
func (s *Site) loginOptions(w http.ResponseWriter, r *http.Request) error {
	return s.options(w, r, func() (store.Ceremony, error) {
		holder := s.holder(r)
		if holder == "" {
			holder = rand.Text()
		}
		s.setCookie(w, ceremonyCookie, holder, ceremonyLasts)
		return s.Store.BeginPasskeySignIn(holder)
	})
}

// secondOptions begins the second step with a passkey.
func (s *Site) secondOptions(w http.ResponseWriter, r *http.Request, h half) error {
	if !drawnForTicket(r, h.ticket) {
		return s.refuseOptions(w, r, http.StatusUnprocessableEntity)
	}
	return s.options(w, r, func() (store.Ceremony, error) {
		return s.Store.BeginSecondPasskey(r.Context(), h.Entry, h.ticket)
	})
}

// proofOptions begins the proof of somebody who is signed in.
func (s *Site) proofOptions(w http.ResponseWriter, r *http.Request) error {
	sc := scopeOf(r)
	return s.options(w, r, func() (store.Ceremony, error) {
		return s.Store.BeginPasskeyProof(r.Context(), *sc.signIn, *sc.user)
	})
}

// newPasskeyOptions begins to add a passkey. A form that would be refused is refused before one is made, which
// nobody but the authenticator would know of.
func (s *Site) newPasskeyOptions(w http.ResponseWriter, r *http.Request) error {
	sc := scopeOf(r)
	form := components.NewPasskeyForm()
	if form.Fill(r.PostForm); !form.Check() {
		return s.refuseOptions(w, r, http.StatusUnprocessableEntity)
	}
	return s.options(w, r, func() (store.Ceremony, error) {
		return s.Store.BeginPasskey(r.Context(), *sc.signIn, *sc.user)
	})
}

// answer is what a form brings of a passkey: the token of its ceremony, and what the authenticator
// answered.
type answer struct{ ceremony, passkey string }

// answerOf reads it. ok is false for a form that was sent without a script.
func answerOf(r *http.Request) (a answer, ok bool) {
	a = answer{r.PostForm.Get("ceremony"), r.PostForm.Get("passkey")}
	return a, a.passkey != ""
}

// loginByPasskey signs in whoever has the passkey. Nobody need say who they are.
func (s *Site) loginByPasskey(w http.ResponseWriter, r *http.Request) error {
	form := s.loginForm()
	form.Fill(r.PostForm)
	answer, ok := answerOf(r)
	if !ok {
		form.Problem = components.PasskeyNeedsScript
		return s.showLogin(w, r, http.StatusUnprocessableEntity, form)
	}
	entry, err := s.Store.AuthenticateByPasskey(r.Context(), answer.ceremony, answer.passkey, s.holder(r), s.Origin(r))
	if err == nil {
		entry.Remembered = form.Remembered()
		err = s.admit(w, r, entry, arrival{form.Next, components.WelcomeBack(entry.User)})
	}
	if !form.TakeRefusal(err) {
		return err
	}
	var signal components.Signal
	if errors.Is(err, store.ErrPasskeyUnknown) && s.Store.SignalsUnknown() {
		signal = components.UnknownPasskey(s.Store.PasskeyDomain(), passkeyID(answer.passkey))
	}
	return s.ShowForm(w, r, s.Refuse(w, r, err), &form.Form, components.Login(form, s.loginPage(form, signal)))
}

// passkeyID is the id of the passkey that answered. The store has read the same text.
func passkeyID(passkey string) string {
	var answered struct {
		ID string `json:"id"`
	}
	json.Unmarshal([]byte(passkey), &answered) //nolint:errcheck // or it would not have been unknown
	return answered.ID
}

// secondByPasskey takes a passkey as the second step.
func (s *Site) secondByPasskey(w http.ResponseWriter, r *http.Request, h half) error {
	form, err := s.secondForm(r, h)
	if err != nil {
		return err
	}
	form.Fill(r.PostForm)
	answer, ok := answerOf(r)
	switch {
	case !drawnForTicket(r, h.ticket):
		form.Problem = components.OtherSignIn
	case !ok:
		form.Problem = components.NoPasskeyCame
	}
	if form.Problem != "" {
		return s.showSecond(w, r, http.StatusUnprocessableEntity, form)
	}
	entry, err := s.Store.EnterPasskey(r.Context(), h.Entry, answer.ceremony, answer.passkey, h.ticket, s.Origin(r))
	if err == nil {
		err = s.admitWithCode(w, r, entry, form)
	}
	if errors.Is(err, store.ErrWrongLogin) { // the account changed meanwhile
		return s.startAgain(w, r, components.AccountChanged)
	}
	if form.TakeRefusal(err) {
		return s.showSecond(w, r, s.Refuse(w, r, err), form)
	}
	return err
}

// reauthByPasskey takes a passkey as the proof of somebody who is signed in.
func (s *Site) reauthByPasskey(w http.ResponseWriter, r *http.Request) error {
	sc := scopeOf(r)
	form := s.reauthForm(r)
	form.Next = r.PostForm.Get("next")
	answer, ok := answerOf(r)
	if !ok {
		form.Problem = components.NoPasskeyCame
		return s.showReauth(w, r, http.StatusUnprocessableEntity, form)
	}
	signIn, err := s.Store.ReauthenticateByPasskey(r.Context(), *sc.signIn, *sc.user, answer.ceremony, answer.passkey, s.Origin(r))
	if form.TakeRefusal(err) {
		return s.showReauth(w, r, s.Refuse(w, r, err), form)
	}
	if err != nil {
		return err
	}
	return s.reauthenticated(w, r, signIn, form.Next)
}
