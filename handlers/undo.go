package handlers

import (
	"net/http"

	"gatehouse/components"
	"gatehouse/store"
)

func (s *Site) newFactorsUndo(w http.ResponseWriter, r *http.Request, token string) error {
	t, err := s.Store.Token(r.Context(), token, store.PurposeFactors)
	if err != nil {
		return err
	}
	return s.showFactorsUndo(w, r, t)
}

func (s *Site) blankFactorsUndo(w http.ResponseWriter, r *http.Request) error {
	return s.showFactorsUndo(w, r, store.Token{})
}

func (s *Site) showFactorsUndo(w http.ResponseWriter, r *http.Request, t store.Token) error {
	form := components.NewFactorsUndoForm()
	return s.ShowForm(w, r, http.StatusOK, form, components.UndoFactors(form, t.Email, t.Email == "" || t.ToPresentAddress()))
}

func (s *Site) undoFactors(w http.ResponseWriter, r *http.Request, token string) error {
	t, err := s.Store.Token(r.Context(), token, store.PurposeFactors)
	if err != nil {
		return err
	}
	if err := s.Store.UndoFactors(r.Context(), token, s.Origin(r)); err != nil {
		return err
	}
	s.closeLink(w, r, factorsPage, token)
	if t.ToPresentAddress() {
		s.Flash(r, components.AccountTakenBack)
	} else {
		s.Flash(r, components.FactorsUndone)
	}
	return s.Redirect(w, r, "/") // nothing signs in any more
}
