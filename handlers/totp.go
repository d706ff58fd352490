package handlers

import (
	"cmp"
	"net/http"

	"gatehouse/components"
	"gatehouse/store/rules"
)

// newTOTP shows the key of an app. It stores nothing, and shows the same key however often the
// page is loaded.
func (s *Site) newTOTP(w http.ResponseWriter, r *http.Request) error {
	form := s.totpForm(r)
	form.Next = r.URL.Query().Get("next")
	return s.showTOTP(w, r, http.StatusOK, form)
}

func (s *Site) totp(w http.ResponseWriter, r *http.Request) error {
	sc := scopeOf(r)
	form := s.totpForm(r)
	form.Fill(r.PostForm)
	if !form.Check() {
		return s.showTOTP(w, r, http.StatusUnprocessableEntity, form)
	}
	first := !sc.user.SecondStep()
	signIn, codes, err := s.Store.SetUpApp(r.Context(), *sc.signIn, *sc.user, form.Code.Value, s.Origin(r))
	if form.TakeRefusal(err) {
		form.Code.Value = ""
		return s.showTOTP(w, r, s.Refuse(w, r, err), form)
	}
	if err != nil {
		return err
	}
	if codes == nil {
		return s.changedSecondStep(w, r, signIn, components.NewApp)
	}
	if err := s.renewSession(r, *sc.user, signIn); err != nil {
		return err
	}
	return s.showCodes(w, r, components.NewCodes{Codes: codes, First: first, Next: s.next(form.Next)})
}

// removeTOTP takes no form of its own: the guard has asked for everything.
func (s *Site) removeTOTP(w http.ResponseWriter, r *http.Request) error {
	sc := scopeOf(r)
	if !sc.user.SecondStep() {
		return s.Redirect(w, r, secondPage)
	}
	signIn, err := s.Store.RemoveApp(r.Context(), *sc.signIn, *sc.user, s.Origin(r))
	if refusal, refused := rules.AsRefusal(err); refused {
		sc.refusal = refusal.Sentence
		return s.secondStep(w, r)
	}
	if err != nil {
		return err
	}
	said := components.AppRemoved
	if sc.user.Passkeys == 0 {
		said = components.SecondOff
	}
	return s.changedSecondStep(w, r, signIn, said)
}

func (s *Site) totpForm(r *http.Request) *components.TOTPForm {
	sc := scopeOf(r)
	return components.NewTOTPForm(s.Name, *sc.user, s.Store.AppKey(*sc.signIn, *sc.user))
}

func (s *Site) showTOTP(w http.ResponseWriter, r *http.Request, status int, form *components.TOTPForm) error {
	return s.ShowForm(w, r, status, &form.Form, components.TOTP(form))
}

// showCodes answers with new recovery codes, which are in no other answer.
func (s *Site) showCodes(w http.ResponseWriter, r *http.Request, codes components.NewCodes) error {
	codes.Account = scopeOf(r).user.FormID()
	if codes.Next == "/" {
		codes.Next = ""
	}
	codes.Next = cmp.Or(codes.Next, secondPage)
	return s.show(w, r, http.StatusOK, s.page(r, components.SaveCodesTitle), components.CodesShown(codes))
}
