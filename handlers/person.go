package handlers

import (
	"errors"
	"net/http"

	"gatehouse/components"
	"gatehouse/store"
	"gatehouse/store/rules"
)

// person shows one account to the people who run the site.
func (s *Site) person(w http.ResponseWriter, r *http.Request) error {
	id, err := s.subjectID(r)
	if err != nil {
		return err
	}
	return s.showPerson(w, r, id, "")
}

// showPerson shows an account as it is by now. notice says what was just done.
func (s *Site) showPerson(w http.ResponseWriter, r *http.Request, id int64, notice string) error {
	p, err := s.Store.Person(r.Context(), id)
	if err != nil {
		return gone(id, err)
	}
	letters := map[string]string{}
	for _, l := range s.Product.Letters {
		letters[l.Kind] = l.Label
	}
	body := components.Person(components.PersonPage{
		Person: p, By: *scopeOf(r).user, Words: s.Product.Events, LetterWords: letters,
		Mails: s.Store.Mails(), ClosingErases: s.Store.ReopenWithin() == 0, Notice: notice,
	})
	return s.show(w, r, http.StatusOK, s.page(r, p.DisplayName()), body)
}

// didTo reports what was just done by a button of the page of a person. htmx gets the page as it
// is now.
func (s *Site) didTo(w http.ResponseWriter, r *http.Request, id int64, sentence string) error {
	if partial(r) {
		return s.showPerson(w, r, id, sentence)
	}
	s.Flash(r, sentence)
	return s.Redirect(w, r, s.Admin.Person(id, ""))
}

// refusedTo shows the page of a person with why a button of it did nothing.
func (s *Site) refusedTo(w http.ResponseWriter, r *http.Request, id int64, err error) error {
	refusal, refused := rules.AsRefusal(err)
	if !refused {
		return gone(id, err)
	}
	scopeOf(r).refusal = refusal.Sentence
	return s.showPerson(w, r, id, "")
}

// gone is the page that says that there is no account of that number, where err is that.
func gone(id int64, err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return components.NoPerson(id)
	}
	return err
}
