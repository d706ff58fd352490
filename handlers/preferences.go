package handlers

import (
	"errors"
	"net/http"
	"slices"

	"github.com/go-chi/chi/v5"

	"gatehouse/components"
	"gatehouse/store"
)

const (
	// preferencesPage is where people choose the emails that they get.
	preferencesPage = "/account/preferences"
	// unsubscribePage is behind the link at the foot of an email.
	unsubscribePage = "/unsubscribe/{token}"
)

// preferences are the routes of a site whose product writes letters that people may turn off.
func (s *Site) preferences() []route {
	if len(s.Product.choices()) == 0 {
		return nil
	}
	return []route{
		{get, preferencesPage, Members, s.newPreferences, drawn},
		{post, preferencesPage, Members, s.choosePreferences, drawn},
		// Mail programs post here (RFC 8058), without cookies and with a body that is no form of
		// this site. It is never read, and nothing depends on who is signed in.
		{get, unsubscribePage, static, s.newUnsubscribe, drawn},
		{post, unsubscribePage, static, s.unsubscribe, drawn},
	}
}

// choices are the letters that people may turn off.
func (p Product) choices() []components.LetterChoice {
	var choices []components.LetterChoice
	for _, l := range p.Letters {
		if l.Label != "" {
			choices = append(choices, components.LetterChoice{Kind: l.Kind, Label: l.Label})
		}
	}
	return choices
}

func (s *Site) preferencesForm(r *http.Request) (*components.PreferencesForm, error) {
	unwanted, err := s.Store.UnwantedLetters(r.Context(), *scopeOf(r).shown())
	if err != nil {
		return nil, err
	}
	return components.NewPreferencesForm(s.Product.choices(), func(kind string) bool {
		return slices.ContainsFunc(unwanted, func(u store.UnwantedLetter) bool { return u.Kind == kind })
	}), nil
}

func (s *Site) newPreferences(w http.ResponseWriter, r *http.Request) error {
	form, err := s.preferencesForm(r)
	if err != nil {
		return err
	}
	if values, ok := s.Draft(r); ok {
		form.Fill(values)
	}
	return s.ShowForm(w, r, http.StatusOK, &form.Form, components.Preferences(form, !scopeOf(r).shown().Verified()))
}

func (s *Site) choosePreferences(w http.ResponseWriter, r *http.Request) error {
	form, err := s.preferencesForm(r)
	if err != nil {
		return err
	}
	form.Fill(r.PostForm)
	if err := s.Store.ChooseLetters(r.Context(), *scopeOf(r).user, form.Wants); err != nil {
		return err
	}
	s.Flash(r, components.Saved)
	return s.Redirect(w, r, form.Action)
}

// newUnsubscribe shows the page behind the link at the foot of an email. It changes nothing.
func (s *Site) newUnsubscribe(w http.ResponseWriter, r *http.Request) error {
	kind, err := s.Store.UnsubscribeKind(chi.URLParam(r, "token"))
	label := s.Product.label(kind)
	if errors.Is(err, store.ErrInvalidLink) || label == "" {
		return s.showBare(w, r, http.StatusUnprocessableEntity, components.StaleTitle, components.CannotUnsubscribe())
	}
	return s.showBare(w, r, http.StatusOK, components.UnsubscribeTitle, components.Unsubscribe(r.URL.Path, label))
}

func (s *Site) unsubscribe(w http.ResponseWriter, r *http.Request) error {
	kind, err := s.Store.Unsubscribe(r.Context(), chi.URLParam(r, "token"))
	if errors.Is(err, store.ErrInvalidLink) {
		return s.showBare(w, r, http.StatusUnprocessableEntity, components.StaleTitle, components.CannotUnsubscribe())
	}
	if err != nil {
		return err
	}
	return s.showBare(w, r, http.StatusOK, components.UnsubscribedTitle, components.Unsubscribed(s.Product.label(kind)))
}

// label says what letters of a kind are, or is empty for a kind that people cannot turn off.
func (p Product) label(kind string) string {
	for _, choice := range p.choices() {
		if choice.Kind == kind {
			return choice.Label
		}
	}
	return ""
}
