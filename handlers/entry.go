package handlers

import (
	"errors"
	"net/http"
	"regexp"
	"strings"

	"gatehouse/components"
	"gatehouse/store"
	"gatehouse/store/secret"
)

// half is somebody who is half signed in: the password was right, the second step is due. To
// every guard they are a visitor, and only the handlers that half wraps see them.
type half struct {
	store.Entry
	ticket string
}

// half wraps a handler for people who are half signed in. The session says who that is, never
// the form.
func (s *Site) half(do func(w http.ResponseWriter, r *http.Request, h half) error) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		ticket := s.session(r.Context()).ticket()
		entry, err := s.Store.Resume(r.Context(), ticket)
		switch {
		case errors.Is(err, store.ErrNotFound) && ticket != "":
			return s.startAgain(w, r, components.TooLate)
		case errors.Is(err, store.ErrNotFound):
			return s.Redirect(w, r, s.viaNext("/login", r))
		case err != nil:
			return err
		case entry.Missing() != store.SecondStep:
			return s.Redirect(w, r, "/reopen")
		}
		return do(w, r, half{entry, ticket})
	}
}

// drawnForTicket says whether a form continues this unfinished sign-in. Somebody else may have
// begun another one since, in another tab.
func drawnForTicket(r *http.Request, ticket string) bool {
	sent := r.PostForm.Get("ticket")
	return sent == "" || sent == store.TicketID(ticket)
}

// viaNext is the address of a page with the next page of the request.
func (s *Site) viaNext(path string, r *http.Request) string {
	next := r.URL.Query().Get("next")
	if r.Method == post {
		next = r.PostForm.Get("next")
	}
	form := components.Form{Next: s.next(next)}
	return form.WithNext(path)
}

// startAgain ends an unfinished sign-in and says why.
func (s *Site) startAgain(w http.ResponseWriter, r *http.Request, sentence string) error {
	s.session(r.Context()).dropTicket()
	s.Flash(r, sentence)
	return s.Redirect(w, r, s.viaNext("/login", r))
}

// askSecondStep sends somebody whose password was right to the page that asks for the second
// step. It signs nobody in.
func (s *Site) askSecondStep(w http.ResponseWriter, r *http.Request, e store.Entry, a arrival) error {
	if err := s.carryDraft(r, e.User); err != nil {
		return err
	}
	s.session(r.Context()).setTicket(s.Store.Ticket(e))
	form := components.Form{Next: s.next(a.next)}
	return s.Redirect(w, r, form.WithNext("/login/second"))
}

func (s *Site) newSecond(w http.ResponseWriter, r *http.Request, h half) error {
	form, err := s.secondForm(r, h)
	if err != nil {
		return err
	}
	form.Next = r.URL.Query().Get("next")
	return s.showSecond(w, r, http.StatusOK, form)
}

func (s *Site) second(w http.ResponseWriter, r *http.Request, h half) error {
	form, err := s.secondForm(r, h)
	if err != nil {
		return err
	}
	return s.enterCode(w, r, h, store.KindCode, form, s.showSecond)
}

// secondForm asks for a code, for a passkey, or for either: whatever the person has.
func (s *Site) secondForm(r *http.Request, h half) (*components.HalfForm, error) {
	trust := s.Store.Trust()
	if h.User.Staff() { // no browser of theirs is trusted
		trust = 0
	}
	form := components.NewSecondForm(store.TicketID(h.ticket), trust)
	if h.User.Passkeys == 0 || !s.Store.Passkeys() {
		return form, nil
	}
	app, err := s.Store.HasApp(r.Context(), h.User)
	if err != nil {
		return nil, err
	}
	form.AddPasskey(app)
	return form, nil
}

func (s *Site) newRecovery(w http.ResponseWriter, r *http.Request, h half) error {
	form := components.NewRecoveryForm(store.TicketID(h.ticket))
	form.Next = r.URL.Query().Get("next")
	return s.showRecovery(w, r, http.StatusOK, form)
}

func (s *Site) recovery(w http.ResponseWriter, r *http.Request, h half) error {
	return s.enterCode(w, r, h, store.KindRecovery, components.NewRecoveryForm(store.TicketID(h.ticket)), s.showRecovery)
}

// enterCode takes the second step. A form that was drawn for another sign-in is shown again and
// not counted.
func (s *Site) enterCode(w http.ResponseWriter, r *http.Request, h half, kind string, form *components.HalfForm,
	show func(w http.ResponseWriter, r *http.Request, status int, form *components.HalfForm) error,
) error {
	form.Fill(r.PostForm)
	if !drawnForTicket(r, h.ticket) {
		form.Code.Value = ""
		form.Problem = components.OtherSignIn
		return show(w, r, http.StatusUnprocessableEntity, form)
	}
	if !form.Check() {
		return show(w, r, http.StatusUnprocessableEntity, form)
	}
	var entry store.Entry
	err := s.tryProof(r, func() (err error) {
		entry, err = s.Store.EnterCode(r.Context(), h.Entry, kind, form.Code.Value, s.Origin(r))
		return err
	})
	if errors.Is(err, store.ErrStartAgain) {
		return s.startAgain(w, r, components.WrongTooOften)
	}
	if err == nil {
		err = s.admitWithCode(w, r, entry, form)
	}
	if errors.Is(err, store.ErrWrongLogin) { // the account changed meanwhile
		return s.startAgain(w, r, components.AccountChanged)
	}
	if form.TakeRefusal(err) {
		status := s.Refuse(w, r, err)
		if status != http.StatusTooManyRequests {
			form.Code.Value = "" // it is used, or wrong: nothing worth keeping
		}
		return show(w, r, status, form)
	}
	return err
}

// admitWithCode goes on with an entry whose code was right. Whoever used a recovery code is led
// to where they can set up an app anew.
func (s *Site) admitWithCode(w http.ResponseWriter, r *http.Request, e store.Entry, form *components.HalfForm) error {
	a := arrival{form.Next, components.WelcomeBack(e.User)}
	if e.Kind == store.KindRecovery && e.Missing() == store.Nothing {
		factors, err := s.Store.Factors(r.Context(), e.User)
		if err != nil {
			return err
		}
		a = arrival{secondPage, components.UsedRecoveryCode(factors.CodesLeft() - 1)}
	}
	if form.Trusts() {
		e.Trust = secret.NewToken()
	}
	return s.admit(w, r, e, a)
}

func (s *Site) showSecond(w http.ResponseWriter, r *http.Request, status int, form *components.HalfForm) error {
	return s.ShowForm(w, r, status, &form.Form, components.Second(form))
}

func (s *Site) showRecovery(w http.ResponseWriter, r *http.Request, status int, form *components.HalfForm) error {
	return s.ShowForm(w, r, status, &form.Form, components.Recovery(form, s.Contacts))
}

// trustCookie holds the tokens by which people trusted this browser, newest first and joined by
// dots. The device cookie alone opens nothing.
const trustCookie = "trust"

var trustShape = regexp.MustCompile(`^[A-Za-z0-9_-]{43}(\.[A-Za-z0-9_-]{43}){0,3}$`)

// trust are the tokens of trust of the browser, or empty.
func (s *Site) trust(r *http.Request) string { return s.cookie(r, trustCookie, trustShape.MatchString) }

// rememberTrust keeps a new token of trust with those of other people at this browser.
func (s *Site) rememberTrust(w http.ResponseWriter, r *http.Request, token string) {
	tokens := []string{token}
	if before := s.trust(r); before != "" {
		tokens = append(tokens, strings.Split(before, ".")...)
	}
	s.setCookie(w, trustCookie, strings.Join(tokens[:min(len(tokens), store.TrustTokens)], "."), s.Store.Trust())
}
