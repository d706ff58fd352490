package components

import (
	"strings"
	"time"

	"gatehouse/store"
)

func personStates() []State {
	everybody := personSample()
	return []State{
		personState("person", everything, everybody, func(*PersonPage) {}),
		personState("person-support", ofSupporters, everybody, func(p *PersonPage) { p.By.Role = "support" }),
		personState("person-reset-sent", ofSupporters, everybody, func(p *PersonPage) {
			p.By.Role, p.Notice = "support", ResetSent(p.Username)
		}),
		personState("person-new", everything, store.Person{User: store.User{ID: 17, Username: "grace", Email: "grace@example.com", CreatedAt: sampleTime, HasPassword: true}}, func(*PersonPage) {}),
		personState("person-disabled", everything, everybody, func(p *PersonPage) {
			p.DisabledAt, p.SignIns = sampleTime, nil
		}),
		personState("person-closed", everything, everybody, func(p *PersonPage) {
			p.ClosedAt, p.Reopen, p.SignIns = sampleTime, sampleTime.Add(sampleGrace), nil
		}),
		personState("person-unknown-role", everything, everybody, func(p *PersonPage) { p.Role = "editor" }),
		personState("person-own", everything, everybody, func(p *PersonPage) { p.User = p.By }),
		personState("person-upward", ofSupporters, everybody, func(p *PersonPage) {
			p.By.Role, p.Role, p.MustSetUp = "support", store.RoleAdmin, true
		}),
		personState("person-without-mail", everything, everybody, func(p *PersonPage) { p.Mails = false }),
		personRefused("person-refused", everybody),
		personState("person-longest", everything, longestPerson(), func(*PersonPage) {}),
	}
}

// personSample is somebody of whom there is something of everything.
func personSample() store.Person {
	p := store.Person{
		User: store.User{
			ID: 17, Username: "grace", Email: "grace@example.com", Name: "Grace Hopper", CreatedAt: sampleTime.Add(-2000 * time.Hour), HasPassword: true,
			SecondAt: sampleTime, Passkeys: 2,
		},
		OldPassword: true, WrongPasswords: 3, AppAt: sampleTime, CodesLeft: 8,
		Keys:    []store.NamedPasskey{{Name: samplePasskey, CreatedAt: sampleTime}, {Name: "Key ring", CreatedAt: sampleTime, UsedAt: sampleTime}},
		SignIns: sampleSignIns()[:3],
		Letters: []store.SentLetter{
			{Kind: store.LetterReset, Written: sampleTime, Waits: true},
			{Kind: store.LetterNewDevice, Written: sampleTime, Outcome: store.OutcomeSent},
			{Kind: store.LetterSecondOn, Written: sampleTime, Outcome: store.OutcomeRefused},
			{Kind: store.LetterVerify, Written: sampleTime, Outcome: store.OutcomeExpired},
			{Kind: "product-news", Written: sampleTime},
		},
	}
	for _, e := range []store.DoneEvent{
		{Event: store.Event{Name: store.EventDisabled, Origin: store.Origin{By: 2}}, Actor: "ada"},
		{Event: store.Event{Name: store.EventEnabled, Origin: store.Origin{By: 3}}},
		{Event: store.Event{Name: store.EventResetAsked, Origin: store.Origin{Operator: true}}},
		{Event: store.Event{Name: store.EventSignedIn, Origin: store.Origin{Address: sampleAddress, Agent: sampleFirefox}}},
		{Event: store.Event{Name: store.EventVerifyAsked}},
	} {
		e.At = sampleTime
		p.Happened = append(p.Happened, e)
	}
	return p
}

// longestPerson has the most of everything, and the longest.
func longestPerson() store.Person {
	p := personSample()
	p.User = sampleLong
	p.SecondAt, p.Passkeys, p.VerifiedAt = sampleTime, store.PasskeysMax, sampleTime
	p.Keys, p.SignIns = nil, nil
	for i := range store.PasskeysMax {
		p.Keys = append(p.Keys, store.NamedPasskey{Name: strings.Repeat("W", 40), CreatedAt: sampleTime, UsedAt: sampleTime})
		p.SignIns = append(p.SignIns, sampleSignIn(i, sampleIPhone, sampleLongIP))
	}
	return p
}

func personState(name string, may store.Permission, p store.Person, change func(p *PersonPage)) State {
	by := verified(sampleUser)
	by.Role = store.RoleAdmin
	page := PersonPage{Person: p, By: by, Mails: true, LetterWords: map[string]string{"product-news": "What is new"}}
	change(&page)
	return adminState(name, page.DisplayName(), "/people/17", may, Person(page))
}

func personRefused(name string, p store.Person) State {
	state := personState(name, everything, p, func(*PersonPage) {})
	state.Page.Refused = true
	state.Body = Refused("grace had 3 of these emails within the hour. Wait before you send another.", state.Body)
	return state
}
