package components

import (
	"encoding/base64"
	"encoding/json"
	"fmt"

	"gatehouse/store"
	"gatehouse/store/rules"
)

// passkeysPage is the page of the passkeys in an account. Only a site with passkeys has it.
const passkeysPage = "/account/passkeys"

// What a form asks a browser for: to make a passkey, or to use one (navigator.credentials).
const (
	createPasskey = "create"
	getPasskey    = "get"
)

// mailSets says how somebody without a password gets one again.
const mailSets = "A link by email can always set a password again."

// PasskeyNeedsScript refuses a form that came without the answer of a passkey.
const PasskeyNeedsScript = "Passkeys need JavaScript. Sign in with your password."

// NoPasskeyCame refuses the same where somebody is signed in.
const NoPasskeyCame = "Passkeys need JavaScript. Allow it for this site and try again."

// Signal is what a page tells the password manager about passkeys, as JSON: a method of PublicKeyCredential and what it
// takes (WebAuthn Level 3, 5.1.10). site.js passes it on where the browser knows the method.
type Signal string

// UnknownPasskey has the password manager delete a passkey that no account has. That is for good, so it is said in no
// other case.
func UnknownPasskey(domain, id string) Signal {
	return signal(map[string]any{"signalUnknownCredential": map[string]string{"rpId": domain, "credentialId": id}})
}

// OwnPasskeys tells it which passkeys somebody has, all of them, and what they are called now.
func OwnPasskeys(domain string, user store.User, list store.PasskeyList) Signal {
	id := text64(list.User)
	signals := ownDetails(domain, user, id)
	ids := []string{}
	for _, key := range list.Keys {
		if key.Domain == domain {
			ids = append(ids, text64(key.ID))
		}
	}
	signals["signalAllAcceptedCredentials"] = map[string]any{"rpId": domain, "userId": id, "allAcceptedCredentialIds": ids}
	return signal(signals)
}

// OwnDetails tells it what somebody with passkeys is called now.
func OwnDetails(domain string, user store.User, list store.PasskeyList) Signal {
	return signal(ownDetails(domain, user, text64(list.User)))
}

func ownDetails(domain string, user store.User, id string) map[string]any {
	return map[string]any{"signalCurrentUserDetails": map[string]string{"rpId": domain, "userId": id, "name": user.Username, "displayName": user.DisplayName()}}
}

func signal(signals map[string]any) Signal {
	text, _ := json.Marshal(signals) // texts and lists of them
	return Signal(text)
}

func text64(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }

// models are the names of what makes passkeys, by the ids that it gives itself (AAGUID). They are labels: nothing is
// decided by them.
var models = map[string]string{
	"fbfc3007-154e-4ecc-8c0b-6e020557d7bd": "Apple Passwords",
	"ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4": "Google Password Manager",
	"08987058-cadc-4b81-b6e1-30de50dcbe96": windowsHello,
	"6028b017-b1d4-4c02-b4b3-afcdafc96bb2": windowsHello,
	"9ddd1817-af5a-4672-a2b9-3e3dd95000a9": windowsHello,
	"d3452668-01fd-4c12-926c-83a4204853aa": "Microsoft Password Manager",
	"adce0002-35bc-c60a-648b-0b25f1f05503": "Chrome on Mac",
	"bada5566-a7aa-401f-bd96-45619a55120d": "1Password",
	"d548826e-79b4-db40-a3d8-11116f7e8349": "Bitwarden",
	"531126d6-e717-415c-9320-3d9aa6981239": "Dashlane",
	"fdb141b2-5d84-443e-8a35-4698c205a502": "KeePassXC",
	"50726f74-6f6e-5061-7373-50726f746f6e": "Proton Pass",
	"53414d53-554e-4700-0000-000000000000": "Samsung Pass",
	"b84e4048-15dc-4dd0-8640-f4f60813c8af": "NordPass",
	"0ea242b4-43c4-4a1b-8b17-dd6d0b6baec6": "Keeper",
	"b78a0a55-6ef8-d246-a042-ba0f6d55050c": "LastPass",
}

const windowsHello = "Windows Hello"

// PasskeyName names a new passkey: as its person did, else by its model, else by the browser it was made with.
func PasskeyName(typed, agent string) func(model string) string {
	return func(model string) string {
		switch {
		case rules.CanonicalName(typed) != "":
			return typed
		case models[model] != "":
			return models[model]
		}
		return device(agent)
	}
}

// PasskeyList is what the page of the passkeys says.
type PasskeyList struct {
	User   store.User
	SignIn store.SignIn
	store.PasskeyList
	// Domain is what the passkeys of the site are made for now.
	Domain string
	// Mails says whether the site sends mail: then an address must be confirmed first.
	Mails bool
	// MayRemovePassword says whether the person can do without a password.
	MayRemovePassword bool
	// Notice says what was just done, or is empty.
	Notice string
	// Looked says that an administrator looks, whose password manager is told nothing.
	Looked bool
}

// mayAdd says whether the person can be told of a passkey, as they must be.
func (p PasskeyList) mayAdd() bool { return !p.Mails || p.User.Verified() }

func (p PasskeyList) full() bool { return len(p.Keys) >= store.PasskeysMax }

// alone says that all there is is one passkey on one device.
func (p PasskeyList) alone() bool { return len(p.Keys) == 1 && !p.Keys[0].BackedUp }

func (p PasskeyList) signal() Signal {
	if p.Looked {
		return ""
	}
	return OwnPasskeys(p.Domain, p.User, p.PasskeyList)
}

// where says on how many devices a passkey is.
func where(key store.Passkey) string {
	if key.BackedUp {
		return "Synced"
	}
	return "On one device only"
}

// elsewhere says why a passkey does not work here.
func elsewhere(key store.Passkey) string {
	return fmt.Sprintf("It was made for %s, which is another address than this.", key.Domain)
}

func passkeyPath(key store.Passkey) string { return passkeysPage + "/" + key.Handle }

// PasskeyForm adds a passkey, or gives one another name.
type PasskeyForm struct {
	Form
	Name *Field
}

// NewPasskeyForm states the form that adds one to the account of a person.
func NewPasskeyForm() *PasskeyForm {
	f := &PasskeyForm{Form: Form{
		ID: "passkey-new", Action: passkeysPage + "/new", Title: addPasskeyTitle, Submit: createAPasskey, Busy: waiting, Passkey: createPasskey,
	}}
	f.Name = passkeyNameField()
	f.Name.Optional, f.Name.Hint = true, "Left empty, it's named after your device or password manager."
	f.Name.Rule = func(value string) error {
		if rules.CanonicalName(value) == "" {
			return nil
		}
		_, err := rules.PasskeyName(value)
		return err
	}
	f.Fields = []*Field{f.Name}
	return f
}

// RenamePasskeyForm states the form that gives a passkey another name.
func RenamePasskeyForm(key store.Passkey) *PasskeyForm {
	f := &PasskeyForm{Form: Form{ID: "passkey-name", Action: passkeyPath(key), Title: PasskeyTitle, Submit: "Save", Busy: saving}}
	f.Name = passkeyNameField()
	f.Name.Hint, f.Name.Value = "Something by which you know it again.", key.Name
	f.Name.Rule = func(value string) error {
		_, err := rules.PasskeyName(value)
		return err
	}
	f.Fields = []*Field{f.Name}
	return f
}

func passkeyNameField() *Field {
	return &Field{Name: "name", Label: "Name", Type: "text", Autocomplete: "off", Prose: true}
}

// atMost says why there can be no further one.
func atMost() string {
	return fmt.Sprintf("An account can have %d passkeys. Remove one to add another.", store.PasskeysMax)
}
