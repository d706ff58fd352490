package handlers

import (
	"context"
	"strings"
	"testing"

	"gatehouse/handlers/mail"
	"gatehouse/store"
	"gatehouse/store/secret"
	"gatehouse/store/storetest"
)

// letters delivers what is due and returns all that ever arrived, newest first.
func (h *house) letters(t testing.TB) []mail.Message {
	t.Helper()
	if err := h.worker.Once(context.Background()); err != nil {
		t.Fatal(err)
	}
	return h.Mailbox.Messages()
}

// subjects are those of the letters to an address, newest first.
func (h *house) subjects(t testing.TB, to string) []string {
	t.Helper()
	var list []string
	for _, m := range h.letters(t) {
		if strings.EqualFold(m.To, to) {
			list = append(list, m.Subject)
		}
	}
	return list
}

// link is the path of the link in the newest letter to an address.
func (h *house) link(t testing.TB, to string) string {
	t.Helper()
	for _, m := range h.letters(t) {
		if !strings.EqualFold(m.To, to) {
			continue
		}
		for _, line := range strings.Split(m.Text, "\n") {
			if path, ok := strings.CutPrefix(line, h.BaseURL.String()); ok && path != "" {
				return path
			}
		}
	}
	t.Fatalf("no letter to %s has a link", to)
	return ""
}

// links makes live links of every purpose and returns their paths by purpose.
// Joan may confirm her address and choose a new password, Lise confirm a new
// address, Rosa has moved and may go back, Vera has set up her first factor,
// Hedy waits to be confirmed, Olga is invited.
func (h *house) links(t testing.TB) map[string]string {
	t.Helper()
	ctx, links := t.Context(), map[string]string{}
	link := func(purpose, to string, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		links[purpose] = h.link(t, to)
	}
	joan := storetest.Register(t, h.Store, registration("joan"))
	link(store.PurposeVerify, joan.Email, nil)
	lise := h.confirms(t, "lise")
	link(store.PurposeNewEmail, "lise@example.org", h.Store.ChangeEmail(ctx, lise, "lise@example.org", storetest.From))
	link(store.PurposeReset, joan.Email, h.Store.AskReset(ctx, "joan", storetest.From))
	h.moves(t, "rosa")
	link(store.PurposeUndo, "rosa@example.com", nil)
	if h.Store.SecondSteps() {
		h.equips(t, "vera")
		link(store.PurposeFactors, "vera@example.com", nil)
	}
	link(store.PurposeRegister, "hedy@example.com", h.Store.RegisterPending(ctx, registration("hedy"), strings.Repeat("H", 26), storetest.From))
	link(store.PurposeInvite, "olga@example.com", h.Store.Invite(ctx, "olga@example.com", "", storetest.Operator))
	setup, err := h.Store.SetupToken(ctx, storetest.Operator)
	if err != nil {
		t.Fatal(err)
	}
	links[store.PurposeSetup] = "/register/first/" + setup
	h.live = map[string]string{
		"/register/first/{token}": links[store.PurposeSetup],
		"/password/reset/{token}": links[store.PurposeReset], "/email/verify/{token}": links[store.PurposeVerify],
		"/email/undo/{token}": links[store.PurposeUndo], "/invite/{token}": links[store.PurposeInvite],
		"/factors/undo/{token}": links[store.PurposeFactors],
	}
	if len(h.Product.choices()) > 0 {
		h.confirms(t, "nora")
		h.writes(t, weekly, "nora")
		h.live["/unsubscribe/{token}"] = strings.TrimPrefix(h.letters(t)[0].Unsubscribe, h.BaseURL.String())
	}
	return links
}

// token is the token in the path of a link.
func token(link string) string { return link[strings.LastIndexByte(link, '/')+1:] }

// confirms registers an account whose address is confirmed.
func (h *house) confirms(t testing.TB, username string) store.User {
	t.Helper()
	storetest.Register(t, h.Store, registration(username))
	return h.verifies(t, username)
}

// verifies confirms the address of an account.
func (h *house) verifies(t testing.TB, username string) store.User {
	t.Helper()
	user, err := h.Store.VerifyEmail(t.Context(), token(h.link(t, h.user(t, username).Email)), storetest.From)
	if err != nil {
		t.Fatal(err)
	}
	return user
}

// moves registers an account and moves it from example.com to example.org.
func (h *house) moves(t testing.TB, username string) store.User {
	t.Helper()
	user, to := h.confirms(t, username), username+"@example.org"
	if err := h.Store.ChangeEmail(t.Context(), user, to, storetest.From); err != nil {
		t.Fatal(err)
	}
	user, err := h.Store.VerifyEmail(t.Context(), token(h.link(t, to)), storetest.From)
	if err != nil {
		t.Fatal(err)
	}
	return user
}

// equips registers an account, and sets an authenticator app up as its first factor.
func (h *house) equips(t testing.TB, username string) store.User {
	t.Helper()
	user := h.confirms(t, username)
	signIn, err := h.Store.SignIn(t.Context(), store.ByPassword(user), storetest.From)
	if err != nil {
		t.Fatal(err)
	}
	code := secret.AppCode(h.Store.AppKey(signIn, user), secret.AppStepAt(h.clock.Now()))
	if _, _, err := h.Store.SetUpApp(t.Context(), signIn, user, code, storetest.From); err != nil {
		t.Fatal(err)
	}
	return h.user(t, username)
}

// What a button says is what the page behind it is headed by.
func TestButtonsOfLettersSayWhereTheyLead(t *testing.T) {
	t.Parallel()
	h := newHouse(t, withMail)
	links := h.links(t)
	delete(links, store.PurposeSetup) // it is printed, and in no letter
	for _, m := range h.letters(t) {
		for purpose, link := range links {
			before, _, found := strings.Cut(m.Text, ":\n"+h.BaseURL.String()+link+"\n")
			if !found {
				continue
			}
			button := before[strings.LastIndexByte(before, '\n')+1:]
			heading := h.visitor(t).follows(link).is(200).Find("h1").Text()
			if button != strings.TrimSuffix(heading, "?") {
				t.Errorf("%s: %q leads to %q", m.Subject, button, heading)
			}
			delete(links, purpose)
		}
	}
	if len(links) > 0 {
		t.Errorf("no letter has the links %v", links)
	}
}
