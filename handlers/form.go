package handlers

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"gatehouse/components"
)

// fieldOf fills the form of an inline check and returns the field it is about.
// A field that does not exist, or has no check, is a page that does not exist.
func fieldOf(r *http.Request, form *components.Form) (*components.Field, error) {
	form.Fill(r.PostForm)
	field := form.Field(chi.URLParam(r, "field"))
	if field == nil || !field.Live {
		return nil, components.NotFound
	}
	return field, nil
}

// showField answers an inline check: always 200, and only to htmx.
func (s *Site) showField(w http.ResponseWriter, r *http.Request, form *components.Form, field *components.Field) error {
	if !partial(r) {
		return s.redirect(w, r, form.Action)
	}
	text, err := render(r.Context(), components.Input(form, field))
	if err != nil {
		return err
	}
	writePage(w, r, http.StatusOK, text)
	return nil
}
