package handlers

import (
	"net/http"
	"strconv"
	"strings"

	"gatehouse/components"
	"gatehouse/store"
	"gatehouse/store/rules"
)

// secondPage is the page of the second step in an account.
const secondPage = "/account/second"

// secondSteps are the routes that only a site with a secret has.
func (s *Site) secondSteps() []route {
	if !s.Store.SecondSteps() {
		return nil
	}
	return []route{
		{get, secondPage, entered, s.secondStep, drawn},
		{post, "/account/second/on", equipping, s.turnSecondStepOn, drawn},
		{post, "/account/second/off", Recent, s.turnSecondStepOff, drawn},
		{post, "/account/second/trust/end", Members, s.endTrust, drawn},
		{get, "/account/totp", equipping, s.newTOTP, drawn},
		{post, "/account/totp", equipping, s.totp, drawn},
		{post, "/account/totp/remove", equipping, s.removeTOTP, drawn},
		{get, "/account/codes", Recent, s.newCodes, drawn},
		{post, "/account/codes", Recent, s.codes, drawn},
		{post, "/account/codes/file", entered, s.codesFile, drawn},
		{get, "/factors/undo/{token}", Everyone, s.openLink(factorsPage), drawn},
		{get, "/factors/undo", Everyone, s.withLink(factorsPage, s.newFactorsUndo), drawn},
		{post, "/factors/undo", Everyone, s.withLink(factorsPage, s.undoFactors), drawn},
	}
}

// mustSetUp redirects to the page of the second step, where the site asks for one, and then
// back. What was just done is still said.
func (s *Site) mustSetUp(w http.ResponseWriter, r *http.Request) error {
	if isCheck(r) {
		return noContent(w)
	}
	if r.Method == post {
		s.saveDraft(r, strconv.FormatInt(scopeOf(r).user.ID, 10))
	}
	said := strings.TrimSuffix(s.session(r.Context()).flash(), components.MustSetUp)
	s.Flash(r, strings.TrimSpace(strings.TrimSpace(said)+" "+components.MustSetUp))
	return s.Redirect(w, r, s.via(secondPage, r))
}

func (s *Site) secondStep(w http.ResponseWriter, r *http.Request) error {
	return s.showSecondStep(w, r, "")
}

// turnSecondStepOn makes the passkeys of somebody their second step.
func (s *Site) turnSecondStepOn(w http.ResponseWriter, r *http.Request) error {
	sc := scopeOf(r)
	if sc.user.SecondStep() || sc.user.Passkeys == 0 {
		return s.Redirect(w, r, secondPage)
	}
	signIn, codes, err := s.Store.TurnSecondStepOn(r.Context(), *sc.signIn, *sc.user, s.Origin(r))
	if refusal, refused := rules.AsRefusal(err); refused {
		sc.refusal = refusal.Sentence
		return s.secondStep(w, r)
	}
	if err != nil {
		return err
	}
	if err := s.renewSession(r, *sc.user, signIn); err != nil {
		return err
	}
	return s.showCodes(w, r, components.NewCodes{Codes: codes, First: true})
}

// turnSecondStepOff takes no form of its own: the guard has asked for everything.
func (s *Site) turnSecondStepOff(w http.ResponseWriter, r *http.Request) error {
	sc := scopeOf(r)
	if !sc.user.SecondStep() {
		return s.Redirect(w, r, secondPage)
	}
	signIn, err := s.Store.TurnSecondStepOff(r.Context(), *sc.signIn, *sc.user, s.Origin(r))
	if refusal, refused := rules.AsRefusal(err); refused {
		sc.refusal = refusal.Sentence
		return s.secondStep(w, r)
	}
	if err != nil {
		return err
	}
	return s.changedSecondStep(w, r, signIn, components.SecondOff)
}

func (s *Site) endTrust(w http.ResponseWriter, r *http.Request) error {
	if err := s.Store.EndTrust(r.Context(), *scopeOf(r).user, s.Origin(r)); err != nil {
		return err
	}
	const sentence = components.AskedAgain
	if partial(r) {
		return s.showSecondStep(w, r, sentence)
	}
	s.Flash(r, sentence)
	return s.Redirect(w, r, secondPage)
}

// changedSecondStep goes on under the new id of the sign-in.
func (s *Site) changedSecondStep(w http.ResponseWriter, r *http.Request, signIn store.SignIn, sentence string) error {
	if err := s.renewSession(r, *scopeOf(r).user, signIn); err != nil {
		return err
	}
	s.Flash(r, sentence)
	return s.Redirect(w, r, secondPage)
}

func (s *Site) showSecondStep(w http.ResponseWriter, r *http.Request, notice string) error {
	sc := scopeOf(r)
	user := *sc.shown()
	var factors store.Factors
	if user.SecondStep() {
		var err error
		if factors, err = s.Store.Factors(r.Context(), user); err != nil {
			return err
		}
	}
	body := components.SecondSteps(components.SecondStep{
		User: user, SignIn: sc.shownSignIn(), Factors: factors, Required: s.Store.RequiresSecondStep(user), Mails: s.Store.Mails(),
		Next: s.next(r.URL.Query().Get("next")), Notice: notice, Passkeys: s.Store.Passkeys(),
	})
	return s.show(w, r, http.StatusOK, s.page(r, components.SecondTitle), body)
}
