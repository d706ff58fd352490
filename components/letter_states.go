package components

import (
	"net/url"
	"strings"
	"time"

	"gatehouse/store"
	"gatehouse/store/rules"
)

// GalleryLetter is a letter and the name it has in the gallery.
type GalleryLetter struct {
	Name string
	Letter
}

// GalleryLetters are all letters, in every state that they can be in.
func GalleryLetters() []GalleryLetter {
	data := store.LetterData{
		To: "ada@example.com", Verified: true, Name: "Ada Lovelace", Username: "ada", Token: strings.Repeat("Qx7-", 11)[:43],
		Address: "countess@example.com", At: sampleTime, From: sampleAddress, Agent: sampleFirefox, Within: sampleGrace, Left: 7,
		Passkey: samplePasskey,
	}
	var letters []GalleryLetter
	for _, kind := range store.LetterKinds {
		letters = append(letters, letterState(kind, kind, data))
	}
	nameless, stranger, atOnce, long, app, byStaff := data, data, data, data, data, data
	byStaff.ByStaff, byStaff.From, byStaff.Agent = true, "", ""
	nameless.Name, nameless.From, nameless.Agent = "", "", ""
	stranger.Verified = false
	atOnce.Within = 0
	long.Name, long.Username = strings.Repeat("W", rules.NameMax), strings.Repeat("w", rules.UsernameMax)
	app.Passkey, long.Passkey = "", strings.Repeat("W", rules.PasskeyNameMax)
	long.Address, long.Agent = sampleLong.Email, strings.Repeat("W", 400)
	return append(letters,
		letterState("reset-nameless", store.LetterReset, nameless),
		letterState("reset-unconfirmed", store.LetterReset, stranger),
		letterState("owner-unconfirmed", store.LetterOwner, stranger),
		letterState("closed-at-once", store.LetterClosed, atOnce),
		letterState("closed-by-staff", store.LetterClosed, byStaff),
		letterState("reset-by-staff", store.LetterReset, byStaff),
		letterState("address-changed-long", store.LetterEmailChanged, long),
		letterState("first-factor-app", store.LetterFirstFactor, app),
		letterState("first-factor-long", store.LetterFirstFactor, long),
		GalleryLetter{"product", optionalLetter()},
	)
}

// optionalLetter is one of a product, which people may turn off.
func optionalLetter() Letter {
	l := Letter{Site: "Gatehouse", Home: "https://accounts.example.com", Hello: hello("Ada Lovelace"), Subject: "You read 2 books this week"}
	l.Lines, l.Action, l.Link = []string{"That's one more than last week."}, "Open your list", l.Home+"/books"
	l.Facts = []LetterFact{{"Read", "Sketch of the Analytical Engine"}, {"Read", "A Room of One's Own"}}
	l.Unsubscribe = l.Home + "/unsubscribe/" + strings.Repeat("Qx7-", 20)
	return l
}

// letterValid is how long the link of a letter is good for. Letters of other kinds have none.
var letterValid = map[string]time.Duration{
	store.LetterVerify: store.VerifyValid, store.LetterRegister: store.PendingValid, store.LetterReset: store.ResetValid, store.LetterEmailRestored: store.ResetValid,
	store.LetterNewEmail: store.NewEmailValid, store.LetterEmailChanged: store.UndoValid, store.LetterInvite: store.InviteValid,
	store.LetterFirstFactor: store.UndoValid, store.LetterFactorsUndone: store.ResetValid,
}

func letterState(name, kind string, data store.LetterData) GalleryLetter {
	if data.Valid = letterValid[kind]; data.Valid == 0 {
		data.Token = ""
	}
	letter, _ := NewLetter(store.Letter{Kind: kind, LetterData: data}, "Gatehouse", &url.URL{Scheme: "https", Host: "accounts.example.com"}, nil)
	return GalleryLetter{name, letter}
}
