package handlers

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"gatehouse/components"
	"gatehouse/store"
	"gatehouse/store/rules"
)

func (s *Site) newCodes(w http.ResponseWriter, r *http.Request) error {
	user := *scopeOf(r).user
	if !user.SecondStep() {
		return s.Redirect(w, r, secondPage)
	}
	factors, err := s.Store.Factors(r.Context(), user)
	if err != nil {
		return err
	}
	form := components.NewCodesForm(factors.CodesAt())
	return s.ShowForm(w, r, http.StatusOK, &form.Form, components.Codes(form))
}

func (s *Site) codes(w http.ResponseWriter, r *http.Request) error {
	sc := scopeOf(r)
	if !sc.user.SecondStep() {
		return s.Redirect(w, r, secondPage)
	}
	factors, err := s.Store.Factors(r.Context(), *sc.user)
	if err != nil {
		return err
	}
	var signIn store.SignIn
	var codes []string
	err = store.ErrCodesShown
	if made := factors.CodesAt(); r.PostForm.Get("batch") == components.CodesBatch(made) {
		signIn, codes, err = s.Store.NewCodes(r.Context(), *sc.signIn, *sc.user, made, s.Origin(r))
	}
	if errors.Is(err, store.ErrCodesShown) {
		s.Flash(r, components.CodesShownOnce)
		return s.Redirect(w, r, secondPage)
	}
	if err != nil {
		return err
	}
	if err := s.renewSession(r, *sc.user, signIn); err != nil {
		return err
	}
	return s.showCodes(w, r, components.NewCodes{Codes: codes})
}

// codesFile sends the codes back that the page shows, as a file to keep. Nothing is looked up
// and nothing is stored.
func (s *Site) codesFile(w http.ResponseWriter, r *http.Request) error {
	lines := strings.Fields(r.PostForm.Get("codes"))
	if len(lines) == 0 || len(lines) > store.RecoveryCodes {
		return s.refuseFile(w, r)
	}
	for _, line := range lines {
		if code, err := rules.RecoveryCode(line); err != nil || code != line {
			return s.refuseFile(w, r)
		}
	}
	if err := s.save(w, r); err != nil {
		return err
	}
	user := scopeOf(r).user
	text := fmt.Sprintf("Recovery codes of %s at %s. Each signs you in once.\n\n%s\n", user.Username, s.Name, strings.Join(lines, "\n"))
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	// A username is ASCII letters, digits, - and _: nothing to escape.
	w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="recovery-codes-%s.txt"`, user.Username))
	writePage(w, r, http.StatusOK, []byte(text))
	return nil
}

func (s *Site) refuseFile(w http.ResponseWriter, r *http.Request) error {
	scopeOf(r).refusal = "Those are no recovery codes. Make new ones to save them."
	return s.secondStep(w, r)
}
