package handlers

import (
	"errors"
	"net/http"
	"slices"

	"github.com/go-chi/chi/v5"

	"gatehouse/components"
	"gatehouse/store"
	"gatehouse/store/rules"
)

// passkeysPage is the page of the passkeys in an account.
const passkeysPage = "/account/passkeys"

// passkeys are the routes that only a site with passkeys has.
func (s *Site) passkeys() []route {
	if !s.Store.Passkeys() {
		return nil
	}
	return []route{
		{post, "/login/passkey/options", visitors, s.loginOptions, drawn},
		{post, "/login/passkey", visitors, s.loginByPasskey, drawn},
		{post, "/login/second/passkey/options", visitors, s.half(s.secondOptions), drawn},
		{post, "/login/second/passkey", visitors, s.half(s.secondByPasskey), drawn},
		{post, "/confirm/passkey/options", entered, s.proofOptions, drawn},
		{post, "/confirm/passkey", entered, s.reauthByPasskey, drawn},
		{get, "/email/verify/passkey", Everyone, s.redirectToVerify, drawn},
		{post, "/email/verify/passkey/options", Everyone, s.withLink(verifyPage, s.makePasskeyOptions), drawn},
		{post, "/email/verify/passkey", Everyone, s.withLink(verifyPage, s.makePasskey), drawn},
		{get, passkeysPage, entered, s.listPasskeys, drawn},
		{get, "/account/passkeys/new", equipping, s.newPasskey, drawn},
		{post, "/account/passkeys/new/options", equipping, s.newPasskeyOptions, drawn},
		{post, "/account/passkeys/new", equipping, s.addPasskey, drawn},
		{get, "/account/passkeys/{handle}", Members, s.passkey, drawn},
		{post, "/account/passkeys/{handle}", Members, s.renamePasskey, drawn},
		{post, "/account/passkeys/{handle}/remove", Recent, s.removePasskey, drawn},
		{get, "/account/password/remove", entered, s.redirectToPasskeys, drawn},
		{post, "/account/password/remove", Recent, s.removePassword, drawn},
		{get, "/.well-known/passkey-endpoints", static, s.passkeyEndpoints, drawn},
	}
}

// passkeyEndpoints says where people make and manage their passkeys, for password managers
// (Passkey Endpoints, W3C).
func (s *Site) passkeyEndpoints(w http.ResponseWriter, r *http.Request) error {
	return writeJSON(w, r, http.StatusOK, map[string]string{"enroll": s.base + "/account/passkeys/new", "manage": s.base + passkeysPage})
}

func (s *Site) listPasskeys(w http.ResponseWriter, r *http.Request) error {
	return s.showPasskeys(w, r, "")
}

func (s *Site) showPasskeys(w http.ResponseWriter, r *http.Request, notice string) error {
	sc := scopeOf(r)
	user := *sc.shown()
	list, err := s.Store.ListPasskeys(r.Context(), user)
	if err != nil {
		return err
	}
	body := components.Passkeys(components.PasskeyList{
		User: user, SignIn: sc.shownSignIn(), PasskeyList: list, Domain: s.Store.PasskeyDomain(), Mails: s.Store.Mails(),
		MayRemovePassword: s.Store.MayRemovePassword(user) && slices.ContainsFunc(list.Keys, s.works), Notice: notice, Looked: sc.lookedAt != nil,
	})
	return s.show(w, r, http.StatusOK, s.page(r, components.PasskeysTitle), body)
}

// works says whether a passkey was made for this site as it is now.
func (s *Site) works(key store.Passkey) bool { return key.Domain == s.Store.PasskeyDomain() }

func (s *Site) newPasskey(w http.ResponseWriter, r *http.Request) error {
	form := components.NewPasskeyForm()
	if values, ok := s.Draft(r); ok {
		form.Fill(values)
	}
	form.Next = r.URL.Query().Get("next")
	return s.showNewPasskey(w, r, http.StatusOK, form)
}

func (s *Site) showNewPasskey(w http.ResponseWriter, r *http.Request, status int, form *components.PasskeyForm) error {
	return s.ShowForm(w, r, status, &form.Form, components.NewPasskey(form))
}

func (s *Site) addPasskey(w http.ResponseWriter, r *http.Request) error {
	sc := scopeOf(r)
	form := components.NewPasskeyForm()
	form.Fill(r.PostForm)
	if !form.Check() {
		return s.showNewPasskey(w, r, http.StatusUnprocessableEntity, form)
	}
	answer, ok := answerOf(r)
	if !ok {
		form.Problem = components.NoPasskeyCame
		return s.showNewPasskey(w, r, http.StatusUnprocessableEntity, form)
	}
	added, err := s.Store.AddPasskey(r.Context(), *sc.signIn, *sc.user, answer.ceremony, answer.passkey,
		components.PasskeyName(form.Name.Value, r.UserAgent()), s.Origin(r))
	if form.TakeRefusal(err) {
		return s.showNewPasskey(w, r, s.Refuse(w, r, err), form)
	}
	if err != nil {
		return err
	}
	if err := s.renewSession(r, *sc.user, added.SignIn); err != nil {
		return err
	}
	if added.Codes != nil {
		return s.showCodes(w, r, components.NewCodes{Codes: added.Codes, First: true, Next: s.next(form.Next)})
	}
	s.Flash(r, components.PasskeyAdded(added.Passkey.Name))
	return s.Redirect(w, r, passkeysPage)
}

// ownPasskey is the passkey that the address names. That of somebody else is as absent as one that is
// gone.
func (s *Site) ownPasskey(r *http.Request) (store.Passkey, error) {
	list, err := s.Store.ListPasskeys(r.Context(), *scopeOf(r).shown())
	if err != nil {
		return store.Passkey{}, err
	}
	for _, key := range list.Keys {
		if key.Handle == chi.URLParam(r, "handle") {
			return key, nil
		}
	}
	return store.Passkey{}, components.NotFound
}

func (s *Site) passkey(w http.ResponseWriter, r *http.Request) error {
	key, err := s.ownPasskey(r)
	if errors.Is(err, components.NotFound) && scopeOf(r).refusal != "" {
		// The form was drawn for somebody else, whose passkey it is.
		return s.showPasskeys(w, r, "")
	}
	if err != nil {
		return err
	}
	return s.showPasskey(w, r, http.StatusOK, components.RenamePasskeyForm(key), key)
}

func (s *Site) showPasskey(w http.ResponseWriter, r *http.Request, status int, form *components.PasskeyForm, key store.Passkey) error {
	return s.ShowForm(w, r, status, &form.Form, components.Passkey(form, key, scopeOf(r).shown().FormID()))
}

func (s *Site) renamePasskey(w http.ResponseWriter, r *http.Request) error {
	key, err := s.ownPasskey(r)
	if err != nil {
		return err
	}
	form := components.RenamePasskeyForm(key)
	form.Fill(r.PostForm)
	if !form.Check() {
		return s.showPasskey(w, r, http.StatusUnprocessableEntity, form, key)
	}
	err = s.Store.RenamePasskey(r.Context(), *scopeOf(r).user, key.Handle, form.Name.Value, s.Origin(r))
	if form.TakeRefusal(err) {
		return s.showPasskey(w, r, s.Refuse(w, r, err), form, key)
	}
	if err != nil {
		return err
	}
	s.Flash(r, components.PasskeyRenamed)
	return s.Redirect(w, r, passkeysPage)
}

// removePasskey takes no form of its own: the guard has asked for everything.
func (s *Site) removePasskey(w http.ResponseWriter, r *http.Request) error {
	sc := scopeOf(r)
	key, err := s.ownPasskey(r)
	if err != nil {
		return err
	}
	signIn, err := s.Store.RemovePasskey(r.Context(), *sc.signIn, *sc.user, key.Handle, s.Origin(r))
	form := components.RenamePasskeyForm(key)
	if form.TakeRefusal(err) {
		return s.showPasskey(w, r, s.Refuse(w, r, err), form, key)
	}
	if err != nil {
		return err
	}
	return s.changedPasskeys(w, r, signIn, components.PasskeyRemoved)
}

// changedPasskeys goes on under the new id of the sign-in.
func (s *Site) changedPasskeys(w http.ResponseWriter, r *http.Request, signIn store.SignIn, sentence string) error {
	if err := s.renewSession(r, *scopeOf(r).user, signIn); err != nil {
		return err
	}
	s.Flash(r, sentence)
	return s.Redirect(w, r, passkeysPage)
}

// redirectToPasskeys answers GET at the address of a button on the page of the passkeys. Without it
// whoever had to prove first who they are would be led to the page above that address.
func (s *Site) redirectToPasskeys(w http.ResponseWriter, r *http.Request) error {
	return s.Redirect(w, r, passkeysPage)
}

// removePassword leaves the account to its passkeys.
func (s *Site) removePassword(w http.ResponseWriter, r *http.Request) error {
	sc := scopeOf(r)
	if !sc.user.HasPassword {
		return s.Redirect(w, r, passkeysPage)
	}
	signIn, err := s.Store.RemovePassword(r.Context(), *sc.signIn, *sc.user, s.Origin(r))
	if refusal, refused := rules.AsRefusal(err); refused {
		sc.refusal = refusal.Sentence
		return s.showPasskeys(w, r, "")
	}
	if err != nil {
		return err
	}
	return s.changedPasskeys(w, r, signIn, components.PasswordRemoved)
}
