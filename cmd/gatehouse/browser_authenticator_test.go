package main

import (
	"slices"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"gatehouse/store"
)

// authenticator is that of a tab: a device that asks for a finger and keeps
// passkeys. Somebody puts the finger on it at once, unless they are away.
type authenticator struct {
	tab *tab
	id  webauthn.AuthenticatorID

	mu    sync.Mutex
	heard []string
}

// authenticator gives the tab one.
func (b *tab) authenticator() *authenticator {
	b.t.Helper()
	a := &authenticator{tab: b}
	if err := chromedp.Listen(b.ctx, a.hear); err != nil {
		b.t.Fatal(err)
	}
	b.report.expect("NavigationEntryMarkedSkippable") // nobody clicks for the autofill
	command(b, webauthn.Enable, webauthn.EnableParams{})
	a.id = command(b, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: webauthn.AuthenticatorProtocolCtap2, Ctap2version: webauthn.Ctap2versionCtap21, Transport: webauthn.AuthenticatorTransportInternal,
		HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
	}}).AuthenticatorID
	return a
}

func (a *authenticator) hear(event any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch e := event.(type) {
	case *webauthn.EventCredentialDeleted:
		a.heard = append(a.heard, "deleted")
	case *webauthn.EventCredentialUpdated:
		a.heard = append(a.heard, "updated "+e.Credential.UserName+", "+e.Credential.UserDisplayName)
	}
}

// hears waits until a page has told the authenticator something.
func (a *authenticator) hears(want string) {
	a.tab.t.Helper()
	a.tab.waitFor("the authenticator hears "+want, func() bool {
		a.mu.Lock()
		defer a.mu.Unlock()
		return slices.Contains(a.heard, want)
	})
}

// away says whether nobody is there to put a finger on it. A request that
// waits for one waits on when they come back.
func (a *authenticator) away(is bool) {
	a.tab.t.Helper()
	command(a.tab, webauthn.SetAutomaticPresenceSimulation, webauthn.SetAutomaticPresenceSimulationParams{AuthenticatorID: a.id, Enabled: !is})
}

// knows says whether it recognises the finger.
func (a *authenticator) knows(finger bool) {
	a.tab.t.Helper()
	command(a.tab, webauthn.SetUserVerified, webauthn.SetUserVerifiedParams{AuthenticatorID: a.id, IsUserVerified: finger})
}

// keys are the passkeys that it has, as DevTools writes them.
func (a *authenticator) keys() []map[string]any {
	a.tab.t.Helper()
	return command(a.tab, getKeys, webauthn.GetCredentialsParams{AuthenticatorID: a.id}).Credentials
}

// take gives it passkeys of another one.
func (a *authenticator) take(keys []map[string]any) {
	a.tab.t.Helper()
	for _, key := range keys {
		delete(key, "cmtgKeys") // Chromium refuses what it writes itself
		command(a.tab, addKey, map[string]any{"authenticatorId": a.id, "credential": key})
	}
}

type keyList struct {
	Credentials []map[string]any `json:"credentials"`
}

var (
	getKeys = cdp.Command[webauthn.GetCredentialsParams, keyList]{Method: webauthn.CommandGetCredentials}
	addKey  = cdp.Command[map[string]any, cdp.Empty]{Method: webauthn.CommandAddCredential}
)

// adds has somebody who is signed in make a passkey, by the page for that.
func (b *tab) adds(name string) {
	b.t.Helper()
	b.open("/account/passkeys/new")
	b.write("name", name)
	b.follow(func() { b.clickOn(passkeyButton) })
	b.arrive("/account/passkeys")
	b.is(text("[role=status]"), name+" is added. From now on it signs you in.")
}

// keyed opens a tab for somebody who has an account, and at this tab's device a
// passkey. They are signed in.
func keyed(t *testing.T, p *program, who store.Registration) (*tab, *authenticator) {
	t.Helper()
	b := openTab(t, p)
	a := b.authenticator()
	b.enter(who)
	b.adds("Phone")
	return b, a
}

// before runs a script in every page before its own.
func (b *tab) before(script string) {
	b.t.Helper()
	command(b, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
}

// watches writes down what a page asks of the authenticator, and whether it
// took that back.
func (b *tab) watches() {
	b.t.Helper()
	b.before(`window.requests = [];
		for (const name of navigator.credentials ? ["get", "create"] : []) {
			const ask = navigator.credentials[name].bind(navigator.credentials);
			navigator.credentials[name] = (request) => {
				requests.push(request);
				return ask(request);
			};
		}`)
}

// offers opens a sign-in page for somebody who is away, and waits until its
// autofill waits for them.
func (b *tab) offers(a *authenticator, path string) {
	b.t.Helper()
	a.away(true)
	b.open(path)
	b.until("requests.length === 1")
	// The browser answers in turn: it has taken that request when it answers this.
	for range 2 {
		ask[bool](b, "PublicKeyCredential.isConditionalMediationAvailable()")
	}
}

// asked are the requests of the page to the authenticator so far: those of the
// autofill, and those with a dialog. takenBack says which of them are over for
// the page.
const (
	asked     = `requests.map(({mediation}) => mediation ?? "dialog").join()`
	takenBack = `requests.map(({signal}) => signal.aborted).join()`
)
